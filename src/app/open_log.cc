#include "app/open_log.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "app/catalogue.h"
#include "base/hash.h"
#include "log/kafka/kafka_log.h"
#include "pipeline/topics.h"
#include "record/classic_form.h"
#include "record/confluent_format.h"
#include "wire/json_values.h"

namespace hb {

namespace {

constexpr std::chrono::milliseconds kBetweenTries{1000};

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<std::string> Split(const std::string& list) {
  std::vector<std::string> items;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t comma = std::min(list.find(',', begin), list.size());
    std::string item = list.substr(begin, comma - begin);
    std::erase(item, ' ');
    if (!item.empty()) items.push_back(std::move(item));
    begin = comma + 1;
  }
  return items;
}

std::string Hex(std::uint64_t value) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(value));
  return digits;
}

std::string HostName() {
  char name[256] = "";
  if (::gethostname(name, sizeof name - 1) != 0) return "host";
  return name;
}

/// Of this process and no other: host, process and a random number, since a container's process
/// has the same number each time.
std::string NewInstance() {
  std::random_device random;
  return HostName() + "-" + std::to_string(::getpid()) + "-" + Hex(random()).substr(8);
}

/// The same for a data folder at each start, and another for any other.
std::string StoreGroup(const std::string& data_dir) {
  std::error_code ignored;
  const std::string path = std::filesystem::absolute(data_dir, ignored).lexically_normal();
  return std::string(kStoreGroup) + "-" + Hex(Hash64(HostName() + path)).substr(0, 8);
}

std::map<std::string, std::string> BrokerNames(const KafkaConfig& kafka) {
  std::map<std::string, std::string> names = kafka.topics;
  for (const TopicSpec& spec : TopicSpecs(1, -1, -1))
    names.emplace(spec.name, kafka.topic_prefix + spec.name);
  return names;
}

Status Prepare(ConfluentFormat& format, std::span<const std::string> topics,
               const Waiting& waiting) {
  for (const std::string& topic : topics) {
    while (true) {
      const Status prepared = format.Prepare(topic);
      if (prepared.ok()) break;
      if (prepared.error().code != Code::kUnavailable) return prepared;
      if (waiting.progress) waiting.progress(prepared.error().message);
      const auto until = std::chrono::steady_clock::now() + kBetweenTries;
      while (std::chrono::steady_clock::now() < until) {
        if (waiting.stop && waiting.stop())
          return Error{Code::kCancelled, "stopped while waiting for the schema registry"};
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      }
    }
  }
  if (waiting.progress) waiting.progress("");
  return Ok();
}

Status MakeValues(const KafkaConfig& kafka, const Waiting& waiting,
                  std::span<const std::string> written, OpenedLog& opened) {
  if (kafka.format == ValueKind::kAvro) {
    if (kafka.classic) opened.values = MakeClassicFormat();
    return Ok();
  }
  if (kafka.format == ValueKind::kJson) {
    opened.values = std::make_unique<JsonValues>(kafka.classic);
    return Ok();
  }
  SchemaRegistry::Options options;
  options.urls = Split(kafka.registry_url);
  if (options.urls.empty()) {
    return Error{Code::kInvalidArgument,
                 "kafka.format = \"confluent\" needs registry.url, the address of a Schema "
                 "Registry"};
  }
  options.may_register = kafka.registry_register;
  options.user = FromEnvironment("HEARTBEAT_REGISTRY_USER");
  options.password = FromEnvironment("HEARTBEAT_REGISTRY_PASSWORD");
  opened.registry = std::make_unique<SchemaRegistry>(std::move(options));
  auto format = std::make_unique<ConfluentFormat>(
      ConfluentFormat::Options{kafka.classic, BrokerNames(kafka)}, *opened.registry);
  HB_TRY(Prepare(*format, written, waiting));
  opened.values = std::move(format);
  return Ok();
}

Result<std::unique_ptr<Log>> OpenKafka(const Config& config, const Waiting& waiting,
                                       ValueFormat* values, Clock& clock) {
  const KafkaConfig& kafka = config.kafka;
  KafkaOptions options;
  options.bootstrap_servers = kafka.servers;
  options.application = kafka.application;
  options.topic_prefix = kafka.topic_prefix;
  options.topic_names = BrokerNames(kafka);
  options.create_topics = kafka.create_topics;
  options.replication_factor =
      kafka.replication_factor == 0 ? -1 : static_cast<int>(kafka.replication_factor);
  options.state_partitions = static_cast<std::int32_t>(config.partitions);
  options.values = values;
  options.stop = waiting.stop;
  options.progress = waiting.progress;
  for (const auto& [name, value] : kafka.client)
    (IsSecretProperty(name) ? options.secrets : options.properties)[name] = value;
  for (const auto& secret : kafka::SecretProperties()) {
    const std::string value = FromEnvironment(std::string(secret.variable).c_str());
    if (!value.empty()) options.secrets[std::string(secret.name)] = value;
  }
  return OpenKafkaLog(std::move(options), clock);
}

}  // namespace

std::vector<std::string> TopicsWrittenBy(const StageSet& stages) {
  std::vector<std::string> topics;
  const auto add = [&](bool does, std::initializer_list<const char*> names) {
    for (const char* name : names) {
      if (does && std::find(topics.begin(), topics.end(), name) == topics.end())
        topics.emplace_back(name);
    }
  };
  add(stages.ingest, {kIngestTopic, kRedactionsTopic, kDeadLettersTopic, kGapsTopic, kTasksTopic});
  add(stages.analyze, {kAnalysisTopic, kSentimentTopic, kDeadLettersTopic});
  add(stages.window, {kWindowsTopic, kTrendsTopic, kRedactionsTopic, kDeadLettersTopic});
  return topics;
}

Result<OpenedLog> OpenLog(const Config& config, Env& env, const Waiting& waiting,
                          std::span<const std::string> written) {
  OpenedLog opened;
  opened.store_group = kStoreGroup;
  if (config.log.kind == "kafka") {
    opened.sharing = {true, NewInstance()};
    opened.store_group = StoreGroup(config.data_dir);
    HB_TRY(MakeValues(config.kafka, waiting, written, opened));
    HB_ASSIGN(opened.log, OpenKafka(config, waiting, opened.values.get(), env.clock));
    return opened;
  }
  HB_ASSIGN(const auto* entry, FindLog(config.log.kind));
  const auto settings = Settings::Parse(entry->fields, config.log.values);
  if (!settings.ok()) {
    return Error{settings.error().code, std::string(entry->name) + ": " + settings.error().message};
  }
  HB_ASSIGN(opened.log, entry->make(settings.value(), env));
  return opened;
}

}  // namespace hb
