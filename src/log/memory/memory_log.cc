#include "log/memory/memory_log.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/mutex.h"
#include "log/names.h"

namespace hb {
namespace {

struct Stored {
  std::int64_t base = 0;
  EventTime arrival{};
  bool blanked = false;
  std::shared_ptr<const RecordBatch> records;
  [[nodiscard]] std::int64_t end() const {
    return base + static_cast<std::int64_t>(records->size());
  }
  [[nodiscard]] std::int64_t bytes() const {
    return static_cast<std::int64_t>(records->values.bytes() + 16 * records->size());
  }
};

struct Part {
  std::int64_t begin = 0, end = 0, bytes = 0;
  EventTime last_arrival{};
  std::deque<Stored> batches;
};

struct Topic {
  TopicSpec spec;
  std::vector<Part> parts;
};

/// Of a group in a partition.
struct Progress {
  std::int64_t next = 0, processed = 0;
};

using PartKey = std::pair<std::string, std::int32_t>;
using StateKey = std::tuple<std::string, std::int32_t, std::string>;

Error NoTopic(const std::string& topic) {
  return Error{Code::kNotFound, "topic " + topic + " does not exist"};
}
Error NoPartition(const std::string& topic, Partition partition) {
  return Error{Code::kNotFound,
               "topic " + topic + " has no partition " + std::to_string(ToInt(partition))};
}

class MemoryLog final : public Log {
 public:
  MemoryLog(Clock& clock, std::int64_t budget_bytes) : clock_(clock), budget_bytes_(budget_bytes) {}

  Status EnsureTopic(const TopicSpec& spec) override;
  Result<std::vector<TopicInfo>> Topics() override;
  Result<std::vector<GroupOffset>> GroupOffsets() override;
  Result<std::unique_ptr<Consumer>> Subscribe(const std::string& group,
                                              std::span<const std::string> topics,
                                              Visibility visibility, std::int32_t slot,
                                              std::int32_t slots) override;
  Status ForgetGroup(const std::string& group) override;
  Result<std::unique_ptr<Transaction>> Begin(std::string_view producer) override;
  Status WaitDurable(std::uint64_t) override { return Ok(); }
  Status Read(const std::string& topic, Partition partition, Offset offset, std::size_t max_bytes,
              std::vector<FetchedBatch>& out) override;
  Result<std::vector<FoundRecord>> FindKeys(const std::string& topic, Partition partition,
                                            std::span<const std::uint64_t> keys, Offset begin,
                                            Offset end) override;
  Result<std::string> GetState(std::string_view store, Partition partition,
                               std::string_view key) override;
  Status ScanState(std::string_view store, Partition partition,
                   const std::function<bool(std::string_view, std::string_view)>& visit) override;
  Status Trim(EventTime now) override;
  Status Compact() override;
  Status PurgeBlanked() override { return Ok(); }
  [[nodiscard]] std::int64_t DiskBytes() const override {
    const MutexLock lock(mutex_);
    return bytes_;
  }

 private:
  friend class MemoryConsumer;
  friend class MemoryTransaction;

  Result<Part*> Find(const std::string& topic, Partition partition) HB_REQUIRES(mutex_);
  /// Appends batches of `part` from `offset` on; returns the bytes appended.
  static std::size_t Fetch(const std::string& topic, std::int32_t number, const Part& part,
                           std::int64_t offset, std::size_t max_bytes,
                           std::vector<FetchedBatch>& out);
  void Blank(Part& part, const std::vector<std::int64_t>& offsets) HB_REQUIRES(mutex_);
  void DropBefore(Part& part, std::int64_t cut) HB_REQUIRES(mutex_);
  std::int64_t TrimLimit(const std::string& topic, std::int32_t number, const Part& part)
      HB_REQUIRES(mutex_);

  Clock& clock_;
  const std::int64_t budget_bytes_;
  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, Topic> topics_ HB_GUARDED_BY(mutex_);
  std::map<std::string, std::map<PartKey, Progress>> groups_ HB_GUARDED_BY(mutex_);
  std::map<std::string, int> members_ HB_GUARDED_BY(mutex_);
  std::map<StateKey, std::string> states_ HB_GUARDED_BY(mutex_);
  std::map<std::string, std::uint64_t, std::less<>> epochs_ HB_GUARDED_BY(mutex_);
  std::uint64_t commits_ HB_GUARDED_BY(mutex_) = 0;
  std::int64_t bytes_ HB_GUARDED_BY(mutex_) = 0;
};

class MemoryConsumer final : public Consumer {
 public:
  struct Assigned {
    std::string topic;
    std::int32_t number;
    Part* part;
    std::int64_t position;
  };
  MemoryConsumer(MemoryLog& log, std::string group, std::vector<Assigned> assigned)
      : log_(log), group_(std::move(group)), assigned_(std::move(assigned)) {}
  ~MemoryConsumer() override {
    const MutexLock lock(log_.mutex_);
    --log_.members_[group_];
  }

  Status Poll(std::chrono::milliseconds wait, std::size_t max_bytes,
              std::vector<FetchedBatch>& out) override {
    const auto deadline = std::chrono::steady_clock::now() + wait;
    MutexLock lock(log_.mutex_);
    while (true) {
      if (stopped_) return Error{Code::kCancelled, "consumer of group " + group_ + " was stopped"};
      bool any = false;
      for (std::size_t i = 0; i < assigned_.size(); ++i) {
        Assigned& at = assigned_[(first_ + i) % assigned_.size()];
        at.position = std::max(at.position, at.part->begin);
        if (at.position >= at.part->end) continue;
        if (any && max_bytes == 0) break;
        any = true;
        const std::size_t got =
            MemoryLog::Fetch(at.topic, at.number, *at.part, at.position, max_bytes, out);
        at.position = ToInt(out.back().end());
        max_bytes -= std::min(got, max_bytes);
      }
      if (any) break;
      if (log_.changed_.wait_until(lock, deadline) == std::cv_status::timeout) break;
    }
    ++first_;
    return Ok();
  }
  Status Seek(const std::string& topic, Partition partition, Offset offset) override {
    const MutexLock lock(log_.mutex_);
    for (Assigned& at : assigned_) {
      if (at.topic != topic || at.number != ToInt(partition)) continue;
      at.position = std::max<std::int64_t>(ToInt(offset), 0);
      return Ok();
    }
    return Error{Code::kInvalidArgument, "partition " + std::to_string(ToInt(partition)) +
                                             " of topic " + topic +
                                             " is not assigned to this consumer"};
  }
  [[nodiscard]] std::vector<std::pair<std::string, Partition>> Assignment() const override {
    std::vector<std::pair<std::string, Partition>> out;
    for (const Assigned& at : assigned_) out.emplace_back(at.topic, Partition{at.number});
    return out;
  }
  [[nodiscard]] std::int64_t Lag() const override {
    const MutexLock lock(log_.mutex_);
    std::int64_t lag = 0;
    for (const Assigned& at : assigned_) {
      lag += std::max<std::int64_t>(0, at.part->end - std::max(at.position, at.part->begin));
    }
    return lag;
  }
  void Stop() noexcept override {
    const MutexLock lock(log_.mutex_);
    stopped_ = true;
    log_.changed_.notify_all();
  }

 private:
  MemoryLog& log_;
  const std::string group_;
  std::vector<Assigned> assigned_;  // positions: the owner's thread, under the log's mutex
  std::size_t first_ = 0;
  bool stopped_ = false;
};

class MemoryTransaction final : public Transaction {
 public:
  MemoryTransaction(MemoryLog& log, std::string producer, std::uint64_t epoch)
      : log_(log), producer_(std::move(producer)), epoch_(epoch) {}

  Status Append(const std::string& topic, Partition partition,
                std::shared_ptr<const RecordBatch> batch) override {
    if (batch->keys.size() != batch->timestamps.size() ||
        batch->keys.size() != batch->values.size()) {
      return Error{Code::kInvalidArgument,
                   "batch for topic " + topic + " has " + std::to_string(batch->keys.size()) +
                       " keys, " + std::to_string(batch->timestamps.size()) + " times and " +
                       std::to_string(batch->values.size()) + " values"};
    }
    const MutexLock lock(log_.mutex_);
    HB_ASSIGN(Part * part, log_.Find(topic, partition));
    if (batch->size() > 0) appends_.emplace_back(part, std::move(batch));
    return Ok();
  }
  void CommitOffsets(const std::string& group, const std::string& topic, Partition partition,
                     Offset next, Offset processed) override {
    offsets_[{group, topic, ToInt(partition)}] = {ToInt(next), ToInt(processed)};
  }
  void PutState(std::string_view store, Partition partition, std::string_view key,
                std::string_view value) override {
    states_[{std::string(store), ToInt(partition), std::string(key)}] = std::string(value);
  }
  Status Blank(const std::string& topic, Partition partition,
               std::span<const Offset> offsets) override {
    const MutexLock lock(log_.mutex_);
    HB_ASSIGN(Part * part, log_.Find(topic, partition));
    for (const Offset offset : offsets) {
      if (ToInt(offset) < 0 || ToInt(offset) >= part->end) {
        return Error{Code::kInvalidArgument, "offset " + std::to_string(ToInt(offset)) +
                                                 " of topic " + topic + " is not written yet"};
      }
    }
    for (const Offset offset : offsets) blanks_[part].push_back(ToInt(offset));
    return Ok();
  }
  Result<std::uint64_t> Commit() override {
    const MutexLock lock(log_.mutex_);
    if (done_) return Error{Code::kInvalidArgument, "the transaction was committed before"};
    if (log_.epochs_[producer_] != epoch_) {
      return Error{Code::kCancelled, "a later writer named " + producer_ + " has taken over"};
    }
    std::int64_t bytes = 0;
    for (const auto& [part, batch] : appends_) {
      bytes += static_cast<std::int64_t>(batch->values.bytes() + 16 * batch->size());
    }
    if (log_.budget_bytes_ > 0 && bytes > 0 && log_.bytes_ + bytes > log_.budget_bytes_) {
      return Error{Code::kExhausted, "the log holds " + std::to_string(log_.bytes_) + " of the " +
                                         std::to_string(log_.budget_bytes_) + " bytes it may"};
    }
    for (const auto& [where, next] : offsets_) {
      const auto& [group, topic, number] = where;
      log_.groups_[group][{topic, number}] = next;
    }
    for (const auto& [key, value] : states_) {
      if (value.empty()) {
        log_.states_.erase(key);
      } else {
        log_.states_[key] = value;
      }
    }
    for (const auto& [part, offsets] : blanks_) log_.Blank(*part, offsets);
    for (auto& [part, batch] : appends_) {
      part->last_arrival = std::max(part->last_arrival, log_.clock_.Now());
      part->batches.push_back({part->end, part->last_arrival, false, std::move(batch)});
      part->end = part->batches.back().end();
      part->bytes += part->batches.back().bytes();
    }
    log_.bytes_ += bytes;
    done_ = true;
    log_.changed_.notify_all();
    return ++log_.commits_;
  }

 private:
  MemoryLog& log_;
  const std::string producer_;
  const std::uint64_t epoch_;
  std::vector<std::pair<Part*, std::shared_ptr<const RecordBatch>>> appends_;
  std::map<std::tuple<std::string, std::string, std::int32_t>, Progress> offsets_;
  std::map<StateKey, std::string> states_;
  std::map<Part*, std::vector<std::int64_t>> blanks_;
  bool done_ = false;
};

Status MemoryLog::EnsureTopic(const TopicSpec& spec) {
  HB_TRY(CheckLogName("topic", spec.name));
  if (spec.partitions < 1) {
    return Error{Code::kInvalidArgument, "topic " + spec.name + " needs at least one partition"};
  }
  const MutexLock lock(mutex_);
  const auto [it, fresh] = topics_.try_emplace(spec.name);
  Topic& topic = it->second;
  if (fresh) {
    topic.parts.resize(static_cast<std::size_t>(spec.partitions));
  } else if (topic.spec.partitions != spec.partitions) {
    return Error{Code::kInvalidArgument, "topic " + spec.name + " has " +
                                             std::to_string(topic.spec.partitions) +
                                             " partitions, not " + std::to_string(spec.partitions)};
  }
  topic.spec = spec;
  return Ok();
}

Result<std::vector<TopicInfo>> MemoryLog::Topics() {
  const MutexLock lock(mutex_);
  std::vector<TopicInfo> out;
  for (const auto& [name, topic] : topics_) {
    TopicInfo& info = out.emplace_back();
    info.spec = topic.spec;
    for (std::size_t i = 0; i < topic.parts.size(); ++i) {
      const Part& part = topic.parts[i];
      info.partitions.push_back({Partition{static_cast<std::int32_t>(i)}, Offset{part.begin},
                                 Offset{part.end}, part.bytes});
    }
  }
  return out;
}

Result<std::vector<GroupOffset>> MemoryLog::GroupOffsets() {
  const MutexLock lock(mutex_);
  std::vector<GroupOffset> out;
  for (const auto& [group, offsets] : groups_) {
    for (const auto& [key, at] : offsets) {
      out.push_back(
          {group, key.first, Partition{key.second}, Offset{at.next}, Offset{at.processed}});
    }
  }
  return out;
}

Result<std::unique_ptr<Consumer>> MemoryLog::Subscribe(const std::string& group,
                                                       std::span<const std::string> topics,
                                                       Visibility, std::int32_t slot,
                                                       std::int32_t slots) {
  HB_TRY(CheckLogName("group", group));
  if (slots < 1 || slot < 0 || slot >= slots) {
    return Error{Code::kInvalidArgument,
                 "slot " + std::to_string(slot) + " is not one of " + std::to_string(slots)};
  }
  const MutexLock lock(mutex_);
  for (const std::string& name : topics) {
    if (!topics_.contains(name)) return NoTopic(name);
  }
  std::vector<MemoryConsumer::Assigned> assigned;
  for (const std::string& name : topics) {
    std::int32_t number = 0;
    for (Part& part : topics_[name].parts) {
      const auto [it, fresh] =
          groups_[group].try_emplace({name, number}, Progress{part.begin, part.begin});
      if (number % slots == slot) assigned.push_back({name, number, &part, it->second.next});
      ++number;
    }
  }
  ++members_[group];
  return std::unique_ptr<Consumer>(
      std::make_unique<MemoryConsumer>(*this, group, std::move(assigned)));
}

Status MemoryLog::ForgetGroup(const std::string& group) {
  const MutexLock lock(mutex_);
  if (!groups_.contains(group))
    return Error{Code::kNotFound, "group " + group + " is not registered"};
  if (members_[group] > 0) {
    return Error{Code::kInvalidArgument, "group " + group + " has a consumer that is running"};
  }
  groups_.erase(group);
  return Ok();
}

Result<std::unique_ptr<Transaction>> MemoryLog::Begin(std::string_view producer) {
  const MutexLock lock(mutex_);
  const std::uint64_t epoch = ++epochs_[std::string(producer)];
  return std::unique_ptr<Transaction>(
      std::make_unique<MemoryTransaction>(*this, std::string(producer), epoch));
}

Result<Part*> MemoryLog::Find(const std::string& topic, Partition partition) {
  const auto it = topics_.find(topic);
  if (it == topics_.end()) return NoTopic(topic);
  if (ToInt(partition) < 0 || ToInt(partition) >= it->second.spec.partitions) {
    return NoPartition(topic, partition);
  }
  return &it->second.parts[static_cast<std::size_t>(ToInt(partition))];
}

std::size_t MemoryLog::Fetch(const std::string& topic, std::int32_t number, const Part& part,
                             std::int64_t offset, std::size_t max_bytes,
                             std::vector<FetchedBatch>& out) {
  std::size_t got = 0;
  auto it = std::partition_point(part.batches.begin(), part.batches.end(),
                                 [&](const Stored& batch) { return batch.end() <= offset; });
  for (; it != part.batches.end() && (got == 0 || got < max_bytes); ++it) {
    const auto first = static_cast<std::size_t>(std::max<std::int64_t>(0, offset - it->base));
    out.push_back(
        {topic, Partition{number}, Offset{it->base}, first, it->arrival, it->blanked, it->records});
    got += static_cast<std::size_t>(it->bytes());
  }
  return got;
}

Status MemoryLog::Read(const std::string& topic, Partition partition, Offset offset,
                       std::size_t max_bytes, std::vector<FetchedBatch>& out) {
  const MutexLock lock(mutex_);
  HB_ASSIGN(const Part* part, Find(topic, partition));
  Fetch(topic, ToInt(partition), *part, ToInt(offset), max_bytes, out);
  return Ok();
}

Result<std::vector<FoundRecord>> MemoryLog::FindKeys(const std::string& topic, Partition partition,
                                                     std::span<const std::uint64_t> keys,
                                                     Offset begin, Offset end) {
  const MutexLock lock(mutex_);
  HB_ASSIGN(const Part* part, Find(topic, partition));
  const std::unordered_set<std::uint64_t> wanted(keys.begin(), keys.end());
  std::vector<FoundRecord> out;
  for (const Stored& batch : part->batches) {
    for (std::size_t row = 0; row < batch.records->size(); ++row) {
      const std::int64_t offset = batch.base + static_cast<std::int64_t>(row);
      const std::uint64_t key = batch.records->keys[row];
      if (offset < ToInt(begin) || offset >= ToInt(end) || !wanted.contains(key)) continue;
      const std::string_view value = batch.records->values[row];
      if (!value.empty()) out.push_back({Offset{offset}, key, std::string(value)});
    }
  }
  return out;
}

Result<std::string> MemoryLog::GetState(std::string_view store, Partition partition,
                                        std::string_view key) {
  const MutexLock lock(mutex_);
  const auto it = states_.find({std::string(store), ToInt(partition), std::string(key)});
  if (it == states_.end()) {
    return Error{Code::kNotFound, "state " + std::string(store) + " has no such key"};
  }
  return it->second;
}

Status MemoryLog::ScanState(std::string_view store, Partition partition,
                            const std::function<bool(std::string_view, std::string_view)>& visit) {
  // A copy, because `visit` may call the log.
  std::vector<std::pair<std::string, std::string>> entries;
  {
    const MutexLock lock(mutex_);
    const std::string name(store);
    for (auto it = states_.lower_bound({name, ToInt(partition), ""});
         it != states_.end() && std::get<0>(it->first) == name &&
         std::get<1>(it->first) == ToInt(partition);
         ++it) {
      entries.emplace_back(std::get<2>(it->first), it->second);
    }
  }
  for (const auto& [key, value] : entries) {
    if (!visit(key, value)) break;
  }
  return Ok();
}

void MemoryLog::Blank(Part& part, const std::vector<std::int64_t>& offsets) {
  const std::unordered_set<std::int64_t> gone(offsets.begin(), offsets.end());
  for (Stored& batch : part.batches) {
    bool hit = false;
    for (std::int64_t offset = batch.base; offset < batch.end(); ++offset)
      hit |= gone.contains(offset);
    if (!hit) continue;
    auto copy = std::make_shared<RecordBatch>();
    for (std::size_t row = 0; row < batch.records->size(); ++row) {
      const bool blank = gone.contains(batch.base + static_cast<std::int64_t>(row));
      copy->Append(batch.records->keys[row], batch.records->timestamps[row],
                   blank ? std::string_view() : batch.records->values[row]);
    }
    const std::int64_t before = batch.bytes();
    batch.records = std::move(copy);
    batch.blanked = true;
    part.bytes += batch.bytes() - before;
    bytes_ += batch.bytes() - before;
  }
}

std::int64_t MemoryLog::TrimLimit(const std::string& topic, std::int32_t number, const Part& part) {
  std::int64_t limit = part.end;
  for (const auto& [group, offsets] : groups_) {
    const auto it = offsets.find({topic, number});
    if (it != offsets.end()) limit = std::min(limit, it->second.next);
  }
  return limit;
}

void MemoryLog::DropBefore(Part& part, std::int64_t cut) {
  while (!part.batches.empty() && part.batches.front().end() <= cut) {
    part.bytes -= part.batches.front().bytes();
    bytes_ -= part.batches.front().bytes();
    part.begin = part.batches.front().end();
    part.batches.pop_front();
  }
}

Status MemoryLog::Trim(EventTime now) {
  const MutexLock lock(mutex_);
  for (auto& [name, topic] : topics_) {
    for (std::size_t i = 0; i < topic.parts.size(); ++i) {
      if (topic.spec.retention_ms < 0) break;
      Part& part = topic.parts[i];
      const std::int64_t limit = TrimLimit(name, static_cast<std::int32_t>(i), part);
      std::int64_t cut = part.begin;
      for (const Stored& batch : part.batches) {
        if (ToMillis(now) - ToMillis(batch.arrival) <= topic.spec.retention_ms) break;
        cut = batch.end();
      }
      DropBefore(part, std::min(cut, limit));
    }
    while (topic.spec.retention_bytes >= 0) {
      std::int64_t held = 0;
      Part* oldest = nullptr;
      for (std::size_t i = 0; i < topic.parts.size(); ++i) {
        Part& part = topic.parts[i];
        held += part.bytes;
        const std::int64_t limit = TrimLimit(name, static_cast<std::int32_t>(i), part);
        if (part.batches.empty() || part.batches.front().end() > limit) continue;
        if (oldest == nullptr || part.batches.front().arrival < oldest->batches.front().arrival) {
          oldest = &part;
        }
      }
      if (held <= topic.spec.retention_bytes || oldest == nullptr) break;
      DropBefore(*oldest, oldest->batches.front().end());
    }
  }
  return Ok();
}

Status MemoryLog::Compact() {
  const MutexLock lock(mutex_);
  for (auto& [name, topic] : topics_) {
    for (std::size_t i = 0; i < topic.parts.size() && topic.spec.compacted; ++i) {
      Part& part = topic.parts[i];
      const std::int64_t limit = TrimLimit(name, static_cast<std::int32_t>(i), part);
      std::unordered_map<std::uint64_t, std::int64_t> newest;
      std::vector<std::int64_t> gone;
      for (const Stored& batch : part.batches) {
        for (std::size_t row = 0; row < batch.records->size(); ++row) {
          const std::int64_t offset = batch.base + static_cast<std::int64_t>(row);
          if (offset >= limit) break;
          const auto [at, fresh] = newest.try_emplace(batch.records->keys[row], offset);
          if (fresh) continue;
          gone.push_back(at->second);
          at->second = offset;
        }
      }
      Blank(part, gone);
    }
  }
  return Ok();
}

}  // namespace

std::unique_ptr<Log> MakeMemoryLog(Clock& clock, std::int64_t budget_bytes) {
  return std::make_unique<MemoryLog>(clock, budget_bytes);
}

}  // namespace hb
