// log/kafka/batch_builder.h - messages of Kafka become batches; private to this folder.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "log/log.h"
#include "record/value_format.h"

namespace hb::kafka {

/// Collects messages, partition by partition, into batches of records with neighbouring offsets.
///
/// Threads    One at a time.
/// Ownership  `values` may be null and outlives this.
class BatchBuilder {
 public:
  static constexpr std::size_t kMostRows = 16'384;

  explicit BatchBuilder(ValueFormat* values) : values_(values) {}
  /// Appends one message of the topic that is `topic` here. kUnavailable: its value cannot be
  /// decoded now; nothing was appended, and the same message may be given again. A message that
  /// never can be is one of FetchedBatch::bad.
  Status Add(const std::string& topic, const rd_kafka_message_t& message);
  /// Bytes of the values so far.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] bool empty() const { return batches_.empty(); }
  /// Leaves out what is of a partition for which `gone(topic, partition)`.
  template <typename Gone>
  void Drop(const Gone& gone) {
    std::erase_if(batches_,
                  [&](const Open& open) { return gone(open.batch.topic, open.batch.partition); });
  }
  /// Appends the batches to `out`, and is as new.
  void Take(std::vector<FetchedBatch>& out);

 private:
  struct Open {
    FetchedBatch batch;
    std::shared_ptr<RecordBatch> records;
  };
  Open& At(const std::string& topic, const rd_kafka_message_t& message);

  ValueFormat* const values_;
  std::vector<Open> batches_;
  std::size_t bytes_ = 0;
};

/// Eight bytes, big-endian: how a key stands in Kafka.
std::string KeyBytes(std::uint64_t key);

}  // namespace hb::kafka
