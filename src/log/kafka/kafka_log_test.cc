#include "log/kafka/kafka_log.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <thread>

#include "log/kafka/kafka_testing.h"

namespace hb::kafka {
namespace {

using Strings = std::vector<std::string>;

TEST(KafkaLog, WhatIsWrittenIsReadAndConsumedInOrder) {
  HB_NEEDS_KAFKA();
  Opened opened;
  ASSERT_TRUE(log_test::IsOk(opened.log->EnsureTopic({"a", 2, -1, -1})));
  log_test::Append(*opened.log, "a", 1, 7, {"x", "", "zz"});
  log_test::Append(*opened.log, "a", 1, 100, {"w"});
  std::vector<FetchedBatch> got;
  ASSERT_TRUE(log_test::IsOk(opened.log->Read("a", Partition{1}, Offset{0}, 1 << 20, got)));
  ASSERT_EQ(got.size(), 2U) << "a mark of the transaction lies between them";
  EXPECT_EQ(got[0].base, Offset{0});
  EXPECT_EQ(got[0].records->keys, (std::vector<std::uint64_t>{7, 8, 9}));
  EXPECT_EQ(ToMillis(got[0].records->timestamps[2]), 90);
  EXPECT_TRUE(got[0].blanked);
  EXPECT_GT(got[1].base, got[0].end());
  EXPECT_EQ(log_test::Values(got), (Strings{"x", "", "zz", "w"}));
  const auto consumer = opened.Join("g", {"a"});
  EXPECT_EQ(PollValues(*consumer, 4), (Strings{"x", "", "zz", "w"}));
  EXPECT_EQ(consumer->Assignment().size(), 2U);
}

TEST(KafkaLog, AGroupGoesOnFromWhatATransactionCommitted) {
  HB_NEEDS_KAFKA();
  Opened opened;
  ASSERT_TRUE(log_test::IsOk(opened.log->EnsureTopic({"a", 1, -1, -1})));
  log_test::Append(*opened.log, "a", 0, 1, {"p", "q", "r"});
  {
    const auto consumer = opened.Join("g", {"a"});
    EXPECT_EQ(PollValues(*consumer, 3), (Strings{"p", "q", "r"}));
    auto transaction = opened.log->Begin("stage");
    ASSERT_TRUE(log_test::IsOk(transaction));
    transaction.value()->CommitOffsets("g", "a", Partition{0}, Offset{2}, Offset{3});
    transaction.value()->CommitOffset("half", "a", Partition{0}, Offset{2});
    transaction.value()->PutState("s", Partition{0}, "k", "v");
    ASSERT_TRUE(log_test::IsOk(transaction.value()->Commit()));
  }
  opened.Open();
  const auto offsets = opened.log->GroupOffsets();
  ASSERT_TRUE(log_test::IsOk(offsets));
  ASSERT_EQ(offsets.value().size(), 2U);
  EXPECT_EQ(offsets.value()[1].group, "half");
  EXPECT_EQ(offsets.value()[1].processed, Offset{2}) << "one record is left";
  EXPECT_EQ(offsets.value()[0].group, "g");
  EXPECT_EQ(offsets.value()[0].topic, "a");
  EXPECT_EQ(offsets.value()[0].committed, Offset{2});
  EXPECT_EQ(offsets.value()[0].processed, Offset{4}) << "at 3 is the mark of a transaction";
  EXPECT_EQ(opened.log->GetState("s", Partition{0}, "k").value(), "v");
  EXPECT_EQ(PollValues(*opened.Join("g", {"a"}), 1), (Strings{"r"}));
}

TEST(KafkaLog, TheRestOfAGroupTakesOverAPartitionAndItsState) {
  HB_NEEDS_KAFKA();
  Opened first;
  ASSERT_TRUE(log_test::IsOk(first.log->EnsureTopic({"a", 2, -1, -1})));
  for (int i = 0; i < 2; ++i) log_test::Append(*first.log, "a", i, 1, {"old"});
  const auto consumer = first.Join("g", {"a"});
  EXPECT_EQ(PollValues(*consumer, 2).size(), 2U);
  const std::uint64_t before = consumer->Generation();
  const auto put = [](Log& log, Partition partition, const std::string& value, Offset next) {
    auto transaction = log.Begin("stage " + value);
    transaction.value()->PutState("s", partition, "k", value);
    transaction.value()->CommitOffset("g", "a", partition, next);
    return transaction.value()->Commit();
  };
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(log_test::IsOk(put(*first.log, Partition{i}, "first", Offset{1})));
  }

  Opened second([&](KafkaOptions& options) {
    options.application = first.options.application;
    options.topic_prefix = first.options.topic_prefix;
  });
  const auto other = second.Join("g", {"a"});
  std::vector<FetchedBatch> none;
  for (int i = 0; i < 300 && other->Assignment().empty(); ++i) {
    ASSERT_TRUE(log_test::IsOk(consumer->Poll(std::chrono::milliseconds(20), 1 << 20, none)));
    ASSERT_TRUE(log_test::IsOk(other->Poll(std::chrono::milliseconds(20), 1 << 20, none)));
  }
  ASSERT_EQ(other->Assignment().size(), 1U);
  EXPECT_NE(consumer->Generation(), before);
  EXPECT_TRUE(none.empty()) << "what the first committed is not given again";
  const Partition moved = other->Assignment()[0].second;
  EXPECT_EQ(second.log->GetState("s", moved, "k").value(), "first");
  ASSERT_TRUE(log_test::IsOk(put(*second.log, moved, "second", Offset{1})));
  EXPECT_EQ(log_test::CodeOf(put(*first.log, moved, "late", Offset{1})), Code::kAborted);
  EXPECT_EQ(second.log->GetState("s", moved, "k").value(), "second");
}

TEST(KafkaLog, AnotherProcessOfTheSameNameFencesTheFirst) {
  HB_NEEDS_KAFKA();
  Opened first;
  ASSERT_TRUE(log_test::IsOk(first.log->EnsureTopic({"a", 1, -1, -1})));
  auto old = first.log->Begin("writer");
  ASSERT_TRUE(log_test::IsOk(old));
  ASSERT_TRUE(
      log_test::IsOk(old.value()->Append("a", Partition{0}, log_test::MakeBatch(1, {"old"}))));
  Opened second([&](KafkaOptions& options) {
    options.application = first.options.application;
    options.topic_prefix = first.options.topic_prefix;
  });
  auto fresh = second.log->Begin("writer");
  ASSERT_TRUE(log_test::IsOk(fresh));
  ASSERT_TRUE(
      log_test::IsOk(fresh.value()->Append("a", Partition{0}, log_test::MakeBatch(1, {"new"}))));
  EXPECT_EQ(log_test::CodeOf(old.value()->Commit()), Code::kCancelled);
  EXPECT_TRUE(log_test::IsOk(fresh.value()->Commit()));
  EXPECT_EQ(log_test::ReadAll(*second.log, "a", 0), (Strings{"new"}));
}

TEST(KafkaLog, BadRecordsAreGivenWithTheirCause) {
  HB_NEEDS_KAFKA();
  Opened opened;
  ASSERT_TRUE(log_test::IsOk(opened.log->EnsureTopic({"a", 1, -1, -1})));
  log_test::Append(*opened.log, "a", 0, 1, {"good"});
  const std::string real = opened.options.topic_prefix + "a";
  const std::string command = "printf 'three:value\\n' | kcat -P -b " +
                              opened.options.bootstrap_servers + " -t " + real + " -p 0 -K : && " +
                              "printf 'keyless\\n' | kcat -P -b " +
                              opened.options.bootstrap_servers + " -t " + real + " -p 0";
  if (std::system("command -v kcat >/dev/null") != 0) GTEST_SKIP() << "there is no kcat";
  ASSERT_EQ(std::system(command.c_str()), 0);
  std::vector<FetchedBatch> got;
  ASSERT_TRUE(log_test::IsOk(opened.log->Read("a", Partition{0}, Offset{0}, 1 << 20, got)));
  EXPECT_EQ(log_test::Values(got), (Strings{"good", "", "keyless"}));
  const FetchedBatch& foreign = got.back();
  ASSERT_EQ(foreign.bad.size(), 1U);
  EXPECT_EQ(foreign.bad[0].row, 0U);
  EXPECT_EQ(foreign.bad[0].bytes, "value");
  EXPECT_NE(foreign.bad[0].cause.find("5 bytes"), std::string::npos) << foreign.bad[0].cause;
  EXPECT_NE(foreign.records->keys[1] >> 63, 0U);
}

TEST(KafkaLog, ATombstoneHidesARecordFromThoseWhoLookForItsKey) {
  HB_NEEDS_KAFKA();
  Opened opened;
  ASSERT_TRUE(log_test::IsOk(opened.log->EnsureTopic({"a", 1, 3'600'000, -1, false, true})));
  log_test::Append(*opened.log, "a", 0, 10, {"p", "q", ""});
  log_test::Append(*opened.log, "a", 0, 10, {"s"});
  const std::uint64_t keys[] = {10, 12, 11, 77};
  const auto find = [&](std::int64_t begin, std::int64_t end) {
    Strings out;
    const auto found = opened.log->FindKeys("a", Partition{0}, keys, Offset{begin}, Offset{end});
    EXPECT_TRUE(log_test::IsOk(found));
    for (const FoundRecord& record : found.value()) {
      out.push_back(std::to_string(ToInt(record.offset)) + ":" + std::to_string(record.key) + ":" +
                    record.value);
    }
    return out;
  };
  EXPECT_EQ(find(0, 100), (Strings{"0:10:p", "1:11:q", "4:10:s"}));
  EXPECT_EQ(find(1, 4), (Strings{"1:11:q"}));
  auto transaction = opened.log->Begin("test");
  const Offset gone[] = {Offset{1}, Offset{4}};
  ASSERT_TRUE(log_test::IsOk(transaction.value()->Blank("a", Partition{0}, gone)));
  ASSERT_TRUE(log_test::IsOk(transaction.value()->Commit()));
  std::vector<FetchedBatch> got;
  ASSERT_TRUE(log_test::IsOk(opened.log->Read("a", Partition{0}, Offset{5}, 1 << 20, got)));
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].records->keys, (std::vector<std::uint64_t>{11, 10}));
  EXPECT_EQ(log_test::Values(got), (Strings{"", ""}));
  const Offset beyond[] = {Offset{99}};
  EXPECT_EQ(log_test::CodeOf(opened.log->Begin("test").value()->Blank("a", Partition{0}, beyond)),
            Code::kInvalidArgument);
}

/// Whether a file of a partition holds `text`.
bool BrokerHas(const std::string& real_topic, const std::string& text) {
  const std::string folder = std::string(std::getenv("HB_KAFKA")) + "/data/" + real_topic + "-0";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (bytes.find(text) != std::string::npos) return true;
  }
  return false;
}

TEST(KafkaLog, TheTextOfADeletedPostLeavesTheBrokersFiles) {
  HB_NEEDS_KAFKA();
  Opened opened([](KafkaOptions& options) {
    options.max_compaction_lag = std::chrono::seconds(1);
    options.properties["compression.type"] = "none";
  });
  ASSERT_TRUE(log_test::IsOk(opened.log->EnsureTopic({"a", 1, 3'600'000, -1, false, true})));
  const std::string real = opened.options.topic_prefix + "a";
  log_test::Append(*opened.log, "a", 0, 1, {"deleted words", "words that stay"});
  ASSERT_TRUE(BrokerHas(real, "deleted words"));
  auto transaction = opened.log->Begin("test");
  const Offset gone[] = {Offset{0}};
  ASSERT_TRUE(log_test::IsOk(transaction.value()->Blank("a", Partition{0}, gone)));
  ASSERT_TRUE(log_test::IsOk(transaction.value()->Commit()));
  bool there = true;
  for (std::uint64_t i = 100; i < 160 && there; ++i) {
    // Brokers compact what lies behind the file that is written to.
    log_test::Append(*opened.log, "a", 0, i, {"another post"});
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    there = BrokerHas(real, "deleted words");
  }
  EXPECT_FALSE(there);
  EXPECT_TRUE(BrokerHas(real, "words that stay"));
}

TEST(KafkaLog, ATopicThatWouldNotDoIsRefusedWithTheCommandThatMendsIt) {
  HB_NEEDS_KAFKA();
  Opened opened;
  ASSERT_TRUE(log_test::IsOk(opened.log->EnsureTopic({"a", 2, -1, -1})));
  const auto partitions = opened.log->EnsureTopic({"a", 3, -1, -1});
  ASSERT_EQ(log_test::CodeOf(partitions), Code::kInvalidArgument);
  EXPECT_NE(
      partitions.error().message.find("has 2 partitions, not 3; mend it with: kafka-topics.sh"),
      std::string::npos)
      << partitions.error().message;
  const auto policy = opened.log->EnsureTopic({"a", 2, -1, -1, false, /*blankable=*/true});
  ASSERT_EQ(log_test::CodeOf(policy), Code::kInvalidArgument);
  EXPECT_NE(policy.error().message.find("kafka-configs.sh"), std::string::npos)
      << policy.error().message;
  opened.options.create_topics = false;
  opened.Open();
  EXPECT_TRUE(log_test::IsOk(opened.log->EnsureTopic({"a", 2, -1, -1})));
  EXPECT_EQ(log_test::CodeOf(opened.log->EnsureTopic({"b", 2, -1, -1})), Code::kInvalidArgument);
}

void ExpectWritesAndReads(const Opened& opened) {
  ASSERT_TRUE(log_test::IsOk(opened.log->EnsureTopic({"a", 1, -1, -1})));
  log_test::Append(*opened.log, "a", 0, 1, {"x"});
  EXPECT_EQ(PollValues(*opened.Join("g", {"a"}), 1), (Strings{"x"}));
}

TEST(KafkaLog, ABrokerThatAsksForAPasswordIsGivenIt) {
  HB_NEEDS_KAFKA();
  for (const char* mechanism : {"PLAIN", "SCRAM-SHA-256"}) {
    SCOPED_TRACE(mechanism);
    Opened opened([&](KafkaOptions& options) {
      options.bootstrap_servers = BrokerSays("sasl_bootstrap");
      options.properties = {{"security.protocol", "sasl_plaintext"},
                            {"sasl.mechanisms", mechanism},
                            {"sasl.username", "heartbeat"}};
      options.secrets = {{"sasl.password", "only-for-tests"}};
    });
    ExpectWritesAndReads(opened);
    opened.options.secrets = {{"sasl.password", "mistaken"}};
    const auto refused = OpenKafkaLog(opened.options, opened.clock);
    ASSERT_EQ(log_test::CodeOf(refused), Code::kInvalidArgument);
    EXPECT_EQ(refused.error().message.find("mistaken"), std::string::npos) << "it is not told";
  }
}

TEST(KafkaLog, ATokenIsReadFromItsFile) {
  HB_NEEDS_KAFKA();
  const std::string file = testing::TempDir() + "token" + std::to_string(getpid());
  // {"alg":"none"}.{"sub":"heartbeat","iat":1700000000,"exp":4102444800}.
  std::ofstream(file)
      << "eyJhbGciOiJub25lIn0.eyJzdWIiOiJoZWFydGJlYXQiLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6NDEwMjQ0NDgwMH0.\n";
  Opened opened([&](KafkaOptions& options) {
    options.bootstrap_servers = BrokerSays("sasl_bootstrap");
    options.properties = {{"security.protocol", "sasl_plaintext"},
                          {"sasl.mechanism", "OAUTHBEARER"}};
    options.secrets = {{"sasl.oauthbearer.token.file", file}};
  });
  ExpectWritesAndReads(opened);
  std::remove(file.c_str());
  opened.options.wait = std::chrono::seconds(2);
  const auto refused = OpenKafkaLog(opened.options, opened.clock);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find(file), std::string::npos) << refused.error().message;
}

TEST(KafkaLog, TlsIsSpokenAndTheCertificateChecked) {
  HB_NEEDS_KAFKA();
  Opened opened([&](KafkaOptions& options) {
    options.bootstrap_servers = BrokerSays("ssl_bootstrap");
    options.properties = {{"security.protocol", "ssl"},
                          {"ssl.ca.location", std::string(std::getenv("HB_KAFKA")) + "/ca.pem"}};
  });
  ExpectWritesAndReads(opened);
  opened.options.properties.erase("ssl.ca.location");
  opened.options.wait = std::chrono::seconds(2);
  EXPECT_EQ(log_test::CodeOf(OpenKafkaLog(opened.options, opened.clock)), Code::kUnavailable);
}

TEST(KafkaLog, WaitsForABrokerAndSaysForWhich) {
  SystemClock clock;
  KafkaOptions options;
  options.bootstrap_servers = "127.0.0.1:1";
  options.wait = std::chrono::milliseconds(1200);
  Strings told;
  options.progress = [&](const std::string& text) { told.push_back(text); };
  const auto opened = OpenKafkaLog(options, clock);
  ASSERT_EQ(log_test::CodeOf(opened), Code::kUnavailable);
  EXPECT_NE(opened.error().message.find("127.0.0.1:1"), std::string::npos);
  ASSERT_FALSE(told.empty());
  EXPECT_NE(told[0].find("bootstrap_servers"), std::string::npos) << told[0];
  options.wait = std::chrono::milliseconds(0);
  options.stop = [] { return true; };
  EXPECT_EQ(log_test::CodeOf(OpenKafkaLog(options, clock)), Code::kCancelled);
}

}  // namespace
}  // namespace hb::kafka
