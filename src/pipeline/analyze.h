// pipeline/analyze.h - from posts to what they say.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "analysis/chain.h"
#include "analysis/escalation.h"
#include "log/log.h"
#include "pipeline/live_listener.h"
#include "pipeline/worker.h"

namespace hb {

/// Reads `ingest`, writes `analysis` and `sentiment`; outputs and the consumed offset commit
/// together.
class AnalyzeStage : public Worker {
 public:
  struct Options {
    std::int32_t slot = 0, slots = 1;
    EscalationBudget::Options cascade;  ///< of a chain of that tier
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
  Status Process();
  /// Pays for what the transformer has read, and says whether it could.
  void Note(const AnalysisChain::Reading& reading);

  const Options options_;
  Log& log_;
  const AnalysisChain& chain_;
  LiveListener* const listener_;
  std::unique_ptr<Consumer> consumer_;
  std::unique_ptr<AnalysisChain::Scratch> scratch_;
  std::vector<FetchedBatch> fetched_;  ///< read, not yet committed
  EscalationBudget budget_;
};

}  // namespace hb
