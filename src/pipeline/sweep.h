// pipeline/sweep.h - finds in the log what redactions mean that name no post by its key.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "env/env.h"
#include "log/log.h"
#include "pipeline/blanks.h"
#include "pipeline/tombstones.h"
#include "window/window_engine.h"

namespace hb {

/// The part of a lane of the window stage that a sweep touches. Borrowed for the call.
struct SweepLane {
  Partition partition{};
  WindowEngine& engine;
  Offset next{};  ///< of `analysis`: records before it are counted, but for those in `blanks`
  Blanks& blanks;
};

/// Goes through `analysis` in slices, takes out of the windows what the tombstones call gone or
/// hidden, and blanks it in all topics; then through the dead letters, for those that name a
/// deleted post. Where a hidden account is shown again its posts are counted again, and where it is
/// hidden once more or deleted they are taken out again: their records are kept in a state for
/// that, because a blanked value does not come back.
///
/// A pass asks for every record what all tombstones say, so it may be repeated, and what it does
/// depends on no order. A pass that a crash cut off is made again.
///
/// Lifecycle  Open; Want when a redaction came; while active and due, Slice inside a transaction,
///            and Committed when that is committed.
/// Threads    One (the window stage's).
/// Cost       A pass reads the log once. The next begins kRest times as long as it took after it,
///            but after kLongestRest at the latest.
class Sweep {
 public:
  static constexpr int kRest = 200;
  static constexpr std::chrono::hours kLongestRest{6};    ///< deleted bytes are gone in a day
  static constexpr std::chrono::milliseconds kSlice{25};  ///< reading time of one slice
  static constexpr int kSliceRest = 3;                    ///< pauses between slices, in slices

  /// `shared`: other processes sweep other partitions; what one finds of a chain goes to all by
  /// `redactions`.
  Sweep(Log& log, Tombstones& tombstones, Clock& clock, std::chrono::milliseconds hidden_retention,
        bool shared)
      : log_(log),
        tombstones_(tombstones),
        clock_(clock),
        hidden_retention_(hidden_retention),
        shared_(shared) {}

  /// `consumed`: redactions before it were read. A pass is wanted if there are some that none has
  /// covered in one of `partitions`, those of the lanes.
  Status Open(Offset consumed, const std::vector<Partition>& partitions);
  void Want() { wanted_ = true; }
  [[nodiscard]] bool active() const { return wanted_ || running_; }
  [[nodiscard]] bool running() const { return running_; }
  /// True when a slice should be made now. `hurry`: nothing else is left to do.
  [[nodiscard]] bool Due(bool hurry) const;
  /// Until a slice is due without hurry. Requires: active().
  [[nodiscard]] std::chrono::steady_clock::duration Rest() const;
  /// Some more of the pass; begins one if none runs. `consumed` and the lanes' partitions as in
  /// Open.
  Status Slice(Transaction& transaction, std::span<SweepLane> lanes, Offset consumed);
  void Committed();

  /// Keeps the record of a hidden post, so that it can be counted when its author is shown again.
  static void Keep(Transaction& transaction, Partition partition, PostKey key, Offset offset,
                   std::string_view record, EventTime now);
  /// Keeps one that counts although it is blank in the log. `name`: key and offset, eight bytes
  /// each.
  static void KeepCounted(Transaction& transaction, Partition partition, std::string_view name,
                          std::string_view record, EventTime now) {
    PutKept(transaction, partition, /*counted=*/true, name, record, now);
  }
  /// Blanks the records of these keys in `topic`, in every partition's `ingest` or `sentiment`. Of
  /// those that can be read as posts only what is not to stay.
  Status BlankCopies(Transaction& transaction, const std::string& topic, Partition partition,
                     std::span<const std::uint64_t> keys);
  /// If `post` was itself deleted, so are all versions of its chain: notes that, for the next pass.
  Status TakeChain(Transaction& transaction, const PostView& post);

 private:
  /// What a sweep of the log does not meet, because its value there is blank: counts again what is
  /// hidden no more, takes out what is hidden again or gone, forgets what has waited too long.
  Status LookAgain(Transaction& transaction, SweepLane& lane);
  Status LookAgainAt(Transaction& transaction, SweepLane& lane, bool counted, std::string_view name,
                     std::string_view value);
  static void PutKept(Transaction& transaction, Partition partition, bool counted,
                      std::string_view name, std::string_view record, EventTime now);
  /// Blanks dead letters that name a deleted post.
  Status ReadLetters(Transaction& transaction, bool& end);
  Status ReadSome(Transaction& transaction, SweepLane& lane, bool& end);
  Status TakeOut(Transaction& transaction, SweepLane& lane, Offset offset, std::string_view record,
                 bool hidden);

  Log& log_;
  Tombstones& tombstones_;
  Clock& clock_;
  const std::chrono::milliseconds hidden_retention_;
  const bool shared_;
  std::vector<Partition> partitions_;  ///< of which kSweepState says how far passes came
  bool wanted_ = false, running_ = false, ending_ = false;
  // Of the running pass.
  Offset consumed_{};     ///< it covers the redactions before this
  std::size_t lane_ = 0;  ///< that is being read; behind the last: the dead letters
  Offset letters_at_{};
  std::vector<Offset> at_, end_;
  std::chrono::steady_clock::time_point pass_begin_{}, pass_end_{}, slice_end_{};
  std::chrono::steady_clock::duration pass_time_{}, slice_time_{};
};

}  // namespace hb
