// pipeline/upkeep.h - what the log needs now and then: retention, and deleted bytes gone from its
// files.
#pragma once

#include <chrono>

#include "log/log.h"
#include "pipeline/worker.h"

namespace hb {

/// Trims the log by its retention, and has blanked values purged from the disk well within the 24
/// hours that a delete may take.
class Upkeep : public Worker {
 public:
  struct Options {
    std::chrono::milliseconds trim_every{std::chrono::minutes(1)};
    std::chrono::milliseconds purge_every{std::chrono::hours(1)};
  };
  /// All outlive the worker.
  Upkeep(Options options, Log& log, Clock& clock, StatusBoard& board);
  ~Upkeep() override { Stop(); }

 private:
  Result<StepResult> Step() override;

  const Options options_;
  Log& log_;
  std::chrono::steady_clock::time_point last_purge_;
};

}  // namespace hb
