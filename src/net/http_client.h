// net/http_client.h - one HTTP request at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hb {

struct HttpCall {
  std::string method = "GET";
  std::string url;  ///< "http://127.0.0.1:8080/healthz"; with a Unix socket the host is ignored
  std::string unix_socket;           ///< path of the socket, "" for TCP
  std::vector<std::string> headers;  ///< "Content-Type: application/json"
  std::string body;
  std::chrono::milliseconds timeout{30'000};  ///< of the whole exchange; 0: none
  std::size_t max_body = SIZE_MAX;            ///< bytes of an answer that is collected
  /// Signs the request by AWS' Signature Version 4: "aws:amz:REGION:SERVICE", and "KEY:SECRET".
  std::string sign_as{}, sign_with{};
  /// Given each piece of the body as it comes; false ends the exchange. Empty: the body is
  /// collected.
  std::function<bool(std::string_view)> on_data;
};
struct HttpAnswer {
  int status = 0;
  std::string content_type;
  std::string retry_after;  ///< that header as it came, "" if it did not
  std::string warning{};    ///< that header too
  std::string body;
};

/// Performs `call`. kUnavailable: no connection or it broke off (the message names what libcurl
/// said); kCancelled: on_data said so; kExhausted: the answer is longer than max_body. Any HTTP
/// status is an ok answer.
///
/// Threads  Any number at once.
Result<HttpAnswer> PerformHttp(const HttpCall& call);

/// The same, call after call over connections that are kept open.
///
/// Threads  One at a time.
class HttpConnection {
 public:
  HttpConnection();
  ~HttpConnection();
  Result<HttpAnswer> Perform(const HttpCall& call);

 private:
  void* handle_;  ///< libcurl's
};

}  // namespace hb
