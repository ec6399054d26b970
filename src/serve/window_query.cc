#include "serve/window_query.h"

namespace hb {

Result<std::vector<std::int64_t>> WindowSizes(SqlStore& store) {
  HB_ASSIGN(const SqlResult answer, Statement("SELECT DISTINCT window_ms FROM windows ORDER BY 1").Ask(store, 100));
  std::vector<std::int64_t> sizes;
  for (const Row& row : answer.rows) sizes.push_back(IntAt(row, 0));
  return sizes;
}

std::int64_t SizeFor(const std::vector<std::int64_t>& sizes, const TimeRange& range, std::int64_t max_windows) {
  for (const std::int64_t size : sizes) {
    if ((range.to - range.from).count() / size <= max_windows) return size;
  }
  return sizes.back();
}

// Averages of windows are weighed by their posts; a window without posts has none (NULL).
const std::string_view kWindowSums =
    "sum(posts)::BIGINT, sum(neg * posts) / sum(posts), sum(neu * posts) / sum(posts), sum(pos * posts) / sum(posts), "
    "sum(mixed * posts) / sum(posts), sum(polarity * posts) / sum(posts), sum(subjectivity * posts) / sum(posts), "
    "sum(negative4)::BIGINT, sum(neutral4)::BIGINT, sum(positive4)::BIGINT, sum(mixed4)::BIGINT";

const std::string_view kPostSums =
    "count(*), avg(neg), avg(neu), avg(pos), avg(mixed), avg(polarity), avg(subjectivity), "
    "count(*) FILTER (label4 = 'negative'), count(*) FILTER (label4 = 'neutral'), "
    "count(*) FILTER (label4 = 'positive'), count(*) FILTER (label4 = 'mixed')";

void WriteCounts(const Row& row, std::size_t first, JsonWriter& json) {
  json.Key("posts").Int(IntAt(row, first));
  constexpr std::string_view kLabels[] = {"negative", "neutral", "positive", "mixed"};
  json.Key("labels").Open();
  for (std::size_t i = 0; i < 4; ++i) json.Key(kLabels[i]).Int(IntAt(row, first + 7 + i));
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

void WriteKeyCounts(const std::vector<Row>& rows, JsonWriter& json) {
  json.OpenList();
  for (const Row& row : rows) json.Open().Member("key", TextAt(row, 0)).Key("count").Int(IntAt(row, 1)).Close();
  json.CloseList();
}

}  // namespace hb
