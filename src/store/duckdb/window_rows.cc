#include "store/duckdb/window_rows.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <tuple>
#include <vector>

#include "component/component.h"
#include "store/duckdb/schema.h"
#include "store/duckdb/table_writer.h"
#include "store/duckdb/window_blob.h"

namespace hb::duck {

namespace {

constexpr std::size_t kMaxPendingBytes = 4 * 1024 * 1024;  // of partials a chunk may point to

/// A window and the new partials of this write, and what the table holds of it.
struct Touched {
  std::span<const Aggregate*> fresh;  ///< one a partition
  std::int64_t stored_row = -1;       ///< rowid, -1 none
  std::string stored{};               ///< its parts
  bool changed = false;
};

auto WindowOf(const Aggregate& a) {
  return std::tuple<std::int64_t, EventTime, const std::string&>(a.key.window_ms,
                                                                 a.key.window_start, a.key.task);
}

/// Newest partial of each key, in the order of windows.
std::vector<const Aggregate*> NewestOfEach(std::vector<const Aggregate*> sorted) {
  const auto order = [](const Aggregate* a, const Aggregate* b) {
    return std::tuple(WindowOf(*a), a->key.partition, b->revision) <
           std::tuple(WindowOf(*b), b->key.partition, a->revision);
  };
  std::sort(sorted.begin(), sorted.end(), order);
  const auto same = [](const Aggregate* a, const Aggregate* b) { return a->key == b->key; };
  sorted.erase(std::unique(sorted.begin(), sorted.end(), same), sorted.end());
  return sorted;
}

std::vector<Touched> GroupByWindow(std::span<const Aggregate*> sorted) {
  std::vector<Touched> touched;
  for (std::size_t begin = 0; begin < sorted.size();) {
    std::size_t end = begin + 1;
    while (end < sorted.size() && WindowOf(*sorted[end]) == WindowOf(*sorted[begin])) ++end;
    touched.push_back({.fresh = sorted.subspan(begin, end - begin)});
    begin = end;
  }
  return touched;
}

/// Finds the stored row of each window.
Status ReadStored(duckdb_connection connection, std::vector<Touched>& touched) {
  HB_TRY(Run(connection,
             "CREATE OR REPLACE TEMP TABLE touched(task VARCHAR, window_start TIMESTAMP, window_ms "
             "BIGINT, "
             "number BIGINT)"));
  {
    HB_ASSIGN(TableWriter writer, TableWriter::Open(connection, nullptr, "touched"));
    for (std::size_t i = 0; i < touched.size(); ++i) {
      const AggregateKey& key = touched[i].fresh[0]->key;
      const idx_t row = writer.at();
      writer.Put(0, row, key.task);
      writer.Data<std::int64_t>(1)[row] = ToMillis(key.window_start) * 1000;
      writer.Data<std::int64_t>(2)[row] = key.window_ms;
      writer.Data<std::int64_t>(3)[row] = static_cast<std::int64_t>(i);
      HB_TRY(writer.Advance(1));
    }
    HB_TRY(writer.Close());
  }
  HB_ASSIGN(
      QueryResult found,
      Ask(connection,
          "SELECT t.number, w.rowid, w.parts FROM internal.windows w JOIN temp.touched t "
          "ON w.window_start = t.window_start AND w.window_ms = t.window_ms AND w.task = t.task"));
  while (Chunk chunk = found.Next()) {
    const idx_t rows = duckdb_data_chunk_get_size(chunk.get());
    const auto* at = Values<std::int64_t>(chunk, 0);
    const auto* row = Values<std::int64_t>(chunk, 1);
    const auto* parts = Values<duckdb_string_t>(chunk, 2);
    for (idx_t i = 0; i < rows; ++i) {
      Touched& window = touched[static_cast<std::size_t>(at[i])];
      window.stored_row = row[i];
      window.stored = View(parts[i]);
    }
  }
  return Ok();
}

Status DeleteReplaced(duckdb_connection connection, const std::vector<Touched>& touched) {
  HB_TRY(Run(connection, "CREATE OR REPLACE TEMP TABLE replaced(row BIGINT)"));
  bool any = false;
  {
    HB_ASSIGN(TableWriter writer, TableWriter::Open(connection, nullptr, "replaced"));
    for (const Touched& window : touched) {
      if (!window.changed || window.stored_row < 0) continue;
      any = true;
      writer.Data<std::int64_t>(0)[writer.at()] = window.stored_row;
      HB_TRY(writer.Advance(1));
    }
    HB_TRY(writer.Close());
  }
  if (!any) return Ok();
  return Run(connection,
             "DELETE FROM internal.windows WHERE rowid IN (SELECT row FROM temp.replaced)");
}

class WindowWriter {
 public:
  WindowWriter(TableWriter& writer, const GapSet& gaps, EventTime now)
      : writer_(writer), gaps_(gaps), now_(now) {}

  /// Of the maps of `merged` only `approximate` counts. `blob` and `merged` must live until the
  /// writer is closed: the row's text is not copied.
  Status Append(const Aggregate& merged, std::string_view blob);

 private:
  void Int(WindowColumn column, std::uint64_t value) {
    writer_.Data<std::int64_t>(column)[writer_.at()] = static_cast<std::int64_t>(value);
  }
  void Average(WindowColumn column, std::int64_t sum, std::uint64_t posts) {
    if (posts == 0) return writer_.PutNull(column, writer_.at());
    writer_.Data<double>(column)[writer_.at()] = FromMicro(sum) / static_cast<double>(posts);
  }
  void Bool(WindowColumn column, bool value) { writer_.Data<bool>(column)[writer_.at()] = value; }

  TableWriter& writer_;
  const GapSet& gaps_;
  EventTime now_;
};

Status WindowWriter::Append(const Aggregate& merged, std::string_view blob) {
  const idx_t row = writer_.at();
  writer_.Put(kWTask, row, merged.key.task);
  Int(kWStart, static_cast<std::uint64_t>(ToMillis(merged.key.window_start) * 1000));
  const std::string size = DurationText(merged.key.window_ms);
  writer_.Put(kWSize, row, std::string_view(size).substr(0, 12));  // short: held inside the value
  Int(kWMs, static_cast<std::uint64_t>(merged.key.window_ms));
  Int(kWPosts, merged.posts);
  Int(kWAuthors, merged.authors.Count());
  Average(kWNeg, merged.neg, merged.posts);
  Average(kWNeu, merged.neu, merged.posts);
  Average(kWPos, merged.pos, merged.posts);
  Average(kWMixed, merged.mixed, merged.posts);
  Average(kWPolarity, merged.polarity, merged.posts);
  Average(kWSubjectivity, merged.subjectivity, merged.posts);
  for (unsigned i = 0; i < 3; ++i) Int(static_cast<WindowColumn>(kWNegative + i), merged.labels[i]);
  for (unsigned i = 0; i < 4; ++i)
    Int(static_cast<WindowColumn>(kWNegative4 + i), merged.labels4[i]);
  for (unsigned i = 0; i < 4; ++i) Int(static_cast<WindowColumn>(kWOriginals + i), merged.kinds[i]);
  writer_.Data<double>(kWCompleteness)[row] =
      gaps_.Completeness(merged.key.window_start, merged.key.window_ms);
  Bool(kWFinal, merged.is_final);
  Bool(kWFrozen, merged.frozen);
  Bool(kWApproximate, merged.authors.approximate() ||
                          std::ranges::any_of(kAggregateMaps, [&](const AggregateMap& map) {
                            return (merged.*map.counts).approximate;
                          }));
  Int(kWRevision, merged.revision);
  Int(kWUpdated, static_cast<std::uint64_t>(ToMillis(now_) * 1000));
  std::uint64_t with_emotion = 0;  // computed, the answer "none" included
  for (const std::uint64_t posts : merged.emotions) with_emotion += posts;
  for (unsigned i = 0; i < kFeltEmotions; ++i) {
    Average(static_cast<WindowColumn>(kWAnger + i), merged.emotion_sums[i], with_emotion);
    const auto posts = static_cast<WindowColumn>(kWAngerPosts + i);
    if (with_emotion == 0) {
      writer_.PutNull(posts, row);
    } else {
      Int(posts, merged.emotions[i]);
    }
  }
  writer_.PutBytes(kWParts, row, blob);
  return writer_.Advance(1);
}

/// Whether the maps of a window's partials together pass the bound on their keys.
Status NoteOverflow(std::string_view blob, const std::array<std::size_t, kMaps>& entries,
                    Aggregate& merged) {
  for (std::size_t i = 0; i < kMaps; ++i) {
    if (entries[i] <= CountMap::kMaxKeys) continue;
    std::vector<BlobCount> all;
    HB_TRY(TopOfBlob(blob, static_cast<KeyKind>(i), entries[i], all));
    if (all.size() > CountMap::kMaxKeys) (merged.*kAggregateMaps[i].counts).approximate = true;
  }
  return Ok();
}

/// Puts the stored and the new partials of a window together: bytes into `blob`, sums into `merged`
/// unless there is one partial, which is then returned as it is. nullptr: nothing new.
Result<const Aggregate*> MergeWindow(const Touched& window, std::string& blob, Aggregate& merged) {
  std::vector<PartView> stored;
  HB_TRY(SplitParts(window.stored, stored));
  std::vector<const Aggregate*> use;
  for (const Aggregate* fresh : window.fresh) {
    const auto old = std::find_if(stored.begin(), stored.end(), [&](const PartView& part) {
      return part.partition == fresh->key.partition;
    });
    if (old != stored.end()) {
      if (old->revision >= fresh->revision) continue;
      stored.erase(old);
    }
    use.push_back(fresh);
  }
  if (use.empty()) return nullptr;
  for (const Aggregate* fresh : use) AppendPart(*fresh, blob);
  if (use.size() == 1 && stored.empty()) return use[0];
  for (const PartView& part : stored) blob += part.bytes;
  std::vector<PartView> parts;
  HB_TRY(SplitParts(blob, parts));
  std::array<std::size_t, kMaps> entries{};
  for (const PartView& part : parts) {
    HB_ASSIGN(PartTotals totals, DecodeTotals(part.bytes));
    for (std::size_t i = 0; i < kMaps; ++i) entries[i] += totals.entries[i];
    if (&part == parts.data()) {
      merged = std::move(totals.sums);
    } else {
      merged.Merge(totals.sums);
    }
  }
  HB_TRY(NoteOverflow(blob, entries, merged));
  merged.key = use[0]->key;
  return &merged;
}

}  // namespace

Status WriteWindows(duckdb_connection connection, const StoreWrite& write, const GapSet& gaps,
                    EventTime now) {
  std::vector<const Aggregate*> sorted;
  for (const Aggregate& aggregate : write.aggregates) sorted.push_back(&aggregate);
  for (const auto& batch : write.aggregate_batches) {
    for (const Aggregate& aggregate : *batch) sorted.push_back(&aggregate);
  }
  if (sorted.empty()) return Ok();
  sorted = NewestOfEach(std::move(sorted));
  std::vector<Touched> touched = GroupByWindow(sorted);
  HB_TRY(ReadStored(connection, touched));
  HB_ASSIGN(TableWriter writer, TableWriter::Open(connection, "internal", "windows"));
  WindowWriter rows(writer, gaps, now);
  // What a chunk of rows points to.
  std::deque<std::string> blobs;
  std::deque<Aggregate> kept;
  std::size_t bytes = 0;
  for (Touched& window : touched) {
    std::string& blob = blobs.emplace_back();
    Aggregate& merged = kept.emplace_back();
    HB_ASSIGN(const Aggregate* use, MergeWindow(window, blob, merged));
    if (use == nullptr) continue;
    window.changed = true;
    if (use->posts == 0) continue;  // Its last post was deleted: there is no such window.
    HB_TRY(rows.Append(*use, blob));
    bytes += blob.size();
    if (bytes > kMaxPendingBytes) HB_TRY(writer.Flush());
    if (writer.at() == 0) {
      blobs.clear();
      kept.clear();
      bytes = 0;
    }
  }
  HB_TRY(writer.Close());
  return DeleteReplaced(connection, touched);
}

}  // namespace hb::duck
