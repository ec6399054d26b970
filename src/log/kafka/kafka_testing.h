// log/kafka/kafka_testing.h - a log on the tests' broker (tests/servers). Only for *_test.cc files.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "log/kafka/kafka_log.h"
#include "log/log_testing.h"

namespace hb::kafka {

/// What the file `name` of the broker's folder says; empty without a broker.
inline std::string BrokerSays(const std::string& name) {
  const char* folder = std::getenv("HB_KAFKA");
  std::string text;
  if (folder != nullptr)
    std::getline(std::ifstream(std::string(folder) + "/" + name) >> std::ws, text);
  return text;
}

/// Leaves out the rest of a test where no broker could be started.
#define HB_NEEDS_KAFKA()                                                              \
  if (hb::kafka::BrokerSays("bootstrap").empty()) {                                   \
    GTEST_SKIP() << "no Kafka: HB_KAFKA names no folder of tests/servers/servers.py"; \
  }                                                                                   \
  static_assert(true)

/// A log under names that no other test has.
struct Opened {
  using Change = std::function<void(KafkaOptions&)>;
  explicit Opened(const Change& change = [](KafkaOptions&) {}) {
    static std::atomic<int> count = 0;
    options.bootstrap_servers = BrokerSays("bootstrap");
    options.application =
        "t" + std::to_string(getpid()) + "-" +
        std::to_string(std::chrono::steady_clock::now().time_since_epoch().count() %
                       1'000'000'000) +
        "-" + std::to_string(count++);
    options.topic_prefix = options.application + ".";
    options.wait = std::chrono::seconds(60);
    change(options);
    Open();
  }
  void Open() {
    log.reset();
    auto opened = OpenKafkaLog(options, clock);
    ASSERT_TRUE(log_test::IsOk(opened));
    log = std::move(opened).value();
  }
  [[nodiscard]] std::unique_ptr<Consumer> Join(const std::string& group,
                                               const std::vector<std::string>& topics) const {
    auto consumer = log->Subscribe(group, topics, Visibility::kDurable, 0, 1);
    EXPECT_TRUE(log_test::IsOk(consumer));
    return std::move(consumer).value();
  }
  SystemClock clock;
  KafkaOptions options;
  std::unique_ptr<Log> log;
};

/// Polls until `count` values have come, or half a minute has passed.
inline std::vector<std::string> PollValues(Consumer& consumer, std::size_t count) {
  std::vector<FetchedBatch> got;
  std::vector<std::string> values;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (values.size() < count && std::chrono::steady_clock::now() < deadline) {
    EXPECT_TRUE(log_test::IsOk(consumer.Poll(std::chrono::milliseconds(100), 1 << 20, got)));
    values = log_test::Values(got);
  }
  return values;
}

}  // namespace hb::kafka
