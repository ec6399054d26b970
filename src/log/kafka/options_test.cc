// What can be known without a broker: settings of clients and of topics.
#include <gtest/gtest.h>

#include "log/kafka/kafka_log.h"
#include "log/kafka/topic_settings.h"
#include "log/log_testing.h"

namespace hb::kafka {
namespace {

using std::chrono::hours;

KafkaOptions With(const std::string& name, const std::string& value) {
  KafkaOptions options;
  options.bootstrap_servers = "localhost:9092";
  options.properties[name] = value;
  return options;
}

TEST(KafkaOptions, LibrdkafkasSettingsPassThroughAndFaultsNameTheirs) {
  EXPECT_TRUE(log_test::IsOk(CheckOptions(With("compression.type", "zstd"))));
  EXPECT_TRUE(log_test::IsOk(CheckOptions(With("max.poll.interval.ms", "600000"))));
  struct Case {
    const char *name, *value, *said;
  };
  constexpr Case kCases[] = {
      {"compression.typ", "zstd", "compression.typ"},
      {"linger.ms", "soon", "linger.ms"},
      {"isolation.level", "read_uncommitted", "exactly-once"},
      {"transactional.id", "mine", "exactly-once"},
      {"sasl.password", "hush", "HEARTBEAT_KAFKA_SASL_PASSWORD"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const Status checked = CheckOptions(With(c.name, c.value));
    ASSERT_EQ(log_test::CodeOf(checked), Code::kInvalidArgument);
    EXPECT_NE(checked.error().message.find(c.said), std::string::npos) << checked.error().message;
    EXPECT_EQ(checked.error().message.find("hush"), std::string::npos);
  }
  KafkaOptions none;
  EXPECT_EQ(log_test::CodeOf(CheckOptions(none)), Code::kInvalidArgument);
}

TEST(TopicSettings, WhatIsMadePassesItsOwnCheck) {
  const TopicSpec specs[] = {{"plain", 2, -1, -1},
                             {"kept", 2, 1000, 2000},
                             {"windows", 2, 1000, -1, true},
                             {"posts", 2, 1000, -1, false, true},
                             {"posts for ever", 2, -1, -1, false, true}};
  for (const TopicSpec& spec : specs) {
    SCOPED_TRACE(spec.name);
    const TopicConfig config = SettingsFor(spec, hours(12));
    EXPECT_TRUE(log_test::IsOk(CheckTopic(spec, "t", 2, config, hours(12), "h:1")));
    const TopicSpec read = SpecOf(spec.name, 2, config);
    EXPECT_EQ(read.retention_ms, spec.retention_ms);
    EXPECT_EQ(read.retention_bytes, spec.retention_bytes);
    EXPECT_EQ(read.compacted, spec.compacted || spec.blankable);
  }
}

TEST(TopicSettings, EachFaultOfATopicIsSaidWithItsRemedy) {
  const TopicSpec posts{"posts", 2, 1000, -1, false, true}, plain{"plain", 2, 1000, -1};
  const TopicConfig good = SettingsFor(posts, hours(12));
  struct Case {
    TopicSpec spec;
    std::int32_t partitions;
    TopicConfig changed;
    const char* said;
  };
  const Case cases[] = {
      {posts, 1, {}, "--partitions 2"},
      {posts, 3, {}, "[log] partitions"},
      {posts, 2, {{"cleanup.policy", "delete"}}, "cleanup.policy=[compact,delete]"},
      {posts,
       2,
       {{"max.compaction.lag.ms", "9223372036854775807"}},
       "max.compaction.lag.ms=43200000"},
      {posts,
       2,
       {{"message.timestamp.type", "CreateTime"}},
       "message.timestamp.type=LogAppendTime"},
      {plain, 2, {}, "cleanup.policy=delete"},
  };
  for (const Case& c : cases) {
    TopicConfig config = good;
    for (const auto& [name, value] : c.changed) config[name] = value;
    const Status checked = CheckTopic(c.spec, "t", c.partitions, config, hours(12), "host:9092");
    ASSERT_EQ(log_test::CodeOf(checked), Code::kInvalidArgument) << c.said;
    EXPECT_NE(checked.error().message.find(c.said), std::string::npos) << checked.error().message;
    EXPECT_NE(checked.error().message.find("host:9092"), std::string::npos);
  }
}

}  // namespace
}  // namespace hb::kafka
