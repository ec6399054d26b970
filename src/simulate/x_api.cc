#include "simulate/x_api.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <utility>

namespace hb::simulate {

namespace {

constexpr std::string_view kJson = "application/json; charset=utf-8";
constexpr std::int64_t kDayMs = 86'400'000;

/// Limits of pay-per-use, https://docs.x.com/x-api/fundamentals/rate-limits.
struct Endpoint {
  std::string_view method, path;
  std::uint32_t limit;  ///< requests in 15 minutes
};
constexpr std::string_view kStream = "/2/tweets/search/stream", kSample = "/2/tweets/sample/stream",
                           kRules = "/2/tweets/search/stream/rules",
                           kRuleCounts = "/2/tweets/search/stream/rules/counts",
                           kRecent = "/2/tweets/search/recent", kAll = "/2/tweets/search/all",
                           kCounts = "/2/tweets/counts/recent", kUsage = "/2/usage/tweets",
                           kTrends = "/2/trends/by/woeid/", kJobs = "/2/compliance/jobs",
                           kJob = "/2/compliance/jobs/", kJobFiles = "/compliance/",
                           kPostEvents = "/2/tweets/compliance/stream",
                           kUserEvents = "/2/users/compliance/stream";
constexpr std::array<Endpoint, 15> kEndpoints = {{
    {"GET", kStream, 50},
    {"GET", kSample, 50},
    {"GET", kRules, 450},
    {"POST", kRules, 100},
    {"GET", kRuleCounts, 450},
    {"GET", kRecent, 450},
    {"GET", kAll, 300},
    {"GET", kCounts, 300},
    {"GET", kUsage, 50},
    {"GET", kTrends, 75},
    {"POST", kJobs, 150},
    {"GET", kJobs, 150},
    {"GET", kJob, 150},
    {"GET", kPostEvents, 100},
    {"GET", kUserEvents, 100},
}};

const Endpoint* FindEndpoint(const Request& request) {
  for (const Endpoint& endpoint : kEndpoints) {
    if (request.method != endpoint.method) continue;
    if (request.path == endpoint.path) return &endpoint;
    if (endpoint.path.ends_with('/') && request.path.starts_with(endpoint.path)) return &endpoint;
  }
  return nullptr;
}

}  // namespace

XApi::XApi(Options options, World& world)
    : options_(std::move(options)),
      world_(world),
      rules_(options_.rules),
      compliance_(world),
      found_(*world.corpus),
      cap_(options_.usage_cap) {}

void XApi::Json(Exchange& exchange, const XAnswer& answer, const Headers& headers) {
  exchange.Answer(answer.status, kJson, answer.body, headers);
}

void XApi::BadRequest(Exchange& exchange, const Headers& headers, BadParameter bad) {
  exchange.Answer(400, kJson, XBadParameters({std::move(bad)}), headers);
}

void XApi::Refuse(Exchange& exchange, const Fault& fault, const Headers& headers) {
  const auto answer = [&](int status, std::string_view title, std::string_view type,
                          std::string_view detail, std::string_view more = {}) {
    exchange.Answer(status, kJson, XProblem(status, title, type, detail, more), headers);
  };
  if (fault.reason == "rate-limit")
    return answer(429, "Too Many Requests", "about:blank", "Too Many Requests");
  if (fault.reason == "usage-capped") {
    return answer(429, "UsageCapExceeded", "usage-capped",
                  "Usage cap exceeded: Monthly product cap",
                  R"("account_id":1,"product_name":"standard-basic","period":"Monthly",)"
                  R"("scope":"Product")");
  }
  if (fault.reason == "too-many-connections") {
    return answer(429, "ConnectionException", "streaming-connection",
                  "This stream is currently at the maximum allowed connection limit.",
                  R"("connection_issue":"TooManyConnections")");
  }
  if (fault.reason == "unauthorized")
    return answer(401, "Unauthorized", "about:blank", "Unauthorized");
  if (fault.reason == "forbidden") {
    return answer(
        403, "Client Forbidden", "client-forbidden",
        "This request must be made using an approved developer account.",
        R"("reason":"client-not-enrolled","registration_url":"https://developer.example")");
  }
  if (fault.reason == "internal")
    return answer(500, "Internal Server Error", "about:blank", "Something is broken.");
  answer(503, "Service Unavailable", "about:blank", "Service Unavailable");
}

void XApi::Handle(Exchange& exchange) {
  const Request& request = exchange.request();
  // Whoever knows the address of a job's data may have it.
  if (request.path.starts_with(kJobFiles)) return compliance_.Handle(exchange);
  const Endpoint* endpoint = FindEndpoint(request);
  if (endpoint == nullptr) {
    return Json(exchange,
                {404, XProblem(404, "Not Found", "about:blank",
                               request.method + " " + request.path + " is not simulated")},
                {});
  }
  const std::string_view authorization = request.Header("authorization");
  const bool bearer = authorization.starts_with("Bearer ") && authorization.size() > 7;
  if (!bearer || (!options_.token.empty() && authorization.substr(7) != options_.token))
    return Refuse(exchange, {.kind = FaultKind::kRefuse, .path = {}, .reason = "unauthorized"}, {});
  const EventTime now = world_.clock.Now();
  const XLimits::Standing standing =
      limits_.Take(fmt::format("{} {}", endpoint->method, endpoint->path), endpoint->limit,
                   options_.rate_limits, now);
  const Headers headers = standing.AsHeaders();
  const std::string_view path = endpoint->path;
  const bool stream = path == kStream || path == kSample;
  if (!standing.ok)
    return Refuse(exchange, {.kind = FaultKind::kRefuse, .path = {}, .reason = "rate-limit"},
                  headers);
  if (const auto fault = world_.faults.TakeRefusal(request.path, stream))
    return Refuse(exchange, *fault, headers);
  const bool reads_posts = stream || path == kRecent || path == kAll;
  const Usage usage = UsageNow();
  if (reads_posts && usage.used >= usage.cap)
    return Refuse(exchange, {.kind = FaultKind::kRefuse, .path = {}, .reason = "usage-capped"},
                  headers);
  if (stream) return Stream(exchange, path == kSample, headers);
  if (path == kRules && request.method == "POST")
    return Json(exchange, rules_.Change(request, now), headers);
  if (path == kRules) return Json(exchange, rules_.List(request, now), headers);
  if (path == kRuleCounts) return Json(exchange, rules_.Counts(), headers);
  if (path == kRecent) return Search(exchange, 100, headers);
  if (path == kAll) return Search(exchange, 500, headers);
  if (path == kCounts) return Count(exchange, headers);
  if (path == kJobs && request.method == "POST")
    return Json(exchange, compliance_.Create(request), headers);
  if (path == kJobs) return Json(exchange, compliance_.List(request), headers);
  if (path == kJob) return Json(exchange, compliance_.Get(request), headers);
  if (path == kPostEvents || path == kUserEvents)
    return compliance_.Stream(exchange, path == kPostEvents, options_.keep_alive, headers);
  if (path == kUsage) return TellUsage(exchange, headers);
  Trends(exchange, std::string_view(request.path).substr(kTrends.size()), headers);
}

bool XApi::Stands(std::uint64_t index, EventTime now) const {
  const auto by = world_.corpus->DeletedBy(index);
  return !by || *by >= world_.corpus->size() || world_.corpus->TimeOf(*by) > now;
}

bool XApi::TakeConnection(const std::string& path) {
  const MutexLock lock(mutex_);
  if (connections_[path] >= options_.connections) return false;
  ++connections_[path];
  return true;
}

void XApi::GiveConnection(const std::string& path) {
  const MutexLock lock(mutex_);
  --connections_[path];
}

void XApi::Used(std::uint64_t posts) {
  const MutexLock lock(mutex_);
  used_[ToMillis(world_.clock.Now()) / kDayMs] += posts;
}

XApi::Usage XApi::UsageNow() const {
  const std::chrono::year_month_day today(
      std::chrono::floor<std::chrono::days>(world_.clock.Now()));
  const std::chrono::sys_days begin(today.year() / today.month() / 1);
  const MutexLock lock(mutex_);
  Usage usage{.cap = cap_};
  for (auto day = used_.lower_bound(begin.time_since_epoch().count()); day != used_.end(); ++day)
    usage.used += day->second;
  return usage;
}

void XApi::SetUsage(std::optional<std::uint64_t> used, std::optional<std::uint64_t> cap) {
  const std::int64_t today = ToMillis(world_.clock.Now()) / kDayMs;
  const MutexLock lock(mutex_);
  if (used) {
    used_.clear();
    used_[today] = *used;
  }
  if (cap) cap_ = *cap;
}

void XApi::TellUsage(Exchange& exchange, const Headers& headers) {
  const Usage usage = UsageNow();
  std::string days;
  {
    const MutexLock lock(mutex_);
    for (const auto& [day, posts] : used_) {
      if (!days.empty()) days += ',';
      fmt::format_to(std::back_inserter(days), R"({{"date":"{}","usage":"{}"}})",
                     XTime(FromMillis(day * kDayMs)), posts);
    }
  }
  exchange.Answer(
      200, kJson,
      fmt::format(R"({{"data":{{"project_id":"1","project_cap":"{0}","project_usage":"{1}",)"
                  R"("cap_reset_day":1,"daily_project_usage":{{"project_id":"1","usage":[{2}]}},)"
                  R"("daily_client_app_usage":[{{"client_app_id":"1","usage":[{2}]}}]}}}})",
                  usage.cap, usage.used, days),
      headers);
}

}  // namespace hb::simulate
