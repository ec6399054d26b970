#include "log/kafka/reader.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace hb::kafka {

namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 30s;
constexpr auto kUnknownFor = 3s;  ///< until a partition that nobody knows is one that is not there
constexpr int kAsk = 5000;        ///< ms for one question

}  // namespace

Result<std::unique_ptr<Reader>> Reader::Make(ClientFactory& factory) {
  // librdkafka wants a group's name of each consumer; these never join it.
  HB_ASSIGN(ClientHandle client, factory.Make(Role::kReader, {{"group.id", "unused"}}));
  HB_ASSIGN(ClientHandle uncommitted,
            factory.Make(Role::kReader,
                         {{"group.id", "unused"}, {"isolation.level", "read_uncommitted"}}));
  return std::unique_ptr<Reader>(new Reader(factory, std::move(client), std::move(uncommitted)));
}

rd_kafka_topic_t* Reader::TopicOf(const std::string& name) {
  const MutexLock lock(mutex_);
  TopicHandle& topic = topics_[name];
  if (!topic) topic.reset(rd_kafka_topic_new(client_.get(), name.c_str(), nullptr));
  return topic.get();
}

Result<Bounds> Reader::BoundsOf(const std::string& topic, std::int32_t partition, bool committed) {
  const auto begin = std::chrono::steady_clock::now();
  while (true) {
    Bounds bounds;
    const rd_kafka_resp_err_t code =
        rd_kafka_query_watermark_offsets((committed ? client_ : uncommitted_).get(), topic.c_str(),
                                         partition, &bounds.begin, &bounds.end, kAsk);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return bounds;
    // A broker that has just started may not know its partitions yet.
    const bool unknown = code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
                         code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
                         code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    const auto patience = unknown ? kUnknownFor : kPatience;
    if ((!unknown && !IsPassing(code)) || std::chrono::steady_clock::now() - begin > patience) {
      return factory_.Fault(
          "asking for the offsets of " + topic + " partition " + std::to_string(partition), code);
    }
    if (unknown) std::this_thread::sleep_for(100ms);
  }
}

Result<Bounds> Reader::BoundsAfterCommit(const std::string& topic, std::int32_t partition) {
  HB_ASSIGN(const Bounds all, BoundsOf(topic, partition, /*committed=*/false));
  const auto deadline = std::chrono::steady_clock::now() + 2s;
  while (true) {
    HB_ASSIGN(const Bounds seen, BoundsOf(topic, partition, /*committed=*/true));
    if (seen.end >= all.end || std::chrono::steady_clock::now() > deadline) return seen;
    std::this_thread::sleep_for(2ms);
  }
}

Result<std::int64_t> Reader::Scan(
    const std::string& topic, std::int32_t partition, std::int64_t begin, std::int64_t end,
    const std::function<Result<bool>(const rd_kafka_message_t&)>& visit) {
  if (begin >= end) return end;
  const Where where(topic, partition);
  rd_kafka_topic_t* const handle = TopicOf(topic);
  {
    MutexLock lock(mutex_);
    freed_.wait(lock, [&] { return !busy_.contains(where); });
    busy_.insert(where);
  }
  const QueueHandle queue(rd_kafka_queue_new(client_.get()));
  Result<std::int64_t> next = begin;
  if (rd_kafka_consume_start_queue(handle, partition, begin, queue.get()) != 0) {
    next = factory_.Fault("reading " + topic, rd_kafka_last_error());
  } else {
    next = Drain(queue.get(), where, begin, end, visit);
    rd_kafka_consume_stop(handle, partition);
  }
  const MutexLock lock(mutex_);
  busy_.erase(where);
  freed_.notify_all();
  return next;
}

Result<std::int64_t> Reader::Drain(
    rd_kafka_queue_t* queue, const Where& where, std::int64_t begin, std::int64_t end,
    const std::function<Result<bool>(const rd_kafka_message_t&)>& visit) {
  auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::int64_t next = begin;
  rd_kafka_resp_err_t last = RD_KAFKA_RESP_ERR__TIMED_OUT;
  while (next < end) {
    const MessageHandle message(rd_kafka_consume_queue(queue, 200));
    const auto now = std::chrono::steady_clock::now();
    if (message && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (message->offset >= end) return end;
      HB_ASSIGN(const bool more, visit(*message));
      next = message->offset + 1;
      if (!more) return next;
      deadline = now + kPatience;
      continue;
    }
    // The end as far as it is committed: what is before it and was not given are no records.
    if (message && message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      next = std::max(next, message->offset);
    } else if (message) {
      last = message->err;
      if (!IsPassing(last)) break;
    }
    if (now > deadline) break;
  }
  if (next >= end) return end;
  return factory_.Fault("reading " + where.first + " partition " + std::to_string(where.second) +
                            " at offset " + std::to_string(next) + " of " + std::to_string(end),
                        last);
}

}  // namespace hb::kafka
