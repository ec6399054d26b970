// log/kafka/handles.h - owners of what librdkafka hands out; private to this folder.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>

namespace hb::kafka {

/// Calls a C function where a unique_ptr ends.
template <auto Destroy>
struct Calls {
  template <typename T>
  void operator()(T* pointer) const {
    Destroy(pointer);
  }
};

using ConfHandle = std::unique_ptr<rd_kafka_conf_t, Calls<rd_kafka_conf_destroy>>;
using ClientHandle = std::unique_ptr<rd_kafka_t, Calls<rd_kafka_destroy>>;
using TopicHandle = std::unique_ptr<rd_kafka_topic_t, Calls<rd_kafka_topic_destroy>>;
using QueueHandle = std::unique_ptr<rd_kafka_queue_t, Calls<rd_kafka_queue_destroy>>;
using EventHandle = std::unique_ptr<rd_kafka_event_t, Calls<rd_kafka_event_destroy>>;
using MessageHandle = std::unique_ptr<rd_kafka_message_t, Calls<rd_kafka_message_destroy>>;
using ErrorHandle = std::unique_ptr<rd_kafka_error_t, Calls<rd_kafka_error_destroy>>;
using PartitionsHandle =
    std::unique_ptr<rd_kafka_topic_partition_list_t, Calls<rd_kafka_topic_partition_list_destroy>>;
using GroupMetadataHandle = std::unique_ptr<rd_kafka_consumer_group_metadata_t,
                                            Calls<rd_kafka_consumer_group_metadata_destroy>>;
using OptionsHandle =
    std::unique_ptr<rd_kafka_AdminOptions_t, Calls<rd_kafka_AdminOptions_destroy>>;

}  // namespace hb::kafka
