#include "log/kafka/admin.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace hb::kafka {

namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 30s;
constexpr int kAsk = 10'000;  ///< ms for one question

using MetadataHandle = std::unique_ptr<const rd_kafka_metadata_t, Calls<rd_kafka_metadata_destroy>>;
using NewTopicHandle = std::unique_ptr<rd_kafka_NewTopic_t, Calls<rd_kafka_NewTopic_destroy>>;
using NewPartitionsHandle =
    std::unique_ptr<rd_kafka_NewPartitions_t, Calls<rd_kafka_NewPartitions_destroy>>;
using ResourceHandle =
    std::unique_ptr<rd_kafka_ConfigResource_t, Calls<rd_kafka_ConfigResource_destroy>>;
using GroupOffsetsHandle = std::unique_ptr<rd_kafka_ListConsumerGroupOffsets_t,
                                           Calls<rd_kafka_ListConsumerGroupOffsets_destroy>>;
using DeleteGroupHandle =
    std::unique_ptr<rd_kafka_DeleteGroup_t, Calls<rd_kafka_DeleteGroup_destroy>>;

std::string Text(const char* text) { return text == nullptr ? "" : text; }

/// A broker that is still reading its groups gives those that it has, and says so beside them.
rd_kafka_resp_err_t ErrorOfListing(rd_kafka_event_t* event) {
  std::size_t count = 0;
  const rd_kafka_error_t** errors = rd_kafka_ListConsumerGroups_result_errors(
      rd_kafka_event_ListConsumerGroups_result(event), &count);
  return count == 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_error_code(errors[0]);
}

/// A group, or a partition, that has no offset because of an error must not look like one that
/// never committed: it would be read from its beginning.
rd_kafka_resp_err_t ErrorOfOffsets(rd_kafka_event_t* event) {
  std::size_t count = 0;
  const rd_kafka_group_result_t** groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(event), &count);
  for (std::size_t i = 0; i < count; ++i) {
    if (const rd_kafka_error_t* error = rd_kafka_group_result_error(groups[i])) {
      return rd_kafka_error_code(error);
    }
    const rd_kafka_topic_partition_list_t* list = rd_kafka_group_result_partitions(groups[i]);
    for (int p = 0; list != nullptr && p < list->cnt; ++p) {
      if (list->elems[p].err != RD_KAFKA_RESP_ERR_NO_ERROR) return list->elems[p].err;
    }
  }
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace

Result<EventHandle> Admin::Ask(
    const std::string& doing, rd_kafka_admin_op_t kind,
    const std::function<void(rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)>& start,
    const std::function<rd_kafka_resp_err_t(rd_kafka_event_t*)>& inside) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  const QueueHandle queue(rd_kafka_queue_new(client_));
  while (true) {
    const OptionsHandle options(rd_kafka_AdminOptions_new(client_, kind));
    char why[256];
    rd_kafka_AdminOptions_set_request_timeout(options.get(), kAsk, why, sizeof why);
    start(options.get(), queue.get());
    EventHandle event(rd_kafka_queue_poll(queue.get(), 2 * kAsk));
    rd_kafka_resp_err_t code =
        event ? rd_kafka_event_error(event.get()) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && inside) code = inside(event.get());
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return event;
    if (!IsPassing(code) || std::chrono::steady_clock::now() > deadline) {
      return factory_.Fault(doing, code,
                            event ? Text(rd_kafka_event_error_string(event.get())) : "");
    }
    std::this_thread::sleep_for(200ms);
  }
}

Result<std::int32_t> Admin::Partitions(const std::string& topic) {
  const TopicHandle handle(rd_kafka_topic_new(client_, topic.c_str(), nullptr));
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    const rd_kafka_metadata_t* raw = nullptr;
    rd_kafka_resp_err_t code = rd_kafka_metadata(client_, 0, handle.get(), &raw, kAsk);
    const MetadataHandle metadata(raw);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && raw->topic_cnt == 1) {
      code = raw->topics[0].err;
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return raw->topics[0].partition_cnt;
    }
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return 0;
    if (!IsPassing(code) || std::chrono::steady_clock::now() > deadline) {
      return factory_.Fault("asking for topic " + topic, code);
    }
    std::this_thread::sleep_for(100ms);
  }
}

Result<TopicConfig> Admin::ConfigOf(const std::string& topic) {
  const ResourceHandle resource(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  HB_ASSIGN(const EventHandle event,
            Ask("asking for the settings of topic " + topic, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS,
                [&](const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
                  rd_kafka_ConfigResource_t* asked[] = {resource.get()};
                  rd_kafka_DescribeConfigs(client_, asked, 1, options, queue);
                }));
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** resources = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  TopicConfig out;
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto code = rd_kafka_ConfigResource_error(resources[i]); code != 0) {
      return factory_.Fault("asking for the settings of topic " + topic, code);
    }
    std::size_t entries = 0;
    const rd_kafka_ConfigEntry_t** entry = rd_kafka_ConfigResource_configs(resources[i], &entries);
    for (std::size_t e = 0; e < entries; ++e) {
      out[rd_kafka_ConfigEntry_name(entry[e])] = Text(rd_kafka_ConfigEntry_value(entry[e]));
    }
  }
  return out;
}

Status Admin::Create(const std::string& topic, std::int32_t partitions, int replication_factor,
                     const TopicConfig& config) {
  char why[256];
  const NewTopicHandle made(
      rd_kafka_NewTopic_new(topic.c_str(), partitions, replication_factor, why, sizeof why));
  if (!made) return Error{Code::kInvalidArgument, "topic " + topic + ": " + why};
  for (const auto& [name, value] : config) {
    rd_kafka_NewTopic_set_config(made.get(), name.c_str(), value.c_str());
  }
  HB_ASSIGN(const EventHandle event,
            Ask("making topic " + topic, RD_KAFKA_ADMIN_OP_CREATETOPICS,
                [&](const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
                  rd_kafka_NewTopic_t* asked[] = {made.get()};
                  rd_kafka_CreateTopics(client_, asked, 1, options, queue);
                }));
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
      continue;
    Error fault = factory_.Fault("making topic " + topic, code,
                                 Text(rd_kafka_topic_result_error_string(results[i])));
    if (fault.code == Code::kInternal) fault.code = Code::kInvalidArgument;
    return fault;
  }
  // Another broker may answer for it a little later.
  for (int i = 0; i < 100; ++i) {
    HB_ASSIGN(const std::int32_t seen, Partitions(topic));
    if (seen > 0) return Ok();
    std::this_thread::sleep_for(100ms);
  }
  return factory_.Fault("waiting for the new topic " + topic, RD_KAFKA_RESP_ERR__TIMED_OUT);
}

Status Admin::AddPartitions(const std::string& topic, std::int32_t partitions) {
  char why[256];
  const NewPartitionsHandle made(rd_kafka_NewPartitions_new(
      topic.c_str(), static_cast<std::size_t>(partitions), why, sizeof why));
  if (!made) return Error{Code::kInvalidArgument, "topic " + topic + ": " + why};
  HB_ASSIGN(const EventHandle event,
            Ask("adding partitions to topic " + topic, RD_KAFKA_ADMIN_OP_CREATEPARTITIONS,
                [&](const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
                  rd_kafka_NewPartitions_t* asked[] = {made.get()};
                  rd_kafka_CreatePartitions(client_, asked, 1, options, queue);
                }));
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results = rd_kafka_CreatePartitions_result_topics(
      rd_kafka_event_CreatePartitions_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_INVALID_PARTITIONS) {
      return factory_.Fault("adding partitions to topic " + topic, code,
                            Text(rd_kafka_topic_result_error_string(results[i])));
    }
  }
  for (int i = 0; i < 100; ++i) {
    HB_ASSIGN(const std::int32_t seen, Partitions(topic));
    if (seen >= partitions) return Ok();
    std::this_thread::sleep_for(100ms);
  }
  return factory_.Fault("waiting for partitions of " + topic, RD_KAFKA_RESP_ERR__TIMED_OUT);
}

Result<std::vector<std::string>> Admin::Groups() {
  HB_ASSIGN(const EventHandle event,
            Ask(
                "asking for the groups", RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS,
                [&](const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
                  rd_kafka_ListConsumerGroups(client_, options, queue);
                },
                ErrorOfListing));
  std::size_t count = 0;
  const rd_kafka_ConsumerGroupListing_t** groups = rd_kafka_ListConsumerGroups_result_valid(
      rd_kafka_event_ListConsumerGroups_result(event.get()), &count);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back(Text(rd_kafka_ConsumerGroupListing_group_id(groups[i])));
  }
  std::ranges::sort(out);
  return out;
}

Result<std::vector<Committed>> Admin::OffsetsOf(const std::string& group) {
  return AskOffsets(group, nullptr);
}

Result<std::vector<Committed>> Admin::StableOffsetsOf(
    const std::string& group, std::span<const std::pair<std::string, std::int32_t>> partitions) {
  if (partitions.empty()) return std::vector<Committed>();
  const PartitionsHandle list(
      rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const auto& [topic, partition] : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
  }
  return AskOffsets(group, list.get());
}

Result<std::vector<Committed>> Admin::AskOffsets(
    const std::string& group, const rd_kafka_topic_partition_list_t* partitions) {
  const GroupOffsetsHandle asked(rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), partitions));
  HB_ASSIGN(
      const EventHandle event,
      Ask(
          "asking for the offsets of group " + group, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS,
          [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
            rd_kafka_ListConsumerGroupOffsets_t* one[] = {asked.get()};
            // Asking for all partitions, librdkafka (2.0.2) writes the missing list three bytes too
            // long, so that the broker reads "not stable" whatever is asked.
            (void)ErrorHandle(rd_kafka_AdminOptions_set_require_stable_offsets(
                options, partitions != nullptr ? 1 : 0));
            rd_kafka_ListConsumerGroupOffsets(client_, one, 1, options, queue);
          },
          ErrorOfOffsets));
  std::size_t count = 0;
  const rd_kafka_group_result_t** groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(event.get()), &count);
  std::vector<Committed> out;
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_topic_partition_list_t* list = rd_kafka_group_result_partitions(groups[i]);
    for (int p = 0; list != nullptr && p < list->cnt; ++p) {
      const rd_kafka_topic_partition_t& at = list->elems[p];
      if (at.offset < 0) continue;
      out.push_back({at.topic, at.partition, at.offset,
                     std::string(static_cast<const char*>(at.metadata), at.metadata_size)});
    }
  }
  return out;
}

Status Admin::DeleteGroup(const std::string& group) {
  const DeleteGroupHandle asked(rd_kafka_DeleteGroup_new(group.c_str()));
  HB_ASSIGN(const EventHandle event,
            Ask("removing group " + group, RD_KAFKA_ADMIN_OP_DELETEGROUPS,
                [&](const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
                  rd_kafka_DeleteGroup_t* one[] = {asked.get()};
                  rd_kafka_DeleteGroups(client_, one, 1, options, queue);
                }));
  std::size_t count = 0;
  const rd_kafka_group_result_t** groups =
      rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_error_t* error = rd_kafka_group_result_error(groups[i]);
    if (error == nullptr) continue;
    if (rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP) {
      return Error{Code::kInvalidArgument, "group " + group + " has a consumer that is running"};
    }
    return factory_.Fault("removing group " + group, rd_kafka_error_code(error));
  }
  return Ok();
}

}  // namespace hb::kafka
