// store/duckdb/rewrite.h - a store's file written anew, without the bytes of what was deleted.
#pragma once

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
/// Opens a database without access to files, network and extensions. Errors as WriterError.
Result<Database> OpenInstance(const InstanceOptions& options);

/// Copies every table to a new file at `options.path`, which must not exist, and checkpoints it.
/// Rows that were deleted are not in its bytes. The caller swaps the files. The tables must not
/// change meanwhile.
Status CopyTables(duckdb_connection from, const InstanceOptions& options);

/// Makes the renaming of files in the folder of `path` survive a power cut.
Status SyncFolder(const std::string& path);

}  // namespace hb::duck
