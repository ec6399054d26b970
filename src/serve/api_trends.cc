// /api/v1/trending, /api/v1/hashtags/{tag}
#include "serve/answer.h"
#include "serve/params.h"
#include "serve/post_json.h"
#include "serve/post_query.h"
#include "serve/router.h"
#include "serve/trend_json.h"
#include "serve/window_query.h"

namespace hb {

namespace {

constexpr std::int64_t kPageWindows = 1500;

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

/// All posts of a hashtag in a range: " FROM posts WHERE ...".
Statement PostsOf(const std::string& tag, const TimeRange& range) {
  Statement from(" FROM posts WHERE time >= ");
  from.BindTime(range.from)
      .Add(" AND time < ")
      .BindTime(range.to)
      .Add(" AND list_contains(hashtags, ")
      .BindText(tag)
      .Add(")");
  return from;
}

Status WriteTotals(const Statement& from, SqlStore& store, JsonWriter& json) {
  Statement ask("SELECT ");
  ask.Add(kPostSums).Add(", count(DISTINCT author), count(DISTINCT hash(word))").Append(from);
  HB_ASSIGN(const SqlResult total, ask.Ask(store, 1));
  const Row row = total.rows.empty() ? Row(kSumColumns + 2) : total.rows[0];
  WriteSums(row, 0, json);
  const double posts = NumberAt(row, 0);
  json.Key("authors").Int(IntAt(row, kSumColumns)).Key("authors_approximate").Bool(false);
  json.Key("copy_share").Number(posts > 0 ? 1 - NumberAt(row, kSumColumns + 1) / posts : 0);
  return Ok();
}

Status WritePosts(std::string_view name, std::string_view order, const Statement& from,
                  SqlStore& store, JsonWriter& json) {
  Statement ask("SELECT ");
  ask.Add(kPostColumns).Append(from).Add(order);
  HB_ASSIGN(const SqlResult posts, ask.Ask(store, 50));
  json.Key(name).OpenList();
  for (const Row& row : posts.rows) WritePostRow(row, json);
  json.CloseList();
  return Ok();
}

Status WriteKeys(std::string_view name, const Statement& ask, SqlStore& store, JsonWriter& json) {
  HB_ASSIGN(const SqlResult keys, ask.Ask(store, 50));
  json.Key(name);
  WriteKeyCounts(keys.rows, json);
  return Ok();
}

Status WriteKeysOf(const std::string& tag, const Statement& from, SqlStore& store,
                   JsonWriter& json) {
  Statement tags("SELECT key, count(*) FROM (SELECT unnest(hashtags) AS key");
  tags.Append(from)
      .Add(") WHERE key <> ")
      .BindText(tag)
      .Add(" GROUP BY key ORDER BY 2 DESC, 1 LIMIT 20");
  HB_TRY(WriteKeys("cohashtags", tags, store, json));
  // Words of three letters and more, each once a post; the words that stand in most of all posts
  // say nothing.
  Statement words("WITH mine AS (SELECT word, lang");
  words.Append(from)
      .Add(
          " ORDER BY time DESC LIMIT 20000) SELECT key, count(*) FROM (SELECT unnest(list_distinct(regexp_extract_all(lower(word), '[\\p{L}]{4,}'))) "
          "AS key FROM mine) WHERE key <> ")
      .BindText(tag)
      .Add(
          " AND key NOT IN ('this','that','with','have','from','they','your','what','will','just','about','when','them','were','been','there',"
          "'their','would','like','more','than','then','into','only','also','over','after','some','here','para','como','pero','esta','este','pour',"
          "'dans','avec','vous','nous','sont','nicht','eine','einen','oder','aber','sich','auch','dass','wenn','https','http') "
          "GROUP BY key HAVING count(*) > 1 ORDER BY 2 DESC, 1 LIMIT 20");
  HB_TRY(WriteKeys("words", words, store, json));
  Statement entities("SELECT unnest(list_distinct(entities)) AS key, 1 AS posts");
  entities.Append(from);
  HB_TRY(WriteEntities(entities, store, json));
  Statement languages("SELECT lang, count(*)");
  languages.Append(from).Add(" GROUP BY lang ORDER BY 2 DESC, 1 LIMIT 20");
  return WriteKeys("languages", languages, store, json);
}

Status WriteSeries(const Statement& from, std::int64_t size, SqlStore& store, JsonWriter& json) {
  Statement ask("SELECT epoch_ms(time) - epoch_ms(time) % ");
  ask.Bind(size)
      .Add("::BIGINT AS start, ")
      .Add(kPostSums)
      .Append(from)
      .Add(" GROUP BY start ORDER BY start");
  HB_ASSIGN(const SqlResult rows, ask.Ask(store, 20'000));
  json.Key("size_ms").Int(size).Key("series").OpenList();
  for (const Row& row : rows.rows) {
    json.Open().Key("start");
    WriteMillis(row, 0, json);
    WriteSums(row, 1, json);
    json.Close();
  }
  json.CloseList();
  return Ok();
}

/// The request's range, within what there is.
Result<TimeRange> HashtagRange(const HttpRequest& request, const ApiContext& context) {
  HB_ASSIGN(const TimeBounds bounds, TimeBoundParams(request));
  HB_ASSIGN(const auto span, PostSpan(context.backend.store()));
  TimeRange range =
      span ? *span : TimeRange{context.backend.Snapshot().now, context.backend.Snapshot().now};
  if (bounds.from) range.from = std::max(range.from, *bounds.from);
  if (bounds.to) range.to = std::min(range.to, *bounds.to);
  range.to = std::max(range.to, range.from);
  return range;
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

HttpResponse GetHashtag(const HttpRequest& request, const ApiContext& context) {
  const std::string& asked = context.Capture("tag");
  if (asked.size() > 512)
    return Problem(400, "the hashtag has " + std::to_string(asked.size()) + " bytes",
                   "at most 512 are read");
  SqlStore& store = context.backend.store();
  const std::string tag = FoldHashtag(asked, context);
  HB_ANSWER_ASSIGN(const TimeRange range, HashtagRange(request, context));
  const Statement from = PostsOf(tag, range);
  JsonWriter json;
  json.Open()
      .Member("tag", tag)
      .Member("from", IsoTime(range.from))
      .Member("to", IsoTime(range.to));
  HB_ANSWER_TRY(WriteTotals(from, store, json));
  HB_ANSWER_TRY(WritePosts("first_posts", " ORDER BY time, key LIMIT 5", from, store, json));
  HB_ANSWER_TRY(WritePosts("newest", " ORDER BY time DESC, key DESC LIMIT 10", from, store, json));
  HB_ANSWER_TRY(WriteKeysOf(tag, from, store, json));
  const SystemStatus status = context.backend.Snapshot();
  TrendsAsked wanted{.keys = {tag}, .limit = 1};
  // Held still, or at the end of a replay, the question is how it rose in the range.
  if (!Param(request, "to").empty() || status.mode == "done") wanted.range = range;
  HB_ANSWER_ASSIGN(const std::vector<std::string> trends, AskTrends(store, status.now, wanted));
  json.Key("trend").Raw(trends.empty() ? "null" : trends.front());
  const std::vector<std::int64_t> sizes = {60'000, 900'000, 3'600'000};
  HB_ANSWER_TRY(WriteSeries(from, SizeFor(sizes, range, kPageWindows), store, json));
  json.Close();
  return JsonAnswer(json);
}

}  // namespace hb
