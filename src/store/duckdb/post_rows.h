// store/duckdb/post_rows.h - posts and their results into the columns of `posts`.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"
#include "base/units.h"
#include "record/analysis_batch.h"
#include "store/duckdb/table_writer.h"

namespace hb::duck {

/// Appends the rows `rows` of `batch` (ascending) to `writer`, a writer of `posts`. The batch must
/// live until `writer` is closed.
Status AppendPosts(const AnalysisBatch& batch, std::span<const std::uint32_t> rows,
                   EventTime arrival, TableWriter& writer);

}  // namespace hb::duck
