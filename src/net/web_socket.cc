#include "net/web_socket.h"

#include <curl/curl.h>

#include <atomic>
#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <optional>

#include "base/result.h"
#include "net/host_lookup.h"

namespace hb {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
namespace websocket = boost::beast::websocket;
using How = WebSocketEnd::How;
using Deadline = std::chrono::steady_clock::time_point;

constexpr std::chrono::milliseconds kLookEvery{10};
constexpr std::chrono::milliseconds kGoodbye{500};  ///< for a close frame, one way
constexpr auto kNever = Deadline::max();

struct Address {
  bool secure = false;
  std::string host, port, target;
};

Result<Address> ParseUrl(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), curl_url_cleanup);
  const Error wrong{Code::kInvalidArgument, "'" + url + "' is not a ws:// or wss:// address"};
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME))
    return wrong;
  const auto part = [&](CURLUPart which) {
    char* raw = nullptr;
    if (curl_url_get(parsed.get(), which, &raw, 0) != CURLUE_OK) return std::string();
    const std::unique_ptr<char, decltype(&curl_free)> text(raw, curl_free);
    return std::string(text.get());
  };
  Address address;
  const std::string scheme = part(CURLUPART_SCHEME);
  address.secure = scheme == "wss";
  address.host = part(CURLUPART_HOST);
  if ((scheme != "ws" && scheme != "wss") || address.host.empty()) return wrong;
  if (address.host.front() == '[') address.host = address.host.substr(1, address.host.size() - 2);
  address.port = part(CURLUPART_PORT);
  if (address.port.empty()) address.port = address.secure ? "443" : "80";
  address.target = part(CURLUPART_PATH);
  if (address.target.empty()) address.target = "/";
  if (const std::string query = part(CURLUPART_QUERY); !query.empty())
    address.target += "?" + query;
  return address;
}

WebSocketEnd EndWith(How how, std::string detail) {
  WebSocketEnd end;
  end.how = how;
  end.detail = std::move(detail);
  return end;
}

}  // namespace

/// Steps of Beast's that are waited for one after the other, so that each can be broken off.
class WebSocket::Session {
 public:
  explicit Session(const Options& options) : options_(options) {}

  WebSocketEnd Run(const std::string& url, const OnOpen& on_open, const OnMessage& on_message) {
    WebSocketEnd end = RunOnce(url, on_open, on_message);
    interrupted_ = false;
    return end;
  }

  void Interrupt() noexcept {
    interrupted_ = true;
    try {
      asio::post(io_, [] {});  // wakes Await
    } catch (...) {            // no memory for it: the next event of the connection wakes it
    }
  }

 private:
  WebSocketEnd RunOnce(const std::string& url, const OnOpen& on_open, const OnMessage& on_message) {
    if (interrupted_) return EndWith(How::kInterrupted, "interrupted");
    auto address = ParseUrl(url);
    if (!address.ok()) return EndWith(How::kWrong, address.error().message);
    const Deadline deadline = std::chrono::steady_clock::now() + options_.connect_within;
    if (!address.value().secure) {
      websocket::stream<beast::tcp_stream> stream(io_);
      return Talk(stream, address.value(), deadline, on_open, on_message);
    }
    ssl::context context(ssl::context::tls_client);
    beast::error_code error;
    context.set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 |
                        ssl::context::no_tlsv1_1);
    if (options_.ca_file.empty()) {
      context.set_default_verify_paths(error);
    } else {
      context.load_verify_file(options_.ca_file, error);
    }
    if (error)
      return EndWith(How::kNoConnection, "certificates " + options_.ca_file + ": " + Text(error));
    context.set_verify_mode(ssl::verify_peer);
    websocket::stream<beast::ssl_stream<beast::tcp_stream>> stream(io_, context);
    return Talk(stream, address.value(), deadline, on_open, on_message);
  }

  static std::string Text(const beast::error_code& error) { return error.message(); }

  /// Starts a step and runs it to its end. At the deadline, or when interrupted, the socket is
  /// closed, which ends every step.
  template <typename Stream, typename Start>
  beast::error_code Await(Stream& stream, Deadline deadline, Start start) {
    beast::error_code error;
    bool done = false, closed = false;
    start([&](beast::error_code result, auto&&...) {
      error = result;
      done = true;
    });
    timed_out_ = false;
    while (!done) {
      if (!closed && interrupted_) {
        beast::get_lowest_layer(stream).close();
        closed = true;
      }
      const std::size_t ran =
          closed || deadline == kNever ? io_.run_one() : io_.run_one_until(deadline);
      if (ran == 0 && !closed && !done) {
        timed_out_ = true;
        beast::get_lowest_layer(stream).close();
        closed = true;
      }
    }
    return error;
  }

  WebSocketEnd NotConnected(const char* step, const beast::error_code& error) const {
    if (interrupted_) return EndWith(How::kInterrupted, "interrupted");
    return EndWith(How::kNoConnection,
                   std::string(step) + ": " + (timed_out_ ? "no answer in time" : Text(error)));
  }

  Result<std::vector<asio::ip::tcp::endpoint>> LookUp(const Address& address, Deadline deadline) {
    const HostLookup lookup(address.host, address.port);
    while (!lookup.done()) {
      if (interrupted_) return Error{Code::kCancelled, "interrupted"};
      if (std::chrono::steady_clock::now() >= deadline)
        return Error{Code::kUnavailable, address.host + ": its name was not found in time"};
      io_.run_one_for(kLookEvery);
    }
    HB_ASSIGN(const auto found, lookup.addresses());
    std::vector<asio::ip::tcp::endpoint> endpoints;
    for (const HostLookup::Address& each : found) {
      beast::error_code error;
      const asio::ip::address ip = asio::ip::make_address(each.ip, error);
      if (!error) endpoints.emplace_back(ip, each.port);
    }
    if (endpoints.empty()) return Error{Code::kUnavailable, address.host + ": no address"};
    return endpoints;
  }

  /// TLS on the connected socket; nothing to do without.
  template <typename Stream>
  std::optional<WebSocketEnd> Secure(Stream& stream, const Address& address, Deadline deadline) {
    if constexpr (std::is_same_v<typename Stream::next_layer_type,
                                 beast::ssl_stream<beast::tcp_stream>>) {
      auto& tls = stream.next_layer();
      if (!SSL_set_tlsext_host_name(tls.native_handle(), address.host.c_str()))
        return EndWith(How::kWrong, "'" + address.host + "' is no name for TLS");
      tls.set_verify_callback(ssl::host_name_verification(address.host));
      const auto error = Await(stream, deadline, [&](auto handler) {
        tls.async_handshake(ssl::stream_base::client, std::move(handler));
      });
      if (error) return NotConnected("TLS", error);
    }
    return std::nullopt;
  }

  template <typename Stream>
  WebSocketEnd Talk(Stream& stream, const Address& address, Deadline deadline,
                    const OnOpen& on_open, const OnMessage& on_message) {
    auto endpoints = LookUp(address, deadline);
    if (!endpoints.ok()) {
      const bool ours = endpoints.error().code == Code::kCancelled;
      return EndWith(ours ? How::kInterrupted : How::kNoConnection, endpoints.error().message);
    }
    auto& socket = beast::get_lowest_layer(stream);
    auto error = Await(stream, deadline, [&](auto handler) {
      socket.async_connect(endpoints.value(), std::move(handler));
    });
    if (error) return NotConnected("connect", error);
    socket.socket().set_option(asio::ip::tcp::no_delay(true), error);
    if (auto end = Secure(stream, address, deadline)) return *std::move(end);

    websocket::stream_base::timeout timeout{};
    timeout.handshake_timeout = websocket::stream_base::none();  // Await has the deadline
    timeout.idle_timeout = options_.silence;
    timeout.keep_alive_pings = true;
    stream.set_option(timeout);
    stream.read_message_max(options_.max_message_bytes);
    stream.set_option(websocket::stream_base::decorator([this](websocket::request_type& request) {
      request.set(http::field::user_agent, "heartbeat");
      if (!options_.subprotocol.empty())
        request.set(http::field::sec_websocket_protocol, options_.subprotocol);
      for (const auto& [name, value] : options_.headers) request.set(name, value);
    }));
    const bool usual = address.port == (address.secure ? "443" : "80");
    const bool six = address.host.find(':') != std::string::npos;
    const std::string host = (six ? "[" + address.host + "]" : address.host) +
                             (usual ? std::string() : ":" + address.port);
    websocket::response_type answer;
    error = Await(stream, deadline, [&](auto handler) {
      stream.async_handshake(answer, host, address.target, std::move(handler));
    });
    if (error == websocket::error::upgrade_declined) return Refusal(answer);
    if (error && !interrupted_ && !timed_out_ &&
        error.category() == beast::error_code(websocket::error::closed).category())
      return EndWith(How::kWrong, "upgrade: " + Text(error));
    if (error) return NotConnected("upgrade", error);
    if (on_open) on_open();
    WebSocketEnd end = Read(stream, on_message);
    end.opened = true;
    return end;
  }

  static WebSocketEnd Refusal(const websocket::response_type& answer) {
    WebSocketEnd end = EndWith(How::kRefused, "HTTP " + std::to_string(answer.result_int()));
    end.http_status = static_cast<int>(answer.result_int());
    end.body = answer.body();
    end.retry_after = std::string(answer[http::field::retry_after]);
    return end;
  }

  template <typename Stream>
  WebSocketEnd Read(Stream& stream, const OnMessage& on_message) {
    beast::flat_buffer buffer;
    for (;;) {
      const Deadline until =
          options_.quiet.count() > 0 ? std::chrono::steady_clock::now() + options_.quiet : kNever;
      const auto error = Await(
          stream, until, [&](auto handler) { stream.async_read(buffer, std::move(handler)); });
      if (interrupted_) return EndWith(How::kInterrupted, "interrupted");
      if (timed_out_) return EndWith(How::kSilent, "no message came");
      if (error) return Ended(stream, error);
      const auto bytes = buffer.cdata();
      const std::string_view message(static_cast<const char*>(bytes.data()), bytes.size());
      if (!on_message(message, stream.got_binary())) {
        const Deadline soon = std::chrono::steady_clock::now() + kGoodbye;
        Await(stream, soon, [&](auto handler) {
          stream.async_close(websocket::close_code::normal, std::move(handler));
        });
        return EndWith(How::kInterrupted, "stopped by the reader");
      }
      buffer.consume(buffer.size());
    }
  }

  template <typename Stream>
  WebSocketEnd Ended(Stream& stream, const beast::error_code& error) {
    if (error == websocket::error::closed) {
      const websocket::close_reason& why = stream.reason();
      WebSocketEnd end = EndWith(How::kClosed, std::string(why.reason.c_str()));
      end.close_code = why.code;
      return end;
    }
    if (error == beast::error::timeout)
      return EndWith(How::kSilent, "nothing came, no answer to a ping either");
    if (error == websocket::error::message_too_big) {
      return EndWith(How::kTooLong, "a message is longer than " +
                                        std::to_string(options_.max_message_bytes) + " bytes");
    }
    const bool protocol =
        error.category() == beast::error_code(websocket::error::closed).category();
    return EndWith(protocol ? How::kWrong : How::kBroken, Text(error));
  }

  const Options& options_;
  asio::io_context io_{1};
  const asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  std::atomic<bool> interrupted_{false};
  bool timed_out_ = false;
};

WebSocket::WebSocket(Options options)
    : options_(std::move(options)), session_(std::make_unique<Session>(options_)) {}
WebSocket::~WebSocket() = default;

WebSocketEnd WebSocket::Run(const std::string& url, const OnOpen& on_open,
                            const OnMessage& on_message) {
  return session_->Run(url, on_open, on_message);
}

void WebSocket::Interrupt() noexcept { session_->Interrupt(); }

}  // namespace hb
