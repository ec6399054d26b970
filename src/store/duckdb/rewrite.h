// store/duckdb/rewrite.h - a store's file written anew, without the bytes of what was deleted.
#pragma once

#include <string>

#include "base/result.h"
#include "store/duckdb/duck.h"
#include "store/duckdb/instance.h"

namespace hb::duck {

/// Copies every table to a new file at `options.path`, which must not exist, and checkpoints it.
/// Rows that were deleted are not in its bytes. The caller swaps the files. The tables must not
/// change meanwhile.
Status CopyTables(duckdb_connection from, const InstanceOptions& options);

/// Makes the renaming of files in the folder of `path` survive a power cut.
Status SyncFolder(const std::string& path);

}  // namespace hb::duck
