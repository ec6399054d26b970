#include "serve/static_files.h"

#include <algorithm>
#include <string>

#include "serve/problem.h"

namespace hb {

namespace {

/// Whether the dashboard has a page there: the routes of web/src/app.tsx.
bool IsPage(std::string_view path) {
  if (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  for (const std::string_view page :
       {"/", "/posts", "/trends", "/log", "/sql", "/try", "/health"}) {
    if (path == page) return true;
  }
  return path.starts_with("/task/") || path.starts_with("/tag/") || path.starts_with("/topic/");
}

const StaticFile* FindFile(std::string_view path, std::span<const StaticFile> files) {
  const auto at = std::find_if(files.begin(), files.end(),
                               [&](const StaticFile& file) { return file.path == path; });
  return at == files.end() ? nullptr : &*at;
}

std::string_view Header(const HttpRequest& request, const std::string& name) {
  const auto at = request.headers.find(name);
  return at == request.headers.end() ? std::string_view() : std::string_view(at->second);
}

/// Takes the text up to the next `mark`, which is dropped, without the blanks around it.
std::string_view TakePart(std::string_view& text, char mark) {
  const std::size_t end = std::min(text.find(mark), text.size());
  std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  part.remove_prefix(std::min(part.find_first_not_of(" \t"), part.size()));
  return part.substr(0, part.find_last_not_of(" \t") + 1);
}

bool SameName(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return (x >= 'A' && x <= 'Z' ? static_cast<char>(x + 32) : x) == y;
  });
}

/// Whether the parameters of a coding say q=0, which refuses it.
bool IsRefused(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view weight = TakePart(parameters, ';');
    if (SameName(TakePart(weight, '='), "q"))
      return !weight.empty() && weight.find_first_not_of("0.") == std::string_view::npos;
  }
  return false;
}

}  // namespace

bool AcceptsGzip(std::string_view accept_encoding) {
  bool any = false;  // what "*" says of all that is not named
  while (!accept_encoding.empty()) {
    std::string_view parameters = TakePart(accept_encoding, ',');
    const std::string_view coding = TakePart(parameters, ';');
    if (SameName(coding, "gzip") || SameName(coding, "x-gzip")) return !IsRefused(parameters);
    if (coding == "*") any = !IsRefused(parameters);
  }
  return any;
}

bool NamesTag(std::string_view if_none_match, std::string_view etag) {
  while (!if_none_match.empty()) {
    std::string_view one = TakePart(if_none_match, ',');
    if (one == "*") return true;
    if (one.substr(0, 2) == "W/") one.remove_prefix(2);  // Here the weak comparison counts.
    if (one == etag) return true;
  }
  return false;
}

HttpResponse StaticPage(const HttpRequest& request, std::span<const StaticFile> files) {
  if (request.method != "GET" && request.method != "HEAD")
    return Problem(405, "only GET is answered here", "the API is below /api/v1");
  const bool asset = request.path.rfind("/assets/", 0) == 0;
  const StaticFile* found =
      FindFile(request.path == "/favicon.ico" ? "/favicon.svg" : request.path, files);
  HttpResponse response;
  if (found == nullptr && !asset) {
    const bool page = IsPage(request.path);
    const bool reader = Header(request, "accept").find("text/html") != std::string_view::npos;
    if (page || reader) found = FindFile("/index.html", files);
    if (!page) response.status = 404;
  }
  if (found == nullptr) {
    return Problem(
        404, "there is nothing at " + request.path.substr(0, 200),
        "the dashboard is at /, the API below /api/v1; /openapi.json lists every address");
  }
  const bool packed = !found->gzip.empty() && AcceptsGzip(Header(request, "accept-encoding"));
  response.content_type = found->content_type;
  // Assets carry a hash of their content in their name.
  response.headers.emplace_back("Cache-Control",
                                asset ? "public, max-age=31536000, immutable" : "no-cache");
  if (!found->gzip.empty()) response.headers.emplace_back("Vary", "Accept-Encoding");
  if (!found->tag.empty() && response.status == 200) {
    // Each form has a tag of its own: whoever goes on with half an answer must not mix them.
    const std::string etag = '"' + std::string(found->tag) + (packed ? "-gzip\"" : "\"");
    response.headers.emplace_back("ETag", etag);
    if (NamesTag(Header(request, "if-none-match"), etag)) {
      response.status = 304;
      return response;
    }
  }
  if (packed) response.headers.emplace_back("Content-Encoding", "gzip");
  response.body = packed ? found->gzip : found->bytes;
  return response;
}

}  // namespace hb
