// pipeline/task_registry.h - the tasks in force, kept on the topic `tasks`.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "env/env.h"
#include "log/log.h"
#include "record/task.h"
#include "rule/rule.h"

namespace hb {

/// Reads and changes the tasks. Every change is a record on the topic `tasks`, so what was asked
/// when is never lost; the rules' version is the number of such records.
///
/// Threads  Any.
/// Errors   kInvalidArgument: the tag or the rule is not usable; kNotFound; and what the log says.
class TaskRegistry {
 public:
  /// Reads the whole topic. `log` and `clock` outlive the result.
  static Result<std::unique_ptr<TaskRegistry>> Open(Log& log, Clock& clock);

  /// Adds a task, or gives an existing tag a new rule. The answer is the task as stored.
  Result<Task> Put(const std::string& tag, const std::string& rule);
  Result<Task> Remove(const std::string& tag);
  [[nodiscard]] std::vector<Task> Active() const;
  [[nodiscard]] std::vector<Task> History() const;
  /// The rules of the active tasks. Never null; immutable, so that a batch keeps one version.
  [[nodiscard]] std::shared_ptr<const RuleSet> rules() const;

 private:
  TaskRegistry(Log& log, Clock& clock) : log_(log), clock_(clock) {}
  Status Load();
  Status Append(const Task& task) HB_REQUIRES(mutex_);
  Status Recompile() HB_REQUIRES(mutex_);
  [[nodiscard]] std::vector<Task> ActiveLocked() const HB_REQUIRES(mutex_);

  Log& log_;
  Clock& clock_;
  mutable Mutex mutex_;
  std::vector<Task> history_ HB_GUARDED_BY(mutex_);
  std::shared_ptr<const RuleSet> rules_ HB_GUARDED_BY(mutex_);
};

}  // namespace hb
