// serve/export_file.h - an answer of the store as a file to download.
#pragma once

#include <string>
#include <string_view>

#include "serve/http.h"
#include "serve/router.h"
#include "serve/rows.h"

namespace hb {

/// Writes the whole answer of `statement` to a file of its own in the export folder, which goes
/// away once it is sent. `format` comes from the request: csv, jsonl or parquet. `name` is the
/// file's name without ending.
HttpResponse ExportAnswer(const Statement& statement, std::string_view format,
                          std::string_view name, const SqlLimits& limits,
                          const ApiContext& context);

}  // namespace hb
