// serve/post_json.h - a post as the API shows it, from a batch or from the store.
#pragma once

#include <cstddef>
#include <string_view>

#include "record/analysis_batch.h"
#include "serve/json_writer.h"
#include "serve/rows.h"

namespace hb {

/// Writes row `row` as one JSON object; what is not known is left out.
void WritePostJson(const AnalysisBatch& batch, std::size_t row, JsonWriter& json);

/// Columns of `posts` that WritePostRow reads, in its order.
extern const std::string_view kPostColumns;
/// The same object from a row that begins with kPostColumns.
void WritePostRow(const Row& row, JsonWriter& json);
/// Places of two of them: for cursors.
inline constexpr std::size_t kPostKeyColumn = 1, kPostTimeColumn = 2;

}  // namespace hb
