#include "store/duckdb/rewrite.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <utility>
#include <vector>

#include "store/duckdb/schema.h"

namespace hb::duck {

Status CopyTables(duckdb_connection from, const InstanceOptions& options) {
  HB_ASSIGN(const Database database, OpenInstance(options));
  HB_ASSIGN(const Connection to, Connect(database.get()));
  HB_TRY(Run(to.get(), TablesSql() + ViewsSql()));
  HB_ASSIGN(QueryResult tables, Ask(from,
                                    "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT "
                                    "temporary AND NOT internal "
                                    "AND database_name = current_database()"));
  std::vector<std::pair<std::string, std::string>> names;
  while (const Chunk chunk = tables.Next()) {
    for (idx_t i = 0; i < duckdb_data_chunk_get_size(chunk.get()); ++i) {
      names.emplace_back(View(Values<duckdb_string_t>(chunk, 0)[i]),
                         View(Values<duckdb_string_t>(chunk, 1)[i]));
    }
  }
  for (const auto& [schema, table] : names) {
    Prepared select;
    std::string sql = "SELECT * FROM " + schema + "." + table;
    if (table == "meta") sql += " WHERE name <> 'stale_since'";
    if (duckdb_prepare(from, sql.c_str(), select.out()) != DuckDBSuccess) {
      return WriterError(sql, duckdb_prepare_error(select.get()));
    }
    QueryResult rows;  // streamed: the table need not fit into memory
    if (duckdb_execute_prepared_streaming(select.get(), rows.get()) != DuckDBSuccess) {
      return WriterError(sql, duckdb_result_error(rows.get()));
    }
    HB_TRY(Run(to.get(), "BEGIN"));
    AppenderHandle appender;
    if (duckdb_appender_create(to.get(), schema.c_str(), table.c_str(), appender.out()) !=
        DuckDBSuccess) {
      return WriterError("copy of " + table, duckdb_appender_error(appender.get()));
    }
    while (const Chunk chunk = rows.Next()) {
      if (duckdb_append_data_chunk(appender.get(), chunk.get()) != DuckDBSuccess) {
        return WriterError("copy of " + table, duckdb_appender_error(appender.get()));
      }
    }
    const char* text = duckdb_result_error(rows.get());
    if (text != nullptr && *text != '\0') return WriterError(sql, text);
    if (duckdb_appender_close(appender.get()) != DuckDBSuccess) {
      return WriterError("copy of " + table, duckdb_appender_error(appender.get()));
    }
    HB_TRY(Run(to.get(), "COMMIT"));
  }
  return Run(to.get(), "CHECKPOINT");
}

Status SyncFolder(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int handle = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) return Error{Code::kUnavailable, "cannot open folder " + folder};
  const bool synced = ::fsync(handle) == 0;
  ::close(handle);
  return synced ? Ok() : Status(Error{Code::kUnavailable, "cannot sync folder " + folder});
}

}  // namespace hb::duck
