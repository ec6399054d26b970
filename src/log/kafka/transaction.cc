#include "log/kafka/transaction.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "log/kafka/batch_builder.h"
#include "log/kafka/log_impl.h"

namespace hb::kafka {

KafkaTransaction::KafkaTransaction(KafkaLog& log, std::shared_ptr<Producer> producer)
    : log_(log), producer_(std::move(producer)), epoch_(producer_->NextEpoch()) {}

Status KafkaTransaction::Append(const std::string& topic, Partition partition,
                                std::shared_ptr<const RecordBatch> batch) {
  if (batch->keys.size() != batch->values.size() ||
      batch->keys.size() != batch->timestamps.size()) {
    return Error{Code::kInvalidArgument, "a batch for topic " + topic + " has columns of " +
                                             std::to_string(batch->keys.size()) + ", " +
                                             std::to_string(batch->timestamps.size()) + " and " +
                                             std::to_string(batch->values.size()) + " rows"};
  }
  HB_TRY(log_.CheckPartition(topic, ToInt(partition)));
  if (batch->size() > 0) {
    outputs_.push_back({topic, log_.RealName(topic), ToInt(partition), std::move(batch), {}});
  }
  return Ok();
}

void KafkaTransaction::CommitOffsets(const std::string& group, const std::string& topic,
                                     Partition partition, Offset next, Offset processed) {
  offsets_[{group, topic, ToInt(partition)}] = {ToInt(next), ToInt(processed)};
}

void KafkaTransaction::PutState(std::string_view store, Partition partition, std::string_view key,
                                std::string_view value) {
  changes_.push_back({std::string(store), ToInt(partition), std::string(key), std::string(value)});
}

Status KafkaTransaction::Blank(const std::string& topic, Partition partition,
                               std::span<const Offset> offsets) {
  HB_TRY(log_.CheckPartition(topic, ToInt(partition)));
  auto tombstones = std::make_shared<RecordBatch>();
  HB_TRY(log_.KeysAt(topic, ToInt(partition), offsets, *tombstones));
  return Append(topic, partition, std::move(tombstones));
}

Status KafkaTransaction::Prepare() {
  for (const States::Change& change : changes_) {
    HB_TRY(log_.StateTopic(change.store, change.partition));
  }
  if (log_.values() == nullptr) return Ok();
  for (; prepared_ < outputs_.size(); ++prepared_) {
    Output& output = outputs_[prepared_];
    const StringColumn& values = output.batch->values;
    output.encoded.Clear();
    output.encoded.Reserve(values.size(), values.bytes() + 5 * values.size());
    for (std::size_t row = 0; row < values.size(); ++row) {
      if (!values[row].empty()) {
        HB_TRY(log_.values()->Encode(output.topic, values[row], output.encoded.Open()));
      }
      output.encoded.Close();
    }
  }
  return Ok();
}

Status KafkaTransaction::WriteTo(const Produce& produce) {
  for (const Output& output : outputs_) {
    const StringColumn& values = log_.values() == nullptr ? output.batch->values : output.encoded;
    for (std::size_t row = 0; row < values.size(); ++row) {
      const std::string key = KeyBytes(output.batch->keys[row]);
      HB_TRY(produce(output.real, output.partition,
                     {key, values[row], ToMillis(output.batch->timestamps[row])}));
    }
  }
  const std::int64_t now = ToMillis(log_.clock().Now());
  for (const States::Change& change : changes_) {
    HB_ASSIGN(const std::string topic, log_.StateTopic(change.store, change.partition));
    HB_TRY(produce(topic, change.partition, {change.key, change.value, now}));
  }
  return Ok();
}

Result<std::vector<GroupOffsets>> KafkaTransaction::Offsets() {
  std::vector<GroupOffsets> out;
  const void* member = nullptr;  // whom the last of `out` is for
  std::string group;
  for (const auto& [where, at] : offsets_) {
    const auto& [name, topic, partition] = where;
    HB_ASSIGN(Member found, log_.MemberFor(name, topic, partition));
    if (out.empty() || name != group || found.consumer != member) {
      group = name;
      member = found.consumer;
      out.push_back(
          {std::move(found.membership), PartitionsHandle(rd_kafka_topic_partition_list_new(8))});
    }
    rd_kafka_topic_partition_t* entry = rd_kafka_topic_partition_list_add(
        out.back().offsets.get(), log_.RealName(topic).c_str(), partition);
    entry->offset = at.first;
    if (at.second != at.first) {
      const std::string processed = std::to_string(at.second);
      entry->metadata = strdup(processed.c_str());  // freed with the list
      entry->metadata_size = processed.size();
    }
  }
  return out;
}

Result<std::uint64_t> KafkaTransaction::Commit() {
  if (done_) return Error{Code::kInvalidArgument, "this transaction was committed"};
  if (!producer_->IsNewest(epoch_)) {
    return Error{Code::kCancelled, "a later transaction has the name of this one"};
  }
  HB_TRY(Prepare());
  if (!outputs_.empty() || !offsets_.empty() || !changes_.empty()) {
    const Status written = producer_->Run(*this);
    if (!written.ok()) {
      const Code code = written.error().code;
      // Who is told that another has the name does not know what became of the transaction, either.
      if (code == Code::kAborted || code == Code::kCancelled) {
        done_ = true;
        log_.states().Doubt(changes_);
        for (const auto& [where, at] : offsets_) {
          const auto& [group, topic, partition] = where;
          log_.Rewind(group, topic, partition);
        }
      }
      return written.error();
    }
  }
  done_ = true;
  for (const Output& output : outputs_) log_.Wrote(output.real, output.partition);
  log_.states().Committed(changes_);
  return log_.NextMark();
}

}  // namespace hb::kafka
