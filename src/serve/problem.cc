#include "serve/problem.h"

#include "serve/json_writer.h"

namespace hb {

namespace {

HttpResponse Write(int status, std::string_view detail, std::string_view hint, std::size_t column) {
  JsonWriter json;
  json.Open();
  json.Member("type", "about:blank").Member("title", StatusText(status));
  json.Key("status").Int(status);
  json.Member("detail", detail);
  if (!hint.empty()) json.Member("hint", hint);
  if (column > 0) json.Key("column").Uint(column);
  json.Close();
  HttpResponse response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.body = json.Take();
  return response;
}

int StatusOf(Code code) {
  switch (code) {
    case Code::kInvalidArgument: return 400;
    case Code::kNotFound: return 404;
    case Code::kUnavailable:
    case Code::kExhausted:
    case Code::kTimedOut:
    case Code::kAborted:
    case Code::kCancelled: return 503;
    case Code::kCorrupt:
    case Code::kInternal: return 500;
  }
  return 500;
}

}  // namespace

std::string_view StatusText(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    default: return "Error";
  }
}

HttpResponse Problem(int status, std::string_view detail, std::string_view hint) {
  return Write(status, detail, hint, 0);
}

HttpResponse ProblemAt(int status, std::string_view detail, std::string_view hint,
                       std::size_t column) {
  return Write(status, detail, hint, column);
}

HttpResponse ProblemOf(const Error& error) {
  // "what is wrong; what to do"
  const std::size_t mark = error.code == Code::kInvalidArgument || error.code == Code::kNotFound
                               ? error.message.find("; ")
                               : std::string::npos;
  if (mark == std::string::npos) return Write(StatusOf(error.code), error.message, "", 0);
  const std::string_view message = error.message;
  return Write(StatusOf(error.code), message.substr(0, mark), message.substr(mark + 2), 0);
}

}  // namespace hb
