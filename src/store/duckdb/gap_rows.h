// store/duckdb/gap_rows.h - spans in which nobody listened, and the windows they touch.
#pragma once

#include <span>

#include "base/result.h"
#include "record/gap.h"
#include "store/duckdb/duck.h"

namespace hb::duck {

/// Reads the table `gaps` into `set`.
Status LoadGaps(duckdb_connection connection, GapSet& set);

/// Adds `gaps` to the table and to `set`, each in place of the one with the same source and begin,
/// and sets the completeness of the stored windows that they reach into. Again changes nothing.
/// Requires: a transaction of the writer's connection. Cost: a scan of the windows' times.
Status WriteGaps(duckdb_connection connection, std::span<const Gap> gaps, GapSet& set);

}  // namespace hb::duck
