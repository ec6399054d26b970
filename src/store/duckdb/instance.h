// store/duckdb/instance.h - one DuckDB instance over one file, shut in.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "store/duckdb/duck.h"

namespace hb::duck {

/// The settings every instance of ours runs with; `memory_bytes` and `threads` as DuckdbOptions.
struct InstanceOptions {
  std::string path;
  std::int64_t memory_bytes = 0;
  std::int64_t checkpoint_bytes = 0;
  std::int64_t spill_bytes = 0;
  int threads = 1;
};

/// A commit of at least this many rows goes to the file as whole, compressed row groups, without a
/// detour through the write-ahead log; a smaller one waits in the log for the next checkpoint.
/// DuckDB's own size, 122,880, is more than a commit of ours ever holds.
inline constexpr int kRowGroupRows = 8192;

/// While checkpoints may merge row groups, they decompress and compress again most of what commits
/// of any size have just written, to save a few groups. So only Prune lets them, seldom.
inline constexpr const char* kSetNoMerging = "SET GLOBAL max_vacuum_tasks = 0";
inline constexpr const char* kSetMerging = "SET GLOBAL max_vacuum_tasks = 100";

/// Opens a database without access to files, network and extensions. Errors as WriterError.
Result<Database> OpenInstance(const InstanceOptions& options);

/// A connection to the tables of OpenInstance's file.
Result<Connection> Connect(duckdb_database database);

}  // namespace hb::duck
