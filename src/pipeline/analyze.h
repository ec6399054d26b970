// pipeline/analyze.h - from posts to what they say.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "analysis/chain.h"
#include "analysis/escalation.h"
#include "log/log.h"
#include "pipeline/foreign_posts.h"
#include "pipeline/live_listener.h"
#include "pipeline/sharing.h"
#include "pipeline/worker.h"

namespace hb {

/// Reads `ingest`, writes `analysis` and `sentiment`; outputs and the consumed offset commit
/// together. After a commit that failed it goes on from what is committed.
///
/// On a shared log others write to `ingest` too (ForeignPosts): what cannot be read goes to
/// `deadletters` in the same transaction.
class AnalyzeStage : public Worker {
 public:
  struct Options {
    std::int32_t slot = 0, slots = 1;
    EscalationBudget::Options cascade;  ///< of a chain of that tier
    bool only_sentiment = false;        ///< `analysis` is not written: nobody reads it
    Sharing sharing;
    std::chrono::milliseconds horizon{std::chrono::hours(24)};  ///< posts of others count once
    const Pseudonyms* pseudonyms = nullptr;                     ///< of the authors of those
  };
  /// `listener` may be null. All outlive the stage.
  AnalyzeStage(Options options, Log& log, const AnalysisChain& chain, LiveListener* listener,
               Clock& clock, StatusBoard& board);
  ~AnalyzeStage() override { Stop(); }
  Status Open();

 private:
  Result<StepResult> Step() override;
  void Interrupt() noexcept override {
    if (consumer_) consumer_->Stop();
  }
  Status Process(const FetchedBatch& batch, Transaction& transaction);
  Status CommitFetched();
  /// Pays for what the transformer has read, and says whether it could.
  void Note(const AnalysisChain::Reading& reading);

  const Options options_;
  const std::string producer_;
  Log& log_;
  const AnalysisChain& chain_;
  LiveListener* const listener_;
  std::unique_ptr<Consumer> consumer_;
  std::uint64_t generation_ = 0;  ///< of consumer_, after the last Poll
  std::unique_ptr<AnalysisChain::Scratch> scratch_;
  std::vector<FetchedBatch> fetched_;  ///< read, not yet committed
  bool rewind_ = false;                ///< a commit failed: what was read must be given again
  ForeignPosts foreign_;
  std::vector<DeadLetter> dead_;                               ///< of fetched_
  std::vector<std::shared_ptr<const AnalysisBatch>> results_;  ///< of fetched_
  EscalationBudget budget_;
};

}  // namespace hb
