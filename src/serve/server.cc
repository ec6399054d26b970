#include "serve/server.h"

#include <arpa/inet.h>

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "base/logging.h"
#include "serve/http_server.h"
#include "serve/live_clients.h"
#include "serve/live_events.h"
#include "serve/live_parts.h"
#include "serve/params.h"
#include "serve/problem.h"
#include "serve/router.h"
#include "serve/rows.h"
#include "serve/status_json.h"

namespace hb {

namespace {

constexpr std::chrono::milliseconds kBeat{250};
constexpr int kBeatsPerSecond = 4, kBeatsPerKeepAlive = 60, kSecondsPerStatus = 2;

/// No script but ours, no other host; styles of charts are set by script, which needs no exception.
constexpr std::string_view kContentSecurityPolicy =
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'self'; form-action 'none'";

bool IsApi(std::string_view path) {
  for (const std::string_view prefix : {"/api/", "/es/"}) {
    if (path.substr(0, prefix.size()) == prefix) return true;
  }
  return path == "/es" || path == "/metrics" || path == "/healthz" || path == "/readyz" ||
         path == "/openapi.json";
}

/// The part of an address after "scheme://", "" if there is none.
std::string_view Authority(std::string_view origin) {
  const std::size_t mark = origin.find("://");
  return mark == std::string_view::npos ? std::string_view() : origin.substr(mark + 3);
}

/// Whether `name` is an address in 127.0.0.0/8, written in four numbers. A name that only begins
/// so, such as 127.example.org, may be anybody's.
bool IsLoopbackAddress(std::string_view name) {
  in_addr address{};
  return inet_pton(AF_INET, std::string(name).c_str(), &address) == 1 &&
         (ntohl(address.s_addr) >> 24) == 127;
}

using Lane = HttpServer::Lane;

Lane LaneOf(const HttpRequest& request) {
  const std::string_view path = request.path;
  if (path == "/healthz" || path == "/readyz") return Lane::kProbe;
  if (path == "/es" || path.rfind("/es/", 0) == 0 || path.rfind("/api/v1/sql", 0) == 0 ||
      path == "/api/v1/posts/export" || path == "/api/v1/forget" || path == "/api/v1/backfill" ||
      path == "/api/v1/deadletters/replay")
    return Lane::kSlow;
  return Lane::kUsual;
}

/// Compares without telling by its time how much is right.
bool SameSecret(std::string_view a, std::string_view b) {
  unsigned char difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  }
  return difference == 0;
}

/// Tags of which the store has something. None if it does not answer: then only what comes counts.
std::vector<std::string> StoredTasks(SqlStore& store) {
  std::vector<std::string> tags;
  const auto found = Statement("SELECT tag FROM tasks UNION SELECT DISTINCT task FROM windows")
                         .Ask(store, LiveEvents::kMaxTasks, std::chrono::milliseconds(500));
  if (!found.ok()) return tags;
  for (const Row& row : found.value().rows) tags.emplace_back(TextAt(row, 0));
  return tags;
}

class ServerImpl : public Server {
 public:
  ServerImpl(Options options, Backend& backend, LiveEvents& events,
             std::span<const StaticFile> files)
      : options_(std::move(options)), backend_(backend), events_(events), files_(files) {}
  ~ServerImpl() override { ServerImpl::Stop(); }

  Status Open() {
    events_.AddTasks(StoredTasks(backend_.store()));
    HttpServer::Options http;
    http.max_connections = options_.max_connections;
    HB_ASSIGN(http_,
              HttpServer::Create(http, [](const HttpRequest& request, HttpResponse& response) {
                Decorate(request, response);
              }));
    const auto handler = [this](const HttpRequest& request) { return Handle(request); };
    const auto stream = [this](const HttpRequest& request, const std::shared_ptr<EventSink>& sink) {
      return Subscribe(request, sink);
    };
    if (!options_.listen.empty()) {
      HB_TRY(CheckToken(options_.listen));
      HB_ASSIGN(port_, http_->ListenTcp(options_.listen, handler, stream, LaneOf));
    }
    if (!options_.elasticsearch_listen.empty()) {
      HB_TRY(CheckToken(options_.elasticsearch_listen));
      const auto es = [this](const HttpRequest& request) { return HandleEs(request); };
      HB_TRY(http_->ListenTcp(options_.elasticsearch_listen, es, nullptr,
                              [](const HttpRequest&) { return Lane::kSlow; }));
    }
    if (!options_.control_socket.empty()) {
      HB_TRY(http_->ListenUnix(options_.control_socket, handler, stream, LaneOf));
    }
    http_->Every(kBeat, [this] { Beat(); });
    http_->Every(std::chrono::seconds(1), [this] { Tell(); });
    http_->Start();
    return Ok();
  }

  void Stop() override {
    gate_.Close();
    backend_.store().StopStatements();  // Else the handlers of long ones would be waited for.
    http_->Stop();
  }
  [[nodiscard]] std::uint16_t port() const override { return port_; }

 private:
  [[nodiscard]] Status CheckToken(const std::string& address) const {
    const bool loopback = address.rfind("127.", 0) == 0 || address.rfind("localhost:", 0) == 0 ||
                          address.rfind("[::1]", 0) == 0;
    if (loopback || !options_.token.empty()) return Ok();
    return Error{
        Code::kInvalidArgument,
        "listening on " + address +
            " needs a token, because others can reach it: set serve.token (or HEARTBEAT_SERVE_TOKEN)"};
  }

  static void Decorate(const HttpRequest& request, HttpResponse& response) {
    response.headers.emplace_back("X-Content-Type-Options", "nosniff");
    response.headers.emplace_back("Referrer-Policy", "no-referrer");
    if (!IsApi(request.path)) {
      response.headers.emplace_back("Content-Security-Policy", std::string(kContentSecurityPolicy));
    }
  }

  [[nodiscard]] bool Authorized(const HttpRequest& request) const {
    // The control socket is open to nobody but its owner. Everybody else shows the token, if there
    // is one: loopback is also where a proxy or another user of the machine comes from.
    if (options_.token.empty() || request.owner) return true;
    const auto header = request.headers.find("authorization");
    constexpr std::string_view kBearer = "Bearer ";
    if (header != request.headers.end() && header->second.rfind(kBearer, 0) == 0 &&
        SameSecret(std::string_view(header->second).substr(kBearer.size()), options_.token)) {
      return true;
    }
    return SameSecret(Param(request, "token"), options_.token);
  }

  /// Whether the page of another site wants something changed. Browsers that do not say
  /// Sec-Fetch-Site say Origin.
  [[nodiscard]] static bool HasOtherOrigin(const HttpRequest& request, std::string_view host) {
    if (request.method == "GET" || request.method == "HEAD") return false;
    if (const auto site = request.headers.find("sec-fetch-site"); site != request.headers.end())
      return request.local && site->second != "same-origin" && site->second != "none";
    const auto origin = request.headers.find("origin");
    return origin != request.headers.end() && Authority(origin->second) != host;
  }

  /// A page of another site must not reach a server on loopback through its reader's browser: its
  /// name would be somebody's else (DNS rebinding), or its origin would.
  [[nodiscard]] static bool FromOtherSite(const HttpRequest& request) {
    const auto host = request.headers.find("host");
    const bool named = host != request.headers.end();
    if (HasOtherOrigin(request, named ? std::string_view(host->second) : std::string_view()))
      return true;
    if (!request.local || !named) return false;
    std::string_view name = host->second;
    if (const auto colon = name.rfind(':');
        colon != std::string_view::npos && name.find(']', colon) == std::string_view::npos) {
      name = name.substr(0, colon);
    }
    // Clients of the control socket have no address to name; no page can reach it.
    const bool ours = name == "localhost" || name == "[::1]" || IsLoopbackAddress(name) ||
                      (request.owner && name == "heartbeat");
    return !ours;
  }

  static HttpResponse Unauthorized() {
    HttpResponse response = Problem(401, "a token is needed", "send Authorization: Bearer TOKEN");
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
  }

  HttpResponse Handle(const HttpRequest& request) {
    if (FromOtherSite(request)) {
      return Problem(403, "this request comes from another site",
                     "open the dashboard under its own address");
    }
    if (!IsApi(request.path)) return StaticPage(request, files_);
    const bool open = request.path == "/healthz" || request.path == "/readyz";
    if (!open && !Authorized(request)) return Unauthorized();
    return HandleRequest(request, backend_, options_.export_dir, &gate_);
  }

  HttpResponse HandleEs(const HttpRequest& request) {
    if (FromOtherSite(request)) return Problem(403, "this request comes from another site");
    if (!Authorized(request)) return Unauthorized();
    const ApiContext context{backend_, options_.export_dir, {}, &gate_};
    return HandleElasticsearch(request, request.path, context);
  }

  /// Without asking the store, which may take long: the tasks in force, and those of which the
  /// store had something at the start or something has come since.
  [[nodiscard]] bool KnowsTask(std::string_view tag) const {
    if (events_.KnowsTask(tag)) return true;
    const std::vector<Task> tasks = backend_.Tasks();
    return std::any_of(tasks.begin(), tasks.end(),
                       [&](const Task& task) { return task.tag == tag; });
  }

  bool Subscribe(const HttpRequest& request, const std::shared_ptr<EventSink>& sink) {
    if (request.path != "/api/v1/live" || request.method != "GET") return false;
    // A request that is refused is answered by Handle, which refuses it too.
    if (FromOtherSite(request) || !Authorized(request) ||
        !CheckEventKinds(Param(request, "events")).ok() || !KnowsTask(Param(request, "task")))
      return false;
    const auto header = request.headers.find("last-event-id");
    const std::string_view last =
        header == request.headers.end() ? Param(request, "last_event_id") : header->second;
    clients_.Add(sink, {.task = std::string(Param(request, "task")),
                        .kinds = SplitComma(Param(request, "events")),
                        .last_id = std::string(last)});
    return true;
  }

  /// Four times a second: counts and posts. Asks the store for nothing, so that the pulse never
  /// falters.
  void Beat() {
    const SystemStatus status = backend_.Snapshot();
    ++beats_;
    const auto make = [&](LiveEvents& events) {
      return events.Tick({.now = status.now,
                          .rate = status.rate,
                          .posts_total = stored_posts_,
                          .always = beats_ % kBeatsPerSecond == 0});
    };
    clients_.Deliver(make, beats_ % kBeatsPerKeepAlive == 0);
  }

  /// Once a second, what the store has to be asked for; before anything is delivered, because it
  /// may be slow.
  void Tell() {
    SqlStore& store = backend_.store();
    const SystemStatus status = backend_.Snapshot();
    JsonWriter status_json;
    const bool tell_status = ++tells_ % kSecondsPerStatus == 1;
    if (tell_status) {
      const StoredTotals totals = AskTotals(status, store);
      WriteStatus(status, totals, store, status_json);
      stored_posts_ = totals.posts;
    }
    // While nobody listens the changes wait, bounded, for whoever comes.
    LiveEvents::Settled settled;
    if (!clients_.empty()) settled = events_.TakeSettled();
    auto windows = WindowParts(settled.windows, store);
    auto trends = TrendParts(settled.trends, status.now, store);
    clients_.Deliver([&](LiveEvents& events) {
      LiveClients::Events made;
      if (!windows.empty()) made.push_back(events.Publish("window", "windows", std::move(windows)));
      if (!trends.empty()) made.push_back(events.Publish("trend", "trends", std::move(trends)));
      if (tell_status) made.push_back(events.Publish("status", status_json.Take()));
      return made;
    });
  }

  const Options options_;
  Backend& backend_;
  LiveEvents& events_;
  const std::span<const StaticFile> files_;
  StatementGate gate_;
  std::unique_ptr<HttpServer> http_;
  std::uint16_t port_ = 0;
  std::uint64_t beats_ = 0;                      ///< of Beat alone
  std::uint64_t tells_ = 0;                      ///< of Tell alone
  std::atomic<std::uint64_t> stored_posts_ = 0;  ///< as Tell last heard
  LiveClients clients_{events_};
};

}  // namespace

Result<std::unique_ptr<Server>> Server::Start(Options options, Backend& backend, LiveHub& hub,
                                              std::span<const StaticFile> files) {
  auto* events = dynamic_cast<LiveEvents*>(&hub);
  if (events == nullptr) return Error{Code::kInternal, "the live hub is not one of this server's"};
  auto server = std::make_unique<ServerImpl>(std::move(options), backend, *events, files);
  HB_TRY(server->Open());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace hb
