#include "pipeline/follower.h"

#include <vector>

#include "pipeline/codec.h"
#include "pipeline/topics.h"

namespace hb {

namespace {
constexpr std::size_t kReadBytes = 1 << 20;
}  // namespace

Follower::Follower(Options options, Log& log, TaskRegistry& tasks, Tombstones& tombstones,
                   Offset read, Clock& clock, StatusBoard& board)
    : Worker("follower", clock, board),
      options_(options),
      log_(log),
      tasks_(tasks),
      tombstones_(tombstones),
      next_(read) {}

Result<Worker::StepResult> Follower::Step() {
  if (!Pause(options_.every)) return StepResult::kFinished;
  HB_TRY(tasks_.Refresh());
  while (true) {
    std::vector<FetchedBatch> batches;
    HB_TRY(log_.Read(kRedactionsTopic, Partition{0}, next_, kReadBytes, batches));
    if (batches.empty()) return StepResult::kIdle;
    for (const FetchedBatch& batch : batches) {
      HB_ASSIGN(const auto redactions, DecodeRedactions(batch));
      for (const Redaction& redaction : redactions) tombstones_.Add(redaction);
      next_ = batch.end();
    }
  }
}

}  // namespace hb
