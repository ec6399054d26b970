// store/duckdb/window_rows.h - partials in, one merged row a window out.
#pragma once

#include "base/result.h"
#include "base/units.h"
#include "record/gap.h"
#include "store/duckdb/duck.h"
#include "store/store.h"

namespace hb::duck {

/// Merges the partials of `write` into internal.windows inside the connection's open transaction. A
/// partial replaces the stored one of the same key when its revision is higher, and is dropped
/// otherwise. How complete a window is follows from `gaps`. Cost: one join of the touched keys with
/// the table's key columns, then O(partials).
Status WriteWindows(duckdb_connection connection, const StoreWrite& write, const GapSet& gaps,
                    EventTime now);

}  // namespace hb::duck
