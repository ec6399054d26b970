// pipeline/ingest.h - from a source to the log.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/mutex.h"
#include "log/log.h"
#include "pipeline/pseudonyms.h"
#include "pipeline/seen_keys.h"
#include "pipeline/sharing.h"
#include "pipeline/task_registry.h"
#include "pipeline/tombstones.h"
#include "pipeline/versions.h"
#include "pipeline/worker.h"
#include "source/source.h"

namespace hb {

/// Reads one source, finds the tasks of each post, hides its author where that is asked, drops
/// repeats and redacted posts, and commits posts, redactions, dead letters and the source's
/// position together.
///
/// Delivery  Every post of the source is in the log once: the position commits with the posts, and
/// where
///           positions are not exact the keys seen over `horizon` are asked. A commit whose outcome
///           is not known is settled, and looked for in the log, before the same is tried again.
///           A post that several sources of a process bring at the same moment is in the log once.
class IngestStage : public Worker {
 public:
  struct Options {
    std::string kind;  ///< catalogue name of the source
    std::int32_t partitions = 2;
    bool keep_unmatched = true;  ///< keep posts that match no task
    std::chrono::milliseconds horizon{std::chrono::hours(24)};
    std::size_t batch_rows = 4000;
    /// A finite source waits while the stages behind are further back than this many records.
    std::int64_t max_lag_records = 60'000;
    bool live = true;
    Sharing sharing;
  };
  struct Parts {
    Log& log;
    TaskRegistry& tasks;
    Tombstones& tombstones;
    /// Held by the stages of a process from asking whether a post has come to the commit that says
    /// so: else two sources with the same post would both hear that it has not.
    Mutex& one_commits;
    const Pseudonyms* pseudonyms = nullptr;  ///< null: authors stay as they are
  };

  IngestStage(Options options, Parts parts, std::unique_ptr<Source> source, Clock& clock,
              StatusBoard& board);
  ~IngestStage() override { Stop(); }
  /// Continues where the log says that this source was. Call once, before Start. An error is on the
  /// board too: the source has failed.
  Status Resume();
  [[nodiscard]] std::string identity() const { return source_->Identity(); }
  [[nodiscard]] bool live() const { return options_.live; }

 private:
  Result<StepResult> Step() override;
  Result<StepResult> TakeIn();
  void Interrupt() noexcept override { source_->Stop(); }
  /// The rules in force, told to the source when they are new.
  void RefreshRules();
  /// Finds the tasks of what was polled, by the authors as they are, and hides these.
  void MatchAndHide();
  Status CommitIntake();
  Status TryCommit();
  /// Whether the last try of it was committed. kCancelled: another process wrote since.
  Result<bool> IsCommitted();
  Status WriteIntake(Transaction& transaction);
  void Committed();
  /// What the log knows of the source; "" for nothing.
  Result<std::string> StateOf(const std::string& key);
  Status FillBatches(Transaction& transaction, std::vector<std::shared_ptr<PostBatch>>& batches);
  void DeleteChain(std::size_t row);
  /// Whether a newer version of the post has come; one that it replaces itself is told.
  Result<bool> IsOldVersion(Transaction& transaction, std::size_t row);
  Status AppendRedactions(Transaction& transaction);
  Status AppendDeadLetters(Transaction& transaction);
  Status AcknowledgeDurable(bool now);
  void Report(SourceState state, const std::string& detail);
  /// What the source says of itself, after a Poll that went well.
  void ReportHealth();
  [[nodiscard]] std::int64_t DownstreamLag() const;
  Status FindPlace();

  const Options options_;
  Parts parts_;
  std::unique_ptr<Source> source_;
  const std::string producer_, mark_key_;
  SeenKeys seen_;
  Versions versions_;
  Intake intake_;
  ListColumn tags_;  ///< of each post of intake_, the tasks that it matches
  std::unordered_set<std::uint64_t> fresh_keys_;  ///< of intake_, not seen before
  std::uint64_t matched_ = 0, duplicates_ = 0;    ///< of intake_
  std::vector<Redaction> implied_;                ///< what follows from the posts of intake_
  bool pending_ = false;  ///< intake_ holds something that is not known to be committed
  std::string mark_;      ///< of the last commit that is known
  std::string trying_;    ///< mark of a commit of intake_ whose outcome is not known
  std::chrono::steady_clock::time_point last_commit_{};
  std::string warning_;  ///< of the source, on the board now
  PollState state_ = PollState::kMore;
  std::shared_ptr<const RuleSet> rules_;
  std::unique_ptr<RuleSet::Scratch> rule_scratch_;
  SourceReport report_;
  std::uint64_t last_mark_ = 0;
  Position last_position_;
  std::chrono::steady_clock::time_point last_acknowledged_{};
};

}  // namespace hb
