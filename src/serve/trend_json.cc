#include "serve/trend_json.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <vector>

#include "serve/params.h"

namespace hb {

namespace {

constexpr std::size_t kMinutes = 60;
/// A trend that falls out is said to; one that was not scored again for a whole span is over all the same.
constexpr std::chrono::minutes kFresh{15};
constexpr char kSeparator = '\x1f';

using Sparks = std::map<std::string, std::array<std::int64_t, kMinutes>, std::less<>>;

/// Posts a minute of each key in the last hour; empty when the store has no time for it.
Sparks AskSparks(const SqlResult& trends, EventTime now, SqlStore& store) {
  Sparks sparks;
  std::string keys;
  for (const Row& row : trends.rows) {
    keys += std::string(TextAt(row, 2)) + kSeparator;
    sparks[std::string(TextAt(row, 2))] = {};
  }
  const EventTime end = std::chrono::floor<std::chrono::minutes>(now) + std::chrono::minutes(1);
  const EventTime begin = end - std::chrono::minutes(kMinutes);
  Statement ask("SELECT key, (epoch_ms(time) - ");
  ask.Bind(ToMillis(begin)).Add("::BIGINT) // 60000 AS minute, count(*) FROM (SELECT unnest(hashtags) AS key, time FROM posts WHERE time >= ");
  ask.BindTime(begin).Add(" AND time < ").BindTime(end).Add(") WHERE list_contains(string_split(").BindText(keys);
  ask.Add(", chr(31)), key) GROUP BY ALL");
  const auto counts = ask.Ask(store, 100'000, std::chrono::seconds(2));
  if (!counts.ok()) return {};
  for (const Row& row : counts.value().rows) {
    const auto at = sparks.find(TextAt(row, 0));
    const std::int64_t minute = IntAt(row, 1);
    if (at != sparks.end() && minute >= 0 && minute < std::int64_t{kMinutes}) at->second[static_cast<std::size_t>(minute)] = IntAt(row, 2);
  }
  return sparks;
}

/// "214 in 15 min, usually 12, 88 authors"
std::string Reason(const Row& row) {
  char text[128];
  const double usual = NumberAt(row, 5);
  std::snprintf(text, sizeof text, usual < 9.95 ? "%lld in 15 min, usually %.1f, %lld authors" : "%lld in 15 min, usually %.0f, %lld authors",
                static_cast<long long>(IntAt(row, 4)), usual, static_cast<long long>(IntAt(row, 7)));
  return text;
}

}  // namespace

Result<SqlResult> AskTrends(SqlStore& store, EventTime now, std::string_view scope, std::string_view kind,
                            std::string_view key, std::size_t limit) {
  // What was scored at the newest moment of the scope, and since when it has been in without a break.
  Statement ask("WITH recent AS (SELECT * FROM trends WHERE scope = ");
  ask.BindText(scope).Add(" AND kind = ").BindText(kind).Add(" AND time >= ").BindTime(now - std::chrono::hours(24));
  ask.Add(" AND time <= ").BindTime(now + kFresh);
  if (!key.empty()) ask.Add(" AND key = ").BindText(key);
  ask.Add("), latest AS (SELECT key, max(time) AS at, max(time) FILTER (NOT active) AS ended FROM recent GROUP BY key) "
          "SELECT epoch_ms(r.time), r.scope, r.key, r.kind, r.posts, r.baseline, r.score, r.authors, r.duplicate_share, r.languages, "
          "r.example_ids, epoch_ms((SELECT min(f.time) FROM recent f WHERE f.key = r.key AND f.active AND (l.ended IS NULL OR f.time > l.ended))) "
          "FROM recent r JOIN latest l ON r.key = l.key AND r.time = l.at WHERE r.active AND r.time >= ");
  ask.BindTime(now - kFresh).Add(" ORDER BY r.score DESC, r.key LIMIT ").Bind(static_cast<std::int64_t>(limit)).Add("::BIGINT");
  return ask.Ask(store, limit);
}

void WriteTrends(const SqlResult& trends, EventTime now, SqlStore& store, JsonWriter& json) {
  const Sparks sparks = trends.rows.empty() ? Sparks{} : AskSparks(trends, now, store);
  json.OpenList();
  for (const Row& row : trends.rows) {
    json.Open().Member("key", TextAt(row, 2)).Member("kind", TextAt(row, 3)).Member("scope", TextAt(row, 1));
    json.Key("count").Int(IntAt(row, 4)).Key("baseline").Number(NumberAt(row, 5)).Key("score").Number(NumberAt(row, 6));
    json.Key("authors").Int(IntAt(row, 7)).Key("duplicate_share").Number(NumberAt(row, 8)).Key("languages");
    WriteList(row, 9, json);
    json.Key("examples");
    WriteList(row, 10, json);
    json.Key("since");
    WriteMillis(row, 11, json);
    if (const auto spark = sparks.find(TextAt(row, 2)); spark != sparks.end()) {
      json.Key("spark").OpenList();
      for (const std::int64_t count : spark->second) json.Int(count);
      json.CloseList();
    }
    json.Member("reason", Reason(row)).Close();
  }
  json.CloseList();
}

}  // namespace hb
