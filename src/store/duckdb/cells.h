// store/duckdb/cells.h - DuckDB's values as cells, JSON text and ISO 8601.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "store/duckdb/duck.h"
#include "store/store.h"

namespace hb::duck {

/// Names and types of an answer's columns. kInvalidArgument for a type that has no cell (the
/// message says to cast it).
Result<std::vector<SqlColumn>> ColumnsOf(duckdb_result& result);

/// Appends the chunk's rows to `rows`, at most `limit` of them.
void AppendRows(const Chunk& chunk, std::size_t limit, std::vector<std::vector<Cell>>& rows);

/// 2016-08-01T12:34:56.789Z; the fraction is left out when it is zero. Infinities are "infinity"
/// and
/// "-infinity".
std::string TimestampText(std::int64_t micros);
/// Reads ISO 8601 (date, or date and time with 'T' or a blank, fraction, 'Z' or an offset) as UTC
/// micros.
bool ParseTimestamp(std::string_view text, std::int64_t& micros);

/// Binds positional parameters: text given for a TIMESTAMP parameter is read as ISO 8601.
/// kInvalidArgument if the count differs.
Status Bind(duckdb_prepared_statement statement, std::span<const Cell> parameters);

}  // namespace hb::duck
