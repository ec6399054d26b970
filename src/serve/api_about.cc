// /api/v1/hashtags/{tag}, /api/v1/subjects/{topic}
#include "record/near_duplicates.h"
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
/// Texts that are compared with each other, those of most posts; of the others equal ones are
/// found.
constexpr std::size_t kComparedTexts = 8000;

/// What a page is about: posts whose list in a column of `posts` has a name.
struct Subject {
  std::string_view member;  ///< of the answer: "tag", "topic"
  std::string_view column;  ///< "hashtags", "topics"
  std::string name;
};

/// All posts of a subject in a range: " FROM posts WHERE ...".
Statement PostsOf(const Subject& subject, const TimeRange& range) {
  Statement from(" FROM posts WHERE time >= ");
  from.BindTime(range.from)
      .Add(" AND time < ")
      .BindTime(range.to)
      .Add(" AND list_contains(")
      .Add(subject.column)
      .Add(", ")
      .BindText(subject.name)
      .Add(")");
  return from;
}

/// How many texts `posts` are, of which `different` have different fingerprints: near-duplicates
/// count once.
Result<std::int64_t> CountTexts(const Statement& from, std::int64_t different, SqlStore& store) {
  Statement ask("SELECT fingerprint");
  ask.Append(from).Add(
      " AND fingerprint IS NOT NULL GROUP BY fingerprint ORDER BY count(*) DESC, 1 LIMIT ");
  ask.Bind(static_cast<std::int64_t>(kComparedTexts)).Add("::BIGINT");
  HB_ASSIGN(const SqlResult found, ask.Ask(store, kComparedTexts));
  std::vector<std::uint64_t> compared;
  for (const Row& row : found.rows) compared.push_back(static_cast<std::uint64_t>(IntAt(row, 0)));
  const auto others = different - static_cast<std::int64_t>(compared.size());
  return static_cast<std::int64_t>(CountDistinctTexts(compared)) + others;
}

Status WriteTotals(const Statement& from, SqlStore& store, JsonWriter& json) {
  Statement ask("SELECT ");
  // Posts of before there were fingerprints are copies where their words are the same; a post
  // without a word is none.
  ask.Add(kPostSums)
      .Add(
          ", count(DISTINCT author), count(DISTINCT fingerprint), count(DISTINCT hash(word)) FILTER (fingerprint IS NULL AND word <> ''), "
          "count(*) FILTER (fingerprint IS NULL AND word = '')")
      .Append(from);
  HB_ASSIGN(const SqlResult total, ask.Ask(store, 1));
  const Row row = total.rows.empty() ? Row(kSumColumns + 4) : total.rows[0];
  WriteSums(row, 0, json);
  const double posts = NumberAt(row, 0);
  json.Key("authors").Int(IntAt(row, kSumColumns)).Key("authors_approximate").Bool(false);
  HB_ASSIGN(const std::int64_t compared, CountTexts(from, IntAt(row, kSumColumns + 1), store));
  const std::int64_t texts = compared + IntAt(row, kSumColumns + 2) + IntAt(row, kSumColumns + 3);
  json.Key("texts")
      .Int(texts)
      .Key("copy_share")
      .Number(posts > 0 ? 1 - static_cast<double>(texts) / posts : 0);
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

/// Of a column of lists, the most frequent besides the subject itself.
Status WriteOthers(std::string_view name, std::string_view column, const Subject& subject,
                   const Statement& from, SqlStore& store, JsonWriter& json) {
  Statement ask("SELECT key, count(*) FROM (SELECT unnest(");
  ask.Add(column).Add(") AS key").Append(from).Add(")");
  if (column == subject.column) ask.Add(" WHERE key <> ").BindText(subject.name);
  ask.Add(" GROUP BY key ORDER BY 2 DESC, 1 LIMIT 20");
  return WriteKeys(name, ask, store, json);
}

Status WriteKeysOf(const Subject& subject, const Statement& from, SqlStore& store,
                   JsonWriter& json) {
  const bool of_tag = subject.column == "hashtags";
  HB_TRY(WriteOthers(of_tag ? "cohashtags" : "hashtags", "hashtags", subject, from, store, json));
  HB_TRY(WriteOthers("topics", "topics", subject, from, store, json));
  // Words of three letters and more, each once a post; the words that stand in most of all posts
  // say nothing.
  Statement words("WITH mine AS (SELECT word, lang");
  words.Append(from)
      .Add(
          " ORDER BY time DESC LIMIT 20000) SELECT key, count(*) FROM (SELECT unnest(list_distinct(regexp_extract_all(lower(word), '[\\p{L}]{4,}'))) "
          "AS key FROM mine) WHERE key <> ")
      .BindText(of_tag ? subject.name : "")
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
Result<TimeRange> PageRange(const HttpRequest& request, const ApiContext& context) {
  HB_ASSIGN(const TimeBounds bounds, TimeBoundParams(request));
  HB_ASSIGN(const auto span, PostSpan(context.backend.store()));
  TimeRange range =
      span ? *span : TimeRange{context.backend.Snapshot().now, context.backend.Snapshot().now};
  if (bounds.from) range.from = std::max(range.from, *bounds.from);
  if (bounds.to) range.to = std::min(range.to, *bounds.to);
  range.to = std::max(range.to, range.from);
  return range;
}

/// Everything of a page but the trend.
Status WriteSubject(const Subject& subject, const TimeRange& range, SqlStore& store,
                    JsonWriter& json) {
  const Statement from = PostsOf(subject, range);
  json.Open()
      .Member(subject.member, subject.name)
      .Member("from", IsoTime(range.from))
      .Member("to", IsoTime(range.to));
  HB_TRY(WriteTotals(from, store, json));
  HB_TRY(WritePosts("first_posts", " ORDER BY time, key LIMIT 5", from, store, json));
  HB_TRY(WritePosts("newest", " ORDER BY time DESC, key DESC LIMIT 10", from, store, json));
  HB_TRY(WriteKeysOf(subject, from, store, json));
  const std::vector<std::int64_t> sizes = {60'000, 900'000, 3'600'000};
  return WriteSeries(from, SizeFor(sizes, range, kPageWindows), store, json);
}

Status CheckName(std::string_view what, const std::string& name) {
  if (name.size() <= 512) return Ok();
  return Error{Code::kInvalidArgument, "the " + std::string(what) + " has " +
                                           std::to_string(name.size()) +
                                           " bytes; at most 512 are read"};
}

}  // namespace

HttpResponse GetHashtag(const HttpRequest& request, const ApiContext& context) {
  const std::string& asked = context.Capture("tag");
  HB_ANSWER_TRY(CheckName("hashtag", asked));
  SqlStore& store = context.backend.store();
  const Subject subject{"tag", "hashtags", FoldHashtag(asked, context)};
  HB_ANSWER_ASSIGN(const TimeRange range, PageRange(request, context));
  JsonWriter json;
  HB_ANSWER_TRY(WriteSubject(subject, range, store, json));
  const SystemStatus status = context.backend.Snapshot();
  TrendsAsked wanted{.keys = {subject.name}, .limit = 1};
  // Held still, or at the end of a replay, the question is how it rose in the range.
  if (!Param(request, "to").empty() || status.mode == "done") wanted.range = range;
  HB_ANSWER_ASSIGN(const std::vector<std::string> trends, AskTrends(store, status.now, wanted));
  json.Key("trend").Raw(trends.empty() ? "null" : trends.front()).Close();
  return JsonAnswer(json);
}

HttpResponse GetSubject(const HttpRequest& request, const ApiContext& context) {
  const std::string& topic = context.Capture("topic");
  HB_ANSWER_TRY(CheckName("topic", topic));
  HB_ANSWER_ASSIGN(const TimeRange range, PageRange(request, context));
  JsonWriter json;
  HB_ANSWER_TRY(WriteSubject({"topic", "topics", topic}, range, context.backend.store(), json));
  json.Close();
  return JsonAnswer(json);
}

}  // namespace hb
