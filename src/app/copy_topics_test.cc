#include "app/copy_topics.h"

#include <gtest/gtest.h>

#include "log/log_testing.h"
#include "log/memory/memory_log.h"
#include "pipeline/topics.h"

namespace hb {
namespace {

using Strings = std::vector<std::string>;

class CopyTopicsTest : public testing::Test {
 protected:
  const std::vector<TopicSpec> specs_{{kIngestTopic, 2, -1, -1}, {kTasksTopic, 1, -1, -1}};
  ManualClock clock_{FromMillis(1'700'000'000'000)};
  std::unique_ptr<Log> from_ = MakeMemoryLog(clock_), to_ = MakeMemoryLog(clock_);

  void SetUp() override {
    for (const TopicSpec& spec : specs_) ASSERT_TRUE(log_test::IsOk(from_->EnsureTopic(spec)));
    log_test::Append(*from_, kIngestTopic, 0, 7, {"a", "", "c"});
    log_test::Append(*from_, kIngestTopic, 1, 9, {"d"});
    log_test::Append(*from_, kTasksTopic, 0, 1, {"t"});
  }
};

TEST_F(CopyTopicsTest, KeepsPartitionsKeysTimesAndValues) {
  const auto copied = CopyTopics(*from_, *to_, specs_, nullptr);
  ASSERT_TRUE(log_test::IsOk(copied));
  ASSERT_EQ(copied.value().size(), 2U);
  EXPECT_EQ(copied.value()[0].records, 4);
  std::vector<FetchedBatch> got;
  ASSERT_TRUE(log_test::IsOk(to_->Read(kIngestTopic, Partition{0}, Offset{0}, 1 << 20, got)));
  EXPECT_EQ(log_test::Values(got), (Strings{"a", "", "c"}));
  EXPECT_EQ(got[0].records->keys, (std::vector<std::uint64_t>{7, 8, 9}));
  EXPECT_EQ(ToMillis(got[0].records->timestamps[1]), 80);
  EXPECT_EQ(log_test::ReadAll(*to_, kIngestTopic, 1), (Strings{"d"}));
  EXPECT_EQ(log_test::ReadAll(*to_, kTasksTopic, 0), (Strings{"t"}));
}

TEST_F(CopyTopicsTest, GoesOnWhereItWasStoppedAndRepeatsNothing) {
  int asked = 0;
  const auto stopped =
      CopyTopics(*from_, *to_, specs_, [&asked] { return ++asked > 2; });  // a batch, an end
  EXPECT_EQ(log_test::CodeOf(stopped), Code::kCancelled);
  EXPECT_EQ(log_test::ReadAll(*to_, kIngestTopic, 0).size(), 3U);
  EXPECT_TRUE(log_test::ReadAll(*to_, kIngestTopic, 1).empty());
  log_test::Append(*from_, kIngestTopic, 0, 20, {"e"});
  for (const std::int64_t records : {3, 0}) {
    const auto copied = CopyTopics(*from_, *to_, specs_, nullptr);
    ASSERT_TRUE(log_test::IsOk(copied));
    EXPECT_EQ(copied.value()[0].records + copied.value()[1].records, records);
    EXPECT_EQ(log_test::ReadAll(*to_, kIngestTopic, 0), (Strings{"a", "", "c", "e"}));
    EXPECT_EQ(log_test::ReadAll(*to_, kIngestTopic, 1), (Strings{"d"}));
  }
}

TEST_F(CopyTopicsTest, OtherNumbersOfPartitionsAreRefused) {
  const auto refused = CopyTopics(*from_, *to_, {{kIngestTopic, 4, -1, -1}}, nullptr);
  ASSERT_EQ(log_test::CodeOf(refused), Code::kInvalidArgument);
  EXPECT_NE(refused.error().message.find("2 partitions"), std::string::npos);
}

TEST_F(CopyTopicsTest, TakesAlongWhatIngestRemembers) {
  const auto transaction = from_->Begin("test");
  transaction.value()->PutState(kTombstoneState, Partition{0}, "key", "time");
  transaction.value()->PutState(kCursorState, Partition{0}, "source", "17");
  ASSERT_TRUE(log_test::IsOk(transaction.value()->Commit()));
  ASSERT_TRUE(log_test::IsOk(CopyIngestStates(*from_, *to_)));
  EXPECT_EQ(to_->GetState(kTombstoneState, Partition{0}, "key").value(), "time");
  EXPECT_EQ(to_->GetState(kCursorState, Partition{0}, "source").value(), "17");
}

}  // namespace
}  // namespace hb
