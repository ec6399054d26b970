// store/duckdb/window_top.h - the SQL function that reads the lists of a window out of its
// partials.
#pragma once

#include "base/result.h"
#include "store/duckdb/duck.h"

namespace hb::duck {

/// Makes `window_top(parts BLOB, map VARCHAR)` known to the instance: the 50 largest entries of the
/// map "hashtags", "words", "languages" or "countries" as STRUCT(key VARCHAR, posts BIGINT)[]. The
/// view `windows` uses it, so that lists which are seldom asked for are not written a second time
/// with every window. NULL for bytes that are not partials, and for other maps.
Status RegisterWindowTop(duckdb_connection connection);

}  // namespace hb::duck
