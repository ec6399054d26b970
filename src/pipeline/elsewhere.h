// pipeline/elsewhere.h - how far the stages are that other processes run.
#pragma once

#include <chrono>

#include "log/log.h"
#include "pipeline/worker.h"

namespace hb {

/// Tells the status board of a process that stores, on a shared log, about the stages that it does
/// not run itself: how far each is behind, as its group's offsets say, and as its records the posts
/// that have come through it to this process's store. Busy time and commits are theirs to tell.
class Elsewhere : public Worker {
 public:
  struct Options {
    bool ingest = true, analyze = true, window = true;  ///< run elsewhere
    std::chrono::milliseconds every{5000};
  };
  /// `log` outlives the worker.
  Elsewhere(Options options, Log& log, Clock& clock, StatusBoard& board);
  ~Elsewhere() override { Stop(); }

 private:
  Result<StepResult> Step() override;

  const Options options_;
  Log& log_;
};

}  // namespace hb
