// serve/sql_limits.h - what a statement of a user may ask for, in the API and on the command line.
#pragma once

#include <cstdint>

namespace hb {

/// A statement answered as JSON, whole in memory.
inline constexpr std::int64_t kMaxSqlRows = 100'000, kMaxSqlMillis = 60'000;
/// One written to a file.
inline constexpr std::int64_t kMaxSqlExportRows = 10'000'000, kMaxSqlExportMillis = 300'000;

}  // namespace hb
