#include "log/kafka/consumer.h"

#include <algorithm>
#include <thread>

#include "base/logging.h"
#include "log/kafka/log_impl.h"

namespace hb::kafka {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kSlice{100};  ///< until Stop is seen
constexpr auto kSeekTime = 2s;
constexpr int kAsk = 10'000;  ///< ms for one question

}  // namespace

KafkaConsumer::KafkaConsumer(KafkaLog& log, std::string group)
    : log_(log), group_(std::move(group)), builder_(log.values()) {
  log_.Add(this);
}

KafkaConsumer::~KafkaConsumer() {
  log_.Remove(this);
  held_.reset();
  if (!client_) return;
  // librdkafka before 2.3 aborts the program if a consumer is destroyed between its group's answer
  // and its first assignment (its issue 4312). One that does not get that far is kept instead.
  const auto deadline = std::chrono::steady_clock::now() + 2s;
  while (!joined_ && std::chrono::steady_clock::now() < deadline) {
    const MessageHandle unused(rd_kafka_consumer_poll(client_.get(), 50));
  }
  if (joined_) {
    rd_kafka_consumer_close(client_.get());
  } else {
    rd_kafka_set_log_level(client_.get(), -1);  // what its lines go to ends with the log
    (void)client_.release();
  }
}

Status KafkaConsumer::Join(std::span<const std::string> topics) {
  HB_ASSIGN(client_,
            log_.factory().Make(Role::kConsumer, {{"group.id", log_.GroupName(group_)}}, this));
  const PartitionsHandle list(rd_kafka_topic_partition_list_new(static_cast<int>(topics.size())));
  for (const std::string& topic : topics) {
    rd_kafka_topic_partition_list_add(list.get(), log_.RealName(topic).c_str(),
                                      RD_KAFKA_PARTITION_UA);
  }
  const rd_kafka_resp_err_t code = rd_kafka_subscribe(client_.get(), list.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return log_.factory().Fault("joining group " + group_, code);
  }
  return Ok();
}

void KafkaConsumer::OnAssigned(const rd_kafka_topic_partition_list_t& partitions) {
  joined_ = true;
  if (partitions.cnt == 0) return;
  const MutexLock lock(mutex_);
  for (int i = 0; i < partitions.cnt; ++i) {
    const rd_kafka_topic_partition_t& at = partitions.elems[i];
    positions_[{log_.OurName(at.topic), at.partition}] = -1;
    log_.states().Assigned(at.partition);
  }
  ++generation_;
}

void KafkaConsumer::OnRevoked(const rd_kafka_topic_partition_list_t& partitions) {
  if (partitions.cnt == 0) return;
  const MutexLock lock(mutex_);
  for (int i = 0; i < partitions.cnt; ++i) {
    const rd_kafka_topic_partition_t& at = partitions.elems[i];
    positions_.erase({log_.OurName(at.topic), at.partition});
    DropHeld(at.topic, at.partition);
  }
  // What this Poll has gathered of them belongs to another now.
  builder_.Drop([&](const std::string& topic, Partition partition) HB_REQUIRES(mutex_) {
    return !positions_.contains({topic, ToInt(partition)});
  });
  ++generation_;
}

void KafkaConsumer::DropHeld(std::string_view real_topic, std::int32_t partition) {
  if (held_ && held_->partition == partition && rd_kafka_topic_name(held_->rkt) == real_topic) {
    held_.reset();
  }
}

const KafkaConsumer::Where& KafkaConsumer::WhereOf(const rd_kafka_message_t& message) {
  // Nearly always the topic of the message before.
  const char* const name = rd_kafka_topic_name(message.rkt);
  if (where_real_ != name) {
    where_real_ = name;
    where_.first = log_.OurName(where_real_);
  }
  where_.second = message.partition;
  return where_;
}

Status KafkaConsumer::Take(MessageHandle message) {
  const rd_kafka_resp_err_t code = message->err;
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    const Where& where = WhereOf(*message);
    const std::int64_t offset = message->offset;
    const bool end = code == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    if (!end) {
      if (Status added = builder_.Add(where.first, *message); !added.ok()) {
        held_ = std::move(message);
        return added;
      }
    }
    const MutexLock lock(mutex_);
    const auto at = positions_.find(where);
    // The offset of an end is where the next record will be: behind marks of transactions.
    if (at != positions_.end()) at->second = end ? std::max(at->second, offset) : offset + 1;
    return Ok();
  }
  if (code == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED) {
    LogWarning(
        "kafka: group {}: the last poll is longer ago than max.poll.interval.ms, so others "
        "were given our partitions; joining again",
        group_);
    return Ok();
  }
  if (IsPassing(code)) {
    log_.factory().connections().Note(rd_kafka_message_errstr(message.get()));
    return Ok();
  }
  return log_.factory().Fault("reading for group " + group_, code,
                              rd_kafka_message_errstr(message.get()));
}

Status KafkaConsumer::Poll(std::chrono::milliseconds wait, std::size_t max_bytes,
                           std::vector<FetchedBatch>& out) {
  if (rewind_) HB_TRY(GoBack());
  const auto deadline = std::chrono::steady_clock::now() + wait;
  Status status = Ok();
  while (!stopped_) {
    MessageHandle message = std::move(held_);
    if (!message) {
      auto slice = 0ms;
      if (builder_.empty()) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        slice = std::clamp(left, 0ms, kSlice);
      }
      message.reset(rd_kafka_consumer_poll(client_.get(), static_cast<int>(slice.count())));
    }
    if (!message) {
      if (!builder_.empty() || std::chrono::steady_clock::now() >= deadline) break;
      continue;
    }
    status = Take(std::move(message));
    if (!status.ok() || builder_.bytes() >= max_bytes) break;
  }
  // What came before a fault is given; the fault comes again.
  if (!builder_.empty()) status = Ok();
  builder_.Take(out);
  if (stopped_) return Error{Code::kCancelled, "the consumer of group " + group_ + " was stopped"};
  return status;
}

Status KafkaConsumer::SeekAll(rd_kafka_topic_partition_list_t* targets) {
  const auto deadline = std::chrono::steady_clock::now() + kSeekTime;
  while (true) {
    rd_kafka_resp_err_t worst = RD_KAFKA_RESP_ERR_NO_ERROR;
    std::string text;
    if (const ErrorHandle error(rd_kafka_seek_partitions(client_.get(), targets, kAsk)); error) {
      worst = rd_kafka_error_code(error.get());
      text = rd_kafka_error_string(error.get());
    }
    for (int i = 0; i < targets->cnt; ++i) {
      if (targets->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) worst = targets->elems[i].err;
    }
    if (worst == RD_KAFKA_RESP_ERR_NO_ERROR) return Ok();
    // A partition that was just assigned is not ready to be moved at once.
    const bool again = IsPassing(worst) || worst == RD_KAFKA_RESP_ERR__STATE ||
                       worst == RD_KAFKA_RESP_ERR__IN_PROGRESS;  // not yet, when the time was over
    if (!again || std::chrono::steady_clock::now() > deadline) {
      Error fault = log_.factory().Fault("moving in the topics of group " + group_, worst, text);
      if (again) fault.code = Code::kUnavailable;
      return fault;
    }
    std::this_thread::sleep_for(20ms);
  }
}

Status KafkaConsumer::GoBack() {
  // Changes of the assignment first; a message that comes with them will come again.
  (void)MessageHandle(rd_kafka_consumer_poll(client_.get(), 0));
  rd_kafka_topic_partition_list_t* raw = nullptr;
  rd_kafka_resp_err_t code = rd_kafka_assignment(client_.get(), &raw);
  const PartitionsHandle assigned(raw);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR && raw->cnt > 0) {
    code = rd_kafka_committed(client_.get(), raw, kAsk);
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return log_.factory().Fault("asking for the committed offsets of group " + group_, code);
  }
  for (int i = 0; i < raw->cnt; ++i) {
    // Without an offset for another reason than that none was committed: asked again.
    if (raw->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return log_.factory().Fault("asking for the committed offsets of group " + group_,
                                  raw->elems[i].err);
    }
    if (raw->elems[i].offset < 0) raw->elems[i].offset = RD_KAFKA_OFFSET_BEGINNING;
  }
  held_.reset();
  if (raw->cnt > 0) HB_TRY(SeekAll(raw));
  rewind_ = false;
  OnAssigned(*raw);
  return Ok();
}

Status KafkaConsumer::Seek(const std::string& topic, Partition partition, Offset offset) {
  if (!Has({topic, ToInt(partition)})) {
    return Error{Code::kInvalidArgument, "partition " + std::to_string(ToInt(partition)) +
                                             " of topic " + topic +
                                             " is not assigned to this consumer"};
  }
  const PartitionsHandle list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), log_.RealName(topic).c_str(), ToInt(partition))
      ->offset = std::max<std::int64_t>(ToInt(offset), 0);
  DropHeld(log_.RealName(topic), ToInt(partition));
  HB_TRY(SeekAll(list.get()));
  const MutexLock lock(mutex_);
  positions_[{topic, ToInt(partition)}] = std::max<std::int64_t>(ToInt(offset), 0);
  return Ok();
}

std::vector<std::pair<std::string, Partition>> KafkaConsumer::Assignment() const {
  const MutexLock lock(mutex_);
  std::vector<std::pair<std::string, Partition>> out;
  for (const auto& [where, position] : positions_) {
    out.emplace_back(where.first, Partition{where.second});
  }
  return out;
}

bool KafkaConsumer::Has(const Where& where) const {
  const MutexLock lock(mutex_);
  return positions_.contains(where);
}

std::int64_t KafkaConsumer::Lag() const {
  const MutexLock lock(mutex_);
  std::int64_t lag = 0;
  for (const auto& [where, position] : positions_) {
    std::int64_t low = -1, high = -1;  // as of the last fetch
    rd_kafka_get_watermark_offsets(client_.get(), log_.RealName(where.first).c_str(), where.second,
                                   &low, &high);
    if (high >= 0 && position >= 0)
      lag += std::max<std::int64_t>(0, high - std::max(position, low));
  }
  return lag;
}

GroupMetadataHandle KafkaConsumer::Membership() const {
  // In this order: whoever is thrown out is told so before the next answer to the first question.
  GroupMetadataHandle membership(rd_kafka_consumer_group_metadata(client_.get()));
  if (rd_kafka_assignment_lost(client_.get()) != 0) return nullptr;
  return membership;
}

}  // namespace hb::kafka
