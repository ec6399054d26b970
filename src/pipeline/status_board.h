// pipeline/status_board.h - what the stages say about themselves, for people and for metrics.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/allocations.h"
#include "base/mutex.h"
#include "base/units.h"
#include "env/env.h"
#include "record/aggregate.h"
#include "record/analysis_batch.h"
#include "source/source.h"

namespace hb {

enum class Level : std::uint8_t { kInfo, kWarning, kError };

/// Something a person should know now. Raised under a key, so that repeating it changes nothing.
struct Message {
  Level level = Level::kInfo;
  std::string text;
  EventTime since{};
};

/// Counters of one stage.
///
/// Threads  Any.
struct StageCounters {
  std::atomic<std::uint64_t> records{0}, batches{0}, busy_ns{0}, allocations{0};
  std::atomic<std::int64_t> lag{0};
  std::atomic<std::uint64_t> commits{0};
  std::atomic<std::uint64_t> failed_commits{0};  ///< or nobody knows what became of them
  std::atomic<std::uint64_t> rebalances{0};      ///< the log gave partitions, or took them away

  void CountCommit(bool ok) { ++(ok ? commits : failed_commits); }
};

enum class SourceState : std::uint8_t { kRunning, kWaiting, kDone, kFailed };

/// One source as it stands.
struct SourceReport {
  std::string name, kind, detail;
  std::string title;  ///< for people; "": the kind will do
  SourceState state = SourceState::kRunning;
  std::uint64_t posts = 0, matched = 0, duplicates = 0, dead_letters = 0, redactions = 0;
  std::optional<EventTime> watermark, last_post;
  Progress progress;
  bool live = true;  ///< false: a finite replay
  std::optional<SourceMeter> meter;
};

/// Collects reports.
///
/// Threads  Any.
class StatusBoard {
 public:
  struct Stages {
    StageCounters ingest, analyze, window, store;
    std::atomic<std::uint64_t> stored_posts{0};  ///< posts that can be asked for
    /// Newest time of those, and end of the newest window, in milliseconds.
    std::atomic<std::int64_t> stored_post_ms{kNothingStored}, stored_window_ms{kNothingStored};
    std::atomic<std::int64_t> finest_window_ms{0};  ///< size of that window
    std::atomic<bool> live{false};                  ///< a source was added that does not end
    static constexpr std::int64_t kNothingStored = INT64_MIN;
  };
  Stages stages;

  void Raise(const std::string& key, Level level, std::string text, EventTime now);
  void Clear(const std::string& key);
  [[nodiscard]] std::vector<Message> messages() const;

  /// What can be asked for now. Called by the store stage.
  void NoteStored(const AnalysisBatch& posts);
  void NoteStored(const std::vector<Aggregate>& windows);
  /// How far posts and windows have come that can be asked for; nothing before the first.
  [[nodiscard]] std::optional<EventTime> StoredUntil() const;
  void Report(const SourceReport& report);
  [[nodiscard]] std::vector<SourceReport> sources() const;
  /// True once every source has reported kDone or kFailed, and there is at least one.
  [[nodiscard]] bool AllSourcesEnded() const;

 private:
  mutable Mutex mutex_;
  std::map<std::string, Message> messages_ HB_GUARDED_BY(mutex_);
  std::map<std::string, SourceReport> sources_ HB_GUARDED_BY(mutex_);
};

/// Adds the processor time and the allocations of a scope to a stage's counters. Processor time,
/// because on a busy machine a thread waits for its turn within any scope.
class BusyScope {
 public:
  explicit BusyScope(StageCounters& counters)
      : counters_(counters), allocations_(ThreadAllocations()), begin_ns_(ThreadCpuNanoseconds()) {}
  ~BusyScope() {
    counters_.busy_ns += ThreadCpuNanoseconds() - begin_ns_;
    counters_.allocations += ThreadAllocations() - allocations_;
  }
  BusyScope(const BusyScope&) = delete;
  BusyScope& operator=(const BusyScope&) = delete;

 private:
  StageCounters& counters_;
  std::uint64_t allocations_;
  std::uint64_t begin_ns_;
};

}  // namespace hb
