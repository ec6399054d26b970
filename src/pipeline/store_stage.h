// pipeline/store_stage.h - from the log to a store.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "log/log.h"
#include "pipeline/live_listener.h"
#include "pipeline/sharing.h"
#include "pipeline/topics.h"
#include "pipeline/worker.h"
#include "store/store.h"

namespace hb {

/// Reads everything a store keeps and writes it in large commits; rows and offsets go together, and
/// the store's own offsets decide where reading starts. It reads only what is durable in the log:
/// else a power cut could leave the store ahead of it.
class StoreStage : public Worker {
 public:
  struct Options {
    std::chrono::milliseconds commit_every{500};
    /// Large commits cost less a row: while the log holds `behind_rows` and more, up to
    /// `commit_rows` wait this long.
    std::chrono::milliseconds commit_behind_every{1000};
    std::int64_t behind_rows = 4096;
    std::size_t commit_rows = 80'000;
    std::chrono::milliseconds retention{std::chrono::hours(24 * 90)};
    std::chrono::milliseconds prune_every{std::chrono::minutes(30)};
    std::string group = kStoreGroup;
    Sharing sharing;
  };
  /// `listener` may be null; it is told of what was stored, where no stage of this process does.
  StoreStage(Options options, Log& log, Store& store, LiveListener* listener, Clock& clock,
             StatusBoard& board);
  ~StoreStage() override { Stop(); }
  Status Open();

 private:
  Result<StepResult> Step() override;
  void Interrupt() noexcept override {
    if (consumer_) consumer_->Stop();
  }
  /// Reads on from where the store is, in the partitions that are assigned now. What was fetched of
  /// those will come again; of partitions that the store does not know it stays in `fetched_`.
  Status SeekToStored();
  /// Takes in what the log has next. Says whether that was nothing.
  Result<bool> Read();
  /// Gather of a batch of which some rows may not be readable: they are passed over, with a
  /// message.
  Status GatherReadable(const FetchedBatch& batch);
  Status Gather(const FetchedBatch& batch);
  /// After an error nobody knows whether the store has it: the same is written again, and nothing
  /// more, so that the offsets tell.
  Status Write();
  /// Tells the log how far the store is, for retention and for Drained. Losing a note costs nothing
  /// (the store's own offsets decide where reading starts), but it is repeated until the log has
  /// it.
  void NoteOffsets();
  Status Prune();

  const Options options_;
  const std::string producer_;
  Log& log_;
  Store& store_;
  LiveListener* const listener_;
  std::unique_ptr<Consumer> consumer_;
  std::uint64_t generation_ = 0;       ///< of consumer_, when it was last looked at
  bool seek_ = false;                  ///< positions are to be set: partitions came
  std::vector<FetchedBatch> fetched_;  ///< read, not gathered yet
  bool unsure_ = false;                ///< a write failed

  // What the next Write takes: kept until it has worked, so that it can be repeated.
  std::vector<std::shared_ptr<const AnalysisBatch>> analyses_;
  std::vector<std::shared_ptr<const std::vector<Aggregate>>> aggregates_;
  std::vector<Redaction> redactions_;
  std::vector<DeadLetter> dead_;
  std::vector<Task> tasks_;
  std::vector<Trend> trends_;
  std::vector<Gap> gaps_;
  std::vector<StoreOffset> offsets_;
  /// Newer results of posts that are stored, and where they end in `rescored`.
  std::vector<std::shared_ptr<const AnalysisBatch>> rescored_;
  std::vector<StoreOffset> rescored_offsets_;
  std::size_t rows_ = 0;
  std::vector<StoreOffset> unnoted_;  ///< written, not yet in the log
  std::chrono::steady_clock::time_point last_write_{}, last_prune_{};
};

}  // namespace hb
