// pipeline/tombstones.h - keys of posts that must not come back.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_set>

#include "base/mutex.h"
#include "base/result.h"
#include "base/units.h"
#include "log/log.h"

namespace hb {

/// The redacted keys, in memory beside their durable copy (the state kTombstoneState of the log).
///
/// Threads  Any.
/// Memory   About 40 bytes a redacted post.
class Tombstones {
 public:
  static Result<std::unique_ptr<Tombstones>> Open(Log& log);
  /// Adds to memory; the caller has put it into a transaction with `Record`.
  void Add(PostKey key);
  /// Makes the key durable with `transaction`.
  static void Record(Transaction& transaction, PostKey key, EventTime time);
  [[nodiscard]] bool Contains(PostKey key) const;
  [[nodiscard]] bool empty() const;

 private:
  mutable Mutex mutex_;
  std::unordered_set<std::uint64_t> keys_ HB_GUARDED_BY(mutex_);
};

}  // namespace hb
