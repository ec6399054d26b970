// pipeline/follower.h - what other processes write for all: tasks and redactions.
#pragma once

#include <chrono>

#include "log/log.h"
#include "pipeline/task_registry.h"
#include "pipeline/tombstones.h"
#include "pipeline/worker.h"

namespace hb {

/// Keeps the tasks and the tombstones of a process that takes posts in up to date, where others
/// change them too.
class Follower : public Worker {
 public:
  struct Options {
    std::chrono::milliseconds every{500};
  };
  /// All outlive the worker. `tombstones` were opened after `redactions` had at least `read`
  /// records.
  Follower(Options options, Log& log, TaskRegistry& tasks, Tombstones& tombstones, Offset read,
           Clock& clock, StatusBoard& board);
  ~Follower() override { Stop(); }

 private:
  Result<StepResult> Step() override;

  const Options options_;
  Log& log_;
  TaskRegistry& tasks_;
  Tombstones& tombstones_;
  Offset next_;  ///< of `redactions`
};

}  // namespace hb
