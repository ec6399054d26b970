#include "app/copy_topics.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

#include "pipeline/topics.h"

namespace hb {

namespace {

constexpr char kCopyState[] = "copied";
constexpr char kProducer[] = "copy";
constexpr std::size_t kReadBytes = std::size_t{4} << 20;

/// The records of a batch from its first row on, without those that cannot be read.
std::shared_ptr<const RecordBatch> Records(const FetchedBatch& batch) {
  if (batch.first_row == 0 && batch.bad.empty()) return batch.records;
  auto out = std::make_shared<RecordBatch>();
  auto bad = batch.bad.begin();
  for (std::size_t row = batch.first_row; row < batch.records->size(); ++row) {
    while (bad != batch.bad.end() && bad->row < row) ++bad;
    if (bad != batch.bad.end() && bad->row == row) continue;
    out->Append(batch.records->keys[row], batch.records->timestamps[row],
                batch.records->values[row]);
  }
  return out;
}

/// Offset of `from` up to which `to` has it.
Result<Offset> CopiedUpTo(Log& to, const std::string& topic, Partition partition) {
  const Result<std::string> text = to.GetState(kCopyState, partition, topic);
  if (!text.ok()) {
    if (text.error().code == Code::kNotFound) return Offset{0};
    return text.error();
  }
  std::int64_t offset = 0;
  std::from_chars(text.value().data(), text.value().data() + text.value().size(), offset);
  return Offset{offset};
}

Status CopyPartition(Log& from, Log& to, Partition partition, const std::function<bool()>& stop,
                     CopiedTopic& copied) {
  HB_ASSIGN(Offset at, CopiedUpTo(to, copied.topic, partition));
  while (true) {
    if (stop && stop()) {
      return Error{Code::kCancelled, "stopped; the same command goes on from here"};
    }
    std::vector<FetchedBatch> batches;
    HB_TRY(from.Read(copied.topic, partition, at, kReadBytes, batches));
    if (batches.empty()) return Ok();
    HB_ASSIGN(const auto transaction, to.Begin(kProducer));
    std::int64_t records = 0, left_out = 0;
    for (const FetchedBatch& batch : batches) {
      const auto rows = Records(batch);
      HB_TRY(transaction->Append(copied.topic, partition, rows));
      records += static_cast<std::int64_t>(rows->size());
      left_out += static_cast<std::int64_t>(batch.bad.size());
      at = batch.end();
    }
    transaction->PutState(kCopyState, partition, copied.topic, std::to_string(ToInt(at)));
    HB_TRY(transaction->Commit());
    copied.records += records;
    copied.left_out += left_out;
  }
}

Result<std::size_t> PartitionsOf(Log& log, const std::string& topic) {
  HB_ASSIGN(const std::vector<TopicInfo> topics, log.Topics());
  for (const TopicInfo& info : topics) {
    if (info.spec.name == topic) return info.partitions.size();
  }
  return std::size_t{0};
}

}  // namespace

Result<std::vector<CopiedTopic>> CopyTopics(Log& from, Log& to, const std::vector<TopicSpec>& specs,
                                            const std::function<bool()>& stop) {
  std::vector<CopiedTopic> out;
  // What an earlier run has begun is over before its state is read.
  HB_TRY(to.Begin(kProducer));
  for (const TopicSpec& spec : specs) {
    HB_ASSIGN(const std::size_t partitions, PartitionsOf(from, spec.name));
    if (partitions == 0) continue;
    if (partitions != static_cast<std::size_t>(spec.partitions)) {
      return Error{Code::kInvalidArgument,
                   "topic " + spec.name + " has " + std::to_string(partitions) +
                       " partitions, and would have " + std::to_string(spec.partitions) +
                       " where it is copied to: set log.partitions there"};
    }
    HB_TRY(to.EnsureTopic(spec));
    CopiedTopic& copied = out.emplace_back();
    copied.topic = spec.name;
    for (std::int32_t p = 0; p < spec.partitions; ++p) {
      HB_TRY(CopyPartition(from, to, Partition{p}, stop, copied));
    }
  }
  return out;
}

Status CopyIngestStates(Log& from, Log& to) {
  HB_ASSIGN(const auto transaction, to.Begin(kProducer));
  for (const char* store :
       {kCursorState, kTombstoneState, kEditState, kVersionState, kAccountState}) {
    HB_TRY(from.ScanState(store, Partition{0}, [&](std::string_view key, std::string_view value) {
      transaction->PutState(store, Partition{0}, key, value);
      return true;
    }));
  }
  HB_TRY(transaction->Commit());
  return Ok();
}

}  // namespace hb
