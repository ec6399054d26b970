#include "log/kafka/batch_builder.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "record/identity.h"

namespace hb::kafka {

namespace {

constexpr std::uint64_t kTopBit = std::uint64_t{1} << 63;

/// Of a record that has none, or one that is not ours.
std::uint64_t MadeKey(const std::string& topic, std::int32_t partition, std::int64_t offset) {
  return Hash64(topic + "/" + std::to_string(partition) + "/" + std::to_string(offset)) | kTopBit;
}

std::uint64_t ReadKey(const unsigned char* bytes) {
  std::uint64_t key = 0;
  for (int i = 0; i < 8; ++i) key = key << 8 | bytes[i];
  return key;
}

}  // namespace

std::string KeyBytes(std::uint64_t key) {
  std::string out;
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(key >> shift));
  return out;
}

BatchBuilder::Open& BatchBuilder::At(const std::string& topic, const rd_kafka_message_t& message) {
  // The newest batches first: messages of a partition come in runs.
  const auto found = std::find_if(batches_.rbegin(), batches_.rend(), [&](const Open& open) {
    return ToInt(open.batch.partition) == message.partition && open.batch.topic == topic;
  });
  if (found != batches_.rend() && found->records->size() < kMostRows &&
      ToInt(found->batch.base) + static_cast<std::int64_t>(found->records->size()) ==
          message.offset) {
    return *found;
  }
  auto records = std::make_shared<RecordBatch>();
  FetchedBatch batch;
  batch.topic = topic;
  batch.partition = Partition{message.partition};
  batch.base = Offset{message.offset};
  batch.records = records;
  batches_.push_back({std::move(batch), std::move(records)});
  return batches_.back();
}

Status BatchBuilder::Add(const std::string& topic, const rd_kafka_message_t& message) {
  const std::string_view value(static_cast<const char*>(message.payload), message.len);
  std::string cause;
  std::uint64_t key = 0;
  if (message.key_len == 8) {
    key = ReadKey(static_cast<const unsigned char*>(message.key));
  } else if (message.key != nullptr && values_ != nullptr && values_->TakesAnyKey()) {
    key = ToInt(KeyOf({static_cast<const char*>(message.key), message.key_len}));
  } else {
    key = MadeKey(topic, message.partition, message.offset);
    if (message.key != nullptr) {
      cause = "its key has " + std::to_string(message.key_len) + " bytes, not 8";
    }
  }
  Open& open = At(topic, message);
  RecordBatch& records = *open.records;
  if (cause.empty() && !value.empty()) {
    if (values_ == nullptr) {
      records.values.Open().append(value);
    } else if (Status decoded = values_->Decode(topic, value, records.values.Open());
               !decoded.ok()) {
      if (decoded.error().code == Code::kUnavailable) {
        if (records.size() == 0) batches_.pop_back();
        return decoded;
      }
      cause = decoded.error().message;
    }
  }
  records.values.Close();
  records.keys.push_back(key);
  const EventTime time =
      FromMillis(std::max<std::int64_t>(rd_kafka_message_timestamp(&message, nullptr), 0));
  records.timestamps.push_back(time);
  open.batch.arrival = std::max(open.batch.arrival, time);
  open.batch.blanked = open.batch.blanked || value.empty();
  if (!cause.empty()) {
    open.batch.bad.push_back({records.size() - 1, std::move(cause),
                              std::string(value.substr(0, BadRecord::kKept)), value.size()});
  }
  bytes_ += value.size() + 16;
  return Ok();
}

void BatchBuilder::Take(std::vector<FetchedBatch>& out) {
  for (Open& open : batches_) out.push_back(std::move(open.batch));
  batches_.clear();
  bytes_ = 0;
}

}  // namespace hb::kafka
