#include "app/kafka_config.h"

#include <algorithm>
#include <vector>

#include "component/component.h"
#include "pipeline/topics.h"

namespace hb {

namespace {

constexpr std::string_view kTable = "kafka.", kTopics = "topics.", kClient = "librdkafka.";

std::vector<std::string> TopicNames() {
  std::vector<std::string> names;
  for (const TopicSpec& spec : TopicSpecs(1, -1, -1)) names.push_back(spec.name);
  return names;
}

}  // namespace

std::string_view ValueKindName(ValueKind kind) {
  switch (kind) {
    case ValueKind::kAvro: return "avro";
    case ValueKind::kConfluent: return "confluent";
    case ValueKind::kJson: return "json";
  }
  return "avro";
}

Result<ValueKind> ParseValueKind(const std::string& text) {
  for (const ValueKind kind : {ValueKind::kAvro, ValueKind::kConfluent, ValueKind::kJson}) {
    if (text == ValueKindName(kind)) return kind;
  }
  return Error{Code::kInvalidArgument, "format '" + text + "' is none of avro, confluent and json"};
}

Result<bool> TakeKafkaKey(const std::string& key, const std::string& value, KafkaConfig& config) {
  if (!key.starts_with(kTable)) return false;
  std::string name = key.substr(kTable.size());
  if (name.starts_with(kTopics)) {
    const std::string topic = name.substr(kTopics.size());
    const std::vector<std::string> known = TopicNames();
    if (std::find(known.begin(), known.end(), topic) == known.end()) {
      const std::vector<std::string_view> views(known.begin(), known.end());
      const std::string_view near = Nearest(topic, views);
      return Error{Code::kInvalidArgument,
                   "heartbeat has no topic '" + topic + "'" +
                       (near.empty() ? "" : "; did you mean '" + std::string(near) + "'?")};
    }
    config.topics[topic] = value;
    return true;
  }
  if (name.starts_with(kClient)) name = name.substr(kClient.size());
  // librdkafka's names nearly all have a dot, ours have none: a slip of ours is not taken for one.
  if (name.find('.') == std::string::npos && !key.starts_with(std::string(kTable) + "librdkafka."))
    return false;
  config.client[name] = value;
  return true;
}

bool IsSecretProperty(std::string_view name) {
  constexpr std::string_view kMarks[] = {"password", "secret", "ssl.key.pem",
                                         "sasl.oauthbearer.config"};
  return std::any_of(std::begin(kMarks), std::end(kMarks), [&](std::string_view mark) {
    return name.find(mark) != std::string_view::npos;
  });
}

}  // namespace hb
