// serve/trend_json.h - trends as the API shows them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "serve/json_writer.h"
#include "serve/rows.h"

namespace hb {

/// The trends that are in at `now`, of one scope and kind, and only `key` unless it is empty; strongest first.
Result<SqlResult> AskTrends(SqlStore& store, EventTime now, std::string_view scope, std::string_view kind,
                            std::string_view key, std::size_t limit);
/// The list [trend...] of such an answer, each with the posts a minute of its last hour.
void WriteTrends(const SqlResult& trends, EventTime now, SqlStore& store, JsonWriter& json);

}  // namespace hb
