// /api/v1/trending
#include "serve/answer.h"
#include "serve/params.h"
#include "serve/post_query.h"
#include "serve/router.h"
#include "serve/trend_json.h"

namespace hb {

namespace {

Status CheckScope(std::string_view scope) {
  for (const std::string_view prefix : {"task:", "lang:", "country:"}) {
    if (scope.rfind(prefix, 0) == 0 && scope.size() > prefix.size() && scope.size() < 200)
      return Ok();
  }
  if (scope == "all") return Ok();
  return Error{Code::kInvalidArgument,
               "parameter scope: '" + std::string(scope.substr(0, 60)) +
                   "' is not known; use all, task:NAME, lang:xx or country:XX"};
}

/// The part of a range in which there are posts: its sixtieths are the steps of a course.
Result<TimeRange> WithinKept(TimeRange range, const ApiContext& context) {
  HB_ASSIGN(const auto span, PostSpan(context.backend.store()));
  if (!span) return range;
  range.from = std::max(range.from, span->from);
  range.to = std::max(range.from, std::min(range.to, span->to));
  return range;
}

}  // namespace

HttpResponse GetTrending(const HttpRequest& request, const ApiContext& context) {
  const std::string_view asked = Param(request, "scope");
  const std::string_view scope = asked.empty() ? "all" : asked;
  HB_ANSWER_TRY(CheckScope(scope));
  if (scope.rfind("task:", 0) == 0) HB_ANSWER_TRY(CheckTask(scope.substr(5), context));
  HB_ANSWER_ASSIGN(const std::int64_t limit, IntParam(request, "limit", 20, 1, 100));
  const std::string_view kind = Param(request, "kind");
  constexpr std::string_view kKinds[] = {"hashtag"};
  HB_ANSWER_TRY(CheckOneOf("kind", kind, kKinds));
  HB_ANSWER_ASSIGN(const TimeBounds bounds, TimeBoundParams(request));
  const EventTime now = context.backend.Snapshot().now;
  TrendsAsked wanted{.scope = std::string(scope),
                     .kind = std::string(kind.empty() ? "hashtag" : kind),
                     .limit = static_cast<std::size_t>(limit)};
  if (bounds.from || bounds.to) {
    const EventTime end = bounds.to.value_or(now);
    HB_ANSWER_ASSIGN(
        wanted.range,
        WithinKept({bounds.from.value_or(end - std::chrono::hours(24)), end}, context));
  }
  HB_ANSWER_ASSIGN(const std::vector<std::string> trends,
                   AskTrends(context.backend.store(), now, wanted));
  JsonWriter json;
  json.Open().Member("time", IsoTime(now)).Key("trends");
  WriteTrends(trends, json);
  json.Close();
  return JsonAnswer(json);
}

}  // namespace hb
