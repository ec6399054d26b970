// log/kafka/transaction.h - outputs, states and offsets, held until they are committed; private to
// this folder.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "log/kafka/producer.h"
#include "log/kafka/states.h"
#include "log/log.h"

namespace hb::kafka {

class KafkaLog;

/// Nothing reaches a broker before Commit, so one that is destroyed leaves no trace, and a
/// transaction is open in the cluster only while it is written.
class KafkaTransaction final : public Transaction, private TransactionContent {
 public:
  KafkaTransaction(KafkaLog& log, std::shared_ptr<Producer> producer);

  Status Append(const std::string& topic, Partition partition,
                std::shared_ptr<const RecordBatch> batch) override;
  void CommitOffsets(const std::string& group, const std::string& topic, Partition partition,
                     Offset next, Offset processed) override;
  void PutState(std::string_view store, Partition partition, std::string_view key,
                std::string_view value) override;
  Status Blank(const std::string& topic, Partition partition,
               std::span<const Offset> offsets) override;
  Result<std::uint64_t> Commit() override;

 private:
  struct Output {
    std::string topic, real;
    std::int32_t partition = 0;
    std::shared_ptr<const RecordBatch> batch;
    StringColumn encoded;  ///< values as they stand in Kafka, if they differ from the batch's
  };
  /// Of one partition for one group.
  using Key = std::tuple<std::string, std::string, std::int32_t>;

  Status WriteTo(const Produce& produce) override;
  Result<std::vector<GroupOffsets>> Offsets() override;
  /// Encodes what has not been, and makes the topics of states.
  Status Prepare();

  KafkaLog& log_;
  const std::shared_ptr<Producer> producer_;
  const std::uint64_t epoch_;
  std::vector<Output> outputs_;
  std::size_t prepared_ = 0;                                      ///< outputs that are encoded
  std::map<Key, std::pair<std::int64_t, std::int64_t>> offsets_;  ///< next, processed
  std::vector<States::Change> changes_;
  bool done_ = false;
};

}  // namespace hb::kafka
