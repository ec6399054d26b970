// serve/http.h - one HTTP exchange, free of any library's types.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hb {

/// A request that has been read whole. Header names are lower case.
struct HttpRequest {
  std::string method;                        ///< "GET"
  std::string path;                          ///< "/api/v1/posts", percent-decoded, no query
  std::map<std::string, std::string> query;  ///< percent-decoded; of repeated names the last
  std::map<std::string, std::string> headers;
  std::string body;
  bool local = true;   ///< from loopback or the control socket
  bool owner = false;  ///< from the control socket, which its owner alone can open
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  /// When set, the body is this file, and it is removed once it is sent (exports).
  std::string file;
};

}  // namespace hb
