// log/kafka/reader.h - reads partitions without a group; private to this folder.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "log/kafka/client.h"

namespace hb::kafka {

/// Offsets of a partition that exist: [begin, end).
struct Bounds {
  std::int64_t begin = 0, end = 0;
};

/// Reads what is committed, through one client.
///
/// Threads  Any; those that read the same partition wait for each other.
/// Errors   kNotFound: no such topic or partition. kUnavailable: the brokers did not answer.
class Reader {
 public:
  static Result<std::unique_ptr<Reader>> Make(ClientFactory& factory);

  /// The client, for what needs any one (administration).
  [[nodiscard]] rd_kafka_t* client() const { return client_.get(); }
  /// With `committed`, the end that a reader of committed records sees; else where the next record
  /// will be written.
  Result<Bounds> BoundsOf(const std::string& topic, std::int32_t partition, bool committed);
  /// The bounds of what is committed, for who has just committed there himself: a commit has
  /// returned a little before its readers see it. Does not wait for long if others write.
  Result<Bounds> BoundsAfterCommit(const std::string& topic, std::int32_t partition);
  /// Calls visit(message) for committed records of [begin, end) in order until it returns false;
  /// the answer is the offset after the last record visited, or `end`. Waits for transactions that
  /// are open before `end`.
  Result<std::int64_t> Scan(const std::string& topic, std::int32_t partition, std::int64_t begin,
                            std::int64_t end,
                            const std::function<Result<bool>(const rd_kafka_message_t&)>& visit);

 private:
  using Where = std::pair<std::string, std::int32_t>;
  Reader(ClientFactory& factory, ClientHandle client, ClientHandle uncommitted)
      : factory_(factory), client_(std::move(client)), uncommitted_(std::move(uncommitted)) {}
  rd_kafka_topic_t* TopicOf(const std::string& name);
  Result<std::int64_t> Drain(rd_kafka_queue_t* queue, const Where& where, std::int64_t begin,
                             std::int64_t end,
                             const std::function<Result<bool>(const rd_kafka_message_t&)>& visit);

  ClientFactory& factory_;
  const ClientHandle client_, uncommitted_;
  Mutex mutex_;
  std::condition_variable_any freed_;
  std::set<Where> busy_ HB_GUARDED_BY(mutex_);
  std::map<std::string, TopicHandle> topics_ HB_GUARDED_BY(mutex_);
};

}  // namespace hb::kafka
