#include "log/kafka/producer.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <thread>
#include <utility>

#include "base/logging.h"

namespace hb::kafka {

namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 30s;
constexpr auto kCommitPatience = 60s;
constexpr int kAsk = 10'000;  ///< ms for one question

/// The group has moved on, and we in it: with what we are in it now the same may be committed.
bool IsOldMembership(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION ||
         code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID ||
         code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID ||
         code == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS;
}

bool IsFenced(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
         code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH ||
         code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING;
}

std::chrono::milliseconds TimeLimitOf(rd_kafka_t* client) {
  char text[32];
  std::size_t size = sizeof text;
  int limit = 60'000;
  if (rd_kafka_conf_get(rd_kafka_conf(client), "transaction.timeout.ms", text, &size) ==
      RD_KAFKA_CONF_OK) {
    std::from_chars(text, text + std::strlen(text), limit);
  }
  return std::chrono::milliseconds(limit);
}

}  // namespace

std::uint64_t Producer::NextEpoch() {
  const MutexLock lock(mutex_);
  return ++epoch_;
}

bool Producer::IsNewest(std::uint64_t epoch) const {
  const MutexLock lock(mutex_);
  return epoch == epoch_;
}

Status Producer::Connect() {
  const MutexLock lock(mutex_);
  return ConnectLocked();
}

Status Producer::ConnectLocked() {
  if (client_) return Ok();
  HB_ASSIGN(client_, factory_.Make(Role::kProducer, {{"transactional.id", id_}}));
  time_limit_ = TimeLimitOf(client_.get());
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    const ErrorHandle error(rd_kafka_init_transactions(client_.get(), kAsk));
    if (!error) return Ok();
    const bool again = rd_kafka_error_is_retriable(error.get()) != 0;
    if (again && std::chrono::steady_clock::now() < deadline) continue;
    Error fault =
        factory_.Fault("beginning transactions as " + id_, rd_kafka_error_code(error.get()),
                       rd_kafka_error_string(error.get()));
    if (again) fault.code = Code::kUnavailable;
    Close();
    return fault;
  }
}

void Producer::Close() {
  topics_.clear();
  client_.reset();
}

Status Producer::Run(TransactionContent& content) {
  const MutexLock lock(mutex_);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  auto pause = 20ms;
  while (true) {
    HB_TRY(ConnectLocked());
    const Status done = Try(content);
    if (done.ok() || done.error().code != Code::kUnavailable ||
        std::chrono::steady_clock::now() > deadline) {
      return done;
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, 1000ms);
  }
}

Status Producer::Try(TransactionContent& content) {
  began_ = std::chrono::steady_clock::now();
  if (const ErrorHandle error(rd_kafka_begin_transaction(client_.get())); error) {
    return GiveUp(rd_kafka_error_code(error.get()), rd_kafka_error_string(error.get()));
  }
  HB_TRY(ProduceAll(content));
  HB_TRY(SendOffsets(content));
  return CommitNow();
}

Status Producer::ProduceAll(TransactionContent& content) {
  Status produced = content.WriteTo(
      [this](const std::string& topic, std::int32_t partition, const OutRecord& record)
          HB_REQUIRES(mutex_) { return ProduceOne(topic, partition, record); });
  if (produced.ok() || !client_) return produced;
  Error undone = Undo(nullptr, produced.error().message);
  // What cannot be written never will be.
  if (undone.code == Code::kUnavailable && produced.error().code == Code::kInvalidArgument) {
    return produced;
  }
  return undone;
}

Status Producer::ProduceOne(const std::string& topic, std::int32_t partition,
                            const OutRecord& record) {
  TopicHandle& handle = topics_[topic];
  if (!handle) handle.reset(rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr));
  // The value is not copied: it lives until the transaction is over.
  rd_kafka_vu_t parts[6];
  parts[0].vtype = RD_KAFKA_VTYPE_RKT;
  parts[0].u.rkt = handle.get();
  parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  parts[1].u.i32 = partition;
  parts[2].vtype = RD_KAFKA_VTYPE_KEY;
  parts[2].u.mem.ptr = const_cast<char*>(record.key.data());
  parts[2].u.mem.size = record.key.size();
  parts[3].vtype = RD_KAFKA_VTYPE_VALUE;
  parts[3].u.mem.ptr = record.value.empty() ? nullptr : const_cast<char*>(record.value.data());
  parts[3].u.mem.size = record.value.size();
  parts[4].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
  parts[4].u.i64 = record.time_ms;
  parts[5].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  parts[5].u.i = 0;
  while (true) {
    const ErrorHandle error(rd_kafka_produceva(client_.get(), parts, 6));
    if (!error) return Ok();
    const rd_kafka_resp_err_t code = rd_kafka_error_code(error.get());
    if (code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION &&
        std::chrono::steady_clock::now() - began_ < time_limit_) {
      // It was added since this client asked.
      const rd_kafka_metadata_t* metadata = nullptr;
      if (rd_kafka_metadata(client_.get(), 0, handle.get(), &metadata, kAsk) == 0) {
        rd_kafka_metadata_destroy(metadata);
      }
      std::this_thread::sleep_for(10ms);
      continue;
    }
    if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      return factory_.Fault("writing to " + topic, code, rd_kafka_error_string(error.get()));
    }
    rd_kafka_poll(client_.get(), 20);
  }
}

Status Producer::SendOffsets(TransactionContent& content) {
  Result<std::vector<GroupOffsets>> groups = content.Offsets();
  if (!groups.ok()) {
    const Error lost = groups.error();
    (void)Undo(nullptr, lost.message);
    return lost;
  }
  for (const GroupOffsets& group : groups.value()) {
    while (true) {
      const ErrorHandle error(rd_kafka_send_offsets_to_transaction(
          client_.get(), group.offsets.get(), group.membership.get(), kAsk));
      if (!error) break;
      // The limit is the transaction's: past it, aborting is asked for.
      if (rd_kafka_error_is_retriable(error.get()) == 0 ||
          rd_kafka_error_txn_requires_abort(error.get()) != 0) {
        return Undo(error.get(), "committing offsets");
      }
      if (std::chrono::steady_clock::now() - began_ > time_limit_) {
        return Undo(error.get(), "committing offsets");
      }
      std::this_thread::sleep_for(20ms);
    }
  }
  return Ok();
}

Status Producer::CommitNow() {
  const auto deadline = std::chrono::steady_clock::now() + kCommitPatience;
  while (true) {
    const ErrorHandle error(rd_kafka_commit_transaction(client_.get(), -1));
    if (!error) return Ok();
    if (rd_kafka_error_txn_requires_abort(error.get()) != 0 ||
        rd_kafka_error_is_fatal(error.get()) != 0) {
      return Undo(error.get(), "committing");
    }
    if (rd_kafka_error_is_retriable(error.get()) == 0 ||
        std::chrono::steady_clock::now() > deadline) {
      // It may or may not be committed: only the brokers know.
      return GiveUp(rd_kafka_error_code(error.get()), rd_kafka_error_string(error.get()));
    }
    std::this_thread::sleep_for(20ms);
  }
}

Error Producer::Undo(const rd_kafka_error_t* error, const std::string& doing) {
  rd_kafka_resp_err_t code =
      error == nullptr ? RD_KAFKA_RESP_ERR__STATE : rd_kafka_error_code(error);
  std::string text = error == nullptr ? doing : rd_kafka_error_string(error);
  if (error != nullptr && rd_kafka_error_is_fatal(error) != 0) return GiveUp(code, text);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    const ErrorHandle failed(rd_kafka_abort_transaction(client_.get(), -1));
    if (!failed) break;
    if (rd_kafka_error_is_retriable(failed.get()) == 0 ||
        std::chrono::steady_clock::now() > deadline) {
      return GiveUp(rd_kafka_error_code(failed.get()), rd_kafka_error_string(failed.get()));
    }
    std::this_thread::sleep_for(20ms);
  }
  Error fault = factory_.Fault(doing + " as " + id_, code, text);
  // All of it was undone, so it may be tried again; what never will do is said as it is.
  if (IsOldMembership(code) || fault.code == Code::kInternal) fault.code = Code::kUnavailable;
  return fault;
}

Error Producer::GiveUp(rd_kafka_resp_err_t code, const std::string& text) {
  char fatal[512] = "";
  const rd_kafka_resp_err_t origin = rd_kafka_fatal_error(client_.get(), fatal, sizeof fatal);
  if (origin != RD_KAFKA_RESP_ERR_NO_ERROR) code = origin;
  const bool in_time = std::chrono::steady_clock::now() - began_ < time_limit_;
  Close();
  const std::string why = fatal[0] != '\0' ? fatal : text;
  // The brokers fence, too, what took longer than its time limit.
  if (IsFenced(code) && in_time) {
    return {Code::kCancelled, "another process writes as " + id_ + " now (" + why + ")"};
  }
  LogWarning("kafka: the transaction of {} was given up: {}", id_, why);
  return {Code::kAborted, "the transaction of " + id_ + " is over: " + why};
}

}  // namespace hb::kafka
