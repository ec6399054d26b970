#include "store/duckdb/instance.h"

#include <utility>

#include "store/duckdb/wal_end.h"
#include "store/duckdb/window_top.h"

namespace hb::duck {

namespace {

Result<Database> OpenMemory(const InstanceOptions& options) {
  Config config;
  duckdb_create_config(config.out());
  const std::pair<const char*, std::string> settings[] = {
      {"temp_directory", options.path + ".tmp"},
      {"max_temp_directory_size", std::to_string(options.spill_bytes) + "B"},
      {"memory_limit", std::to_string(options.memory_bytes) + "B"},
      {"threads", std::to_string(options.threads)},
      {"checkpoint_threshold", std::to_string(options.checkpoint_bytes) + "B"},
      {"autoinstall_known_extensions", "false"},
      {"autoload_known_extensions", "false"},
      {"allow_community_extensions", "false"},
      {"errors_as_json", "true"},
      // Blocks that every commit takes and gives back come from here, instead of from the system
      // page by page.
      {"block_allocator_memory", "64MiB"},
      // A full row group is compressed at once, while it is still in the caches.
      {"write_buffer_row_group_count", "1"},
      // It scans row groups in the order of `ORDER BY ... LIMIT`, and a scan ends at the first
      // empty one: newest first, a group that a commit has just begun hides all others (1.5.6;
      // InstanceTest.RowsAreFoundWhileRowGroupsBegin).
      {"disabled_optimizers", "row_group_pruner"},
  };
  for (const auto& [name, value] : settings) {
    if (duckdb_set_config(config.get(), name, value.c_str()) != DuckDBSuccess) {
      return Error{Code::kInvalidArgument, std::string("duckdb: setting ") + name + " = " + value};
    }
  }
  Database database;
  char* text = nullptr;
  if (duckdb_open_ext(nullptr, database.out(), config.get(), &text) != DuckDBSuccess) {
    Error error = WriterError("start", text == nullptr ? "failed" : text);
    duckdb_free(text);
    return error;
  }
  return database;
}

}  // namespace

Result<Database> OpenInstance(const InstanceOptions& options) {
  HB_TRY(CutUnfinishedCommit(options.path));
  // Attached, because only so can the size of row groups be chosen.
  HB_ASSIGN(Database database, OpenMemory(options));
  Connection connection;
  if (duckdb_connect(database.get(), connection.out()) != DuckDBSuccess) {
    return Error{Code::kUnavailable, "duckdb: no connection for " + options.path};
  }
  HB_TRY(RegisterWindowTop(connection.get()));
  HB_TRY(Run(connection.get(), "ATTACH " + Quote(options.path) +
                                   " AS store (STORAGE_VERSION 'v1.5.0', ROW_GROUP_SIZE " +
                                   std::to_string(kRowGroupRows) + ")"));
  HB_TRY(Run(connection.get(), "SET allowed_configs = ['max_vacuum_tasks']"));
  HB_TRY(Run(connection.get(), kSetNoMerging));
  // From here on DuckDB opens this file, its log and its temporary files, and no other.
  HB_TRY(Run(connection.get(), "SET enable_external_access = false"));
  return database;
}

Result<Connection> Connect(duckdb_database database) {
  Connection connection;
  if (duckdb_connect(database, connection.out()) != DuckDBSuccess) {
    return Error{Code::kUnavailable, "the store takes no connection"};
  }
  HB_TRY(Run(connection.get(), "USE store"));
  return connection;
}

}  // namespace hb::duck
