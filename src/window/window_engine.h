// window/window_engine.h - folds analysis records into tumbling event-time windows, one partition
// each.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "record/aggregate.h"
#include "record/analysis_batch.h"

namespace hb {

/// Start of the window of length `size` that holds `time`. Windows are half-open, [start, start +
/// size), and one starts at 1970-01-01Z. Rounds down before 1970 too. Requires: size > 0. O(1).
constexpr EventTime WindowStart(EventTime time, std::chrono::milliseconds size) {
  auto past_start = time.time_since_epoch() % size;
  if (past_start.count() < 0) past_start += size;
  return time - past_start;
}

/// Records of `analysis` that count in windows of `size`: those in [from, to).
struct SizeSpan {
  std::chrono::milliseconds size{};
  Offset from{0}, to{INT64_MAX};
  bool operator==(const SizeSpan&) const = default;
};

/// A window as it was last committed.
struct StoredWindow {
  Aggregate aggregate;
  Offset included{};  ///< of `analysis`: its records before this are in the aggregate
};

/// Turns analysis records into one aggregate per (task, window). Window, watermark and lateness as
/// in Akidau et al., "The Dataflow Model", PVLDB 8(12), 2015.
///
/// Every post counts for kAllTasks and for each of its tasks, once for each window size.
///
/// Large windows change with every post, so they are not all given out by every Flush. Each
/// committed aggregate holds all records before some offset; the owner keeps the log from
/// FirstMissing on, and after a restart gives those records to Add, which counts each in the
/// windows that miss it.
///
/// Threads  One thread at a time; the pipeline runs one engine per partition.
/// Time     Sees event time and watermarks only; it never reads a clock, so the same records give
///          the same aggregates, live or replayed, in any order (docs/architecture.md).
/// Memory   At most Options::max_loaded windows are held; unchanged ones are dropped, and loaded
///          again through `load` when a late post or a delete touches them.
/// Errors   kInvalidArgument from Create; otherwise only what `load` returns, and then the engine
///          must be thrown away and made again from the last commit.
class WindowEngine {
 public:
  struct Options {
    std::vector<std::chrono::milliseconds> sizes{std::chrono::minutes(1), std::chrono::minutes(15),
                                                 std::chrono::hours(1)};
    /// Where sizes came and went: which records count in which size, instead of all in `sizes`. A
    /// size may have several spans. One that ended still has its windows closed and lowered.
    std::vector<SizeSpan> spans{};
    std::chrono::milliseconds allowed_lateness{std::chrono::minutes(10)};
    Partition partition{};
    /// A window whose last writing had n bytes is not due before n / write_rate seconds later, but
    /// after a 30th of its length, or kShortestBound if that is longer, at the latest.
    std::int64_t write_rate = 256;
    std::size_t max_loaded = 8'000;
    bool fresh = false;  ///< nothing was ever committed: only windows that were dropped are loaded
  };
  static constexpr std::chrono::milliseconds kShortestBound{10'000};
  /// The last committed state of `key`; kNotFound if there is none yet.
  using Load = std::function<Result<StoredWindow>(const AggregateKey& key)>;
  /// Which of the changed windows a Flush gives out. Due are those that became final, those from
  /// which something was taken back that their last writing holds, and:
  struct Due {
    bool all = true;                  ///< each
    Offset next{};                    ///< records before it were counted, or are not to be
    Offset oldest{};                  ///< those that miss a record before it
    std::chrono::milliseconds now{};  ///< those that waited long enough; a clock that only goes on
  };

  static Result<std::unique_ptr<WindowEngine>> Create(Options options, Load load);
  virtual ~WindowEngine() = default;

  /// After a restart: names the windows that were committed and not final, so that the watermark
  /// can still close them.
  virtual void Restore(std::span<const AggregateKey> open) = 0;
  /// Counts the first rows of `batch`, as many as have an offset here, but for those whose bit in
  /// `skip` is set (an empty `skip` skips none), in the windows that miss them: a stored window
  /// says up to which offset it counts, so a row that comes again counts once. No post is ever too
  /// late to count. Cost: O(rows x sizes x (tasks + counted keys)).
  virtual Status Add(const AnalysisBatch& batch, const std::vector<bool>& skip,
                     std::span<const Offset> offsets) = 0;
  /// Counts one row, of this offset, that cannot be read from the log again: its windows are due.
  virtual Status AddUnlogged(const AnalysisBatch& batch, std::size_t row, Offset offset) = 0;
  /// Takes back one row, of this offset, that was counted before. What cannot be taken back
  /// (HyperLogLog, a map beyond its bound) stays and is marked approximate. A window that loses its
  /// last post changes once more, to an aggregate of 0 posts and nothing else: by it a store knows
  /// that there is no such window.
  virtual Status Subtract(const AnalysisBatch& batch, std::size_t row, Offset offset) = 0;
  /// Declares that posts before `watermark` are no longer expected. Windows whose end + allowed
  /// lateness <= watermark become final (and count as changed). Going back is ignored.
  virtual void AdvanceWatermark(EventTime watermark) = 0;
  [[nodiscard]] virtual EventTime watermark() const = 0;
  /// Appends the changed aggregates that are due, whole, with their revisions raised by one,
  /// ordered by key; then drops unchanged windows beyond max_loaded. The caller commits them
  /// together with what FirstMissing says. The lists in them are from `memory`, which must outlive
  /// them: with an arena, thousands of small windows cost a few allocations.
  virtual Status Flush(const Due& due, std::vector<Aggregate>& out,
                       std::pmr::memory_resource* memory = std::pmr::get_default_resource()) = 0;
  /// No record before it is missing in the aggregate that a Flush last gave of its windows; the
  /// greatest offset if none is missing at all. Cost: O(changed windows).
  [[nodiscard]] virtual Offset FirstMissing() const = 0;
};

}  // namespace hb
