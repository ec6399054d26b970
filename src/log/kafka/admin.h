// log/kafka/admin.h - asks a cluster for topics and groups, and makes them; private to this folder.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "log/kafka/client.h"

namespace hb::kafka {

using TopicConfig = std::map<std::string, std::string>;

/// What a group committed of a partition.
struct Committed {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::string metadata;
};

/// Threads  Any.
/// Errors   kUnavailable: no answer in half a minute. kInvalidArgument: not allowed.
class Admin {
 public:
  Admin(ClientFactory& factory, rd_kafka_t* client) : factory_(factory), client_(client) {}

  /// Number of its partitions; 0 if there is no such topic.
  Result<std::int32_t> Partitions(const std::string& topic);
  Result<TopicConfig> ConfigOf(const std::string& topic);
  /// Ok, too, if it is there by now.
  Status Create(const std::string& topic, std::int32_t partitions, int replication_factor,
                const TopicConfig& config);
  /// Ok, too, if it has as many by now.
  Status AddPartitions(const std::string& topic, std::int32_t partitions);
  Result<std::vector<std::string>> Groups();
  /// As its coordinator knows them now: what a transaction has just committed may be missing.
  Result<std::vector<Committed>> OffsetsOf(const std::string& group);
  /// Of these partitions, which are named once each. Waits for transactions that have not ended:
  /// what they commit may count or not.
  Result<std::vector<Committed>> StableOffsetsOf(
      const std::string& group, std::span<const std::pair<std::string, std::int32_t>> partitions);
  /// kNotFound. kInvalidArgument: it has members.
  Status DeleteGroup(const std::string& group);

 private:
  /// `partitions`: null for all that the group has offsets of.
  Result<std::vector<Committed>> AskOffsets(const std::string& group,
                                            const rd_kafka_topic_partition_list_t* partitions);
  /// Starts an operation, and gives its result. `inside` finds an error within an answer that came
  /// well; whatever passes is asked again.
  Result<EventHandle> Ask(
      const std::string& doing, rd_kafka_admin_op_t kind,
      const std::function<void(rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)>& start,
      const std::function<rd_kafka_resp_err_t(rd_kafka_event_t*)>& inside = {});

  ClientFactory& factory_;
  rd_kafka_t* const client_;
};

}  // namespace hb::kafka
