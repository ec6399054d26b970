// net/web_socket.h - a WebSocket (RFC 6455) as a client, over TCP or TLS, on Boost.Beast.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hb {

/// How a connection ended.
struct WebSocketEnd {
  enum class How : std::uint8_t {
    kClosed,        ///< the other side said goodbye: `close_code`, `detail` is its reason
    kInterrupted,   ///< Interrupt was called, or the reader of messages said so
    kNoConnection,  ///< no name, TCP or TLS, or none in time
    kRefused,       ///< HTTP answer other than an upgrade: `http_status`, `body`, `retry_after`
    kBroken,        ///< reset, or closed without a goodbye
    kSilent,        ///< no byte for Options::silence, not even the answer to our pings; or no
                    ///< message for Options::quiet
    kTooLong,       ///< a message longer than Options::max_message_bytes
    kWrong,         ///< what came breaks the protocol, or the URL cannot be used
  };
  How how = How::kClosed;
  std::string detail{};  ///< for people
  bool opened = false;   ///< the upgrade was agreed on
  int http_status = 0;
  std::string body{}, retry_after{};  ///< of a refusal
  std::uint16_t close_code = 0;       ///< RFC 6455 section 7.4; 0: none came
};

/// One connection at a time, with pings of its own so that a dead line is noticed.
///
/// Lifecycle  Run may be called again after it returned, for any address; its name is looked up
///            anew each time.
/// Threads    Run: one at a time, and the callbacks run on its thread; while one blocks nothing is
///            read, so the server waits. Interrupt: any thread, any time.
/// Memory     One message, at most Options::max_message_bytes.
/// Errors     Each is a WebSocketEnd. TLS verifies the server's certificate and name.
class WebSocket {
 public:
  struct Options {
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string subprotocol{};  ///< asked for; a server that does not know it is not refused
    std::string ca_file{};      ///< PEM; "": the certificates that the system trusts
    std::size_t max_message_bytes = std::size_t{4} << 20;
    std::chrono::milliseconds connect_within{10'000};  ///< name, TCP, TLS and upgrade together
    std::chrono::milliseconds silence{20'000};         ///< a ping is sent after half of it
    std::chrono::milliseconds quiet{0};                ///< between messages; 0: as long as it likes
  };
  using OnOpen = std::function<void()>;
  /// `binary`: the message was sent as bytes, not as text. False ends the connection.
  using OnMessage = std::function<bool(std::string_view message, bool binary)>;

  explicit WebSocket(Options options);
  ~WebSocket();
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

  /// Connects to `url` ("wss://host/path?query", "ws://127.0.0.1:8080/") and gives each message
  /// until the connection ends. `on_open` may be empty.
  WebSocketEnd Run(const std::string& url, const OnOpen& on_open, const OnMessage& on_message);
  /// Makes the Run that is under way end, within 50 ms unless a callback blocks it; if none is, the
  /// next one.
  void Interrupt() noexcept;

 private:
  class Session;
  const Options options_;
  std::unique_ptr<Session> session_;
};

}  // namespace hb
