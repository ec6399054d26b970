#include "serve/live_parts.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "serve/json_writer.h"
#include "serve/trend_json.h"

namespace hb {

namespace {
constexpr std::size_t kMaxScopes = 32, kMaxTrends = 100;
}

std::vector<LiveEvent::Part> WindowParts(const std::vector<WindowId>& windows, SqlStore& store) {
  std::vector<LiveEvent::Part> parts;
  const auto rows = AskWindows(windows, store);
  if (!rows.ok()) return parts;
  for (const Row& row : rows.value().rows) {
    JsonWriter json;
    json.Open().Member("task", TextAt(row, 0)).Key("size_ms").Int(IntAt(row, 1));
    WriteSeriesRow(row, 2, true, json);
    json.Close();
    parts.push_back({json.Take(), {std::string(TextAt(row, 0))}});
  }
  return parts;
}

std::vector<LiveEvent::Part> TrendParts(const std::vector<Trend>& trends, EventTime now,
                                        SqlStore& store) {
  std::map<std::pair<std::string, std::string>, std::set<std::string>> keys;  // by scope and kind
  for (const Trend& trend : trends) {
    if (keys.size() < kMaxScopes || keys.contains({trend.scope, trend.kind}))
      keys[{trend.scope, trend.kind}].insert(trend.key);
  }
  std::vector<LiveEvent::Part> parts;
  for (const auto& [where, wanted] : keys) {
    const auto& [scope, kind] = where;
    auto found = AskTrends(store, now,
                           {.scope = scope,
                            .kind = kind,
                            .keys = {wanted.begin(), wanted.end()},
                            .fallen = true,
                            .limit = kMaxTrends});
    if (!found.ok()) continue;
    std::vector<std::string> tasks;
    if (scope.rfind("task:", 0) == 0) tasks.push_back(scope.substr(5));
    for (std::string& trend : found.value()) parts.push_back({std::move(trend), tasks});
  }
  return parts;
}

}  // namespace hb
