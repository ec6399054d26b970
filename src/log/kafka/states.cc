#include "log/kafka/states.h"

#include <algorithm>

namespace hb::kafka {

namespace {

/// How old a state may be that this process does not write.
constexpr std::chrono::seconds kStale{1};

}  // namespace

States::Copy& States::CopyOf(std::string_view store, std::int32_t partition) {
  const MutexLock lock(mutex_);
  std::unique_ptr<Copy>& copy = copies_[{std::string(store), partition}];
  if (!copy) copy = std::make_unique<Copy>();
  return *copy;
}

std::uint64_t States::AssignmentsOf(std::int32_t partition) {
  const MutexLock lock(mutex_);
  return assignments_[partition] + 1;
}

void States::Assigned(std::int32_t partition) {
  const MutexLock lock(mutex_);
  ++assignments_[partition];
}

Status States::CatchUp(Copy& copy, const std::string& store, std::int32_t partition) {
  const std::uint64_t assigned = AssignmentsOf(partition);
  const auto now = std::chrono::steady_clock::now();
  const bool known = copy.assigned == assigned;
  if (known && (copy.ours || now - copy.read < kStale)) return Ok();
  HB_ASSIGN(const std::string topic, topic_of_(store, partition));
  // The very end, so that a transaction which its writer left open is waited for.
  HB_ASSIGN(const Bounds bounds, reader_.BoundsOf(topic, partition, /*committed=*/false));
  const auto put = [&entries = copy.entries,
                    &next = copy.next](const rd_kafka_message_t& message) -> Result<bool> {
    std::string key(static_cast<const char*>(message.key), message.key_len);
    if (message.payload == nullptr) {
      entries.erase(key);
    } else {
      entries[std::move(key)].assign(static_cast<const char*>(message.payload), message.len);
    }
    next = message.offset + 1;
    return true;
  };
  HB_ASSIGN(copy.next,
            reader_.Scan(topic, partition, std::max(copy.next, bounds.begin), bounds.end, put));
  copy.assigned = assigned;
  copy.ours = false;
  copy.read = now;
  return Ok();
}

Result<std::string> States::Get(std::string_view store, std::int32_t partition,
                                std::string_view key) {
  Copy& copy = CopyOf(store, partition);
  const MutexLock lock(copy.mutex);
  HB_TRY(CatchUp(copy, std::string(store), partition));
  const auto found = copy.entries.find(key);
  if (found == copy.entries.end()) {
    return Error{Code::kNotFound, "state " + std::string(store) + " has no such key"};
  }
  return found->second;
}

Status States::Scan(std::string_view store, std::int32_t partition,
                    const std::function<bool(std::string_view, std::string_view)>& visit) {
  Copy& copy = CopyOf(store, partition);
  // A copy, because `visit` may call the log.
  std::vector<std::pair<std::string, std::string>> entries;
  {
    const MutexLock lock(copy.mutex);
    HB_TRY(CatchUp(copy, std::string(store), partition));
    entries.assign(copy.entries.begin(), copy.entries.end());
  }
  for (const auto& [key, value] : entries) {
    if (!visit(key, value)) break;
  }
  return Ok();
}

void States::Committed(std::span<const Change> changes) {
  for (const Change& change : changes) {
    Copy& copy = CopyOf(change.store, change.partition);
    const MutexLock lock(copy.mutex);
    if (copy.assigned == 0) continue;  // never used: read when it is
    copy.ours = AssignmentsOf(change.partition) > 1;
    if (change.value.empty()) {
      copy.entries.erase(change.key);
    } else {
      copy.entries[change.key] = change.value;
    }
  }
}

void States::Doubt(std::span<const Change> changes) {
  for (const Change& change : changes) {
    Copy& copy = CopyOf(change.store, change.partition);
    const MutexLock lock(copy.mutex);
    copy.assigned = 0;
  }
}

}  // namespace hb::kafka
