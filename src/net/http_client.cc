#include "net/http_client.h"

#include <curl/curl.h>
#include <strings.h>

#include <memory>
#include <string_view>

#include "net/curl_init.h"

namespace hb {

namespace {

struct Sink {
  const HttpCall* call;
  HttpAnswer* answer;
  bool stopped = false, too_long = false;
};

std::size_t OnData(char* data, std::size_t size, std::size_t count, void* user) {
  auto* sink = static_cast<Sink*>(user);
  const std::string_view piece(data, size * count);
  if (!sink->call->on_data) {
    std::string& body = sink->answer->body;
    sink->too_long = piece.size() > sink->call->max_body - body.size();
    if (sink->too_long) return 0;
    body.append(piece);
    return piece.size();
  }
  sink->stopped = !sink->call->on_data(piece);
  return sink->stopped ? 0 : piece.size();
}

/// Takes the value of the header `name` ("retry-after:") from its line.
void TakeHeader(std::string_view line, std::string_view name, std::string& out) {
  if (line.size() <= name.size() || strncasecmp(line.data(), name.data(), name.size()) != 0) return;
  line.remove_prefix(name.size());
  while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  out = line;
}

std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* user) {
  HttpAnswer& answer = *static_cast<Sink*>(user)->answer;
  TakeHeader({data, size * count}, "retry-after:", answer.retry_after);
  TakeHeader({data, size * count}, "warning:", answer.warning);
  return size * count;
}

}  // namespace

HttpConnection::HttpConnection() {
  InitCurlOnce();
  handle_ = curl_easy_init();
}

HttpConnection::~HttpConnection() { curl_easy_cleanup(handle_); }

Result<HttpAnswer> PerformHttp(const HttpCall& call) { return HttpConnection().Perform(call); }

Result<HttpAnswer> HttpConnection::Perform(const HttpCall& call) {
  if (handle_ == nullptr) return Error{Code::kInternal, "libcurl gave no handle"};
  HttpAnswer answer;
  Sink sink{&call, &answer};
  curl_slist* raw_headers = nullptr;
  for (const std::string& header : call.headers) {
    raw_headers = curl_slist_append(raw_headers, header.c_str());
  }
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(raw_headers,
                                                                            curl_slist_free_all);
  CURL* const c = handle_;
  curl_easy_reset(c);  // of its options; connections stay
  curl_easy_setopt(c, CURLOPT_URL, call.url.c_str());
  curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, call.method.c_str());
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, static_cast<long>(call.timeout.count()));
  curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, OnData);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, &sink);
  curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, OnHeader);
  curl_easy_setopt(c, CURLOPT_HEADERDATA, &sink);
  if (!call.sign_as.empty()) {
    curl_easy_setopt(c, CURLOPT_AWS_SIGV4, call.sign_as.c_str());
    curl_easy_setopt(c, CURLOPT_USERPWD, call.sign_with.c_str());
  }
  if (!call.unix_socket.empty()) {
    curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, call.unix_socket.c_str());
  }
  if (!call.body.empty() || call.method == "POST" || call.method == "PUT") {
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, call.body.c_str());
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
  }
  const CURLcode code = curl_easy_perform(c);
  if (sink.too_long)
    return Error{Code::kExhausted,
                 call.url + ": the answer is longer than " + std::to_string(call.max_body)};
  if (sink.stopped) return Error{Code::kCancelled, "stopped by the reader"};
  if (code != CURLE_OK) {
    return Error{Code::kUnavailable, call.url + ": " + curl_easy_strerror(code)};
  }
  long status = 0;
  curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  const char* type = nullptr;
  curl_easy_getinfo(c, CURLINFO_CONTENT_TYPE, &type);
  if (type != nullptr) answer.content_type = type;
  return answer;
}

}  // namespace hb
