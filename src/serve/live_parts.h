// serve/live_parts.h - windows and trends of the live stream, as the store has them.
#pragma once

#include <vector>

#include "base/units.h"
#include "record/trend.h"
#include "serve/live_events.h"
#include "store/store.h"

namespace hb {

/// Rows as /api/v1/series gives them, with "task" and "size_ms"; what the store cannot tell now is
/// left out.
std::vector<LiveEvent::Part> WindowParts(const std::vector<WindowId>& windows, SqlStore& store);
/// Trends as /api/v1/trending gives them; "active" is false for those that have just fallen out. Of
/// more scopes than a client looks at, the first.
std::vector<LiveEvent::Part> TrendParts(const std::vector<Trend>& trends, EventTime now,
                                        SqlStore& store);

}  // namespace hb
