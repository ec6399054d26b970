// app/kafka_config.h - what [kafka] and [registry] say.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hb {

/// How values stand on the topics.
enum class ValueKind : std::uint8_t { kAvro, kConfluent, kJson };

struct KafkaConfig {
  std::string servers = "127.0.0.1:9092";
  std::string application = "heartbeat";
  std::string topic_prefix;
  std::int64_t replication_factor = 0;  ///< 0: what the cluster does by default
  bool create_topics = true;
  ValueKind format = ValueKind::kAvro;
  bool classic = false;                       ///< `ingest` and `sentiment` in the older form
  std::map<std::string, std::string> topics;  ///< names at the broker, by ours
  std::map<std::string, std::string> client;  ///< librdkafka's own settings

  std::string registry_url;  ///< several with commas between
  bool registry_register = true;
};

/// "avro", "confluent", "json".
std::string_view ValueKindName(ValueKind kind);
Result<ValueKind> ParseValueKind(const std::string& text);

/// Takes "kafka.topics.ingest" or a librdkafka setting, "kafka.security.protocol" or
/// "kafka.librdkafka.debug". False if `key` is neither. kInvalidArgument: there is no such topic.
Result<bool> TakeKafkaKey(const std::string& key, const std::string& value, KafkaConfig& config);

/// Whether a librdkafka setting holds what no file should.
bool IsSecretProperty(std::string_view name);

}  // namespace hb
