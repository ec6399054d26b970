// net/http_stream.h - an HTTP request whose answer may never end.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hb {

struct HttpStreamCall {
  std::string method = "GET";
  std::string url;                   ///< "https://api.x.com/2/tweets/search/stream"
  std::vector<std::string> headers;  ///< "Authorization: Bearer ..."
  std::string body;                  ///< of a POST
  std::chrono::milliseconds connect_timeout{10'000};
  /// Without a byte of the other side for this long the exchange ends: also before the answer.
  std::chrono::milliseconds silence{21'000};
  std::size_t max_body = std::size_t{16} << 20;  ///< bytes of an answer that is collected
  /// Called once when an answer 2xx begins, before its body. May be empty.
  std::function<void()> on_open;
  /// Given each piece of the body of an answer 2xx as it comes, unpacked; false ends the exchange.
  /// It may block: that time is no silence. Empty: the body is collected.
  std::function<bool(std::string_view)> on_data;
};

struct HttpStreamEnd {
  enum class How : std::uint8_t {
    kDone,     ///< a whole answer, of any status
    kFailed,   ///< no connection, or it broke off
    kSilent,   ///< see `silence`
    kStopped,  ///< by Interrupt or by on_data
    kTooLong,  ///< an answer 2xx that is collected has more than max_body bytes
  };
  How how = How::kFailed;
  int status = 0;  ///< 0: there was no answer
  /// Of the answer, names in lower case, at most 128.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;    ///< what was collected; that of an error is cut at max_body
  std::string detail;  ///< of kFailed: what libcurl said

  /// The first header of that name (in lower case), "" if there is none.
  [[nodiscard]] std::string_view Header(std::string_view name) const;
};

/// Performs one request after the other, each of which can be interrupted. Redirects are not
/// followed, so that a token goes nowhere else; certificates are verified; names are looked up
/// anew for each request, and an answer that is given piece by piece gets a new connection.
/// Packed answers (gzip) are asked for and unpacked.
///
/// Threads  Run: one at a time. Interrupt: any, any time.
class HttpStream {
 public:
  HttpStream();
  ~HttpStream();
  HttpStream(const HttpStream&) = delete;
  HttpStream& operator=(const HttpStream&) = delete;

  HttpStreamEnd Run(const HttpStreamCall& call);
  /// Makes the Run that is under way end within 50 ms; if none is, the next one. Never blocks.
  void Interrupt() noexcept;

 private:
  void* multi_;  ///< libcurl's
  std::atomic<bool> interrupted_{false};
};

}  // namespace hb
