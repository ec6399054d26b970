#include "serve/http_server.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>
#include <deque>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "base/logging.h"
#include "env/listen_address.h"
#include "serve/problem.h"
#include "serve/request_target.h"

namespace hb {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Stream = beast::basic_stream<asio::generic::stream_protocol>;

constexpr std::chrono::seconds kReadTimeout{30};   ///< for a whole request, also between two
constexpr std::chrono::seconds kSlowestEvent{20};  ///< then a client of an event stream is cut off
constexpr std::chrono::seconds kLinger{2};         ///< for reading what is not answered
constexpr std::size_t kLingerBytes = 32u << 20;
constexpr std::size_t kMaxQueuedEvents = 64, kMaxProbes = 64;

/// What a listening address does with its requests.
struct Service {
  HttpServer::Handler handler;
  HttpServer::StreamHandler stream;
  HttpServer::LaneOf lane;
  bool local = true;   ///< the address is loopback or a Unix socket
  bool owner = false;  ///< it is the control socket
};

/// What all connections share.
struct Shared {
  HttpServer::Options options;
  HttpServer::Decorator decorate;
  asio::thread_pool handlers, slow, probes{1};
  std::atomic<std::size_t> connections{0}, waiting{0}, slow_ones{0}, probing{0};
  explicit Shared(HttpServer::Options o)
      : options(o),
        handlers(static_cast<std::size_t>(o.handler_threads)),
        slow(static_cast<std::size_t>(o.slow_threads)) {}
};

/// Statements of users work in the threads that ask: everything else goes first.
void LowerPriority() {
  thread_local bool lowered = false;
  if (!std::exchange(lowered, true))
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), 10);
}

bool HasContent(int status) { return status != 204 && status != 304; }

HttpRequest Translate(http::request<http::string_body>& from, const Service& service) {
  HttpRequest request;
  request.method = std::string(from.method_string());
  request.local = service.local;
  request.owner = service.owner;
  ParseTarget({from.target().data(), from.target().size()}, request);
  for (const auto& field : from) {
    std::string name(field.name_string());
    for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    request.headers[std::move(name)] = std::string(field.value());
  }
  request.body = std::move(from.body());
  return request;
}

/// One client. Lives as long as an operation of its stream is under way.
class Connection : public std::enable_shared_from_this<Connection>, public EventSink {
 public:
  Connection(asio::generic::stream_protocol::socket socket, std::shared_ptr<Shared> shared,
             std::shared_ptr<const Service> service)
      : stream_(std::move(socket)), shared_(std::move(shared)), service_(std::move(service)) {
    ++shared_->connections;
  }
  ~Connection() override { --shared_->connections; }

  void Run() {
    asio::dispatch(stream_.get_executor(), [self = shared_from_this()] { self->Read(); });
  }
  /// Answers 503 and closes: there are too many.
  void Refuse() {
    asio::dispatch(stream_.get_executor(), [self = shared_from_this()] {
      self->keep_alive_ = false;
      self->Write(Problem(503, "too many connections", "try again in a moment"));
    });
  }

  void Send(EventText text) override {
    asio::post(stream_.get_executor(), [self = shared_from_this(), text = std::move(text)] {
      if (self->closed_) return;
      if (self->events_.size() >= kMaxQueuedEvents) return self->Close();
      self->events_.push_back(text);
      if (self->streaming_ && self->events_.size() == 1) self->WriteEvent();
    });
  }
  [[nodiscard]] bool closed() const override { return closed_; }

 private:
  void Read() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(shared_->options.header_bytes));
    parser_->body_limit(shared_->options.body_bytes);
    stream_.expires_after(kReadTimeout);
    http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](beast::error_code error, std::size_t) { self->OnRead(error); });
  }

  void OnRead(beast::error_code error) {
    if (error == http::error::header_limit) return Reject(431, "the request's header is too large");
    if (error == http::error::body_limit) return Reject(413, "the request's body is too large");
    if (error && error.category() == http::make_error_code(http::error::bad_target).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message) {
      return Reject(400, "this is not HTTP: " + error.message());
    }
    if (error) return Close();
    http::request<http::string_body> raw = parser_->release();
    keep_alive_ = raw.keep_alive();
    head_only_ = raw.method() == http::verb::head;
    auto request = std::make_shared<HttpRequest>(Translate(raw, *service_));
    if (service_->stream && service_->stream(*request, shared_from_this()))
      return StartEvents(*request);
    switch (service_->lane ? service_->lane(*request) : HttpServer::Lane::kUsual) {
      case HttpServer::Lane::kProbe:
        return Handle(request, shared_->probes, shared_->probing, kMaxProbes);
      case HttpServer::Lane::kSlow:
        // As many as there are threads, so that a request's own time limit can end its wait.
        return Handle(request, shared_->slow, shared_->slow_ones,
                      static_cast<std::size_t>(shared_->options.slow_threads));
      case HttpServer::Lane::kUsual: break;
    }
    Handle(request, shared_->handlers, shared_->waiting, shared_->options.waiting_requests);
  }

  /// Lets `pool` answer, unless `most` requests are counted by `count` already.
  void Handle(const std::shared_ptr<HttpRequest>& request, asio::thread_pool& pool,
              std::atomic<std::size_t>& count, std::size_t most) {
    if (count >= most) {
      HttpResponse response =
          Problem(503, "too many requests are waiting", "try again in a moment");
      response.headers.emplace_back("Retry-After", "2");
      return Write(std::move(response));
    }
    ++count;
    stream_.expires_never();
    asio::post(pool, [self = shared_from_this(), request, &pool, &count] {
      if (&pool == &self->shared_->slow) LowerPriority();
      HttpResponse response = self->service_->handler(*request);
      if (self->shared_->decorate) self->shared_->decorate(*request, response);
      --count;
      asio::post(self->stream_.get_executor(), [self, response = std::move(response)]() mutable {
        self->Write(std::move(response));
      });
    });
  }

  /// Answers a request of which a part was not read.
  void Reject(int status, const std::string& why) {
    keep_alive_ = false;
    unread_ = true;
    Write(Problem(status, why));
  }

  template <typename Body>
  void SetHeaders(http::response<Body>& out, const HttpResponse& response) const {
    out.version(11);
    out.result(static_cast<unsigned>(response.status));
    out.keep_alive(keep_alive_);
    if (HasContent(response.status)) out.set(http::field::content_type, response.content_type);
    for (const auto& [name, value] : response.headers) out.set(name, value);
  }

  void Write(HttpResponse response) {
    if (!response.file.empty()) return WriteFile(response);
    http::response<http::string_body> out;
    SetHeaders(out, response);
    out.body() = std::move(response.body);
    out.prepare_payload();
    // "0" would be the length of what 200 had given.
    if (!HasContent(response.status)) out.erase(http::field::content_length);
    if (head_only_) out.body().clear();  // The length stays.
    Put(std::move(out));
  }

  void WriteFile(const HttpResponse& response) {
    http::response<http::file_body> out;
    SetHeaders(out, response);
    beast::error_code error;
    out.body().open(response.file.c_str(), beast::file_mode::scan, error);
    // The open file stays readable until it is sent.
    ::unlink(response.file.c_str());
    if (error) return Write(Problem(500, "the export cannot be read: " + error.message()));
    out.prepare_payload();
    if (!head_only_) return Put(std::move(out));
    http::response<http::empty_body> head;
    SetHeaders(head, response);
    head.set(http::field::content_length, out[http::field::content_length]);
    Put(std::move(head));
  }

  /// A message on its way out.
  template <typename Body>
  struct Outgoing {
    explicit Outgoing(http::response<Body> m) : message(std::move(m)) {}
    http::response<Body> message;
    http::response_serializer<Body> serializer{message};
  };

  template <typename Body>
  void Put(http::response<Body> response) {
    PutPiece(std::make_shared<Outgoing<Body>>(std::move(response)));
  }

  template <typename Body>
  void PutPiece(std::shared_ptr<Outgoing<Body>> out) {
    stream_.expires_after(shared_->options.write_timeout);
    http::async_write_some(
        stream_, out->serializer,
        [self = shared_from_this(), out](beast::error_code error, std::size_t) mutable {
          if (!error && !out->serializer.is_done()) return self->PutPiece(std::move(out));
          if (error) return self->Close();
          if (self->keep_alive_) return self->Read();
          if (!self->unread_) return self->Close();
          self->stream_.expires_after(kLinger);
          self->Linger(kLingerBytes);
        });
  }

  /// Drops what the client still sends, for a moment: who closes over bytes that were not read
  /// resets the connection, and the answer is lost with it (RFC 9112, section 9.6).
  void Linger(std::size_t most) {
    beast::error_code ignored;
    stream_.socket().shutdown(asio::socket_base::shutdown_send, ignored);
    buffer_.clear();
    stream_.async_read_some(
        buffer_.prepare(std::min<std::size_t>(most, 64 * 1024)),
        [self = shared_from_this(), most](beast::error_code error, std::size_t bytes) {
          if (error || bytes >= most) return self->Close();
          self->Linger(most - bytes);
        });
  }

  void StartEvents(const HttpRequest& request) {
    HttpResponse head;
    head.content_type = "text/event-stream";
    head.headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
    if (shared_->decorate) shared_->decorate(request, head);
    std::string text =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n";
    for (const auto& [name, value] : head.headers) text += name + ": " + value + "\r\n";
    text += "\r\n";
    streaming_ = true;
    parser_.reset();
    events_.push_front(std::make_shared<const std::string>(std::move(text)));
    WriteEvent();
    WatchForEnd();
  }

  void WriteEvent() {
    stream_.expires_after(kSlowestEvent);
    asio::async_write(stream_, asio::buffer(*events_.front()),
                      [self = shared_from_this()](beast::error_code error, std::size_t) {
                        if (error) return self->Close();
                        self->events_.pop_front();
                        self->stream_.expires_never();
                        if (!self->events_.empty()) self->WriteEvent();
                      });
  }

  /// A client of an event stream says nothing more; reading shows when it goes away.
  void WatchForEnd() {
    stream_.socket().async_wait(
        asio::socket_base::wait_read, [self = shared_from_this()](beast::error_code error) {
          std::array<char, 512> bytes;
          beast::error_code read_error;
          if (!error) self->stream_.socket().read_some(asio::buffer(bytes), read_error);
          if (error || read_error) return self->Close();
          self->WatchForEnd();
        });
  }

  void Close() {
    closed_ = true;
    beast::error_code ignored;
    stream_.socket().shutdown(asio::socket_base::shutdown_both, ignored);
    stream_.close();
  }

  Stream stream_;
  beast::flat_buffer buffer_;
  std::shared_ptr<Shared> shared_;
  std::shared_ptr<const Service> service_;
  std::optional<http::request_parser<http::string_body>> parser_;
  bool keep_alive_ = true, head_only_ = false;
  bool streaming_ = false;
  bool unread_ = false;  ///< the client may still be sending what was answered
  std::atomic<bool> closed_{false};
  std::deque<EventText> events_;
};

/// Accepts on one address.
template <typename Protocol>
class Acceptor : public std::enable_shared_from_this<Acceptor<Protocol>> {
 public:
  Acceptor(asio::io_context& io, std::shared_ptr<Shared> shared,
           std::shared_ptr<const Service> service)
      : io_(io), acceptor_(io), shared_(std::move(shared)), service_(std::move(service)) {}

  Status Open(const typename Protocol::endpoint& endpoint) {
    beast::error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return Error{Code::kUnavailable, error.message()};
    return Ok();
  }
  [[nodiscard]] typename Protocol::endpoint endpoint() const { return acceptor_.local_endpoint(); }

  void Accept() {
    acceptor_.async_accept(asio::make_strand(io_), [self = this->shared_from_this()](
                                                       beast::error_code error,
                                                       typename Protocol::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (!error) {
        const bool full = self->shared_->connections >= self->shared_->options.max_connections;
        auto connection =
            std::make_shared<Connection>(asio::generic::stream_protocol::socket(std::move(socket)),
                                         self->shared_, self->service_);
        if (full) {
          connection->Refuse();
        } else {
          connection->Run();
        }
        return self->Accept();
      }
      // Out of file descriptors, most likely: wait for some to be given back.
      auto timer = std::make_shared<asio::steady_timer>(self->io_, std::chrono::milliseconds(100));
      timer->async_wait([self, timer](beast::error_code) { self->Accept(); });
    });
  }
  void Close() {
    beast::error_code ignored;
    acceptor_.close(ignored);
  }

 private:
  asio::io_context& io_;
  asio::basic_socket_acceptor<Protocol> acceptor_;
  std::shared_ptr<Shared> shared_;
  std::shared_ptr<const Service> service_;
};

/// Thousands of clients need as many descriptors as the system lets us have.
void RaiseFileLimit() {
  struct rlimit limit {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

class BeastServer : public HttpServer {
 public:
  BeastServer(Options options, Decorator decorate)
      : shared_(std::make_shared<Shared>(options)), work_(asio::make_work_guard(io_)) {
    shared_->decorate = std::move(decorate);
    RaiseFileLimit();
  }
  ~BeastServer() override { BeastServer::Stop(); }

  Result<std::uint16_t> ListenTcp(const std::string& address, Handler handler, StreamHandler stream,
                                  LaneOf lane) override {
    HB_ASSIGN(const ListenAddress parsed, ParseListenAddress(address));
    const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(parsed.host), parsed.port);
    const auto service = std::make_shared<const Service>(
        Service{std::move(handler), std::move(stream), std::move(lane),
                endpoint.address().is_loopback(), false});
    auto acceptor = std::make_shared<Acceptor<asio::ip::tcp>>(io_, shared_, service);
    if (const Status opened = acceptor->Open(endpoint); !opened.ok()) {
      return Error{opened.error().code,
                   "cannot listen on " + address + ": " + opened.error().message};
    }
    const std::uint16_t port = acceptor->endpoint().port();
    acceptor->Accept();
    tcp_.push_back(std::move(acceptor));
    return port;
  }

  Status ListenUnix(const std::string& path, Handler handler, StreamHandler stream,
                    LaneOf lane) override {
    const auto service = std::make_shared<const Service>(
        Service{std::move(handler), std::move(stream), std::move(lane), true, true});
    auto acceptor = std::make_shared<Acceptor<asio::local::stream_protocol>>(io_, shared_, service);
    if (path.size() >= sizeof(sockaddr_un::sun_path)) {
      return Error{Code::kInvalidArgument, path + " is too long for a Unix socket (107 bytes)"};
    }
    ::unlink(path.c_str());
    const mode_t before = ::umask(0177);
    const Status opened = acceptor->Open(asio::local::stream_protocol::endpoint(path));
    ::umask(before);
    if (!opened.ok()) return Error{opened.error().code, path + ": " + opened.error().message};
    acceptor->Accept();
    unix_.push_back(std::move(acceptor));
    unix_path_ = path;
    return Ok();
  }

  void Every(std::chrono::milliseconds period, std::function<void()> tick) override {
    auto timer = std::make_shared<asio::steady_timer>(io_);
    timers_.push_back(timer);
    Schedule(timer, period, std::make_shared<std::function<void()>>(std::move(tick)));
  }

  void Start() override {
    for (int i = 0; i < shared_->options.io_threads; ++i) {
      threads_.emplace_back([this] { io_.run(); });
    }
  }

  void Stop() override {
    if (stopped_.exchange(true)) return;
    asio::post(io_, [this] {
      for (const auto& acceptor : tcp_) acceptor->Close();
      for (const auto& acceptor : unix_) acceptor->Close();
      for (const auto& timer : timers_) timer->cancel();
    });
    if (!unix_path_.empty()) ::unlink(unix_path_.c_str());
    shared_->handlers.join();
    shared_->slow.join();
    shared_->probes.join();
    ticks_.join();
    work_.reset();
    io_.stop();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  void Schedule(const std::shared_ptr<asio::steady_timer>& timer, std::chrono::milliseconds period,
                const std::shared_ptr<std::function<void()>>& tick) {
    timer->expires_after(period);
    timer->async_wait([this, timer, period, tick](beast::error_code error) {
      if (error || stopped_) return;
      asio::post(ticks_, [this, timer, period, tick] {
        (*tick)();
        asio::post(io_, [this, timer, period, tick] {
          if (!stopped_) Schedule(timer, period, tick);
        });
      });
    });
  }

  asio::io_context io_;
  asio::thread_pool ticks_{2};  ///< a slow one does not hold up the other
  std::shared_ptr<Shared> shared_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::vector<std::shared_ptr<Acceptor<asio::ip::tcp>>> tcp_;
  std::vector<std::shared_ptr<Acceptor<asio::local::stream_protocol>>> unix_;
  std::vector<std::shared_ptr<asio::steady_timer>> timers_;
  std::vector<std::thread> threads_;
  std::string unix_path_;
  std::atomic<bool> stopped_{false};
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::Create(Options options, Decorator decorate) {
  return std::unique_ptr<HttpServer>(std::make_unique<BeastServer>(options, std::move(decorate)));
}

}  // namespace hb
