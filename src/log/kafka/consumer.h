// log/kafka/consumer.h - a member of a consumer group; private to this folder.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "log/kafka/batch_builder.h"
#include "log/kafka/client.h"
#include "log/log.h"

namespace hb::kafka {

class KafkaLog;

class KafkaConsumer final : public Consumer, private RebalanceListener {
 public:
  using Where = std::pair<std::string, std::int32_t>;  ///< heartbeat's name of a topic, partition

  KafkaConsumer(KafkaLog& log, std::string group);
  ~KafkaConsumer() override;
  /// Joins the group. Once, before all else.
  Status Join(std::span<const std::string> topics);

  Status Poll(std::chrono::milliseconds wait, std::size_t max_bytes,
              std::vector<FetchedBatch>& out) override;
  Status Seek(const std::string& topic, Partition partition, Offset offset) override;
  [[nodiscard]] std::vector<std::pair<std::string, Partition>> Assignment() const override;
  [[nodiscard]] std::uint64_t Generation() const override { return generation_; }
  [[nodiscard]] std::int64_t Lag() const override;
  void Stop() noexcept override { stopped_ = true; }

  // For transactions, from any thread.
  [[nodiscard]] const std::string& group() const { return group_; }
  [[nodiscard]] bool Has(const Where& where) const;
  /// Makes the next Poll begin at the committed offsets.
  void Rewind() { rewind_ = true; }
  /// Who we are in the group, to commit with; null if we were thrown out of it.
  [[nodiscard]] GroupMetadataHandle Membership() const;

 private:
  void OnAssigned(const rd_kafka_topic_partition_list_t& partitions) override;
  void OnRevoked(const rd_kafka_topic_partition_list_t& partitions) override;
  Status GoBack();
  void DropHeld(std::string_view real_topic, std::int32_t partition);
  /// Seeks each of `targets`, whose offsets are set.
  Status SeekAll(rd_kafka_topic_partition_list_t* targets);
  /// Where a message came from; until the next call.
  const Where& WhereOf(const rd_kafka_message_t& message);
  /// Takes in what librdkafka gave; an error is for the caller of Poll.
  Status Take(MessageHandle message);

  KafkaLog& log_;
  const std::string group_;
  ClientHandle client_;
  BatchBuilder builder_;    ///< of the running Poll
  MessageHandle held_;      ///< could not be decoded yet
  Where where_;             ///< of the last message
  std::string where_real_;  ///< its topic's name in the cluster
  bool joined_ = false;     ///< was given partitions, or told that there are none
  std::atomic<bool> stopped_ = false, rewind_ = false;
  std::atomic<std::uint64_t> generation_ = 0;
  mutable Mutex mutex_;
  /// What we have -> the offset after what Poll gave, -1 before it gave anything.
  std::map<Where, std::int64_t> positions_ HB_GUARDED_BY(mutex_);
};

}  // namespace hb::kafka
