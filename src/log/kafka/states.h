// log/kafka/states.h - the states of the stages, kept in compacted topics; private to this folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "log/kafka/reader.h"

namespace hb::kafka {

/// Copies in memory of the partitions of states that this process uses.
///
/// Threads  Any.
/// Memory   All entries of a partition that was used.
/// Errors   As Reader.
class States {
 public:
  struct Change {
    std::string store;
    std::int32_t partition = 0;
    std::string key, value;
  };
  /// `topic_of` gives the topic of a store, made if it is not there, with that partition.
  States(
      Reader& reader,
      std::function<Result<std::string>(const std::string& store, std::int32_t partition)> topic_of)
      : reader_(reader), topic_of_(std::move(topic_of)) {}

  Result<std::string> Get(std::string_view store, std::int32_t partition, std::string_view key);
  Status Scan(std::string_view store, std::int32_t partition,
              const std::function<bool(std::string_view, std::string_view)>& visit);
  /// What a transaction of ours committed.
  void Committed(std::span<const Change> changes);
  /// What a transaction of ours may have committed: read again.
  void Doubt(std::span<const Change> changes);
  /// Partitions of that number are this process's from now on: what others wrote until now is read
  /// before they are used again.
  void Assigned(std::int32_t partition);

 private:
  struct Copy {
    Mutex mutex;
    std::map<std::string, std::string, std::less<>> entries HB_GUARDED_BY(mutex);
    std::int64_t next HB_GUARDED_BY(mutex) = 0;       ///< offset up to which the topic was read
    std::uint64_t assigned HB_GUARDED_BY(mutex) = 0;  ///< count of assignments it knows
    bool ours HB_GUARDED_BY(mutex) =
        false;  ///< written by this process, which has the partition of that number
    std::chrono::steady_clock::time_point read HB_GUARDED_BY(mutex){};
  };
  Copy& CopyOf(std::string_view store, std::int32_t partition);
  Status CatchUp(Copy& copy, const std::string& store, std::int32_t partition)
      HB_REQUIRES(copy.mutex);
  /// One more than the times it was assigned.
  std::uint64_t AssignmentsOf(std::int32_t partition);

  Reader& reader_;
  const std::function<Result<std::string>(const std::string&, std::int32_t)> topic_of_;
  Mutex mutex_;
  std::map<std::pair<std::string, std::int32_t>, std::unique_ptr<Copy>> copies_
      HB_GUARDED_BY(mutex_);
  std::map<std::int32_t, std::uint64_t> assignments_ HB_GUARDED_BY(mutex_);
};

}  // namespace hb::kafka
