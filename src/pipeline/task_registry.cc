#include "pipeline/task_registry.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/hash.h"
#include "pipeline/codec.h"
#include "pipeline/topics.h"
#include "record/avro_control.h"

namespace hb {

namespace {

Status CheckTag(const std::string& tag) {
  if (tag.empty() || tag.size() > 64) {
    return Error{Code::kInvalidArgument,
                 "a tag has 1 to 64 bytes, this one has " + std::to_string(tag.size())};
  }
  if (tag == kAllTasks)
    return Error{Code::kInvalidArgument, "the tag * means all posts: choose another"};
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(tag.begin(), tag.end(), is_control)) {
    return Error{Code::kInvalidArgument, "a tag holds no control characters"};
  }
  return Ok();
}

}  // namespace

Result<std::unique_ptr<TaskRegistry>> TaskRegistry::Open(Log& log, Clock& clock, Sharing sharing) {
  std::unique_ptr<TaskRegistry> registry(new TaskRegistry(log, clock, std::move(sharing)));
  const MutexLock lock(registry->mutex_);
  HB_TRY(registry->ReadNew());
  HB_TRY(registry->Recompile());
  return registry;
}

Status TaskRegistry::Refresh() {
  const MutexLock lock(mutex_);
  const std::size_t known = history_.size();
  HB_TRY(ReadNew());
  return history_.size() == known ? Ok() : Recompile();
}

Status TaskRegistry::ReadNew() {
  while (true) {
    std::vector<FetchedBatch> batches;
    HB_TRY(log_.Read(kTasksTopic, Partition{0}, next_, 1 << 20, batches));
    if (batches.empty()) return Ok();
    for (const FetchedBatch& batch : batches) {
      HB_ASSIGN(std::vector<Task> tasks, DecodeTasks(batch));
      history_.insert(history_.end(), tasks.begin(), tasks.end());
      next_ = batch.end();
    }
  }
}

std::vector<Task> TaskRegistry::ActiveLocked() const {
  std::map<std::string, const Task*> latest;
  for (const Task& task : history_) latest[task.tag] = &task;
  std::vector<Task> active;
  for (const auto& [tag, task] : latest) {
    if (task->active) active.push_back(*task);
  }
  return active;
}

Status TaskRegistry::Recompile() {
  HB_ASSIGN(rules_, RuleSet::Compile(ActiveLocked(), static_cast<std::uint32_t>(history_.size())));
  return Ok();
}

Status TaskRegistry::Append(const Task& task) {
  auto batch = std::make_shared<RecordBatch>();
  std::string bytes;
  EncodeTask(task, bytes);
  batch->Append(Hash64(task.tag), task.time, bytes);
  HB_ASSIGN(const auto transaction, log_.Begin(producer_));
  HB_TRY(transaction->Append(kTasksTopic, Partition{0}, std::move(batch)));
  HB_ASSIGN(const std::uint64_t mark, transaction->Commit());
  HB_TRY(log_.WaitDurable(mark));
  // Not what we wrote alone: another process may have been before us.
  HB_TRY(ReadNew());
  return Recompile();
}

Result<Task> TaskRegistry::Put(const std::string& tag, const std::string& rule) {
  HB_TRY(CheckTag(tag));
  RuleError error;
  if (const auto checked = CheckRule(rule, &error); !checked.ok()) return checked.error();
  const MutexLock lock(mutex_);
  Task task{.tag = tag, .rule = rule, .revision = 1, .active = true, .time = clock_.Now()};
  for (const Task& earlier : history_) {
    if (earlier.tag == tag) task.revision = earlier.revision + 1;
  }
  HB_TRY(Append(task));
  return task;
}

Result<Task> TaskRegistry::Remove(const std::string& tag) {
  const MutexLock lock(mutex_);
  const std::vector<Task> active = ActiveLocked();
  const auto at =
      std::find_if(active.begin(), active.end(), [&](const Task& t) { return t.tag == tag; });
  if (at == active.end()) return Error{Code::kNotFound, "no task has the tag '" + tag + "'"};
  Task task = *at;
  task.revision += 1;
  task.active = false;
  task.time = clock_.Now();
  HB_TRY(Append(task));
  return task;
}

std::vector<Task> TaskRegistry::Active() const {
  const MutexLock lock(mutex_);
  return ActiveLocked();
}

std::vector<Task> TaskRegistry::History() const {
  const MutexLock lock(mutex_);
  return history_;
}

std::shared_ptr<const RuleSet> TaskRegistry::rules() const {
  const MutexLock lock(mutex_);
  return rules_;
}

}  // namespace hb
