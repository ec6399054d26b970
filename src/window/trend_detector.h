// window/trend_detector.h - what rises against its own history.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "record/analysis_batch.h"
#include "record/trend.h"

namespace hb {

/// Scores hashtags by how far their last 15 minutes stand above what their history makes likely:
/// score = (c - v) / sqrt(v + 1), v = max of the decayed mean, the same slot yesterday and a week
/// ago, and a prior of 1. After Gnip's point-by-point Poisson method
/// (github.com/xdevplatform/Gnip-Trend-Detection).
/// A trend needs at least min_count posts, min_authors authors, and at most max_duplicate_share of
/// near-duplicates; it is in at score_in and out at score_out.
///
/// The state can be kept by a caller: Save gives all of it; Journal gives what happened since, in a
/// form that costs little to write often. A detector that was given both goes on as this one would.
///
/// Threads  One thread at a time.
/// Time     Event time only.
/// Memory   Bounded: at most max_keys keys a scope are followed (the least counted are dropped),
///          history is kept as decayed sums and per-slot counts.
class TrendDetector {
 public:
  struct Options {
    std::chrono::milliseconds bucket{std::chrono::minutes(1)};
    std::chrono::milliseconds span{std::chrono::minutes(15)};
    std::chrono::milliseconds half_life{std::chrono::hours(6)};
    double score_in = 4, score_out = 2;
    std::uint64_t min_count = 10, min_authors = 5;
    double max_duplicate_share = 0.5;
    std::size_t max_keys = 20'000;
    std::size_t top = 50;    ///< trends reported a scope
    bool journaled = false;  ///< a journal is kept; the owner clears it
  };
  static std::unique_ptr<TrendDetector> Create(Options options);
  virtual ~TrendDetector() = default;
  /// Counts the rows of `batch` in the scopes "all", "task:T", "lang:L" and "country:C", but those
  /// whose bit in `skip` is set (an empty `skip` skips none).
  virtual void Add(const AnalysisBatch& batch, const std::vector<bool>& skip) = 0;
  void Add(const AnalysisBatch& batch) { Add(batch, {}); }
  /// Closes the buckets before `watermark` and appends, for each closed evaluation step (one a
  /// bucket, at most one per call when far behind), the trends that are in, and those that have
  /// just fallen out (active = false). Cost: O(keys with posts in the span).
  virtual void Advance(EventTime watermark, std::vector<Trend>& out) = 0;
  /// Start of the newest bucket that was evaluated; EventTime::min() if none was.
  [[nodiscard]] virtual EventTime evaluated() const = 0;
  /// Keys that the last step looked at and the next will look at again: what a step costs.
  [[nodiscard]] virtual std::size_t live() const = 0;
  /// Forgets everything: what comes is of another time.
  virtual void Reset() = 0;

  /// Appends the whole state.
  virtual void Save(std::string& out) const = 0;
  /// What was done since ClearJournal; empty unless Options::journaled.
  [[nodiscard]] virtual std::string_view Journal() const = 0;
  virtual void ClearJournal() = 0;
  /// Takes the state from what Save wrote. kCorrupt: it is not that; the detector is then empty.
  virtual Status Load(std::string_view saved) = 0;
  /// Does again what a journal tells, without reporting trends. kCorrupt: it is not a journal; the
  /// detector has then done the part before.
  virtual Status Replay(std::string_view journal) = 0;
};

}  // namespace hb
