// serve/trend_json.h - trends as the API shows them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "serve/json_writer.h"
#include "serve/params.h"
#include "store/store.h"

namespace hb {

struct TrendsAsked {
  std::string scope = "all";  ///< or "task:NAME", "lang:xx", "country:XX"
  std::string kind = "hashtag";
  std::vector<std::string> keys{};  ///< only these; empty: all
  bool fallen = false;              ///< also those that have just fallen out
  std::optional<TimeRange>
      range{};  ///< not now: what rose in this range, each at its strongest moment
  std::size_t limit = 20;
};
/// The trends that are in at `now`, strongest first, as JSON objects: since when, why, and the
/// course in their scope as 60 counts of posts: minutes of the last hour, or sixtieths of the range
/// (left out when the store has no time).
Result<std::vector<std::string>> AskTrends(SqlStore& store, EventTime now,
                                           const TrendsAsked& asked);
/// The objects as a list.
void WriteTrends(const std::vector<std::string>& trends, JsonWriter& json);

}  // namespace hb
