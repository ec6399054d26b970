// log/log_conformance.h - what every log must do, as tests. Only for *_test.cc files, one a
// program.
//
// Instantiate in a log's own test:
//   INSTANTIATE_TEST_SUITE_P(Memory, LogConformance, testing::Values(LogUnderTest{...}));
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "log/log.h"
#include "log/log_testing.h"

namespace hb {

/// What a log may do in another way than the embedded one; the default is that one.
struct LogTraits {
  /// Offsets of a partition are 0, 1, 2...: no marks of transactions between them.
  bool dense_offsets = true;
  /// Retention, compaction and blanking happen in this process, at once, by the fixture's clock.
  bool trims_itself = true;
  /// A group's partitions are divided by slots when it is joined, and it has offsets from then on.
  bool divides_by_slots = true;
  /// How long a Poll may need for what is there.
  std::chrono::milliseconds patience{0};
};

/// A log and the means to close and open it again.
class LogFixture {
 public:
  virtual ~LogFixture() = default;
  virtual Log& log() = 0;
  /// The log's clock, which only the test moves.
  virtual EventTime Now() = 0;
  virtual void Advance(std::chrono::milliseconds by) = 0;
  /// Closes the log (no consumer or transaction may live) and opens it; false if it cannot survive.
  virtual bool Reopen() = 0;
  [[nodiscard]] virtual LogTraits traits() const { return {}; }
};

struct LogUnderTest {
  std::string name;
  std::function<std::unique_ptr<LogFixture>()> make;
};
inline void PrintTo(const LogUnderTest& log, std::ostream* out) { *out << log.name; }
inline std::string LogTestName(const testing::TestParamInfo<LogUnderTest>& info) {
  return info.param.name;
}

class LogConformance : public testing::TestWithParam<LogUnderTest> {
 protected:
  using Strings = std::vector<std::string>;
  void SetUp() override {
    fixture_ = GetParam().make();
    if (!fixture_) GTEST_SKIP() << "the server of this log is not there";
    traits_ = fixture_->traits();
    ASSERT_TRUE(log_test::IsOk(log().EnsureTopic({"a", 2, -1, -1})));
  }
  Log& log() { return fixture_->log(); }
  std::unique_ptr<Consumer> Join(const std::string& group, const Strings& topics = {"a"},
                                 std::int32_t slot = 0, std::int32_t slots = 1,
                                 Visibility visibility = Visibility::kAppended) {
    auto consumer = log().Subscribe(group, topics, visibility, slot, slots);
    EXPECT_TRUE(log_test::IsOk(consumer));
    return std::move(consumer).value();
  }
  std::unique_ptr<Transaction> Begin(const std::string& producer = "test") {
    auto transaction = log().Begin(producer);
    EXPECT_TRUE(log_test::IsOk(transaction));
    return std::move(transaction).value();
  }
  Strings PollAll(Consumer& consumer, std::size_t max_bytes = 1 << 20) const {
    return log_test::PollAll(consumer, max_bytes, traits_.patience);
  }
  std::unique_ptr<LogFixture> fixture_;
  LogTraits traits_;
};

#define HB_ONLY_IF(trait, why) \
  if (!traits_.trait) GTEST_SKIP() << why

TEST_P(LogConformance, RecordsComeBackInOrderWithTheirOffsets) {
  log_test::Append(log(), "a", 1, 7, {"x", "", "zz"});
  fixture_->Advance(std::chrono::milliseconds(5));
  log_test::Append(log(), "a", 1, 100, {"w"});
  std::vector<FetchedBatch> got;
  ASSERT_TRUE(log_test::IsOk(log().Read("a", Partition{1}, Offset{0}, 1 << 20, got)));
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].base, Offset{0});
  EXPECT_GE(got[1].base, got[0].end());
  EXPECT_EQ(got[0].topic, "a");
  EXPECT_EQ(got[0].partition, Partition{1});
  EXPECT_EQ(got[0].records->keys, (std::vector<std::uint64_t>{7, 8, 9}));
  EXPECT_EQ(ToMillis(got[0].records->timestamps[2]), 90);
  if (traits_.dense_offsets) {
    EXPECT_EQ(got[1].base, Offset{3});
  }
  if (traits_.trims_itself) {
    EXPECT_EQ(ToMillis(got[1].arrival) - ToMillis(got[0].arrival), 5);
    EXPECT_FALSE(got[0].blanked);
  }
  EXPECT_EQ(log_test::Values(got), (Strings{"x", "", "zz", "w"}));
  EXPECT_TRUE(log_test::ReadAll(log(), "a", 0).empty());
}

TEST_P(LogConformance, ReadFromTheMiddleOfABatchSaysWhereToBegin) {
  log_test::Append(log(), "a", 0, 1, {"p", "q", "r"});
  log_test::Append(log(), "a", 0, 4, {"s"});
  EXPECT_EQ(log_test::ReadAll(log(), "a", 0, 2), (Strings{"r", "s"}));
  EXPECT_EQ(log_test::ReadAll(log(), "a", 0, 3), (Strings{"s"}));
  if (traits_.dense_offsets) {
    EXPECT_EQ(log_test::ReadAll(log(), "a", 0, 4), Strings());
  }
  EXPECT_EQ(log_test::ReadAll(log(), "a", 0, 99), Strings());
}

TEST_P(LogConformance, ReadStopsNearItsBoundAndGivesAtLeastOneBatch) {
  for (int i = 0; i < 10; ++i) log_test::Append(log(), "a", 0, 1, {std::string(100, 'x')});
  std::vector<FetchedBatch> got;
  ASSERT_TRUE(log_test::IsOk(log().Read("a", Partition{0}, Offset{0}, 1, got)));
  EXPECT_EQ(got.size(), 1U);
  ASSERT_TRUE(log_test::IsOk(log().Read("a", Partition{0}, Offset{1}, 250, got)));
  EXPECT_GE(got.size(), 3U);
  EXPECT_LE(got.size(), 5U);
}

TEST_P(LogConformance, WhatDoesNotExistIsNotFound) {
  std::vector<FetchedBatch> got;
  EXPECT_EQ(log_test::CodeOf(log().Read("none", Partition{0}, Offset{0}, 1, got)), Code::kNotFound);
  EXPECT_EQ(log_test::CodeOf(log().Read("a", Partition{2}, Offset{0}, 1, got)), Code::kNotFound);
  EXPECT_EQ(log_test::CodeOf(Begin()->Append("none", Partition{0}, log_test::MakeBatch(1, {"x"}))),
            Code::kNotFound);
  EXPECT_EQ(log_test::CodeOf(log().Subscribe("g", Strings{"none"}, Visibility::kAppended, 0, 1)),
            Code::kNotFound);
  EXPECT_EQ(log_test::CodeOf(log().GetState("s", Partition{0}, "k")), Code::kNotFound);
  EXPECT_EQ(log_test::CodeOf(log().FindKeys("none", Partition{0}, {}, Offset{0}, Offset{1})),
            Code::kNotFound);
  EXPECT_EQ(log_test::CodeOf(log().ForgetGroup("none")), Code::kNotFound);
}

TEST_P(LogConformance, TopicsAreCheckedAndRetentionIsUpdated) {
  EXPECT_EQ(log_test::CodeOf(log().EnsureTopic({"a", 3, -1, -1})), Code::kInvalidArgument);
  EXPECT_EQ(log_test::CodeOf(log().EnsureTopic({"b", 0, -1, -1})), Code::kInvalidArgument);
  EXPECT_EQ(log_test::CodeOf(log().EnsureTopic({"a/../b", 1, -1, -1})), Code::kInvalidArgument);
  EXPECT_EQ(log_test::CodeOf(log().EnsureTopic({"", 1, -1, -1})), Code::kInvalidArgument);
  ASSERT_TRUE(log_test::IsOk(log().EnsureTopic({"a", 2, 1000, 2000})));
  const auto topics = log().Topics();
  ASSERT_EQ(topics.value().size(), 1U);
  if (traits_.trims_itself) {
    EXPECT_EQ(topics.value()[0].spec.retention_ms, 1000);
    EXPECT_EQ(topics.value()[0].spec.retention_bytes, 2000);
  }
  EXPECT_EQ(topics.value()[0].partitions.size(), 2U);
}

TEST_P(LogConformance, BatchWithUnequalColumnsIsRefused) {
  auto batch = log_test::MakeBatch(1, {"x", "y"});
  batch->keys.pop_back();
  EXPECT_EQ(log_test::CodeOf(Begin()->Append("a", Partition{0}, batch)), Code::kInvalidArgument);
}

TEST_P(LogConformance, CommitShowsOutputsStateAndOffsetsTogetherAndNothingBefore) {
  auto consumer = Join("g");
  auto transaction = Begin();
  ASSERT_TRUE(
      log_test::IsOk(transaction->Append("a", Partition{0}, log_test::MakeBatch(1, {"x"}))));
  ASSERT_TRUE(
      log_test::IsOk(transaction->Append("a", Partition{1}, log_test::MakeBatch(2, {"y"}))));
  ASSERT_TRUE(
      log_test::IsOk(transaction->Append("a", Partition{0}, log_test::MakeBatch(3, {"z"}))));
  transaction->CommitOffset("other", "a", Partition{0}, Offset{5});
  transaction->PutState("s", Partition{0}, "k", "v");
  EXPECT_TRUE(PollAll(*consumer).empty());
  EXPECT_FALSE(log().GetState("s", Partition{0}, "k").ok());
  ASSERT_TRUE(log_test::IsOk(transaction->Commit()));
  EXPECT_EQ(log_test::ReadAll(log(), "a", 0), (Strings{"x", "z"}));
  EXPECT_EQ(log_test::ReadAll(log(), "a", 1), (Strings{"y"}));
  EXPECT_EQ(log().GetState("s", Partition{0}, "k").value(), "v");
  std::map<std::pair<std::string, std::int32_t>, std::int64_t> offsets;
  for (const GroupOffset& o : log().GroupOffsets().value()) {
    offsets[{o.group, ToInt(o.partition)}] = ToInt(o.committed);
  }
  std::map<std::pair<std::string, std::int32_t>, std::int64_t> wanted{{{"other", 0}, 5}};
  if (traits_.divides_by_slots) wanted[{"g", 0}] = wanted[{"g", 1}] = 0;
  EXPECT_EQ(offsets, wanted);
  const std::vector<GroupOffset> of_one = log().OffsetsOf("other").value();
  ASSERT_EQ(of_one.size(), 1u);
  EXPECT_EQ(ToInt(of_one[0].committed), 5);
  EXPECT_TRUE(log().OffsetsOf("nobody").value().empty());
  EXPECT_EQ(log_test::CodeOf(transaction->Commit()), Code::kInvalidArgument);
}

TEST_P(LogConformance, WhatWasCommittedIsWhereItsGroupGoesOn) {
  for (std::int64_t next = 1; next <= 100; ++next) {
    auto transaction = Begin();
    transaction->CommitOffset("other", "a", Partition{0}, Offset{next});
    ASSERT_TRUE(log_test::IsOk(transaction->Commit()));
    const std::vector<GroupOffset> offsets = log().OffsetsOf("other").value();
    ASSERT_EQ(offsets.size(), 1u);
    ASSERT_EQ(ToInt(offsets[0].committed), next);
  }
}

TEST_P(LogConformance, DestroyedTransactionLeavesNoTrace) {
  {
    auto transaction = Begin();
    ASSERT_TRUE(
        log_test::IsOk(transaction->Append("a", Partition{0}, log_test::MakeBatch(1, {"x"}))));
    transaction->PutState("s", Partition{0}, "k", "v");
    transaction->CommitOffset("g", "a", Partition{0}, Offset{1});
  }
  EXPECT_TRUE(log_test::ReadAll(log(), "a", 0).empty());
  EXPECT_FALSE(log().GetState("s", Partition{0}, "k").ok());
  EXPECT_TRUE(log().GroupOffsets().value().empty());
}

TEST_P(LogConformance, LaterWriterOfTheSameNameWins) {
  auto old = Begin("writer");
  ASSERT_TRUE(log_test::IsOk(old->Append("a", Partition{0}, log_test::MakeBatch(1, {"old"}))));
  auto other = Begin("other writer");
  auto fresh = Begin("writer");
  ASSERT_TRUE(log_test::IsOk(fresh->Append("a", Partition{0}, log_test::MakeBatch(1, {"new"}))));
  EXPECT_EQ(log_test::CodeOf(old->Commit()), Code::kCancelled);
  EXPECT_TRUE(log_test::IsOk(fresh->Commit()));
  EXPECT_TRUE(log_test::IsOk(other->Commit()));
  EXPECT_EQ(log_test::ReadAll(log(), "a", 0), (Strings{"new"}));
}

TEST_P(LogConformance, StateIsScannedInKeyOrderWithinItsPartition) {
  auto transaction = Begin();
  for (const char* key : {"b", "a", "c", "ab", ""})
    transaction->PutState("s", Partition{1}, key, key + std::string("!"));
  transaction->PutState("s", Partition{0}, "other", "x");
  transaction->PutState("t", Partition{1}, "other", "x");
  transaction->PutState("ss", Partition{1}, "other", "x");
  ASSERT_TRUE(log_test::IsOk(transaction->Commit()));
  auto second = Begin();
  second->PutState("s", Partition{1}, "c", "");
  second->PutState("s", Partition{1}, "b", "B");
  ASSERT_TRUE(log_test::IsOk(second->Commit()));
  Strings seen;
  const auto scan = [&](std::size_t limit) {
    seen.clear();
    return log().ScanState("s", Partition{1}, [&](std::string_view key, std::string_view value) {
      seen.push_back(std::string(key) + "=" + std::string(value));
      return seen.size() < limit;
    });
  };
  ASSERT_TRUE(log_test::IsOk(scan(99)));
  EXPECT_EQ(seen, (Strings{"=!", "a=a!", "ab=ab!", "b=B"}));
  ASSERT_TRUE(log_test::IsOk(scan(2)));
  EXPECT_EQ(seen, (Strings{"=!", "a=a!"}));
}

TEST_P(LogConformance, ConsumersOfAGroupDivideThePartitions) {
  HB_ONLY_IF(divides_by_slots, "its groups divide partitions by themselves");
  ASSERT_TRUE(log_test::IsOk(log().EnsureTopic({"many", 5, -1, -1})));
  std::multiset<std::int32_t> seen;
  for (std::int32_t slot = 0; slot < 3; ++slot) {
    for (const auto& [topic, partition] : Join("g", {"many"}, slot, 3)->Assignment()) {
      EXPECT_EQ(topic, "many");
      EXPECT_EQ(ToInt(partition) % 3, slot);
      seen.insert(ToInt(partition));
    }
  }
  EXPECT_EQ(seen, (std::multiset<std::int32_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(log_test::CodeOf(log().Subscribe("g", Strings{"many"}, Visibility::kAppended, 3, 3)),
            Code::kInvalidArgument);
}

TEST_P(LogConformance, ConsumerGoesOnFromTheCommittedOffset) {
  log_test::Append(log(), "a", 0, 1, {"p", "q", "r"});
  log_test::Append(log(), "a", 0, 4, {"s"});
  {
    auto consumer = Join("g");
    if (traits_.divides_by_slots) {
      EXPECT_EQ(consumer->Lag(), 4);
    }
    EXPECT_EQ(PollAll(*consumer), (Strings{"p", "q", "r", "s"}));
    EXPECT_EQ(consumer->Lag(), 0);
    auto transaction = Begin();
    transaction->CommitOffset("g", "a", Partition{0}, Offset{2});
    ASSERT_TRUE(log_test::IsOk(transaction->Commit()));
    log_test::Append(log(), "a", 0, 5, {"t"});
    EXPECT_EQ(PollAll(*consumer), (Strings{"t"}));
  }
  EXPECT_EQ(PollAll(*Join("g")), (Strings{"r", "s", "t"}));
  EXPECT_EQ(PollAll(*Join("fresh")), (Strings{"p", "q", "r", "s", "t"}));
}

TEST_P(LogConformance, SeekMovesAConsumerBothWays) {
  log_test::Append(log(), "a", 0, 1, {"p", "q", "r"});
  auto consumer = Join("g");
  PollAll(*consumer);
  ASSERT_TRUE(log_test::IsOk(consumer->Seek("a", Partition{0}, Offset{1})));
  if (traits_.dense_offsets) {
    EXPECT_EQ(consumer->Lag(), 2);
  }
  EXPECT_EQ(PollAll(*consumer), (Strings{"q", "r"}));
  if (traits_.dense_offsets) {
    ASSERT_TRUE(log_test::IsOk(consumer->Seek("a", Partition{0}, Offset{4})));
    log_test::Append(log(), "a", 0, 4, {"s", "t"});
    EXPECT_EQ(PollAll(*consumer), (Strings{"t"}));
  }
  EXPECT_EQ(log_test::CodeOf(consumer->Seek("a", Partition{7}, Offset{0})), Code::kInvalidArgument);
}

TEST_P(LogConformance, PollVisitsEveryPartitionEvenWhenOneIsLong) {
  HB_ONLY_IF(divides_by_slots, "the client fetches partitions in its own order");
  for (int i = 0; i < 20; ++i) log_test::Append(log(), "a", 0, 1, {std::string(200, 'x')});
  log_test::Append(log(), "a", 1, 1, {"short"});
  auto consumer = Join("g");
  bool found = false;
  for (int i = 0; i < 3 && !found; ++i) {
    std::vector<FetchedBatch> got;
    ASSERT_TRUE(log_test::IsOk(consumer->Poll(std::chrono::milliseconds(0), 100, got)));
    for (const FetchedBatch& batch : got) found = found || batch.partition == Partition{1};
  }
  EXPECT_TRUE(found);
}

TEST_P(LogConformance, PollWakesOnACommitAndOnStop) {
  auto consumer = Join("g");
  std::thread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    log_test::Append(log(), "a", 0, 1, {"x"});
  });
  std::vector<FetchedBatch> got;
  ASSERT_TRUE(log_test::IsOk(consumer->Poll(std::chrono::seconds(60), 1 << 20, got)));
  writer.join();
  EXPECT_EQ(log_test::Values(got), (Strings{"x"}));
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    consumer->Stop();
  });
  EXPECT_EQ(log_test::CodeOf(consumer->Poll(std::chrono::seconds(60), 1 << 20, got)),
            Code::kCancelled);
  stopper.join();
  EXPECT_EQ(log_test::CodeOf(consumer->Poll(std::chrono::seconds(60), 1 << 20, got)),
            Code::kCancelled);
}

TEST_P(LogConformance, DurableConsumerSeesACommitOnceItIsDurable) {
  auto consumer = Join("g", {"a"}, 0, 1, Visibility::kDurable);
  const std::uint64_t mark = log_test::Append(log(), "a", 0, 1, {"x"});
  ASSERT_TRUE(log_test::IsOk(log().WaitDurable(mark)));
  if (traits_.divides_by_slots) {
    EXPECT_EQ(consumer->Lag(), 1);
  }
  EXPECT_EQ(PollAll(*consumer), (Strings{"x"}));
}

TEST_P(LogConformance, BlankedRecordsKeepTheirOffsetsAndKeys) {
  HB_ONLY_IF(trims_itself, "a tombstone is another record; compaction is the brokers' work");
  log_test::Append(log(), "a", 0, 1, {"p", "q", "r"});
  log_test::Append(log(), "a", 0, 4, {"s", "t"});
  auto transaction = Begin();
  const Offset gone[] = {Offset{1}, Offset{4}};
  ASSERT_TRUE(log_test::IsOk(transaction->Blank("a", Partition{0}, gone)));
  EXPECT_EQ(log_test::ReadAll(log(), "a", 0), (Strings{"p", "q", "r", "s", "t"}));
  ASSERT_TRUE(log_test::IsOk(transaction->Commit()));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(log_test::ReadAll(log(), "a", 0), (Strings{"p", "", "r", "s", ""})) << round;
    std::vector<FetchedBatch> got;
    ASSERT_TRUE(log_test::IsOk(log().Read("a", Partition{0}, Offset{0}, 1, got)));
    EXPECT_TRUE(got.at(0).blanked);
    EXPECT_EQ(got[0].records->native, nullptr);
    EXPECT_EQ(got[0].records->keys, (std::vector<std::uint64_t>{1, 2, 3}));
    EXPECT_EQ(PollAll(*Join("g" + std::to_string(round))), (Strings{"p", "", "r", "s", ""}));
    ASSERT_TRUE(log_test::IsOk(log().PurgeBlanked()));
  }
  const Offset beyond[] = {Offset{5}};
  EXPECT_EQ(log_test::CodeOf(Begin()->Blank("a", Partition{0}, beyond)), Code::kInvalidArgument);
}

TEST_P(LogConformance, FindKeysGivesLivingRecordsInRange) {
  HB_ONLY_IF(trims_itself, "a tombstone is another record");
  log_test::Append(log(), "a", 0, 10, {"p", "q", ""});
  log_test::Append(log(), "a", 0, 10, {"s", "t"});
  log_test::Append(log(), "a", 1, 10, {"elsewhere"});
  const std::uint64_t keys[] = {10, 12, 11, 77};
  const auto find = [&](std::int64_t begin, std::int64_t end) {
    Strings out;
    auto found = log().FindKeys("a", Partition{0}, keys, Offset{begin}, Offset{end});
    EXPECT_TRUE(log_test::IsOk(found));
    for (const FoundRecord& record : found.value()) {
      out.push_back(std::to_string(ToInt(record.offset)) + ":" + std::to_string(record.key) + ":" +
                    record.value);
    }
    return out;
  };
  EXPECT_EQ(find(0, 100), (Strings{"0:10:p", "1:11:q", "3:10:s", "4:11:t"}));
  EXPECT_EQ(find(1, 4), (Strings{"1:11:q", "3:10:s"}));
  EXPECT_EQ(find(3, 3), Strings());
  auto transaction = Begin();
  const Offset gone[] = {Offset{3}};
  ASSERT_TRUE(log_test::IsOk(transaction->Blank("a", Partition{0}, gone)));
  ASSERT_TRUE(log_test::IsOk(transaction->Commit()));
  EXPECT_EQ(find(0, 100), (Strings{"0:10:p", "1:11:q", "4:11:t"}));
}

TEST_P(LogConformance, TrimByAgeCountsFromArrivalAndWaitsForGroups) {
  HB_ONLY_IF(trims_itself, "retention is the brokers' work");
  ASSERT_TRUE(log_test::IsOk(log().EnsureTopic({"a", 2, 1000, -1})));
  log_test::Append(log(), "a", 0, 1, {"p", "q"});
  fixture_->Advance(std::chrono::milliseconds(600));
  log_test::Append(log(), "a", 0, 3, {"r"});
  auto consumer = Join("g");
  fixture_->Advance(std::chrono::milliseconds(600));
  ASSERT_TRUE(log_test::IsOk(log().Trim(fixture_->Now())));
  EXPECT_EQ(log_test::Info(log(), "a", 0).begin, Offset{0}) << "the group has not read it";
  auto transaction = Begin();
  transaction->CommitOffset("g", "a", Partition{0}, Offset{1});
  ASSERT_TRUE(log_test::IsOk(transaction->Commit()));
  ASSERT_TRUE(log_test::IsOk(log().Trim(fixture_->Now())));
  EXPECT_EQ(log_test::Info(log(), "a", 0).begin, Offset{0})
      << "half of the batch is still to be read";
  transaction = Begin();
  transaction->CommitOffset("g", "a", Partition{0}, Offset{3});
  ASSERT_TRUE(log_test::IsOk(transaction->Commit()));
  ASSERT_TRUE(log_test::IsOk(log().Trim(fixture_->Now())));
  EXPECT_EQ(log_test::Info(log(), "a", 0).begin, Offset{2});
  EXPECT_EQ(log_test::Info(log(), "a", 0).end, Offset{3});
  EXPECT_EQ(log_test::ReadAll(log(), "a", 0), (Strings{"r"}));
  EXPECT_EQ(PollAll(*consumer), (Strings{"r"})) << "from the first record kept";
  // All gone: the partition goes on where it was.
  fixture_->Advance(std::chrono::milliseconds(5000));
  ASSERT_TRUE(log_test::IsOk(log().Trim(fixture_->Now())));
  EXPECT_EQ(log_test::Info(log(), "a", 0).begin, Offset{3});
  log_test::Append(log(), "a", 0, 4, {"s"});
  EXPECT_EQ(log_test::ReadAll(log(), "a", 0), (Strings{"s"}));
  EXPECT_EQ(log_test::Info(log(), "a", 0).end, Offset{4});
}

TEST_P(LogConformance, CompactLeavesTheLastRecordOfAKeyThatAllGroupsHaveRead) {
  HB_ONLY_IF(trims_itself, "compaction is the brokers' work");
  ASSERT_TRUE(log_test::IsOk(log().EnsureTopic({"c", 1, -1, -1, /*compacted=*/true})));
  Join("g", {"c"});
  log_test::Append(log(), "c", 0, 1, {"one", "two"});  // keys 1 and 2
  log_test::Append(log(), "c", 0, 1, {"one again"});
  log_test::Append(log(), "c", 0, 2, {"two again"});
  log_test::Append(log(), "a", 0, 1, {"one"});
  log_test::Append(log(), "a", 0, 1, {"one again"});
  ASSERT_TRUE(log_test::IsOk(log().Compact()));
  EXPECT_EQ(log_test::ReadAll(log(), "c", 0), (Strings{"one", "two", "one again", "two again"}))
      << "the group has not read them";
  const auto read_to = [&](std::int64_t offset) {
    auto transaction = Begin();
    transaction->CommitOffset("g", "c", Partition{0}, Offset{offset});
    ASSERT_TRUE(log_test::IsOk(transaction->Commit()));
    ASSERT_TRUE(log_test::IsOk(log().Compact()));
    ASSERT_TRUE(log_test::IsOk(log().PurgeBlanked()));
  };
  read_to(3);
  EXPECT_EQ(log_test::ReadAll(log(), "c", 0), (Strings{"", "two", "one again", "two again"}));
  fixture_->Reopen();
  read_to(4);
  EXPECT_EQ(log_test::ReadAll(log(), "c", 0), (Strings{"", "", "one again", "two again"}));
  log_test::Append(log(), "c", 0, 1, {"one at last"});
  read_to(5);
  EXPECT_EQ(log_test::ReadAll(log(), "c", 0), (Strings{"", "", "", "two again", "one at last"}));
  EXPECT_EQ(log_test::ReadAll(log(), "a", 0), (Strings{"one", "one again"})) << "not compacted";
}

TEST_P(LogConformance, TrimByBytesDropsTheOldestOfTheTopic) {
  HB_ONLY_IF(trims_itself, "retention is the brokers' work");
  for (int i = 0; i < 10; ++i) {
    log_test::Append(log(), "a", i % 2, 1, {log_test::Noise(10'000)});
    fixture_->Advance(std::chrono::milliseconds(1));
  }
  ASSERT_TRUE(log_test::IsOk(log().EnsureTopic({"a", 2, -1, 45'000})));
  ASSERT_TRUE(log_test::IsOk(log().Trim(fixture_->Now())));
  EXPECT_EQ(log_test::Info(log(), "a", 0).begin, Offset{3});
  EXPECT_EQ(log_test::Info(log(), "a", 1).begin, Offset{3});
  EXPECT_LE(log_test::Info(log(), "a", 0).bytes + log_test::Info(log(), "a", 1).bytes, 45'000);
}

TEST_P(LogConformance, ForgottenGroupHoldsNothingBack) {
  HB_ONLY_IF(trims_itself, "retention is the brokers' work");
  ASSERT_TRUE(log_test::IsOk(log().EnsureTopic({"a", 2, 1000, -1})));
  log_test::Append(log(), "a", 0, 1, {"p"});
  {
    auto consumer = Join("g");
    EXPECT_EQ(log_test::CodeOf(log().ForgetGroup("g")), Code::kInvalidArgument);
  }
  fixture_->Advance(std::chrono::milliseconds(5000));
  ASSERT_TRUE(log_test::IsOk(log().Trim(fixture_->Now())));
  EXPECT_EQ(log_test::Info(log(), "a", 0).begin, Offset{0});
  ASSERT_TRUE(log_test::IsOk(log().ForgetGroup("g")));
  ASSERT_TRUE(log_test::IsOk(log().Trim(fixture_->Now())));
  EXPECT_EQ(log_test::Info(log(), "a", 0).begin, Offset{1});
  EXPECT_TRUE(log().GroupOffsets().value().empty());
}

TEST_P(LogConformance, AGroupSaysWhatItHasWorkedInBesideWhereARestartBegins) {
  HB_ONLY_IF(trims_itself, "retention is the brokers' work");
  const auto at = [&] {
    for (const GroupOffset& offset : log().GroupOffsets().value()) {
      if (offset.group == "g" && offset.partition == Partition{0}) return offset;
    }
    return GroupOffset{};
  };
  const auto commit = [&](std::int64_t next, std::int64_t processed) {
    const auto transaction = Begin();
    transaction->CommitOffsets("g", "a", Partition{0}, Offset{next}, Offset{processed});
    ASSERT_TRUE(log_test::IsOk(transaction->Commit()));
  };
  for (std::uint64_t i = 0; i < 4; ++i) log_test::Append(log(), "a", 0, i, {std::to_string(i)});
  Join("g");
  EXPECT_EQ(at().processed, Offset{0});
  commit(1, 3);
  EXPECT_EQ(at().committed, Offset{1});
  EXPECT_EQ(at().processed, Offset{3});
  ASSERT_TRUE(log_test::IsOk(log().EnsureTopic({"a", 2, 1000, -1})));
  fixture_->Advance(std::chrono::milliseconds(5000));
  ASSERT_TRUE(log_test::IsOk(log().Trim(fixture_->Now())));
  EXPECT_EQ(log_test::Info(log(), "a", 0).begin, Offset{1}) << "a restart reads from there";
  EXPECT_EQ(PollAll(*Join("g", {"a"}, 0, 2)), (Strings{"1", "2", "3"}));
  if (fixture_->Reopen()) {
    EXPECT_EQ(at().committed, Offset{1});
    EXPECT_EQ(at().processed, Offset{3});
  }
  commit(4, 4);
  EXPECT_EQ(at().committed, Offset{4});
  EXPECT_EQ(at().processed, Offset{4});
}

TEST_P(LogConformance, EverythingIsThereAfterReopening) {
  HB_ONLY_IF(trims_itself, "retention and blanking are the brokers' work");
  ASSERT_TRUE(log_test::IsOk(log().EnsureTopic({"b", 1, 1000, 77})));
  log_test::Append(log(), "a", 0, 1, {"p", "q"});
  log_test::Append(log(), "a", 1, 3, {"r"});
  log_test::Append(log(), "b", 0, 3, {"old"});
  fixture_->Advance(std::chrono::milliseconds(5000));
  ASSERT_TRUE(log_test::IsOk(log().Trim(fixture_->Now())));
  auto transaction = Begin();
  transaction->PutState("s", Partition{0}, "k", "v");
  transaction->CommitOffset("g", "a", Partition{0}, Offset{1});
  const Offset gone[] = {Offset{0}};
  ASSERT_TRUE(log_test::IsOk(transaction->Blank("a", Partition{1}, gone)));
  ASSERT_TRUE(log_test::IsOk(transaction->Commit()));
  transaction.reset();
  if (!fixture_->Reopen()) GTEST_SKIP() << "this log does not survive";
  EXPECT_EQ(log_test::ReadAll(log(), "a", 0), (Strings{"p", "q"}));
  EXPECT_EQ(log_test::ReadAll(log(), "a", 1), (Strings{""}));
  EXPECT_EQ(log_test::Info(log(), "b", 0).begin, Offset{1});
  EXPECT_EQ(log_test::Info(log(), "b", 0).end, Offset{1});
  EXPECT_EQ(log().GetState("s", Partition{0}, "k").value(), "v");
  EXPECT_EQ(PollAll(*Join("g", {"a"}, 0, 2)), (Strings{"q"}));
  EXPECT_EQ(log().Topics().value().at(1).spec.retention_bytes, 77);
  log_test::Append(log(), "b", 0, 3, {"new"});
  log_test::Append(log(), "a", 0, 3, {"next"});
  std::vector<FetchedBatch> got;
  ASSERT_TRUE(log_test::IsOk(log().Read("b", Partition{0}, Offset{0}, 1, got)));
  EXPECT_EQ(got.at(0).base, Offset{1});
  EXPECT_EQ(log_test::ReadAll(log(), "a", 0), (Strings{"p", "q", "next"}));
}

TEST_P(LogConformance, ThreadsAppendAndConsumeWithoutLossOrRepeat) {
  constexpr int kWriters = 3, kBatches = 40;
  auto consumer = Join("g");
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; i < kBatches; ++i) {
        auto transaction = log().Begin("writer " + std::to_string(writer));
        ASSERT_TRUE(log_test::IsOk(transaction));
        const std::string value = std::to_string(writer) + "/" + std::to_string(i);
        ASSERT_TRUE(log_test::IsOk(transaction.value()->Append(
            "a", Partition{i % 2}, log_test::MakeBatch(1, {value, value + "+"}))));
        ASSERT_TRUE(log_test::IsOk(transaction.value()->Commit()));
      }
    });
  }
  std::multiset<std::string> seen;
  std::map<std::int32_t, std::int64_t> next;
  while (seen.size() < 2 * kWriters * kBatches) {
    std::vector<FetchedBatch> got;
    ASSERT_TRUE(log_test::IsOk(consumer->Poll(std::chrono::seconds(20), 100, got)));
    ASSERT_FALSE(got.empty());
    for (const FetchedBatch& batch : got) {
      EXPECT_GE(ToInt(batch.base), next[ToInt(batch.partition)]);
      if (traits_.dense_offsets) {
        EXPECT_EQ(ToInt(batch.base), next[ToInt(batch.partition)]);
      }
      next[ToInt(batch.partition)] = ToInt(batch.end());
    }
    for (std::string& value : log_test::Values(got)) seen.insert(std::move(value));
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), seen.size());
  EXPECT_TRUE(PollAll(*consumer).empty());
  EXPECT_EQ(consumer->Lag(), 0);
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(LogConformance);

}  // namespace hb
