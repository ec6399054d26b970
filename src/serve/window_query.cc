#include "serve/window_query.h"

#include <algorithm>

#include "record/aggregate.h"

namespace hb {

Result<std::vector<std::int64_t>> WindowSizes(SqlStore& store) {
  HB_ASSIGN(const SqlResult answer,
            Statement("SELECT DISTINCT window_ms FROM windows ORDER BY 1").Ask(store, 100));
  std::vector<std::int64_t> sizes;
  for (const Row& row : answer.rows) sizes.push_back(IntAt(row, 0));
  return sizes;
}

std::int64_t SizeFor(const std::vector<std::int64_t>& sizes, const TimeRange& range,
                     std::int64_t max_windows) {
  for (const std::int64_t size : sizes) {
    if ((range.to - range.from).count() / size <= max_windows) return size;
  }
  return sizes.back();
}

TimeRange CountedRange(EventTime now, std::chrono::milliseconds length, std::int64_t size_ms) {
  const auto next =
      [&](EventTime time) {  // Start of the first window after `time`; rounds down before 1970 too.
        const std::int64_t past = ((ToMillis(time) % size_ms) + size_ms) % size_ms;
        return FromMillis(ToMillis(time) - past + size_ms);
      };
  return {next(now - length), next(now)};
}

// Averages of windows are weighed by their posts; a window without posts has none (NULL).
const std::string_view kWindowSums =
    "sum(posts)::BIGINT, sum(neg * posts) / sum(posts), sum(neu * posts) / sum(posts), sum(pos * posts) / sum(posts), "
    "sum(mixed * posts) / sum(posts), sum(polarity * posts) / sum(posts), sum(subjectivity * posts) / sum(posts), "
    "sum(negative4)::BIGINT, sum(neutral4)::BIGINT, sum(positive4)::BIGINT, sum(mixed4)::BIGINT, "
    "sum(angry)::BIGINT, sum(joyful)::BIGINT, sum(optimistic)::BIGINT, sum(sad)::BIGINT";

const std::string_view kPostSums =
    "count(*), avg(neg), avg(neu), avg(pos), avg(mixed), avg(polarity), avg(subjectivity), "
    "count(*) FILTER (label4 = 'negative'), count(*) FILTER (label4 = 'neutral'), "
    "count(*) FILTER (label4 = 'positive'), count(*) FILTER (label4 = 'mixed'), "
    "CASE WHEN count(emotion) > 0 THEN count(*) FILTER (emotion = 'anger') END, "
    "CASE WHEN count(emotion) > 0 THEN count(*) FILTER (emotion = 'joy') END, "
    "CASE WHEN count(emotion) > 0 THEN count(*) FILTER (emotion = 'optimism') END, "
    "CASE WHEN count(emotion) > 0 THEN count(*) FILTER (emotion = 'sadness') END";

void WriteCounts(const Row& row, std::size_t first, JsonWriter& json) {
  json.Key("posts").Int(IntAt(row, first));
  constexpr std::string_view kLabels[] = {"negative", "neutral", "positive", "mixed"};
  json.Key("labels").Open();
  for (std::size_t i = 0; i < 4; ++i) json.Key(kLabels[i]).Int(IntAt(row, first + 7 + i));
  json.Close();
  if (IsNull(row, first + 11)) return;  // not computed
  constexpr std::string_view kNames[] = {"anger", "joy", "optimism", "sadness"};
  json.Key("emotions").Open();
  for (std::size_t i = 0; i < 4; ++i) json.Key(kNames[i]).Int(IntAt(row, first + 11 + i));
  json.Close();
}

void WriteSums(const Row& row, std::size_t first, JsonWriter& json) {
  WriteCounts(row, first, json);
  constexpr std::string_view kNames[] = {"neg", "neu", "pos", "mixed", "polarity", "subjectivity"};
  for (std::size_t i = 0; i < 6; ++i) {
    json.Key(kNames[i]);
    WriteCell(row[first + 1 + i], "", json);
  }
}

const std::string_view kSeriesColumns =
    "epoch_ms(window_start), max(authors), min(completeness), bool_and(final), max(revision), ";

void WriteSeriesRow(const Row& row, std::size_t first, bool whole, JsonWriter& json) {
  json.Key("start");
  WriteMillis(row, first, json);
  if (!IsNull(row, first + 1)) {
    json.Key("authors").Int(IntAt(row, first + 1));
    json.Key("authors_approximate")
        .Bool(IntAt(row, first + 1) > static_cast<std::int64_t>(AuthorSet::kMaxExact));
  }
  WriteSums(row, first + 5, json);
  if (!whole) return;
  json.Key("completeness").Number(IsNull(row, first + 2) ? 1 : NumberAt(row, first + 2));
  json.Key("final").Bool(IntAt(row, first + 3) != 0).Key("revision").Int(IntAt(row, first + 4));
}

Result<SqlResult> AskWindows(const std::vector<WindowId>& ids, SqlStore& store) {
  if (ids.empty()) return SqlResult{};
  Statement ask("WITH asked(task, window_ms, window_start) AS (VALUES ");
  EventTime oldest = ids.front().start;
  for (const WindowId& id : ids) {
    oldest = std::min(oldest, id.start);
    ask.Add(&id == ids.data() ? "(" : ", (")
        .BindText(id.task)
        .Add(", ")
        .Bind(id.size_ms)
        .Add("::BIGINT, ")
        .BindTime(id.start)
        .Add(")");
  }
  ask.Add(") SELECT task, window_ms, ").Add(kSeriesColumns).Add(kWindowSums);
  ask.Add(" FROM windows JOIN asked USING (task, window_ms, window_start) WHERE window_start >= ")
      .BindTime(oldest);
  ask.Add(" GROUP BY task, window_ms, window_start ORDER BY window_start, task, window_ms");
  return ask.Ask(store, ids.size(), std::chrono::seconds(2));
}

Status WriteEntities(const Statement& counted, SqlStore& store, JsonWriter& json) {
  Statement ask("WITH spelt AS (SELECT key, sum(posts) AS posts FROM (");
  ask.Append(counted).Add(") GROUP BY key) SELECT arg_max(key, (posts, key)), sum(posts)::BIGINT ");
  ask.Add("FROM spelt GROUP BY lower(key) ORDER BY 2 DESC, 1 LIMIT 20");
  HB_ASSIGN(const SqlResult top, ask.Ask(store, 20));
  json.Key("entities");
  WriteKeyCounts(top.rows, json);
  return Ok();
}

void WriteKeyCounts(const std::vector<Row>& rows, JsonWriter& json) {
  json.OpenList();
  for (const Row& row : rows)
    json.Open().Member("key", TextAt(row, 0)).Key("count").Int(IntAt(row, 1)).Close();
  json.CloseList();
}

}  // namespace hb
