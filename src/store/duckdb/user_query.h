// store/duckdb/user_query.h - runs one statement of a user within its limits, to cells or to a
// file.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/duckdb/duck.h"
#include "store/store.h"

namespace hb::duck {

/// What a statement of a user comes with.
struct UserCall {
  duckdb_database database;
  std::chrono::steady_clock::time_point begin;  ///< its time limit counts from here
  const std::atomic<bool>& stopped;             ///< once it is set, the statement is ended
};

/// Where an export goes.
struct ExportTarget {
  std::string_view format;  ///< "csv", "json" or "parquet"
  const std::string& path;
  std::uint64_t min_free_bytes;  ///< with less room on that disk the export ends with kExhausted
};

/// As SqlStore::Query, on a connection of its own.
Result<SqlResult> QueryAsUser(const UserCall& call, std::string_view sql,
                              std::span<const Cell> parameters, const SqlLimits& limits);

/// As SqlStore::Export. Rows are streamed: memory does not grow with the answer.
Status ExportAsUser(const UserCall& call, std::string_view sql, std::span<const Cell> parameters,
                    const ExportTarget& target, const SqlLimits& limits);

}  // namespace hb::duck
