// pipeline/window_stage.h - from results to windows and trends.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "log/log.h"
#include "pipeline/blanks.h"
#include "pipeline/codec.h"
#include "pipeline/live_listener.h"
#include "pipeline/sharing.h"
#include "pipeline/sweep.h"
#include "pipeline/tombstones.h"
#include "pipeline/window_ledger.h"
#include "pipeline/worker.h"
#include "record/dead_letter.h"
#include "window/trend_detector.h"
#include "window/window_engine.h"

namespace hb {

/// Reads `analysis` and `redactions`; writes `windows` and `trends`. A window is written whole,
/// with the offset up to which it counts, both to the topic and to the state from which a restart
/// goes on (WindowLedger). Small ones are written soon after each change; the larger, the seldomer,
/// but at most a 30th of their length, or ten seconds, late (WindowEngine::Due). The group's
/// committed offset is that of the first record that some window misses, its processed offset is
/// behind the last that was counted: a restart counts the records between them again where they
/// are missing, and goes on there. Trends and the watermark go on there too.
///
/// A redaction takes its post out of its windows and blanks its text in the log, in one
/// transaction; what it means beyond the post that it names (an account's posts, reposts, versions)
/// is found by a Sweep.
///
/// A record of `rescored` takes the place of an older result: in one transaction its post is taken
/// out of its windows and counted again with the new one at the same offset, the old record is
/// blanked in `analysis`, and the new one goes where Sweep keeps records that count although they
/// are blank in the log. So a post counts once whatever is repeated, and one that was deleted
/// meanwhile does not come back.
///
/// On a shared log the stage has the partitions of `analysis` that its group gives it, and begins
/// anew from the log when they change. Redactions are read by every process, and each partition's
/// state says how far they are worked in. Trends need all posts: only a stage that has all
/// partitions finds them.
class WindowStage : public Worker {
 public:
  struct Options {
    std::int32_t partitions = 2;
    WindowEngine::Options engine;
    TrendDetector::Options trends;
    std::chrono::milliseconds commit_every{500};
    std::size_t commit_rows = 20'000;
    std::int64_t most_missing = 100'000;  ///< records a restart counts again, at most
    /// Redactions that come sooner after the last are gathered: each touches many windows, and the
    /// keys of the whole log are searched. So the pause is also kRedactRest times as long as that
    /// took, up to kLongestRedactRest, or until kMaxRedactedKeys wait.
    std::chrono::milliseconds redact_every{10'000};
    std::chrono::milliseconds disorder{5000};  ///< how far posts of one source come out of order
    std::chrono::milliseconds source_idle{std::chrono::minutes(5)};  ///< then it holds nobody back
    std::chrono::milliseconds hidden_retention{
        std::chrono::hours(24 * 90)};  ///< of posts of hidden accounts
    /// Whether Stop writes the windows that wait. Without, they are as after a crash.
    bool write_at_stop = true;
    Sharing sharing;
  };
  static constexpr int kRedactRest = 200;
  static constexpr std::chrono::minutes kLongestRedactRest{10};
  static constexpr std::size_t kMaxRedactedKeys = 100'000;
  /// `listener` may be null. All outlive the stage.
  WindowStage(Options options, Log& log, Tombstones& tombstones, LiveListener* listener,
              Clock& clock, StatusBoard& board);
  ~WindowStage() override { Stop(); }
  Status Open();
  /// All sources have ended, everything was read, and the last windows were closed and committed.
  [[nodiscard]] bool finished() const { return finished_ && !uncommitted_ && !sweeping_; }

 private:
  static constexpr std::size_t kPollBytes = 4 << 20;
  static constexpr char kRedactedNext[] = "next";  ///< key of how far redactions are worked in
  struct SourceTime {
    EventTime newest{};
    std::chrono::steady_clock::time_point heard{};
    bool moved = false;  ///< since the last commit
    bool kept = false;   ///< the state holds it
  };
  /// One partition of `analysis`.
  struct Lane {
    Partition partition{};
    std::unique_ptr<WindowEngine> engine;
    std::map<std::string, SourceTime, std::less<>> sources;
    EventTime watermark = EventTime::max();  ///< of its sources; max: nothing was heard
    Offset next{};                           ///< next offset of `analysis`
    std::vector<SizeSpan> spans;             ///< which records count in which size
    bool spans_moved = false;                ///< since the last commit
    std::vector<Offset> late_blanks;         ///< redacted before they were read
    std::vector<std::uint64_t> late_keys;    ///< of those
    /// Of those, what is hidden and not gone: its place in late_blanks, and the record.
    std::vector<std::pair<std::size_t, std::string>> late_hidden;
    std::vector<std::pair<PostKey, std::string>>
        late_chains;  ///< of those that are versions of another
    Blanks blanks;
    Offset redacted{};  ///< redactions before it are worked in; of a shared log
    /// Results replaced since the last commit: offset -> name in the state, and new record.
    std::map<std::int64_t, std::pair<std::string, std::string>> rescored;
    Offset rescored_next{};  ///< of `rescored`
    bool rescored_moved = false;
  };

  Result<StepResult> Step() override;
  void Finish() override;
  void Interrupt() noexcept override;
  Status Subscribe();
  Status OpenLanes();
  /// `at`: where the group was at the last commit.
  Result<Lane> OpenLane(Partition partition, const GroupOffset& at);
  /// What a shared log knows of the partition beside its windows.
  Status OpenShared(Lane& lane);
  /// Redactions are read on from where the lane is that has worked in the fewest.
  void SetRedactionsNext();
  using Analyses = Decoded<std::shared_ptr<const AnalysisBatch>>;
  /// Of a shared log, rows that cannot be read go to `dead` (if it is not null).
  Result<Analyses> Decode(const FetchedBatch& batch, std::vector<DeadLetter>* dead) const;
  [[nodiscard]] Lane* LaneOf(Partition partition);
  [[nodiscard]] bool HasAll() const {
    return lanes_.size() == static_cast<std::size_t>(options_.partitions);
  }
  /// Counts the records of `analysis` in [from, lane.next) in the windows that miss them.
  Status CountAgain(Lane& lane, Offset from);
  /// Of a shared log: what others have written to `redactions`.
  Status ReadRedactions();
  Status TakeRedactions(const FetchedBatch& batch);
  Status Take(const FetchedBatch& batch);
  Status TakeAnalysis(const FetchedBatch& batch);
  Status TakeRescored(const FetchedBatch& batch);
  /// `near` is the batch that was read last, for the next.
  Status Replace(Lane& lane, Offset offset, std::string_view record,
                 std::vector<FetchedBatch>& near);
  /// The record of a post that counts; nothing if it does not any more.
  Result<std::string> CountedRecord(const Lane& lane, Offset offset, const std::string& name,
                                    std::vector<FetchedBatch>& near);
  void WriteRescored(Transaction& transaction, const Lane& lane) const;
  Status Redact(Transaction& transaction);
  Status RedactLane(Transaction& transaction, Lane& lane, std::span<const std::uint64_t> keys);
  Status TakeLate(Transaction& transaction, Lane& lane);
  Status SweepSome(Transaction& transaction);
  /// Whether a time is the past, beside live sources: so far behind what the lane has reached that
  /// a source that is there holds nobody back, and that it is none of the history of trends.
  [[nodiscard]] bool IsPast(const Lane& lane, EventTime time) const;
  /// The watermark beside live sources; without, EventTime::min(): time may go back.
  [[nodiscard]] EventTime Reached(const Lane& lane) const;
  void AddToTrends(const Lane& lane, const AnalysisBatch& rows, const std::vector<bool>& skip);
  void HearSources(Lane& lane, const PostBatch& posts);
  void WriteSources(Transaction& transaction, Lane& lane);
  void AdvanceWatermarks();
  void AdvanceTrends(std::vector<Trend>& out);
  Status Commit();
  Status CommitWindows(Transaction& transaction, Lane& lane,
                       std::vector<std::shared_ptr<const RecordBatch>>& written);
  void Committed();
  /// How long Step may wait for records.
  [[nodiscard]] std::chrono::milliseconds Patience() const;
  [[nodiscard]] bool CommitIsDue() const;
  /// Until redactions that came are worked in. Requires: redactions_moved_.
  [[nodiscard]] std::chrono::steady_clock::duration RedactionRest() const;
  [[nodiscard]] bool RedactionIsDue() const;
  [[nodiscard]] bool SweepIsDue() const;
  Status StartOver();

  const Options options_;
  const std::string producer_;
  Log& log_;
  Tombstones& tombstones_;
  LiveListener* const listener_;
  Mutex consumer_mutex_;                ///< Interrupt meets StartOver, which replaces consumer_
  std::unique_ptr<Consumer> consumer_;  ///< replaced, and but for Stop used, by the worker alone
  std::uint64_t generation_ = 0;        ///< of consumer_, when lanes_ were opened
  std::vector<Lane> lanes_;             ///< of the partitions that are assigned
  std::vector<DeadLetter> dead_;        ///< records that cannot be read, not committed yet
  Sweep sweep_;
  WindowLedger window_ledger_;
  TrendLedger trend_ledger_;
  std::unique_ptr<TrendDetector> trends_;
  std::vector<FetchedBatch> fetched_;
  std::vector<std::uint64_t> redacted_keys_;  ///< waiting for Redact
  Offset redactions_next_{};
  std::chrono::steady_clock::time_point redactions_read_{};  ///< when, of a shared log
  bool redactions_moved_ = false;
  bool keeps_rescored_ = false;  ///< some result was replaced: an edit has to look for it
  std::size_t rows_since_commit_ = 0;
  bool dirty_ = false;    ///< something is not committed
  bool waiting_ = false;  ///< some window is not written
  bool ending_ = false;   ///< the next commit writes every window that waits
  bool broken_ = false;   ///< an error in mid-step: state is read again from the last commit
  std::atomic<bool> finished_{false};     ///< all sources ended and all windows were closed
  std::atomic<bool> uncommitted_{false};  ///< dirty_, for other threads
  std::atomic<bool> sweeping_{false};     ///< sweep_ is active, for other threads
  std::chrono::steady_clock::time_point last_commit_{}, last_redact_{};
  std::chrono::steady_clock::duration redact_time_{};
};

}  // namespace hb
