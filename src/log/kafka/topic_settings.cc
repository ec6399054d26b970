#include "log/kafka/topic_settings.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace hb::kafka {

namespace {

constexpr char kPolicy[] = "cleanup.policy";
constexpr char kLag[] = "max.compaction.lag.ms";
constexpr char kClock[] = "message.timestamp.type";
constexpr char kRetention[] = "retention.ms";
constexpr char kRetentionBytes[] = "retention.bytes";
constexpr std::int64_t kDay = 86'400'000;

std::string Get(const TopicConfig& config, const std::string& name) {
  const auto found = config.find(name);
  return found == config.end() ? "" : found->second;
}

std::int64_t Number(const std::string& text, std::int64_t otherwise) {
  std::int64_t value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool Has(const std::string& list, const std::string& word) {
  return ("," + list + ",").find("," + word + ",") != std::string::npos;
}

bool Compacts(const TopicSpec& spec) { return spec.compacted || spec.blankable; }
bool Deletes(const TopicSpec& spec) { return spec.retention_ms >= 0 || spec.retention_bytes >= 0; }

/// Kafka bounds each partition, we the topic.
std::int64_t BytesOfPartition(const TopicSpec& spec) {
  return spec.retention_bytes < 0
             ? -1
             : std::max<std::int64_t>(1, spec.retention_bytes / spec.partitions);
}

}  // namespace

TopicConfig SettingsFor(const TopicSpec& spec, std::chrono::milliseconds max_compaction_lag) {
  TopicConfig out;
  out[kPolicy] = !Compacts(spec) ? "delete" : Deletes(spec) ? "compact,delete" : "compact";
  if (Compacts(spec)) out[kLag] = std::to_string(max_compaction_lag.count());
  out[kRetention] = std::to_string(spec.retention_ms);
  out[kRetentionBytes] = std::to_string(BytesOfPartition(spec));
  out[kClock] = spec.retention_ms >= 0 ? "LogAppendTime" : "CreateTime";
  return out;
}

TopicConfig StateSettings() {
  // Small segments are cleaned soon, and so read quickly when a partition moves.
  return {{kPolicy, "compact"},
          {kLag, std::to_string(kDay / 2)},
          {"segment.bytes", std::to_string(32 << 20)},
          {"min.cleanable.dirty.ratio", "0.3"}};
}

Status CheckTopic(const TopicSpec& spec, const std::string& name, std::int32_t partitions,
                  const TopicConfig& config, std::chrono::milliseconds max_compaction_lag,
                  const std::string& servers) {
  const auto alter = [&](const std::string& setting, const std::string& value) {
    return "; mend it with: kafka-configs.sh --bootstrap-server " + servers +
           " --alter --entity-type topics --entity-name " + name + " --add-config '" + setting +
           "=" + value + "'";
  };
  const auto wrong = [&](const std::string& what, const std::string& how) {
    return Error{Code::kInvalidArgument,
                 "topic " + name + " of kafka at " + servers + " " + what + how};
  };
  if (partitions != spec.partitions) {
    const std::string what =
        "has " + std::to_string(partitions) + " partitions, not " + std::to_string(spec.partitions);
    return wrong(what, partitions < spec.partitions
                           ? "; mend it with: kafka-topics.sh --bootstrap-server " + servers +
                                 " --alter --topic " + name + " --partitions " +
                                 std::to_string(spec.partitions)
                           : "; set [log] partitions to that, or name another topic");
  }
  const TopicConfig wanted = SettingsFor(spec, max_compaction_lag);
  const std::string policy = Get(config, kPolicy);
  if (Compacts(spec) && !Has(policy, "compact")) {
    return wrong("has " + std::string(kPolicy) + "=" + policy +
                     ", so texts of deleted posts would stay in it",
                 alter(kPolicy, "[" + wanted.at(kPolicy) + "]," + kLag + "=" + wanted.at(kLag)));
  }
  if (!Compacts(spec) && Has(policy, "compact")) {
    return wrong("is compacted, and would lose records that heartbeat needs",
                 alter(kPolicy, wanted.at(kPolicy)));
  }
  if (Compacts(spec) && Number(Get(config, kLag), INT64_MAX) >= kDay) {
    return wrong("keeps texts of deleted posts for longer than a day (" + std::string(kLag) + "=" +
                     Get(config, kLag) + ")",
                 alter(kLag, wanted.at(kLag)));
  }
  if (Has(policy, "delete") && Number(Get(config, kRetention), -1) >= 0 &&
      Get(config, kClock) != "LogAppendTime") {
    return wrong(
        "counts its retention from the time of the posts, so old posts that are read again "
        "would be gone at once",
        alter(kClock, "LogAppendTime"));
  }
  return Ok();
}

TopicSpec SpecOf(const std::string& name, std::int32_t partitions, const TopicConfig& config) {
  TopicSpec spec;
  spec.name = name;
  spec.partitions = partitions;
  const std::string policy = Get(config, kPolicy);
  spec.compacted = Has(policy, "compact");
  if (Has(policy, "delete")) {
    spec.retention_ms = Number(Get(config, kRetention), -1);
    const std::int64_t bytes = Number(Get(config, kRetentionBytes), -1);
    spec.retention_bytes = bytes < 0 ? -1 : bytes * partitions;
  }
  return spec;
}

}  // namespace hb::kafka
