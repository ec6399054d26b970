#include "serve/trend_json.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <map>

#include "serve/params.h"
#include "serve/rows.h"

namespace hb {

namespace {

constexpr std::size_t kSteps = 60;
/// A trend that falls out is said to; one that was not scored again for a whole span is over all
/// the same.
constexpr std::chrono::minutes kFresh{15};

using Sparks = std::map<std::string, std::array<std::int64_t, kSteps>, std::less<>>;

/// " AND key IN (...)"
void AddKeys(const std::vector<std::string>& keys, Statement& ask) {
  ask.Add(" AND key IN (");
  for (const std::string& key : keys) ask.Add(&key == keys.data() ? "" : ", ").BindText(key);
  ask.Add(")");
}

/// Posts of a scope: " AND ...".
void AddScope(std::string_view scope, Statement& ask) {
  const std::string_view name = scope.substr(std::min(scope.find(':') + 1, scope.size()));
  if (scope.rfind("task:", 0) == 0) ask.Add(" AND list_contains(tasks, ").BindText(name).Add(")");
  if (scope.rfind("lang:", 0) == 0) ask.Add(" AND lang = ").BindText(name);
  if (scope.rfind("country:", 0) == 0) ask.Add(" AND country = ").BindText(name);
}

/// Posts of each key in 60 steps; empty when the store has no time for it.
Sparks AskSparks(const SqlResult& trends, const TrendsAsked& asked, EventTime now,
                 SqlStore& store) {
  Sparks sparks;
  std::vector<std::string> keys;
  for (const Row& row : trends.rows) keys.emplace_back(TextAt(row, 2));
  if (keys.empty()) return sparks;
  const EventTime open = std::chrono::floor<std::chrono::minutes>(now) + std::chrono::minutes(1);
  const EventTime end = asked.range ? asked.range->to : open;
  const EventTime begin = asked.range ? asked.range->from : open - std::chrono::minutes(kSteps);
  const std::int64_t step = std::max<std::int64_t>(
      1, (ToMillis(end) - ToMillis(begin) + std::int64_t{kSteps} - 1) / std::int64_t{kSteps});
  Statement ask("SELECT key, (epoch_ms(time) - ");
  ask.Bind(ToMillis(begin))
      .Add("::BIGINT) // ")
      .Bind(step)
      .Add(
          "::BIGINT AS step, count(*) FROM (SELECT unnest(list_distinct(hashtags)) AS key, time FROM posts WHERE time >= ");
  ask.BindTime(begin).Add(" AND time < ").BindTime(end);
  AddScope(asked.scope, ask);
  ask.Add(") WHERE true");
  AddKeys(keys, ask);
  ask.Add(" GROUP BY ALL");
  const auto counts = ask.Ask(store, 100'000, std::chrono::seconds(2));
  if (!counts.ok()) return sparks;
  for (const std::string& key : keys) sparks[key] = {};
  for (const Row& row : counts.value().rows) {
    const auto at = sparks.find(TextAt(row, 0));
    const std::int64_t at_step = IntAt(row, 1);
    if (at != sparks.end() && at_step >= 0 && at_step < std::int64_t{kSteps})
      at->second[static_cast<std::size_t>(at_step)] = IntAt(row, 2);
  }
  return sparks;
}

/// 12345 as "12,345".
std::string WithSeparators(std::int64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    if (at > 0 && text[at - 1] != '-') text.insert(at, ",");
  }
  return text;
}

/// "1,214 in 15 min, usually 12, by 88 authors": the numbers must not run into one
std::string Reason(const Row& row) {
  const double usual = NumberAt(row, 5);
  std::string text = WithSeparators(IntAt(row, 4)) + " in 15 min, usually ";
  if (usual < 9.95 && usual != std::floor(usual)) {
    char digits[16];
    std::snprintf(digits, sizeof digits, "%.1f", usual);
    text += digits;
  } else {
    text += WithSeparators(std::llround(usual));
  }
  const std::int64_t authors = IntAt(row, 7);
  return text + ", by " + WithSeparators(authors) + (authors == 1 ? " author" : " authors");
}

std::string TrendObject(const Row& row, const Sparks& sparks) {
  JsonWriter json;
  json.Open()
      .Member("key", TextAt(row, 2))
      .Member("kind", TextAt(row, 3))
      .Member("scope", TextAt(row, 1));
  json.Key("count")
      .Int(IntAt(row, 4))
      .Key("baseline")
      .Number(NumberAt(row, 5))
      .Key("score")
      .Number(NumberAt(row, 6));
  json.Key("authors")
      .Int(IntAt(row, 7))
      .Key("duplicate_share")
      .Number(NumberAt(row, 8))
      .Key("languages");
  WriteList(row, 9, json);
  json.Key("examples");
  WriteList(row, 10, json);
  json.Key("active").Bool(IntAt(row, 12) != 0).Key("time");
  WriteMillis(row, 0, json);
  json.Key("since");
  WriteMillis(row, 11, json);
  if (const auto spark = sparks.find(TextAt(row, 2)); spark != sparks.end()) {
    json.Key("spark").OpenList();
    for (const std::int64_t count : spark->second) json.Int(count);
    json.CloseList();
  }
  json.Member("reason", Reason(row)).Close();
  return json.Take();
}

}  // namespace

Result<std::vector<std::string>> AskTrends(SqlStore& store, EventTime now,
                                           const TrendsAsked& asked) {
  // Each key at one moment, `at`: the newest, or the strongest of a range; and since when it had
  // been in without a break.
  Statement ask("WITH recent AS (SELECT * FROM trends WHERE scope = ");
  ask.BindText(asked.scope).Add(" AND kind = ").BindText(asked.kind).Add(" AND time >= ");
  ask.BindTime(asked.range ? asked.range->from : now - std::chrono::hours(24)).Add(" AND time < ");
  ask.BindTime(asked.range ? asked.range->to : now + kFresh);
  if (!asked.keys.empty()) AddKeys(asked.keys, ask);
  ask.Add(
      asked.range
          ? "), moment AS (SELECT key, arg_max(time, score) AS at FROM recent WHERE active GROUP BY key)"
          : "), moment AS (SELECT key, max(time) AS at FROM recent GROUP BY key)");
  ask.Add(
      ", run AS (SELECT m.key, m.at, max(f.time) FILTER (NOT f.active) AS ended FROM moment m JOIN recent f ON f.key = m.key AND f.time <= m.at GROUP BY ALL) "
      "SELECT epoch_ms(r.time), r.scope, r.key, r.kind, r.posts, r.baseline, r.score, r.authors, r.duplicate_share, r.languages, "
      "r.example_ids, epoch_ms((SELECT min(f.time) FROM recent f WHERE f.key = r.key AND f.active AND f.time <= r.time AND (l.ended IS NULL OR f.time > l.ended))), "
      "r.active FROM recent r JOIN run l ON r.key = l.key AND r.time = l.at WHERE true");
  if (!asked.range) ask.Add(" AND r.time >= ").BindTime(now - kFresh);
  ask.Add(asked.fallen ? "" : " AND r.active").Add(" ORDER BY r.score DESC, r.key LIMIT ");
  ask.Bind(static_cast<std::int64_t>(asked.limit)).Add("::BIGINT");
  HB_ASSIGN(const SqlResult trends, ask.Ask(store, asked.limit));
  const Sparks sparks = AskSparks(trends, asked, now, store);
  std::vector<std::string> objects;
  for (const Row& row : trends.rows) objects.push_back(TrendObject(row, sparks));
  return objects;
}

void WriteTrends(const std::vector<std::string>& trends, JsonWriter& json) {
  json.OpenList();
  for (const std::string& trend : trends) json.Raw(trend);
  json.CloseList();
}

}  // namespace hb
