#include "pipeline/tombstones.h"

#include <string>

#include "pipeline/codec.h"
#include "pipeline/topics.h"

namespace hb {

Result<std::unique_ptr<Tombstones>> Tombstones::Open(Log& log) {
  auto tombstones = std::make_unique<Tombstones>();
  HB_TRY(log.ScanState(kTombstoneState, Partition{0}, [&](std::string_view key, std::string_view) {
    tombstones->Add(KeyFromBytes(key));
    return true;
  }));
  return tombstones;
}

void Tombstones::Add(PostKey key) {
  const MutexLock lock(mutex_);
  keys_.insert(ToInt(key));
}

void Tombstones::Record(Transaction& transaction, PostKey key, EventTime time) {
  transaction.PutState(kTombstoneState, Partition{0}, KeyBytes(key), std::to_string(ToMillis(time)));
}

bool Tombstones::Contains(PostKey key) const {
  const MutexLock lock(mutex_);
  return !keys_.empty() && keys_.contains(ToInt(key));
}

bool Tombstones::empty() const {
  const MutexLock lock(mutex_);
  return keys_.empty();
}

}  // namespace hb
