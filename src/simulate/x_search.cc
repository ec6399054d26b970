// The past: search, counts and trends.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>

#include "base/hash.h"
#include "base/json.h"
#include "simulate/x_api.h"
#include "wire/times.h"

namespace hb::simulate {

namespace {

constexpr std::string_view kJson = "application/json; charset=utf-8";
constexpr std::chrono::hours kRecentDays{7 * 24};
constexpr std::chrono::milliseconds kDefaultEnd{30'000};
constexpr std::chrono::minutes kTrendSpan{10};
constexpr std::uint64_t kMostTrendPosts = 20'000;

const std::vector<std::string_view>& SearchParameters() {
  static const std::vector<std::string_view> names = {
      "query",    "max_results", "next_token", "pagination_token", "start_time",
      "end_time", "since_id",    "until_id",   "sort_order"};
  return names;
}

bool ReadNumber(const std::string& text, std::uint64_t& out) {
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && at == text.data() + text.size() && !text.empty();
}

/// A token stands for the query it belongs to and the index that it goes on before.
std::string TokenOf(std::uint64_t index, std::string_view query) {
  return fmt::format("b26v{:08x}{:x}", static_cast<std::uint32_t>(Hash64(query)), index);
}

std::optional<std::uint64_t> ReadToken(const std::string& token, std::string_view query) {
  const std::string head = fmt::format("b26v{:08x}", static_cast<std::uint32_t>(Hash64(query)));
  if (!token.starts_with(head)) return std::nullopt;
  std::uint64_t index = 0;
  const char* end = token.data() + token.size();
  const auto [at, error] = std::from_chars(token.data() + head.size(), end, index, 16);
  if (error != std::errc() || at != end) return std::nullopt;
  return index;
}

}  // namespace

/// Posts [begin, end) of the corpus, and the times that were asked for.
struct XApi::Range {
  std::uint64_t begin = 0, end = 0;
  EventTime from{}, to{};
};

bool XApi::ReadQuery(Exchange& exchange, const Headers& headers,
                     std::shared_ptr<const XRuleSet>& query) {
  const std::string* text = exchange.request().Param("query");
  if (text == nullptr || text->empty()) {
    BadRequest(exchange, headers, {"query", "", "The `query` query parameter can not be empty"});
    return false;
  }
  auto compiled = CompileQuery(*text);
  if (!compiled.ok()) {
    BadRequest(
        exchange, headers,
        {"query", *text, "There were errors processing your request: " + compiled.error().message});
    return false;
  }
  query = std::move(compiled).value();
  return true;
}

bool XApi::ReadRange(Exchange& exchange, const Headers& headers, Range& out) {
  const Request& request = exchange.request();
  const Corpus& corpus = *world_.corpus;
  const EventTime now = world_.clock.Now(), latest = now - options_.search_lag;
  out.from = now - kRecentDays;
  out.to = now - std::max(kDefaultEnd, options_.search_lag);
  if (options_.search_lag < kDefaultEnd) out.to = latest;
  const auto read_time = [&](const char* name, EventTime& into) {
    const std::string* text = request.Param(name);
    if (text == nullptr) return true;
    const auto time = ParsePostTime(*text);
    const bool past = time && *time <= latest;
    if (time && past && *time >= now - kRecentDays - std::chrono::minutes(1)) {
      into = *time;
      return true;
    }
    BadRequest(
        exchange, headers,
        {name, *text,
         !time
             ? fmt::format("The `{0}` query parameter value [{1}] is not a valid time", name, *text)
         : !past
             ? fmt::format("Invalid '{0}':'{1}'. '{0}' must be a minimum of {2} seconds prior to "
                           "the request time.",
                           name, *text, options_.search_lag.count() / 1000)
             : fmt::format("Invalid '{0}':'{1}'. '{0}' must be on or after {2}. Please use a "
                           "'{0}' that is after this date.",
                           name, *text, XTime(now - kRecentDays))});
    return false;
  };
  if (!read_time("start_time", out.from) || !read_time("end_time", out.to)) return false;
  if (request.Param("start_time") != nullptr && request.Param("end_time") != nullptr &&
      out.from >= out.to) {
    BadRequest(exchange, headers,
               {"end_time", *request.Param("end_time"),
                "Invalid 'start_time'. 'start_time' must be before 'end_time'."});
    return false;
  }
  out.begin = corpus.FirstAt(out.from);
  out.end = std::max(out.begin, corpus.FirstAt(out.to));
  std::uint64_t id = 0;
  for (const char* name : {"since_id", "until_id"}) {
    const std::string* text = request.Param(name);
    if (text == nullptr) continue;
    const auto time = ReadNumber(*text, id) ? TimeOfXId(*text) : std::nullopt;
    if (!time) {
      BadRequest(exchange, headers,
                 {name, *text,
                  fmt::format("The `{}` query parameter value [{}] is not valid", name, *text)});
      return false;
    }
    std::uint64_t index = corpus.FirstAt(*time);
    const bool since = std::string_view(name) == "since_id";
    while (index < out.end && (since ? corpus.IdOf(index) <= id : corpus.IdOf(index) < id)) ++index;
    since ? out.begin = std::max(out.begin, index) : out.end = std::min(out.end, index);
  }
  out.end = std::max(out.begin, out.end);
  return true;
}

void XApi::Search(Exchange& exchange, std::size_t most, const Headers& headers) {
  const Request& request = exchange.request();
  XFields fields;
  if (auto bad = ReadFields(request, options_.vocabulary, SearchParameters(), fields))
    return BadRequest(exchange, headers, std::move(*bad));
  std::uint64_t max_results = 10;
  if (const std::string* text = request.Param("max_results");
      text != nullptr &&
      (!ReadNumber(*text, max_results) || max_results < 10 || max_results > most)) {
    return BadRequest(
        exchange, headers,
        {"max_results", *text,
         fmt::format("The `max_results` query parameter value [{}] is not between 10 and {}", *text,
                     most)});
  }
  std::shared_ptr<const XRuleSet> query;
  Range range;
  if (!ReadQuery(exchange, headers, query) || !ReadRange(exchange, headers, range)) return;
  const std::string& text = *request.Param("query");
  std::uint64_t at = range.end;
  const std::string* token = request.Param("next_token");
  if (token == nullptr) token = request.Param("pagination_token");
  if (token != nullptr) {
    const auto index = ReadToken(*token, text);
    if (!index || *index > range.end) {
      return BadRequest(exchange, headers,
                        {"next_token", *token, "Invalid 'next_token':'" + *token + "'."});
    }
    at = std::max(*index, range.begin);
  }
  const EventTime now = world_.clock.Now();
  XMatcher matcher;
  std::vector<Post> posts;
  while (at > range.begin && posts.size() < max_results) {
    if (!exchange.Wait(std::chrono::milliseconds(0))) return;  // nobody is there any more
    const std::uint64_t number = (at - 1) / XFound::kStretch;
    const auto found = found_.In(number, text, query, matcher);
    auto next = std::lower_bound(found->begin(), found->end(), at);
    at = std::max(range.begin, number * XFound::kStretch);
    while (next != found->begin() && *--next >= range.begin) {
      if (!Stands(*next, now)) continue;
      posts.push_back(world_.corpus->Get(*next));
      if (posts.size() < max_results) continue;
      at = *next;
      break;
    }
  }
  std::string body = XPage(posts, fields);
  body += body == "{" ? R"("meta":{)" : R"(,"meta":{)";
  if (!posts.empty()) {
    fmt::format_to(std::back_inserter(body), R"("newest_id":"{}","oldest_id":"{}",)",
                   posts.front().id, posts.back().id);
  }
  fmt::format_to(std::back_inserter(body), R"("result_count":{})", posts.size());
  if (at > range.begin)
    fmt::format_to(std::back_inserter(body), R"(,"next_token":"{}")", TokenOf(at, text));
  Used(posts.size());
  exchange.Answer(200, kJson, body + "}}", headers);
}

void XApi::Count(Exchange& exchange, const Headers& headers) {
  const Request& request = exchange.request();
  std::int64_t step_ms = 3'600'000;
  if (const std::string* text = request.Param("granularity")) {
    if (*text == "minute") {
      step_ms = 60'000;
    } else if (*text == "day") {
      step_ms = 86'400'000;
    } else if (*text != "hour") {
      return BadRequest(exchange, headers,
                        {"granularity", *text,
                         "The `granularity` query parameter value [" + *text +
                             "] is not one of [minute,hour,day]"});
    }
  }
  std::shared_ptr<const XRuleSet> query;
  Range range;
  if (!ReadQuery(exchange, headers, query) || !ReadRange(exchange, headers, range)) return;
  const EventTime now = world_.clock.Now();
  // The corpus has nothing before its begin: no row for each minute of a week.
  const EventTime from = std::max(range.from, world_.corpus->TimeOf(0));
  std::map<std::int64_t, std::uint64_t> counts;
  for (std::int64_t at = ToMillis(from) / step_ms; at * step_ms < ToMillis(range.to); ++at)
    counts[at] = 0;
  XMatcher matcher;
  std::uint64_t total = 0;
  for (std::uint64_t at = range.begin; at < range.end;) {
    if (!exchange.Wait(std::chrono::milliseconds(0))) return;  // nobody is there any more
    const std::uint64_t number = at / XFound::kStretch;
    const auto found = found_.In(number, *request.Param("query"), query, matcher);
    auto next = std::lower_bound(found->begin(), found->end(), at);
    for (; next != found->end() && *next < range.end; ++next) {
      if (!Stands(*next, now)) continue;
      ++counts[ToMillis(world_.corpus->TimeOf(*next)) / step_ms];
      ++total;
    }
    at = (number + 1) * XFound::kStretch;
  }
  const bool renamed = options_.vocabulary == Vocabulary::kPost;
  std::string body = R"({"data":[)";
  for (const auto& [at, count] : counts) {
    if (body.back() != '[') body += ',';
    fmt::format_to(std::back_inserter(body), R"({{"start":"{}","end":"{}","{}":{}}})",
                   XTime(std::max(from, FromMillis(at * step_ms))),
                   XTime(std::min(range.to, FromMillis((at + 1) * step_ms))),
                   renamed ? "post_count" : "tweet_count", count);
  }
  fmt::format_to(std::back_inserter(body), R"(],"meta":{{"{}":{}}}}})",
                 renamed ? "total_post_count" : "total_tweet_count", total);
  exchange.Answer(200, kJson, body, headers);
}

void XApi::Trends(Exchange& exchange, std::string_view woeid, const Headers& headers) {
  std::uint64_t most = 20, place = 0;
  if (!ReadNumber(std::string(woeid), place)) {
    return BadRequest(
        exchange, headers,
        {"woeid", std::string(woeid), "The `woeid` path parameter value is not a number"});
  }
  if (const std::string* text = exchange.request().Param("max_trends");
      text != nullptr && (!ReadNumber(*text, most) || most < 1 || most > 50)) {
    return BadRequest(
        exchange, headers,
        {"max_trends", *text,
         "The `max_trends` query parameter value [" + *text + "] is not between 1 and 50"});
  }
  const Corpus& corpus = *world_.corpus;
  const EventTime now = world_.clock.Now();
  const std::uint64_t end = corpus.FirstAt(now);
  std::uint64_t index = corpus.FirstAt(now - kTrendSpan);
  index = std::max(index, end - std::min(end, kMostTrendPosts));
  std::map<std::string, std::uint64_t> tags;
  for (; index < end; ++index) {
    for (const std::string& tag : corpus.Get(index).hashtags) ++tags["#" + tag];
  }
  std::vector<std::pair<std::uint64_t, std::string>> ranked;
  for (const auto& [tag, count] : tags) ranked.emplace_back(count, tag);
  std::sort(ranked.rbegin(), ranked.rend());
  ranked.resize(std::min<std::size_t>(ranked.size(), most));
  std::string body = R"({"data":[)";
  for (const auto& [count, tag] : ranked) {
    if (body.back() != '[') body += ',';
    body += R"({"trend_name":)";
    AppendJsonString(tag, body);
    fmt::format_to(std::back_inserter(body), R"(,"tweet_count":{}}})", count);
  }
  exchange.Answer(200, kJson, body + "]}", headers);
}

void XApi::ListPosts(Exchange& exchange, EventTime from, EventTime to) {
  const auto rules = rules_.current();
  const auto counts = world_.ledger.Counts("x");
  const EventTime now = world_.clock.Now();
  const Corpus& corpus = *world_.corpus;
  XMatcher matcher;
  if (!exchange.Begin(200, "application/x-ndjson")) return;
  std::string lines;
  const std::uint64_t end = corpus.FirstAt(to);
  for (std::uint64_t index = corpus.FirstAt(from); index < end; ++index) {
    if (matcher.Match(corpus.Get(index), rules).empty()) continue;
    const auto sent = counts.find(index);
    fmt::format_to(std::back_inserter(lines),
                   "{{\"id\":\"{}\",\"time_ms\":{},\"sent\":{},\"deleted\":{}}}\n",
                   corpus.IdOf(index), ToMillis(corpus.TimeOf(index)),
                   sent == counts.end() ? 0 : sent->second, !Stands(index, now));
    if (lines.size() > 64 * 1024) {
      if (!exchange.Send(lines)) return;
      lines.clear();
    }
  }
  exchange.Send(lines);
  exchange.Finish();
}

}  // namespace hb::simulate
