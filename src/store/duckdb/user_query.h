// store/duckdb/user_query.h - runs one statement of a user within its limits, to cells or to a
// file.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/duckdb/duck.h"
#include "store/store.h"

namespace hb::duck {

/// As SqlStore::Query, on a connection of its own.
Result<SqlResult> QueryAsUser(duckdb_database database, std::string_view sql,
                              std::span<const Cell> parameters, const SqlLimits& limits);

/// As SqlStore::Export. Rows are streamed: memory does not grow with the answer.
Status ExportAsUser(duckdb_database database, std::string_view sql,
                    std::span<const Cell> parameters, std::string_view format,
                    const std::string& path, const SqlLimits& limits);

}  // namespace hb::duck
