// store/duckdb/sql_guard.h - which statements of a user may run.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/duckdb/duck.h"

namespace hb::duck {

/// Checks that `sql` is one statement that only reads, and only what users may see: DuckDB's own
/// parse tree must hold no table function outside a list of harmless ones and no table of the
/// schema `internal`. (The instance itself has no file or network access, and statements run in a
/// read-only transaction.) kInvalidArgument with a message for the user. Returns the prepared
/// statement, ready to be bound.
Result<Prepared> PrepareUserSql(duckdb_connection connection, std::string_view sql);

/// `problem` as an error for the person who wrote `sql`: "line 1, column 8: ...".
Error UserError(std::string_view sql, std::string_view text);

}  // namespace hb::duck
