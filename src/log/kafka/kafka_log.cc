#include "log/kafka/kafka_log.h"

#include <algorithm>
#include <charconv>
#include <unordered_set>

#include "base/logging.h"
#include "log/kafka/batch_builder.h"
#include "log/kafka/log_impl.h"
#include "log/kafka/topic_settings.h"
#include "log/kafka/transaction.h"
#include "log/names.h"

namespace hb {

namespace kafka {

namespace {

using namespace std::chrono_literals;

std::string Number(std::int64_t number) { return std::to_string(number); }

}  // namespace

Status KafkaLog::Open() {
  HB_TRY(CheckOptions(options_));
  HB_ASSIGN(reader_, Reader::Make(factory_));
  admin_ = std::make_unique<Admin>(factory_, reader_->client());
  states_ =
      std::make_unique<States>(*reader_, [this](const std::string& store, std::int32_t partition) {
        return StateTopic(store, partition);
      });
  for (const auto& [topic, real] : options_.topic_names) {
    const MutexLock lock(mutex_);
    known_.insert(topic);
  }
  return WaitForBroker();
}

Status KafkaLog::WaitForBroker() {
  const auto begin = std::chrono::steady_clock::now();
  bool told = false;
  while (true) {
    const rd_kafka_metadata_t* metadata = nullptr;
    const rd_kafka_resp_err_t code =
        rd_kafka_metadata(reader_->client(), 0, nullptr, &metadata, told ? 1000 : 500);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_metadata_destroy(metadata);
      if (told && options_.progress) options_.progress("");
      return Ok();
    }
    rd_kafka_poll(reader_->client(), 0);  // what went wrong
    HB_TRY(factory_.connections().Fatal());
    const std::string last = factory_.connections().Last();
    const std::string message = "waiting for kafka at " + factory_.servers() +
                                (last.empty() ? "" : " (" + last + ")") +
                                "; start it, or name another in [kafka] bootstrap_servers";
    if (options_.stop && options_.stop()) return Error{Code::kCancelled, message};
    if (options_.wait > 0ms && std::chrono::steady_clock::now() - begin > options_.wait) {
      return Error{Code::kUnavailable, message};
    }
    if (options_.progress) options_.progress(message);
    told = true;
  }
}

std::string KafkaLog::RealName(const std::string& topic) const {
  const auto found = options_.topic_names.find(topic);
  return found != options_.topic_names.end() ? found->second : options_.topic_prefix + topic;
}

std::string KafkaLog::OurName(const std::string& real) const {
  for (const auto& [topic, name] : options_.topic_names) {
    if (name == real) return topic;
  }
  return real.starts_with(options_.topic_prefix) ? real.substr(options_.topic_prefix.size()) : real;
}

Result<std::int32_t> KafkaLog::PartitionsOf(const std::string& real) {
  {
    const MutexLock lock(mutex_);
    const auto found = partitions_.find(real);
    if (found != partitions_.end()) return found->second;
  }
  HB_ASSIGN(const std::int32_t count, admin_->Partitions(real));
  const MutexLock lock(mutex_);
  if (count > 0) partitions_[real] = count;
  return count;
}

Status KafkaLog::CheckPartition(const std::string& topic, std::int32_t partition) {
  const std::string real = RealName(topic);
  HB_ASSIGN(const std::int32_t count, PartitionsOf(real));
  if (count == 0) {
    return Error{Code::kNotFound, "kafka at " + factory_.servers() + " has no topic " + real};
  }
  if (partition < 0 || partition >= count) {
    return Error{Code::kNotFound, "topic " + real + " has no partition " + Number(partition)};
  }
  return Ok();
}

Status KafkaLog::EnsureTopic(const TopicSpec& spec) {
  HB_TRY(CheckLogName("topic", spec.name));
  const std::string real = RealName(spec.name);
  HB_TRY(CheckLogName("topic", real));
  if (spec.partitions < 1) {
    return Error{Code::kInvalidArgument, "topic " + spec.name + " needs at least one partition"};
  }
  HB_ASSIGN(std::int32_t count, admin_->Partitions(real));
  if (count == 0) {
    if (!options_.create_topics) {
      return Error{Code::kInvalidArgument,
                   "kafka at " + factory_.servers() + " has no topic " + real +
                       ", and [kafka] create_topics is off; mend it with: kafka-topics.sh "
                       "--bootstrap-server " +
                       factory_.servers() + " --create --topic " + real + " --partitions " +
                       Number(spec.partitions)};
    }
    HB_TRY(admin_->Create(real, spec.partitions, options_.replication_factor,
                          SettingsFor(spec, options_.max_compaction_lag)));
    HB_ASSIGN(count, admin_->Partitions(real));
  }
  HB_ASSIGN(const TopicConfig config, admin_->ConfigOf(real));
  HB_TRY(CheckTopic(spec, real, count, config, options_.max_compaction_lag, factory_.servers()));
  const MutexLock lock(mutex_);
  known_.insert(spec.name);
  partitions_[real] = count;
  return Ok();
}

Result<std::string> KafkaLog::StateTopic(const std::string& store, std::int32_t partition) {
  const std::string real = options_.application + "-state-" + store;
  HB_ASSIGN(std::int32_t count, PartitionsOf(real));
  if (partition < count) return real;
  HB_TRY(CheckLogName("topic", real));
  if (count == 0) {
    HB_TRY(admin_->Create(real, std::max(options_.state_partitions, partition + 1),
                          options_.replication_factor, StateSettings()));
    HB_ASSIGN(count, admin_->Partitions(real));
  }
  if (partition >= count) {
    HB_TRY(admin_->AddPartitions(real, partition + 1));
    HB_ASSIGN(count, admin_->Partitions(real));
  }
  const MutexLock lock(mutex_);
  partitions_[real] = count;
  return real;
}

Result<TopicInfo> KafkaLog::InfoOf(const std::string& topic, std::int32_t partitions) {
  const std::string real = RealName(topic);
  HB_ASSIGN(const TopicConfig config, admin_->ConfigOf(real));
  TopicInfo info;
  info.spec = SpecOf(topic, partitions, config);
  for (std::int32_t p = 0; p < partitions; ++p) {
    HB_ASSIGN(const Bounds bounds, reader_->BoundsOf(real, p, /*committed=*/true));
    info.partitions.push_back({Partition{p}, Offset{bounds.begin}, Offset{bounds.end}, 0});
  }
  return info;
}

std::set<std::string> KafkaLog::KnownTopics() {
  const MutexLock lock(mutex_);
  return known_;
}

Result<std::vector<TopicInfo>> KafkaLog::Topics() {
  std::vector<TopicInfo> out;
  for (const std::string& topic : KnownTopics()) {
    HB_ASSIGN(const std::int32_t count, admin_->Partitions(RealName(topic)));
    if (count == 0) continue;
    HB_ASSIGN(TopicInfo info, InfoOf(topic, count));
    out.push_back(std::move(info));
  }
  return out;
}

Result<std::int64_t> KafkaLog::AfterMarks(const std::string& real, std::int32_t partition,
                                          std::int64_t offset) {
  constexpr std::int64_t kMost = 2;  // more marks than that lie together seldom
  const std::tuple key(real, partition, offset);
  {
    const MutexLock lock(mutex_);
    const auto found = after_marks_.find(key);
    if (found != after_marks_.end()) return found->second;
  }
  // The topic may be gone while its groups are not.
  HB_ASSIGN(const std::int32_t count, PartitionsOf(real));
  if (partition >= count) return offset;
  const Result<Bounds> bounds = reader_->BoundsOf(real, partition, /*committed=*/true);
  if (!bounds.ok()) {
    if (bounds.error().code == Code::kNotFound) return offset;
    return bounds.error();
  }
  const std::int64_t end = bounds.value().end;
  if (offset >= end || end - offset > kMost) return offset;
  bool records = false;
  const auto visit = [&](const rd_kafka_message_t&) -> Result<bool> {
    records = true;
    return false;
  };
  HB_TRY(reader_->Scan(real, partition, offset, end, visit));
  if (records) return offset;
  const MutexLock lock(mutex_);
  if (after_marks_.size() > 10'000) after_marks_.clear();
  after_marks_[key] = end;
  return end;
}

Result<std::vector<GroupOffset>> KafkaLog::GroupOffsets() {
  HB_ASSIGN(const std::vector<std::string> groups, admin_->Groups());
  const std::string prefix = GroupName("");
  std::vector<GroupOffset> out;
  for (const std::string& group : groups) {
    if (!group.starts_with(prefix)) continue;
    HB_ASSIGN(const std::vector<Committed> committed, admin_->OffsetsOf(group));
    HB_TRY(AppendOffsets(group.substr(prefix.size()), committed, out));
  }
  return out;
}

Result<std::vector<GroupOffset>> KafkaLog::OffsetsOf(const std::string& group) {
  // Its coordinator alone is asked: a broker that has just started lists no groups, but says of one
  // that it does not have it yet. What a transaction commits takes a moment to be an offset of the
  // group, and the partitions have to be named for that to be waited for; one that never had an
  // offset is not among those that the coordinator tells of.
  std::set<std::pair<std::string, std::int32_t>> partitions;
  HB_ASSIGN(const std::vector<Committed> now, admin_->OffsetsOf(GroupName(group)));
  for (const Committed& at : now) partitions.emplace(at.topic, at.partition);
  for (const std::string& topic : KnownTopics()) {
    const std::string real = RealName(topic);
    HB_ASSIGN(const std::int32_t count, PartitionsOf(real));
    for (std::int32_t p = 0; p < count; ++p) partitions.emplace(real, p);
  }
  const std::vector<std::pair<std::string, std::int32_t>> asked(partitions.begin(),
                                                                partitions.end());
  HB_ASSIGN(const std::vector<Committed> committed,
            admin_->StableOffsetsOf(GroupName(group), asked));
  std::vector<GroupOffset> out;
  HB_TRY(AppendOffsets(group, committed, out));
  return out;
}

Status KafkaLog::AppendOffsets(const std::string& group, std::span<const Committed> committed,
                               std::vector<GroupOffset>& out) {
  for (const Committed& at : committed) {
    std::int64_t processed = at.offset;
    std::from_chars(at.metadata.data(), at.metadata.data() + at.metadata.size(), processed);
    HB_ASSIGN(processed, AfterMarks(at.topic, at.partition, std::max(at.offset, processed)));
    out.push_back(
        {group, OurName(at.topic), Partition{at.partition}, Offset{at.offset}, Offset{processed}});
  }
  return Ok();
}

Result<std::unique_ptr<Consumer>> KafkaLog::Subscribe(const std::string& group,
                                                      std::span<const std::string> topics,
                                                      Visibility, std::int32_t slot,
                                                      std::int32_t slots) {
  HB_TRY(CheckLogName("group", group));
  if (slots < 1 || slot < 0 || slot >= slots) {
    return Error{Code::kInvalidArgument,
                 "slot " + Number(slot) + " is not one of " + Number(slots)};
  }
  for (const std::string& topic : topics) HB_TRY(CheckPartition(topic, 0));
  auto consumer = std::make_unique<KafkaConsumer>(*this, group);
  HB_TRY(consumer->Join(topics));
  return std::unique_ptr<Consumer>(std::move(consumer));
}

Status KafkaLog::ForgetGroup(const std::string& group) {
  return admin_->DeleteGroup(GroupName(group));
}

Result<std::unique_ptr<Transaction>> KafkaLog::Begin(std::string_view producer) {
  std::shared_ptr<Producer> found;
  {
    const MutexLock lock(mutex_);
    auto it = producers_.find(producer);
    if (it == producers_.end()) {
      const std::string id = options_.application + "-" + std::string(producer);
      it = producers_.emplace(producer, std::make_shared<Producer>(factory_, id)).first;
    }
    found = it->second;
  }
  HB_TRY(found->Connect());
  return std::unique_ptr<Transaction>(std::make_unique<KafkaTransaction>(*this, std::move(found)));
}

void KafkaLog::Wrote(const std::string& real, std::int32_t partition) {
  const MutexLock lock(mutex_);
  wrote_[{real, partition}] = std::chrono::steady_clock::now();
}

Result<Bounds> KafkaLog::VisibleBounds(const std::string& real, std::int32_t partition) {
  bool fresh = false;
  {
    const MutexLock lock(mutex_);
    const auto found = wrote_.find({real, partition});
    fresh = found != wrote_.end() && std::chrono::steady_clock::now() - found->second < 5s;
  }
  return fresh ? reader_->BoundsAfterCommit(real, partition)
               : reader_->BoundsOf(real, partition, /*committed=*/true);
}

Status KafkaLog::Read(const std::string& topic, Partition partition, Offset offset,
                      std::size_t max_bytes, std::vector<FetchedBatch>& out) {
  HB_TRY(CheckPartition(topic, ToInt(partition)));
  const std::string real = RealName(topic);
  HB_ASSIGN(const Bounds bounds, VisibleBounds(real, ToInt(partition)));
  BatchBuilder builder(values());
  const auto visit = [&](const rd_kafka_message_t& message) -> Result<bool> {
    HB_TRY(builder.Add(topic, message));
    return builder.bytes() < max_bytes;
  };
  HB_TRY(reader_->Scan(real, ToInt(partition), std::max(ToInt(offset), bounds.begin), bounds.end,
                       visit));
  builder.Take(out);
  return Ok();
}

Result<std::vector<FoundRecord>> KafkaLog::FindKeys(const std::string& topic, Partition partition,
                                                    std::span<const std::uint64_t> keys,
                                                    Offset begin, Offset end) {
  HB_TRY(CheckPartition(topic, ToInt(partition)));
  const std::unordered_set<std::uint64_t> wanted(keys.begin(), keys.end());
  std::vector<FoundRecord> out;
  if (wanted.empty()) return out;
  const std::string real = RealName(topic);
  HB_ASSIGN(const Bounds bounds, VisibleBounds(real, ToInt(partition)));
  // Keys of messages are compared first: few values need to be decoded.
  std::unordered_set<std::string> bytes;
  for (const std::uint64_t key : keys) bytes.insert(KeyBytes(key));
  BatchBuilder builder(values());
  const auto visit = [&](const rd_kafka_message_t& message) -> Result<bool> {
    const std::string key(static_cast<const char*>(message.key), message.key_len);
    if (message.len > 0 && bytes.contains(key)) HB_TRY(builder.Add(topic, message));
    return true;
  };
  HB_TRY(reader_->Scan(real, ToInt(partition), std::max(ToInt(begin), bounds.begin),
                       std::min(ToInt(end), bounds.end), visit));
  std::vector<FetchedBatch> found;
  builder.Take(found);
  for (const FetchedBatch& batch : found) {
    for (std::size_t row = 0; row < batch.records->size(); ++row) {
      const std::string_view value = batch.records->values[row];
      if (value.empty()) continue;  // a bad record
      out.push_back({Advance(batch.base, static_cast<std::int64_t>(row)), batch.records->keys[row],
                     std::string(value)});
    }
  }
  return out;
}

Status KafkaLog::KeysAt(const std::string& topic, std::int32_t partition,
                        std::span<const Offset> offsets, RecordBatch& out) {
  if (offsets.empty()) return Ok();
  std::vector<std::int64_t> sorted;
  for (const Offset offset : offsets) sorted.push_back(ToInt(offset));
  std::ranges::sort(sorted);
  const std::string real = RealName(topic);
  HB_ASSIGN(const Bounds bounds, VisibleBounds(real, partition));
  if (sorted.front() < 0 || sorted.back() >= bounds.end) {
    return Error{Code::kInvalidArgument, "topic " + topic + " partition " + Number(partition) +
                                             " ends at " + Number(bounds.end) +
                                             ", so there is no offset " + Number(sorted.back())};
  }
  // One read for those that lie near each other.
  constexpr std::int64_t kNear = 2000;
  for (std::size_t i = 0; i < sorted.size();) {
    std::size_t last = i;
    while (last + 1 < sorted.size() && sorted[last + 1] - sorted[last] < kNear) ++last;
    std::size_t at = i;
    const auto visit = [&](const rd_kafka_message_t& message) -> Result<bool> {
      while (at <= last && sorted[at] < message.offset) ++at;
      if (at <= last && sorted[at] == message.offset && message.key_len == 8) {
        std::uint64_t key = 0;
        for (int b = 0; b < 8; ++b)
          key = key << 8 | static_cast<const unsigned char*>(message.key)[b];
        out.Append(key, FromMillis(rd_kafka_message_timestamp(&message, nullptr)), "");
      }
      return at <= last;
    };
    HB_TRY(
        reader_->Scan(real, partition, std::max(sorted[i], bounds.begin), sorted[last] + 1, visit));
    i = last + 1;
  }
  return Ok();
}

Result<std::string> KafkaLog::GetState(std::string_view store, Partition partition,
                                       std::string_view key) {
  return states_->Get(store, ToInt(partition), key);
}

Status KafkaLog::ScanState(std::string_view store, Partition partition,
                           const std::function<bool(std::string_view, std::string_view)>& visit) {
  return states_->Scan(store, ToInt(partition), visit);
}

void KafkaLog::Add(KafkaConsumer* consumer) {
  const MutexLock lock(consumers_mutex_);
  consumers_.push_back(consumer);
}

void KafkaLog::Remove(KafkaConsumer* consumer) {
  const MutexLock lock(consumers_mutex_);
  std::erase(consumers_, consumer);
}

void KafkaLog::Rewind(const std::string& group, const std::string& topic, std::int32_t partition) {
  const MutexLock lock(consumers_mutex_);
  for (KafkaConsumer* consumer : consumers_) {
    if (consumer->group() == group && consumer->Has({topic, partition})) consumer->Rewind();
  }
}

Result<Member> KafkaLog::MemberFor(const std::string& group, const std::string& topic,
                                   std::int32_t partition) {
  const MutexLock lock(consumers_mutex_);
  Member member;
  bool any = false, lost = false;
  for (const KafkaConsumer* consumer : consumers_) {
    if (consumer->group() != group) continue;
    any = true;
    if (!consumer->Has({topic, partition})) continue;
    member = {consumer, consumer->Membership()};
    // It has not polled since: what is to be committed may be its work, whoever else here has the
    // partition now.
    lost = lost || !member.membership;
  }
  if (!any) {
    member.membership.reset(rd_kafka_consumer_group_metadata_new(GroupName(group).c_str()));
    return member;
  }
  if (!lost && member.membership) return member;
  return Error{Code::kAborted, "partition " + Number(partition) + " of topic " + topic +
                                   " is another's now: group " + group + " was divided anew"};
}

}  // namespace kafka

Result<std::unique_ptr<Log>> OpenKafkaLog(KafkaOptions options, Clock& clock) {
  auto log = std::make_unique<kafka::KafkaLog>(std::move(options), clock);
  HB_TRY(log->Open());
  return std::unique_ptr<Log>(std::move(log));
}

}  // namespace hb
