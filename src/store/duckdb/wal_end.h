// store/duckdb/wal_end.h - a commit that a crash left half written in DuckDB's write-ahead log.
//
// DuckDB 1.5 undoes such a commit when it replays the log, except for entries that point to row
// groups already in the file: those it adds to their table at once, and leaves them there. A bulk
// commit is made of such entries, so its posts would stay while its offsets would not, and the next
// run would store the same posts again. What no commit closed is therefore cut off before DuckDB
// reads the log. Layout of the log: storage/write_ahead_log.cpp and storage/wal_replay.cpp of
// DuckDB.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hb::duck {

/// Gives up to `bytes` bytes at `offset`; fewer only at the end.
using ReadAt = std::function<std::string_view(std::uint64_t offset, std::size_t bytes)>;

/// Where the last closed commit of a log of `size` bytes ends; its header's end if there is none.
/// Nothing if it does not begin as a log that we know.
std::optional<std::uint64_t> CommittedEnd(std::uint64_t size, const ReadAt& read);

/// Cuts off what follows the last closed commit in the logs beside the database `path`. Requires:
/// nobody has the database open. Errors  kUnavailable: a log could not be read or cut.
Status CutUnfinishedCommit(const std::string& path);

}  // namespace hb::duck
