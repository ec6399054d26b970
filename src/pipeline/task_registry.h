// pipeline/task_registry.h - the tasks in force, kept on the topic `tasks`.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "env/env.h"
#include "log/log.h"
#include "pipeline/sharing.h"
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
  static Result<std::unique_ptr<TaskRegistry>> Open(Log& log, Clock& clock, Sharing sharing = {});

  /// Reads what other processes have added since. Cost: a read of the log.
  Status Refresh();

  /// Adds a task, or gives an existing tag a new rule. The answer is the task as stored.
  Result<Task> Put(const std::string& tag, const std::string& rule);
  Result<Task> Remove(const std::string& tag);
  [[nodiscard]] std::vector<Task> Active() const;
  [[nodiscard]] std::vector<Task> History() const;
  /// The rules of the active tasks. Never null; immutable, so that a batch keeps one version.
  [[nodiscard]] std::shared_ptr<const RuleSet> rules() const;

 private:
  TaskRegistry(Log& log, Clock& clock, Sharing sharing)
      : log_(log), clock_(clock), producer_(sharing.Producer("tasks")) {}
  Status ReadNew() HB_REQUIRES(mutex_);
  Status Append(const Task& task) HB_REQUIRES(mutex_);
  Status Recompile() HB_REQUIRES(mutex_);
  [[nodiscard]] std::vector<Task> ActiveLocked() const HB_REQUIRES(mutex_);

  Log& log_;
  Clock& clock_;
  const std::string producer_;
  mutable Mutex mutex_;
  Offset next_ HB_GUARDED_BY(mutex_){};  ///< of `tasks`
  std::vector<Task> history_ HB_GUARDED_BY(mutex_);
  std::shared_ptr<const RuleSet> rules_ HB_GUARDED_BY(mutex_);
};

}  // namespace hb
