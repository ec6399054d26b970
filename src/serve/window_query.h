// serve/window_query.h - sums over the store's windows, as the API shows them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "serve/params.h"
#include "serve/rows.h"

namespace hb {

/// Sizes of window that the store has, ascending, in milliseconds.
Result<std::vector<std::int64_t>> WindowSizes(SqlStore& store);

/// The smallest of `sizes` that needs at most `max_windows` for `range`, else the largest.
/// Requires: sizes is not empty.
std::int64_t SizeFor(const std::vector<std::int64_t>& sizes, const TimeRange& range, std::int64_t max_windows);

/// Columns of kWindowSums over grouped rows of `windows`: posts, neg, neu, pos, mixed, polarity, subjectivity
/// (averages), and posts by label4.
extern const std::string_view kWindowSums;
/// The same over grouped rows of `posts`.
extern const std::string_view kPostSums;
inline constexpr std::size_t kSumColumns = 11;
/// Writes the members posts, neg ... subjectivity, labels from such a row, from column `first` on.
void WriteSums(const Row& row, std::size_t first, JsonWriter& json);
/// Only the members posts and labels.
void WriteCounts(const Row& row, std::size_t first, JsonWriter& json);

/// [{"key","count"}] from rows of (key, count).
void WriteKeyCounts(const std::vector<Row>& rows, JsonWriter& json);

}  // namespace hb
