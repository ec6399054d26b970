// app/staged_intake.h - what a `heartbeat backfill` beside a running program has staged for it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/config.h"
#include "backfill/ledger.h"
#include "base/result.h"
#include "env/env.h"
#include "pipeline/pipeline.h"
#include "record/gap.h"
#include "serve/backend.h"
#include "source/source.h"
#include "store/store.h"

namespace hb {

/// The source that posts of a backfill name.
inline constexpr const char* kBackfillKind = "x_search";

/// What earlier backfills left out.
Result<std::vector<Gap>> OpenBackfillGaps(SqlStore& store);

/// Gives the pipeline what is done in a staging, in passes: each reads the ledger as it stands and
/// ends behind what was done then. The log keeps how far a staging was given, so a pass goes on
/// where any other ended, in whatever process.
///
/// Threads  Any.
class StagedIntake {
 public:
  /// Adds the rules of the plan that are no tasks yet, and the source, to the pipeline.
  using AddSource = std::function<Status(const backfill::Plan&, std::unique_ptr<Source>)>;
  /// All outlive it.
  StagedIntake(const Config& config, Pipeline& pipeline, SqlStore& store, Clock& clock,
               AddSource add)
      : config_(config), pipeline_(pipeline), store_(store), clock_(clock), add_(std::move(add)) {}

  /// As Backend::TakeStaged.
  Result<bool> Take(const StagedWork& work);

 private:
  /// What became of a pass, and why it could not be read to its end.
  struct Outcome {
    std::mutex mutex;
    Status status = Ok();
    std::optional<Pipeline::TakenIn> taken;  ///< when it had ended
  };
  /// The last of a staging.
  struct Pass {
    std::string source;                  ///< its name in reports; "": there was none
    std::uint64_t done = 0, failed = 0;  ///< windows that it saw
    std::shared_ptr<Outcome> outcome;
  };
  class TakenStaging;

  /// The place as the program itself names it: nobody has it read any other folder.
  [[nodiscard]] Result<std::string> KnownPlace(const std::string& place) const;
  Result<Pass> Begin(const std::string& place);
  /// True once its posts are in the log.
  [[nodiscard]] Result<bool> HasEnded(const Pass& pass) const;
  /// Whether all that an ended pass gave is in the store.
  Result<bool> IsStored(Outcome& outcome);
  /// Has the next request read the place anew, but if another has done so meanwhile.
  void Drop(const std::string& place, const std::shared_ptr<Outcome>& outcome);

  const Config& config_;
  Pipeline& pipeline_;
  SqlStore& store_;
  Clock& clock_;
  const AddSource add_;
  std::mutex mutex_;
  std::map<std::string, Pass> passes_;  ///< of each place
};

}  // namespace hb
