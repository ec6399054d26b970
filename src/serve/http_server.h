// serve/http_server.h - connections, timeouts and limits; what is said over them is somebody
// else's.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "serve/http.h"

namespace hb {

/// Text for one client of an event stream. Shared, so that thousands of clients cost one copy.
using EventText = std::shared_ptr<const std::string>;

/// A client that listens to an event stream.
///
/// Threads  Any. Send never blocks: a client that is behind by more than a bound is cut off.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void Send(EventText text) = 0;
  [[nodiscard]] virtual bool closed() const = 0;
};

/// An HTTP/1.1 server on Boost.Beast (kept behind this header: it takes long to compile).
///
/// Lifecycle  Start, Stop (also by the destructor).
/// Threads    Its own: `io_threads` for connections, `handler_threads` for handlers, `slow_threads`
///            (of lower priority) for those that may take long, one for probes.
/// Memory     At most max_connections; each holds one request of at most header_bytes + body_bytes
///            and at most 64 events not yet sent.
class HttpServer {
 public:
  struct Options {
    std::size_t max_connections = 12'000;
    std::size_t header_bytes = 16 * 1024, body_bytes = 8 * 1024 * 1024;
    int io_threads = 1, handler_threads = 4;
    int slow_threads = 12;  ///< of Lane::kSlow; as many of its requests are taken at once
    std::size_t waiting_requests = 512;  ///< beyond it 503 is answered at once
    /// For each piece of an answer: a download may take long, as long as it goes on.
    std::chrono::milliseconds write_timeout{30'000};
  };
  /// Answers one request; called on a handler thread.
  using Handler = std::function<HttpResponse(const HttpRequest&)>;
  /// Says whether the request asks for an event stream, and if so takes the sink. Called on a
  /// connection thread; must not block. `headers` may be added to the answer.
  using StreamHandler = std::function<bool(const HttpRequest&, const std::shared_ptr<EventSink>&)>;
  /// Which threads handle a request: what takes long stands in nobody's way, and whether the
  /// program is well is always answered.
  enum class Lane { kUsual, kSlow, kProbe };
  /// Called on a connection thread; must not block.
  using LaneOf = std::function<Lane(const HttpRequest&)>;
  /// Headers put on every answer.
  using Decorator = std::function<void(const HttpRequest&, HttpResponse&)>;

  static Result<std::unique_ptr<HttpServer>> Create(Options options, Decorator decorate);
  virtual ~HttpServer() = default;
  /// "127.0.0.1:8080" or "[::1]:0". kInvalidArgument: no address; kUnavailable: the port is taken.
  virtual Result<std::uint16_t> ListenTcp(const std::string& address, Handler handler,
                                          StreamHandler stream, LaneOf lane) = 0;
  /// A Unix socket with mode 0600; a stale one is replaced.
  virtual Status ListenUnix(const std::string& path, Handler handler, StreamHandler stream,
                            LaneOf lane) = 0;
  /// Calls `tick` about every `period`, never twice at once, apart from the handlers: slow requests
  /// do not hold it up.
  virtual void Every(std::chrono::milliseconds period, std::function<void()> tick) = 0;
  virtual void Start() = 0;
  virtual void Stop() = 0;
};

}  // namespace hb
