// serve/window_query.h - sums over the store's windows, as the API shows them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
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
std::int64_t SizeFor(const std::vector<std::int64_t>& sizes, const TimeRange& range,
                     std::int64_t max_windows);

/// The windows of `size_ms` that stand for the last `length` up to `now`: those that began in it,
/// the one that is still open among them. All figures of "the last hour" are of this range, so that
/// they agree.
TimeRange CountedRange(EventTime now, std::chrono::milliseconds length, std::int64_t size_ms);

/// Columns of kWindowSums over grouped rows of `windows`: posts, neg, neu, pos, mixed, polarity,
/// subjectivity (averages), posts by label4, and by emotion (NULL: not computed).
extern const std::string_view kWindowSums;
/// The same over grouped rows of `posts`.
extern const std::string_view kPostSums;
inline constexpr std::size_t kSumColumns = 15;
/// Writes the members posts, neg ... subjectivity, labels from such a row, from column `first` on.
void WriteSums(const Row& row, std::size_t first, JsonWriter& json);
/// Only the members posts, labels and, where they were computed, emotions.
void WriteCounts(const Row& row, std::size_t first, JsonWriter& json);

/// Columns of a row of a series over `windows` that are grouped by window_start: start in ms,
/// authors, completeness, final, revision, then kWindowSums.
extern const std::string_view kSeriesColumns;
inline constexpr std::size_t kSeriesWidth = 5 + kSumColumns;
/// Writes the members of such a row, from column `first` on. `whole`: it is of windows, not counted
/// from posts.
void WriteSeriesRow(const Row& row, std::size_t first, bool whole, JsonWriter& json);

/// One window of one task, all partitions together.
struct WindowId {
  EventTime start{};
  std::int64_t size_ms = 0;
  std::string task;
  auto operator<=>(const WindowId&) const = default;
};
/// What the store has of `ids`, oldest first: task, size in ms, then kSeriesColumns. Cost: one pass
/// over the windows since the oldest of them.
Result<SqlResult> AskWindows(const std::vector<WindowId>& ids, SqlStore& store);

/// The member "entities": the most frequent of `counted`, a question for (key, posts), as
/// [{"key","count"}]. Spellings that differ in case only are one, shown as most write it.
Status WriteEntities(const Statement& counted, SqlStore& store, JsonWriter& json);

/// [{"key","count"}] from rows of (key, count).
void WriteKeyCounts(const std::vector<Row>& rows, JsonWriter& json);

}  // namespace hb
