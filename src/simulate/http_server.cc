#include "simulate/http_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <atomic>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <cstring>
#include <list>
#include <mutex>
#include <thread>

#include "env/listen_address.h"
#include "simulate/wire_stream.h"

namespace hb::simulate {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;

constexpr std::chrono::milliseconds kLinger{500};  ///< for the client to read the end

using RawRequest = http::request<http::string_body>;

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string Decode(std::string_view text, bool plus_is_blank) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexValue(text[i + 1]) >= 0 &&
        HexValue(text[i + 2]) >= 0) {
      out += static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2]));
      i += 2;
    } else {
      out += plus_is_blank && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

Request Translate(RawRequest& raw) {
  Request request;
  request.method = std::string(raw.method_string());
  const std::string_view target(raw.target().data(), raw.target().size());
  const std::size_t question = std::min(target.find('?'), target.size());
  request.path = Decode(target.substr(0, question), false);
  std::string_view query = target.substr(std::min(question + 1, target.size()));
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    request.params.emplace_back(Decode(pair.substr(0, equals), true),
                                Decode(pair.substr(std::min(equals + 1, pair.size())), true));
  }
  for (const auto& field : raw) {
    std::string name(field.name_string());
    for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    request.headers[std::move(name)] = std::string(field.value());
  }
  request.upgrade = websocket::is_upgrade(raw);
  request.body = std::move(raw.body());
  return request;
}

class BeastSocket : public WebSocket {
 public:
  explicit BeastSocket(WireStream& wire) : wire_(wire), socket_(wire) {}

  bool Accept(const RawRequest& raw, std::string_view protocol) {
    if (!protocol.empty()) {
      socket_.set_option(websocket::stream_base::decorator(
          [name = std::string(protocol)](websocket::response_type& response) {
            response.set(http::field::sec_websocket_protocol, name);
          }));
    }
    socket_.read_message_max(std::size_t{16} << 20);
    beast::error_code error;
    socket_.accept(raw, error);
    wire_.ReadByteByByte();
    return !error;
  }
  bool SendText(std::string_view text) override { return Send(text, false); }
  bool SendBinary(std::string_view bytes) override { return Send(bytes, true); }
  bool Ping() override {
    beast::error_code error;
    if (!ended()) socket_.ping({}, error);
    return !Failed(error);
  }
  std::optional<Message> Receive(std::chrono::milliseconds wait) override {
    if (ended() || !wire_.Readable(wait)) return std::nullopt;
    beast::flat_buffer buffer;
    beast::error_code error;
    socket_.read(buffer, error);
    if (Failed(error)) return std::nullopt;
    return Message{socket_.got_binary(), beast::buffers_to_string(buffer.data())};
  }
  void Close(std::uint16_t code, std::string_view reason) override {
    beast::error_code ignored;
    if (!ended()) {
      socket_.close(websocket::close_reason(static_cast<websocket::close_code>(code),
                                            beast::string_view(reason.data(), reason.size())),
                    ignored);
    }
    failed_ = true;
  }
  [[nodiscard]] bool ended() const override {
    return failed_ || wire_.ended() || wire_.interrupted();
  }

 private:
  bool Failed(const beast::error_code& error) {
    failed_ = failed_ || error;
    return ended();
  }
  bool Send(std::string_view bytes, bool binary) {
    beast::error_code error;
    if (!ended()) {
      socket_.binary(binary);
      socket_.write(asio::buffer(bytes.data(), bytes.size()), error);
    }
    return !Failed(error);
  }

  WireStream& wire_;
  websocket::stream<WireStream&> socket_;
  bool failed_ = false;
};

class Call : public Exchange {
 public:
  Call(WireStream& wire, RawRequest raw, std::uint64_t connection)
      : wire_(wire), raw_(std::move(raw)), connection_(connection), request_(Translate(raw_)) {}

  [[nodiscard]] const Request& request() const override { return request_; }
  [[nodiscard]] std::uint64_t connection() const override { return connection_; }

  bool Answer(int status, std::string_view content_type, std::string_view body,
              const Headers& headers) override {
    answered_ = true;
    std::string text = Head(status, content_type, headers);
    text += fmt::format("Content-Length: {}\r\n\r\n", body.size());
    if (raw_.method() != http::verb::head) text += body;
    return Write(text);
  }
  bool Begin(int status, std::string_view content_type, const Headers& headers) override {
    answered_ = streaming_ = true;
    return Write(Head(status, content_type, headers) + "Transfer-Encoding: chunked\r\n\r\n");
  }
  bool Send(std::string_view bytes, std::size_t chunk_bytes) override {
    if (bytes.empty()) return !Ended();  // an empty chunk would be the last
    std::string text;
    while (!bytes.empty()) {
      const std::string_view piece = bytes.substr(0, chunk_bytes == 0 ? bytes.size() : chunk_bytes);
      bytes.remove_prefix(piece.size());
      fmt::format_to(std::back_inserter(text), "{:x}\r\n", piece.size());
      text += piece;
      text += "\r\n";
    }
    return Write(text);
  }
  bool Finish() override {
    streaming_ = false;
    return Write("0\r\n\r\n");
  }
  WebSocket* Upgrade(std::string_view protocol) override {
    if (!request_.upgrade || answered_) return nullptr;
    answered_ = true;
    socket_.emplace(wire_);
    return socket_->Accept(raw_, protocol) ? &*socket_ : nullptr;
  }
  bool Wait(std::chrono::milliseconds time) override {
    const auto until = std::chrono::steady_clock::now() + time;
    auto left = time;
    do {
      if (Ended()) return false;
      // A client of a stream says nothing more: what can be read is its end.
      if (wire_.Readable(left)) {
        if (socket_) {
          socket_->Receive(std::chrono::milliseconds(0));
        } else {
          wire_.End(End::kClose);
        }
      }
      left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    } while (left.count() > 0);
    return !Ended();
  }
  void CutAfter(std::uint64_t bytes, End how) override { wire_.CutAfter(bytes, how); }
  void Cut(End how) override { wire_.End(how); }
  [[nodiscard]] std::uint64_t bytes_written() const override { return wire_.written(); }

  /// Whether the connection can take another request.
  bool KeepAlive() {
    if (!answered_ && !Ended()) Answer(500, "text/plain", "not answered\n", {});
    return !socket_ && !streaming_ && !Ended() && raw_.keep_alive();
  }

 private:
  [[nodiscard]] bool Ended() const {
    return wire_.ended() || wire_.interrupted() || (socket_ && socket_->ended());
  }
  [[nodiscard]] std::string Head(int status, std::string_view content_type,
                                 const Headers& headers) const {
    std::string text =
        fmt::format("HTTP/1.1 {} {}\r\n", status,
                    std::string_view(http::obsolete_reason(static_cast<http::status>(status))));
    if (!content_type.empty()) text += fmt::format("Content-Type: {}\r\n", content_type);
    if (!raw_.keep_alive()) text += "Connection: close\r\n";
    for (const auto& [name, value] : headers) text += fmt::format("{}: {}\r\n", name, value);
    return text;
  }
  bool Write(std::string_view text) {
    beast::error_code error;
    while (!text.empty() && !Ended()) {
      text.remove_prefix(wire_.write_some(asio::buffer(text.data(), text.size()), error));
      if (error) break;
    }
    return !Ended();
  }

  WireStream& wire_;
  RawRequest raw_;
  const std::uint64_t connection_;
  Request request_;
  std::optional<BeastSocket> socket_;
  bool answered_ = false, streaming_ = false;
};

class BeastServer : public Server {
 public:
  BeastServer(Options options, Handler handler)
      : options_(std::move(options)), handler_(std::move(handler)) {}
  ~BeastServer() override {
    BeastServer::Stop();
    if (listener_ >= 0) ::close(listener_);
  }

  Status Listen() {
    HB_ASSIGN(const ListenAddress address, ParseListenAddress(options_.address));
    sockaddr_storage storage{};
    socklen_t size = sizeof(sockaddr_in);
    auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    const bool is_v4 = ::inet_pton(AF_INET, address.host.c_str(), &v4->sin_addr) == 1;
    if (is_v4) {
      v4->sin_family = AF_INET;
      v4->sin_port = htons(address.port);
    } else {
      size = sizeof(sockaddr_in6);
      ::inet_pton(AF_INET6, address.host.c_str(), &v6->sin6_addr);
      v6->sin6_family = AF_INET6;
      v6->sin6_port = htons(address.port);
    }
    listener_ = ::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    if (listener_ >= 0) ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&storage), size) != 0 ||
        ::listen(listener_, 128) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
      return Error{Code::kUnavailable,
                   fmt::format("cannot listen on {}: {}", options_.address, std::strerror(errno))};
    }
    port_ = ntohs(is_v4 ? v4->sin_port : v6->sin6_port);
    host_ = is_v4 ? address.host : "[" + address.host + "]";
    acceptor_ = std::thread([this] { Accept(); });
    return Ok();
  }

  [[nodiscard]] std::uint16_t port() const override { return port_; }
  [[nodiscard]] std::string base_url() const override {
    return fmt::format("http://{}:{}", host_, port_);
  }
  void Stop() override {
    if (stopped_.exchange(true)) return;
    if (listener_ >= 0) ::shutdown(listener_, SHUT_RDWR);  // ends accept
    if (acceptor_.joinable()) acceptor_.join();
    {
      const std::lock_guard lock(mutex_);
      for (Connection& connection : connections_) connection.wire.Interrupt();
    }
    for (Connection& connection : connections_) connection.thread.join();
    connections_.clear();
  }

 private:
  struct Connection {
    Connection(int fd, const Options& options)
        : wire(fd, options.idle_timeout, options.write_timeout) {}
    WireStream wire;
    std::atomic<bool> done{false};
    std::thread thread;
  };

  void Accept() {
    while (!stopped_) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) {
        if (stopped_) return;
        // Out of file descriptors, most likely: wait for some to be given back.
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        continue;
      }
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      Reap();
      const std::lock_guard lock(mutex_);
      if (connections_.size() >= options_.max_connections) {
        ::close(fd);
        continue;
      }
      Connection& connection = connections_.emplace_back(fd, options_);
      connection.thread = std::thread([this, &connection, number = ++accepted_] {
        Serve(connection.wire, number);
        connection.wire.End(End::kClose);
        const std::lock_guard ending(mutex_);
        connection.wire.Close();
        connection.done = true;
      });
    }
  }

  /// Takes out the connections that are over.
  void Reap() {
    std::list<Connection> over;
    {
      const std::lock_guard lock(mutex_);
      for (auto it = connections_.begin(); it != connections_.end();) {
        const auto next = std::next(it);
        if (it->done) over.splice(over.end(), connections_, it);
        it = next;
      }
    }
    for (Connection& connection : over) connection.thread.join();
  }

  void Serve(WireStream& wire, std::uint64_t number) {
    beast::flat_buffer buffer;
    for (bool more = true; more && !stopped_;) {
      http::request_parser<http::string_body> parser;
      parser.body_limit(options_.max_body);
      beast::error_code error;
      http::read_header(wire, buffer, parser, error);
      if (!error && beast::iequals(parser.get()[http::field::expect], "100-continue")) {
        constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";
        wire.write_some(asio::buffer(kGoOn.data(), kGoOn.size()), error);
      }
      if (!error) http::read(wire, buffer, parser, error);
      if (error) return;
      Call call(wire, parser.release(), number);
      handler_(call);
      more = call.KeepAlive();
    }
  }

  const Options options_;
  const Handler handler_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::string host_;
  std::atomic<bool> stopped_{false};
  std::thread acceptor_;
  std::mutex mutex_;
  std::list<Connection> connections_;  ///< changed under mutex_
  std::uint64_t accepted_ = 0;
};

}  // namespace

void WireStream::End(simulate::End how) {
  if (ended_) return;
  ended_ = true;
  if (how == simulate::End::kReset) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    // The reset is sent when the descriptor is closed; until then the client hears nothing more.
    return;
  }
  ::shutdown(fd_, SHUT_WR);
  // Who closes over bytes that were not read resets the connection, and the end of the answer is
  // lost with it (RFC 9112, section 9.6): read on for a moment.
  const auto until = std::chrono::steady_clock::now() + kLinger;
  char dropped[4096];
  while (!interrupted_ && std::chrono::steady_clock::now() < until) {
    if (Ready(POLLIN, std::chrono::milliseconds(50)) &&
        ::recv(fd_, dropped, sizeof(dropped), MSG_DONTWAIT) <= 0) {
      break;
    }
  }
}

bool WireStream::Ready(short events, std::chrono::milliseconds time) {
  pollfd waiting{.fd = fd_, .events = events, .revents = 0};
  for (;;) {
    const int got = ::poll(&waiting, 1, static_cast<int>(time.count()));
    if (got >= 0 || errno != EINTR) return got > 0;
  }
}

const std::string* Request::Param(std::string_view name) const {
  for (const auto& [key, value] : params) {
    if (key == name) return &value;
  }
  return nullptr;
}

std::vector<std::string> Request::Params(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : params) {
    if (key == name) values.push_back(value);
  }
  return values;
}

std::string_view Request::Header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

Result<std::unique_ptr<Server>> Server::Start(Options options, Handler handler) {
  auto server = std::make_unique<BeastServer>(std::move(options), std::move(handler));
  HB_TRY(server->Listen());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace hb::simulate
