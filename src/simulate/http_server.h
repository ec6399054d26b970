// simulate/http_server.h - a small HTTP/1.1 server for stand-ins, which can also misbehave.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace hb::simulate {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;  ///< "GET"
  std::string path;    ///< without the query, percent-decoded: "/2/tweets/search/stream"
  std::vector<std::pair<std::string, std::string>> params;  ///< of the query, decoded, in order
  std::map<std::string, std::string> headers;               ///< names in lower case
  std::string body;
  bool upgrade = false;  ///< asks for a WebSocket

  /// The first of that name, or null.
  [[nodiscard]] const std::string* Param(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> Params(std::string_view name) const;
  /// "" if it is not there.
  [[nodiscard]] std::string_view Header(const std::string& name) const;
};

/// How a connection ends.
enum class End : std::uint8_t {
  kClose,  ///< all that was written arrives, then the end
  kReset,  ///< at once; bytes on the way may be lost
};

/// A WebSocket, server side.
///
/// Threads  The connection's own. Pings are answered within Receive.
class WebSocket {
 public:
  struct Message {
    bool binary = false;
    std::string bytes;
  };
  virtual ~WebSocket() = default;
  /// False once the connection has ended.
  virtual bool SendText(std::string_view text) = 0;
  virtual bool SendBinary(std::string_view bytes) = 0;
  virtual bool Ping() = 0;
  /// The next message, or nothing after `wait` or at the end (then ended()).
  virtual std::optional<Message> Receive(std::chrono::milliseconds wait) = 0;
  /// The closing handshake: 1000 is a normal end (RFC 6455, section 7.4).
  virtual void Close(std::uint16_t code, std::string_view reason) = 0;
  [[nodiscard]] virtual bool ended() const = 0;
};

/// One request, and the ways to answer it: whole, as a stream of chunks, or as a WebSocket. What
/// returns bool is false once the connection has ended: by the client, by a cut, or by
/// Server::Stop.
///
/// Threads  The connection's own.
class Exchange {
 public:
  virtual ~Exchange() = default;
  [[nodiscard]] virtual const Request& request() const = 0;
  [[nodiscard]] virtual std::uint64_t connection() const = 0;  ///< counted from 1

  virtual bool Answer(int status, std::string_view content_type, std::string_view body,
                      const Headers& headers = {}) = 0;

  /// Status line and headers of a chunked answer.
  virtual bool Begin(int status, std::string_view content_type, const Headers& headers = {}) = 0;
  /// One write of `bytes`, as HTTP chunks of at most `chunk_bytes` each (0: one chunk).
  virtual bool Send(std::string_view bytes, std::size_t chunk_bytes = 0) = 0;
  /// The last chunk; the connection stays open for another request.
  virtual bool Finish() = 0;

  /// Answers the upgrade; null if the client did not ask for one, or is gone. `protocol`: the
  /// sub-protocol, "" for none. Lives as long as the exchange.
  virtual WebSocket* Upgrade(std::string_view protocol = {}) = 0;

  /// Waits; false as soon as the connection has ended. What a WebSocket's client says meanwhile is
  /// dropped: use Receive to hear it.
  virtual bool Wait(std::chrono::milliseconds time) = 0;
  /// Ends the connection behind the next `bytes` bytes that are written, wherever that is.
  virtual void CutAfter(std::uint64_t bytes, End how) = 0;
  virtual void Cut(End how) = 0;
  [[nodiscard]] virtual std::uint64_t bytes_written() const = 0;
};

/// An HTTP/1.1 server over Boost.Beast with a thread a connection, so that a handler may be written
/// as a story: send, wait, send half, cut.
///
/// Lifecycle  Start; Stop (also by the destructor) ends all connections and waits for handlers.
/// Threads    Its own; the handler is called on many at once.
/// Memory     At most max_connections; a request of at most max_body bytes each.
class Server {
 public:
  struct Options {
    std::string address = "127.0.0.1:0";
    std::size_t max_connections = 256;  ///< beyond it a connection is closed at once
    std::size_t max_body = std::size_t{8} << 20;
    std::chrono::milliseconds idle_timeout{60'000};   ///< between requests and within one
    std::chrono::milliseconds write_timeout{30'000};  ///< of a client that does not read
  };
  /// Answers one request; what it leaves unanswered is a 500.
  using Handler = std::function<void(Exchange&)>;

  /// kInvalidArgument: no address; kUnavailable: the port is taken.
  static Result<std::unique_ptr<Server>> Start(Options options, Handler handler);
  virtual ~Server() = default;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  /// "http://127.0.0.1:PORT".
  [[nodiscard]] virtual std::string base_url() const = 0;
  virtual void Stop() = 0;
};

}  // namespace hb::simulate
