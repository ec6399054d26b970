#include "pipeline/upkeep.h"

namespace hb {

Upkeep::Upkeep(Options options, Log& log, Clock& clock, StatusBoard& board)
    : Worker("upkeep", clock, board), options_(options), log_(log), last_purge_(clock.Steady()) {}

Result<Worker::StepResult> Upkeep::Step() {
  if (!Pause(options_.trim_every)) return StepResult::kFinished;
  HB_TRY(log_.Trim(clock_.Now()));
  if (clock_.Steady() - last_purge_ >= options_.purge_every) {
    // Deleted bytes must go whatever becomes of replaced ones.
    const Status compacted = log_.Compact();
    HB_TRY(log_.PurgeBlanked());
    last_purge_ = clock_.Steady();
    HB_TRY(compacted);
  }
  return StepResult::kWorked;
}

}  // namespace hb
