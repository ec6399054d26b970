#include "pipeline/store_stage.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "log/memory/memory_log.h"
#include "pipeline/codec.h"
#include "pipeline/faulty_log.h"
#include "pipeline/shared_log_testing.h"
#include "pipeline/topics.h"
#include "record/avro_control.h"

namespace hb {
namespace {

using std::chrono::milliseconds;
using Strings = std::vector<std::string>;

/// Keeps the raw bytes of dead letters, and the tags of tasks.
class ListStore : public Store {
 public:
  Status Open() override { return Ok(); }
  Result<std::vector<StoreOffset>> Offsets() override { return offsets_; }
  Status Write(const StoreWrite& write) override {
    const auto known = [&](const StoreOffset& offset) {
      return std::any_of(offsets_.begin(), offsets_.end(), [&](const StoreOffset& at) {
        return at.topic == offset.topic && at.partition == offset.partition &&
               at.next >= offset.next;
      });
    };
    if (std::all_of(write.offsets.begin(), write.offsets.end(), known)) return Ok();
    for (const DeadLetter& letter : write.dead) kept_.push_back(letter.raw);
    for (const Task& task : write.tasks) kept_.push_back(task.tag);
    for (const StoreOffset& offset : write.offsets) {
      std::erase_if(offsets_, [&](const StoreOffset& at) {
        return at.topic == offset.topic && at.partition == offset.partition;
      });
      offsets_.push_back(offset);
    }
    if (answers_) return Ok();
    return Error{Code::kUnavailable, "nobody knows whether it was written"};
  }
  Status Prune(EventTime) override { return Ok(); }
  [[nodiscard]] std::int64_t DiskBytes() const override { return 0; }

  bool answers_ = true;
  Strings kept_;
  std::vector<StoreOffset> offsets_;
};

class StoreStageTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const TopicSpec& spec : TopicSpecs(2, -1, -1)) ASSERT_TRUE(log_.EnsureTopic(spec).ok());
    stage_ = std::make_unique<StoreStage>(StoreStage::Options{.sharing = {true, "one"}}, log_,
                                          store_, nullptr, clock_, board_);
  }
  void Write(const char* topic, std::shared_ptr<const RecordBatch> batch) {
    const auto transaction = log_.Begin("test").value();
    ASSERT_TRUE(transaction->Append(topic, Partition{0}, std::move(batch)).ok());
    ASSERT_TRUE(transaction->Commit().ok());
  }
  void WriteLetter(const std::string& raw) {
    Write(kDeadLettersTopic, EncodeDeadLetters({{.location = raw, .raw = raw}}));
  }
  void WriteTask(const std::string& tag) {
    auto batch = std::make_shared<RecordBatch>();
    std::string bytes;
    EncodeTask({.tag = tag, .rule = "cat", .revision = 1, .active = true}, bytes);
    batch->Append(1, EventTime{}, bytes);
    Write(kTasksTopic, std::move(batch));
  }
  /// A step after which what was read is due to be written.
  bool Step() {
    clock_.Advance(milliseconds(5000));
    return stage_->StepOnce().ok();
  }

  ManualClock clock_{FromMillis(1'700'000'000'000)};
  std::unique_ptr<Log> memory_ = MakeMemoryLog(clock_);
  SharedLog shared_{*memory_};
  FaultyLog log_{shared_, 0};
  ListStore store_;
  StatusBoard board_;
  std::unique_ptr<StoreStage> stage_;
};

TEST_F(StoreStageTest, WhatComesAfterAFailedWriteIsNotWrittenTogetherWithIt) {
  ASSERT_TRUE(stage_->Open().ok());
  WriteLetter("a");
  store_.answers_ = false;
  EXPECT_FALSE(Step());
  WriteLetter("b");
  store_.answers_ = true;
  EXPECT_TRUE(Step());
  EXPECT_TRUE(Step());
  EXPECT_EQ(store_.kept_, (Strings{"a", "b"}));
}

TEST_F(StoreStageTest, NothingIsLostWhenPositionsCannotBeSetAtOnce) {
  WriteLetter("a");
  WriteLetter("b");
  WriteTask("t");
  store_.offsets_ = {{kDeadLettersTopic, Partition{0}, Offset{1}}};  // and of tasks none
  ASSERT_TRUE(stage_->Open().ok());
  log_.FailSeeks(2);
  EXPECT_FALSE(Step());
  EXPECT_FALSE(Step());
  for (int step = 0; step < 3; ++step) EXPECT_TRUE(Step());
  std::sort(store_.kept_.begin(), store_.kept_.end());
  EXPECT_EQ(store_.kept_, (Strings{"b", "t"}));
}

}  // namespace
}  // namespace hb
