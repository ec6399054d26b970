// log/kafka/producer.h - carries out transactions under one transactional id; private to this
// folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "log/kafka/client.h"
#include "log/log.h"

namespace hb::kafka {

/// A record to be produced. What it views lives until the transaction is over.
struct OutRecord {
  std::string_view key, value;  ///< without a value: a tombstone
  std::int64_t time_ms = 0;
};

/// Offsets for one member of a group.
struct GroupOffsets {
  GroupMetadataHandle membership;
  PartitionsHandle offsets;
};

/// What a transaction is made of. It may be asked again, when a try was undone.
class TransactionContent {
 public:
  virtual ~TransactionContent() = default;
  using Produce = std::function<Status(const std::string& topic, std::int32_t partition,
                                       const OutRecord& record)>;
  /// Calls produce(topic, partition, record) for all that is to be written.
  virtual Status WriteTo(const Produce& produce) = 0;
  /// kAborted: a consumer lost a partition whose offset is among them.
  virtual Result<std::vector<GroupOffsets>> Offsets() = 0;
};

/// One transactional id of this process.
///
/// Threads  Any; one transaction at a time, others wait.
class Producer {
 public:
  Producer(ClientFactory& factory, std::string id) : factory_(factory), id_(std::move(id)) {}
  /// Makes this process the one that writes under the id, if it is not yet. kUnavailable.
  Status Connect();
  /// Writes all of `content`, or nothing.
  /// kUnavailable: nothing was written; the same may be committed again. kAborted: it is over, and
  /// whether it was written is seen by what is committed. kCancelled: another has the id now.
  Status Run(TransactionContent& content);
  /// A number for each beginning, so that a later one in this process wins, too.
  std::uint64_t NextEpoch();
  [[nodiscard]] bool IsNewest(std::uint64_t epoch) const;

 private:
  using Time = std::chrono::steady_clock::time_point;

  Status ConnectLocked() HB_REQUIRES(mutex_);
  /// One try from begin to commit.
  Status Try(TransactionContent& content) HB_REQUIRES(mutex_);
  Status ProduceAll(TransactionContent& content) HB_REQUIRES(mutex_);
  Status ProduceOne(const std::string& topic, std::int32_t partition, const OutRecord& record)
      HB_REQUIRES(mutex_);
  Status SendOffsets(TransactionContent& content) HB_REQUIRES(mutex_);
  Status CommitNow() HB_REQUIRES(mutex_);
  /// Undoes what was begun after `error`; the answer is what Run makes of it.
  Error Undo(const rd_kafka_error_t* error, const std::string& doing) HB_REQUIRES(mutex_);
  /// Ends the client after an error that it cannot get over.
  Error GiveUp(rd_kafka_resp_err_t code, const std::string& text) HB_REQUIRES(mutex_);
  void Close() HB_REQUIRES(mutex_);

  ClientFactory& factory_;
  const std::string id_;
  mutable Mutex mutex_;
  ClientHandle client_ HB_GUARDED_BY(mutex_);
  std::map<std::string, TopicHandle> topics_ HB_GUARDED_BY(mutex_);
  Time began_ HB_GUARDED_BY(mutex_){};
  std::chrono::milliseconds time_limit_ HB_GUARDED_BY(mutex_){0};  ///< the broker's, of one of ours
  std::uint64_t epoch_ HB_GUARDED_BY(mutex_) = 0;
};

}  // namespace hb::kafka
