// pipeline/seen_keys.h - which posts have come already, on disk, over a stated horizon.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_set>

#include "base/result.h"
#include "base/units.h"
#include "log/log.h"

namespace hb {

/// Remembers post keys for at least `horizon` of arrival time. Keys lie in buckets of half a
/// horizon, so that forgetting is dropping whole buckets; a look-up asks the newest three.
///
/// In a log that one process has for itself each bucket is a state of its own. In one that is
/// shared they are all in kSeenState (a state is a topic there), in the partition where posts with
/// the same key come, so that whoever has the partition knows them.
///
/// Threads  One (the ingest loop's).
/// Memory   At most kMaxRecent keys in front of the disk.
class SeenKeys {
 public:
  SeenKeys(Log& log, std::chrono::milliseconds horizon, bool shared = false,
           Partition partition = Partition{0})
      : log_(log), horizon_(horizon), shared_(shared), partition_(partition) {}
  /// True if `key` was recorded within the horizon before `now`.
  Result<bool> Contains(PostKey key, EventTime now);
  /// Records `key` with `transaction`, and drops buckets that are past the horizon. After the
  /// commit call Remember; not before, because a failed commit is tried again.
  Status Record(Transaction& transaction, PostKey key, EventTime now);
  void Remember(PostKey key);

 private:
  static constexpr std::size_t kMaxRecent = 200'000;
  [[nodiscard]] std::int64_t BucketOf(EventTime time) const;
  [[nodiscard]] std::string StoreOf(std::int64_t bucket) const;
  [[nodiscard]] std::string NameOf(std::int64_t bucket, PostKey key) const;
  Status DropOld(Transaction& transaction, std::int64_t bucket);

  Log& log_;
  const std::chrono::milliseconds horizon_;
  const bool shared_;
  const Partition partition_;
  std::unordered_set<std::uint64_t> recent_;
  std::int64_t newest_bucket_ = 0;
};

}  // namespace hb
