#include "source/x/x_client.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <ctime>
#include <iterator>
#include <optional>
#include <utility>

namespace hb {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kUserAgent = "heartbeat";
constexpr const char* kTokenName = "BEARER_TOKEN";

/// RFC 3986: all but unreserved characters are escaped.
void AppendEscaped(std::string_view text, std::string& out) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
}

std::optional<std::int64_t> Number(std::string_view text) {
  std::int64_t number = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || at != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

/// What the headers say about when to come back. The reset of the rate limit is in every answer.
milliseconds RetryAfter(const HttpStreamEnd& end, bool rate_limited, EventTime now) {
  if (const auto wait = Number(end.Header("retry-after")); wait && *wait >= 0) {
    return seconds(std::min<std::int64_t>(*wait, 1'000'000));
  }
  if (!rate_limited) return milliseconds(0);
  const auto reset = Number(end.Header("x-rate-limit-reset"));
  const std::int64_t now_s = ToMillis(now) / 1000;
  // A second more, since it is rounded.
  if (reset && *reset > now_s && *reset - now_s < 1'000'000) return seconds(*reset - now_s + 1);
  return milliseconds(0);
}

/// The kinds that a problem alone can tell.
std::optional<EndKind> KindOf(const XProblem& problem) {
  if (problem.kind == "usage-capped" || problem.title == "UsageCapExceeded") {
    return EndKind::kUsageCapped;
  }
  if (problem.connection_issue == "TooManyConnections") return EndKind::kTooManyConnections;
  if (problem.connection_issue == "RuleConfigurationIssue" ||
      problem.connection_issue == "RulesInvalidIssue" ||
      problem.disconnect_type == "InvalidRules") {
    return EndKind::kNoRules;
  }
  if (problem.connection_issue == "ProvisioningSubscription") return EndKind::kPassing;
  return std::nullopt;
}

EndKind KindOfStatus(int status) {
  switch (status) {
    case 400:
    case 401:
    case 403:
    case 404: return EndKind::kRefused;
    case 409: return EndKind::kNoRules;
    case 429: return EndKind::kRateLimited;
    default: return EndKind::kPassing;
  }
}

}  // namespace

std::string FindXToken(const std::string& from_settings) {
  if (!from_settings.empty()) return from_settings;
  if (const char* token = std::getenv(kTokenName); token != nullptr && *token != '\0') return token;
  const Result<std::string> file = ReadFile(".env");
  if (!file.ok()) return {};
  std::string_view rest = file.value();
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.starts_with("export ")) line.remove_prefix(7);
    if (!line.starts_with(kTokenName)) continue;
    line.remove_prefix(std::string_view(kTokenName).size());
    if (!line.starts_with('=')) continue;
    line.remove_prefix(1);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (line.size() >= 2 && (line.front() == '"' || line.front() == '\'') &&
        line.back() == line.front()) {
      line = line.substr(1, line.size() - 2);
    }
    return std::string(line);
  }
  return {};
}

XParams XPostFields(XVocabulary vocabulary) {
  const bool post = vocabulary == XVocabulary::kPost;
  return {{post ? "post.fields" : "tweet.fields",
           fmt::format("created_at,lang,author_id,conversation_id,entities,attachments,"
                       "public_metrics,{},context_annotations,geo,possibly_sensitive,"
                       "edit_controls,{},withheld,in_reply_to_user_id",
                       post ? "referenced_posts" : "referenced_tweets",
                       post ? "note_post" : "note_tweet")},
          {"expansions", fmt::format("author_id,{},geo.place_id,attachments.media_keys,"
                                     "in_reply_to_user_id,{}.author_id",
                                     post ? "referenced_posts.id" : "referenced_tweets.id",
                                     post ? "referenced_posts.id" : "referenced_tweets.id")},
          {"user.fields", "username,verified,public_metrics,created_at"},
          {"place.fields", "country_code,full_name"},
          {"media.fields", "type"}};
}

Ending XEndingOf(const XProblem& problem) {
  return {KindOf(problem).value_or(EndKind::kClosed), problem.Words()};
}

Ending XEndingOf(const HttpStreamEnd& end, EventTime now, XAnswers& answers, XProblem& problem) {
  using How = HttpStreamEnd::How;
  problem = {};
  switch (end.how) {
    case How::kStopped: return {EndKind::kClosed, "stopped"};
    case How::kSilent: return {EndKind::kSilent};
    case How::kTooLong: return {EndKind::kPassing, "the answer is too long"};
    case How::kFailed: return {EndKind::kNetwork, end.detail};
    case How::kDone: break;
  }
  if (end.status >= 200 && end.status < 300) return {EndKind::kClosed};
  problem = answers.Problem(end.body);
  const std::string words = problem.Words();
  Ending ending{KindOf(problem).value_or(KindOfStatus(end.status)),
                words.empty() ? fmt::format("HTTP {}", end.status)
                              : fmt::format("HTTP {}: {}", end.status, words)};
  if (end.status == 429 || end.status >= 500) {
    ending.retry_after = RetryAfter(end, ending.kind == EndKind::kRateLimited, now);
  }
  return ending;
}

Error XErrorOf(const XClient::Answer& answer) {
  const Ending& ending = answer.ending;
  const std::string what = ending.detail.empty() ? EndKindName(ending.kind) : ending.detail;
  if (answer.http.how == HttpStreamEnd::How::kStopped) return {Code::kCancelled, "interrupted"};
  switch (ending.kind) {
    case EndKind::kRateLimited:
    case EndKind::kTooManyConnections: return {Code::kExhausted, what};
    case EndKind::kRefused:
    case EndKind::kUsageCapped: return {Code::kInvalidArgument, what};
    case EndKind::kSilent: return {Code::kUnavailable, "X does not answer"};  // it is no stream
    default: return {Code::kUnavailable, what};
  }
}

XClient::Answer GetUsage(XClient& client) {
  return client.Get("/2/usage/tweets",
                    {{"usage.fields", "cap_reset_day,project_cap,project_usage"}});
}

std::string XUrl(const XAccess& access, std::string_view path, const XParams& params) {
  std::string url = access.base_url + std::string(path);
  char separator = '?';
  for (const auto& [name, value] : params) {
    url += separator;
    separator = '&';
    AppendEscaped(name, url);
    url += '=';
    AppendEscaped(value, url);
  }
  return url;
}

std::vector<std::string> XHeaders(const XAccess& access) {
  return {"Authorization: Bearer " + access.token, fmt::format("User-Agent: {}", kUserAgent)};
}

std::string XTime(EventTime time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(static_cast<std::time_t>(second.time_since_epoch().count())));
}

XClient::Answer XClient::Perform(HttpStreamCall call) {
  for (std::string& header : XHeaders(access_)) call.headers.push_back(std::move(header));
  Answer answer;
  answer.http = http_.Run(call);
  answer.good = answer.http.how == HttpStreamEnd::How::kDone && answer.http.status >= 200 &&
                answer.http.status < 300;
  if (!answer.good) answer.ending = XEndingOf(answer.http, clock_.Now(), answers_, answer.problem);
  return answer;
}

XClient::Answer XClient::Get(std::string_view path, const XParams& params) {
  HttpStreamCall call;
  call.url = XUrl(access_, path, params);
  return Perform(std::move(call));
}

XClient::Answer XClient::Post(std::string_view path, const XParams& params, std::string body) {
  HttpStreamCall call;
  call.method = "POST";
  call.url = XUrl(access_, path, params);
  call.body = std::move(body);
  call.headers = {"Content-Type: application/json"};
  return Perform(std::move(call));
}

}  // namespace hb
