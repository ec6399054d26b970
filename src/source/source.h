// source/source.h - the one interface between heartbeat and the outside feeds.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "record/dead_letter.h"
#include "record/gap.h"
#include "record/post_batch.h"
#include "record/redaction.h"
#include "record/source_meter.h"
#include "record/task.h"

namespace hb {

enum class PollState { kMore, kIdle, kDone };  // kDone: finite sources only.

/// Where a source stands. Opaque to everybody else; ordered only by the source itself. Small (under
/// 8 KiB): it is stored in the log with every batch.
using Position = std::string;

/// What one Poll brought, in the order in which the source gave it. Redactions apply to posts of
/// this and of earlier intakes.
struct Intake {
  PostBatch posts;  ///< tasks and rules_version are left empty: ingest fills them
  std::vector<Redaction> redactions;
  std::vector<DeadLetter> dead;
  /// Spans in which it did not listen, once it knows their end, and again when one was refilled
  /// (Gap's `source` is left empty, and ingest fills it, unless another source may refill it).
  std::vector<Gap> gaps;
  Position end;  ///< position after everything above; Resume(end) continues with the next
  void Clear() {
    posts.Clear();
    redactions.clear();
    dead.clear();
    gaps.clear();
    end.clear();
  }
};

/// How far a finite source has come. Fractions are of bytes, rows are counted from the start.
struct Progress {
  std::uint64_t rows = 0;
  std::uint64_t bytes_done = 0, bytes_total = 0;  ///< total 0: unknown (stdin)
  std::uint64_t posts = 0, dead_letters = 0;      ///< given since this process began
};

/// What a person should know about a source that goes on all the same.
struct SourceHealth {
  bool waiting = false;   ///< it hears nothing just now
  std::string detail{};   ///< "connected; 3 rules", "HTTP 503; next try in 5 s"
  std::string warning{};  ///< something to be done: "82 % of this month's posts are used"; or ""
  std::optional<SourceMeter> meter{};  ///< where posts are paid for
};

/// A place posts come from.
///
/// Lifecycle  Built by the catalogue, Resume at most once before the first Poll, used by one ingest
///            loop, then destroyed.
/// Threads    Resume, SetTasks, Poll, Acknowledge and GetHealth: the owning ingest thread only.
///            Stop, progress and watermark: any thread, any time.
/// Delivery   At least once. After a restart, posts past the last acknowledged position come again,
///            perhaps with some before it (a source whose positions are exact says so below).
/// Errors     kUnavailable: the loop pauses and polls again. Any other code ends this source and is
///            shown on the dashboard.
class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  /// Names this instance for its cursor: stable over restarts, different for different inputs (for
  /// a file: its digest). At most 200 bytes.
  [[nodiscard]] virtual std::string Identity() const = 0;
  /// What people call this input: a file's name, "demo, seed 1". Two inputs may share one. "" where
  /// there is no better name than its kind; shown, never looked at.
  [[nodiscard]] virtual std::string Title() const { return {}; }
  /// True if Resume never repeats a post, so that the cursor alone de-duplicates (files).
  [[nodiscard]] virtual bool ExactPositions() const { return false; }
  /// Continues after `position`. kInvalidArgument if it is not one of this source.
  virtual Status Resume(const Position& position) = 0;
  /// Says what is asked for now: before the first Poll, and before the next one whenever it
  /// changed. For sources that filter at their server; ingest matches every post against the tasks
  /// anyway. Never blocks.
  virtual void SetTasks(const std::vector<Task>& active, std::uint32_t rules_version) {
    (void)active;
    (void)rules_version;
  }
  /// Appends at most `limit` posts (and any redactions and dead letters met on the way) to `out` in
  /// position order, sets out.end, and returns within `wait` plus 50 ms. After an error, what was
  /// already appended stays and counts as delivered. Requires: limit > 0, wait >= 0.
  virtual Result<PollState> Poll(std::size_t limit, std::chrono::milliseconds wait,
                                 Intake& out) = 0;
  /// Says that everything up to and including `position` is safe in the log.
  /// Requires: `position` came from here and is not behind one acknowledged before.
  virtual Status Acknowledge(const Position& position) = 0;
  /// Makes a running or later Poll return kCancelled soon. Never blocks.
  virtual void Stop() noexcept = 0;
  /// All posts before this event time are believed to have been seen (never goes back); nothing yet
  /// for a source that cannot say. A finite source at its end gives EventTime::max().
  [[nodiscard]] virtual std::optional<EventTime> Watermark() const = 0;
  [[nodiscard]] virtual Progress GetProgress() const { return {}; }
  [[nodiscard]] virtual SourceHealth GetHealth() const { return {}; }
};

}  // namespace hb
