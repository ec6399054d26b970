// log/kafka/topic_settings.h - which settings a topic of ours needs in Kafka; private to this
// folder.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"
#include "log/kafka/admin.h"
#include "log/log.h"

namespace hb::kafka {

/// Settings to make a topic with.
///
/// - Where Blank is used or the topic is compacted, clean-up includes `compact`, and
///   max.compaction.lag.ms bounds how long a deleted text stays in the brokers' files.
/// - Retention counts from arrival, so a topic with one has the brokers' clock
///   (message.timestamp.type=LogAppendTime): by the posts' times a replay of an old year would be
///   gone at once.
TopicConfig SettingsFor(const TopicSpec& spec, std::chrono::milliseconds max_compaction_lag);
/// Of the topic that holds a state.
TopicConfig StateSettings();

/// Whether the topic `name` as it is will do for `spec`. kInvalidArgument says what is wrong and
/// the command that mends it.
Status CheckTopic(const TopicSpec& spec, const std::string& name, std::int32_t partitions,
                  const TopicConfig& config, std::chrono::milliseconds max_compaction_lag,
                  const std::string& servers);

/// The specification of a topic that is there.
TopicSpec SpecOf(const std::string& name, std::int32_t partitions, const TopicConfig& config);

}  // namespace hb::kafka
