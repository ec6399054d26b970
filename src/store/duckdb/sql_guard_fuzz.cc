// Whatever is typed into the SQL page: an error or a statement that reads, never a crash.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "store/duckdb/schema.h"
#include "store/duckdb/sql_guard.h"
#include "store/duckdb/window_top.h"

namespace {

struct Opened {
  hb::duck::Database database;
  hb::duck::Connection connection;
};

hb::duck::Connection& TheConnection() {
  // Never destroyed: DuckDB does not survive being closed after main.
  static Opened* const opened = [] {
    auto* made = new Opened;
    hb::duck::Config config;
    duckdb_create_config(config.out());
    duckdb_set_config(config.get(), "threads", "1");
    duckdb_set_config(config.get(), "errors_as_json", "true");
    duckdb_set_config(config.get(), "enable_external_access", "false");
    if (duckdb_open_ext(nullptr, made->database.out(), config.get(), nullptr) != DuckDBSuccess)
      std::abort();
    if (duckdb_connect(made->database.get(), made->connection.out()) != DuckDBSuccess) std::abort();
    if (!hb::duck::RegisterWindowTop(made->connection.get()).ok()) std::abort();
    if (!hb::duck::Run(made->connection.get(), hb::duck::TablesSql() + hb::duck::ViewsSql()).ok())
      std::abort();
    return made;
  }();
  return opened->connection;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view sql(reinterpret_cast<const char*>(data), size);
  const auto prepared = hb::duck::PrepareUserSql(TheConnection().get(), sql);
  if (!prepared.ok()) {
    if (prepared.error().message.empty()) std::abort();
    return 0;
  }
  const auto type = duckdb_prepared_statement_type(prepared.value().get());
  if (type != DUCKDB_STATEMENT_TYPE_SELECT && type != DUCKDB_STATEMENT_TYPE_EXPLAIN) std::abort();
  return 0;
}
