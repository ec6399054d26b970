#include "pipeline/ingest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <barrier>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "log/memory/memory_log.h"
#include "pipeline/pipeline_testing.h"
#include "pipeline/topics.h"

namespace hb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// What a source is told and says, for the test to see and to set.
struct Told {
  std::vector<std::vector<std::string>> tasks;  ///< rules, each time they were told
  std::vector<std::uint32_t> versions;
  SourceHealth health;
  int polls = 0;
};

/// Never has a post; its position is the number of polls.
class Quiet : public Source {
 public:
  explicit Quiet(Told& told) : told_(told) {}
  [[nodiscard]] std::string Identity() const override { return "quiet"; }
  Status Resume(const Position&) override { return Ok(); }
  void SetTasks(const std::vector<Task>& active, std::uint32_t rules_version) override {
    std::vector<std::string> rules;
    for (const Task& task : active) rules.push_back(task.rule);
    told_.tasks.push_back(std::move(rules));
    told_.versions.push_back(rules_version);
  }
  Result<PollState> Poll(std::size_t, std::chrono::milliseconds, Intake& out) override {
    EXPECT_FALSE(told_.tasks.empty()) << "polled before it was told the tasks";
    out.end = std::to_string(++told_.polls);
    return PollState::kIdle;
  }
  Status Acknowledge(const Position&) override { return Ok(); }
  void Stop() noexcept override {}
  [[nodiscard]] std::optional<EventTime> Watermark() const override { return std::nullopt; }
  [[nodiscard]] SourceHealth GetHealth() const override { return told_.health; }

 private:
  Told& told_;
};

class IngestTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const TopicSpec& topic : TopicSpecs(2, 1'000'000'000, 1'000'000'000)) {
      ASSERT_TRUE(log_->EnsureTopic(topic).ok());
    }
    auto tasks = TaskRegistry::Open(*log_, clock_);
    auto tombstones = Tombstones::Open(*log_);
    ASSERT_TRUE(tasks.ok() && tombstones.ok());
    tasks_ = std::move(tasks).value();
    tombstones_ = std::move(tombstones).value();
    IngestStage::Options options;
    options.kind = "quiet";
    ingest_ = std::make_unique<IngestStage>(std::move(options), PartsOfAll(),
                                            std::make_unique<Quiet>(told_), clock_, board_);
  }
  IngestStage::Parts PartsOfAll() { return {*log_, *tasks_, *tombstones_, one_commits_}; }
  void Step() { ASSERT_TRUE(ingest_->StepOnce().ok()); }
  std::string Position() {
    const auto position = log_->GetState(kCursorState, Partition{0}, "quiet");
    return position.ok() ? position.value() : "";
  }

  ManualClock clock_{FromMillis(1'767'225'600'000)};
  std::unique_ptr<Log> log_ = MakeMemoryLog(clock_);
  StatusBoard board_;
  Told told_;
  std::unique_ptr<TaskRegistry> tasks_;
  std::unique_ptr<Tombstones> tombstones_;
  Mutex one_commits_;
  std::unique_ptr<IngestStage> ingest_;
};

TEST_F(IngestTest, ASourceIsToldTheTasksFirstAndWheneverTheyChange) {
  ASSERT_TRUE(tasks_->Put("a", "cat").ok());
  Step();
  Step();
  ASSERT_TRUE(tasks_->Put("b", "dog").ok());
  Step();
  ASSERT_TRUE(tasks_->Remove("a").ok());
  Step();
  EXPECT_THAT(told_.tasks,
              ElementsAre(ElementsAre("cat"), ElementsAre("cat", "dog"), ElementsAre("dog")));
  EXPECT_LT(told_.versions[0], told_.versions[1]);
}

TEST_F(IngestTest, WhatASourceSaysOfItselfIsShownAndItsWarningRaised) {
  told_.health = {.waiting = true, .detail = "no answer", .warning = "the cap is near"};
  told_.health.meter = SourceMeter{.month = 7};
  Step();
  ASSERT_EQ(board_.sources().size(), 1u);
  EXPECT_EQ(board_.sources()[0].state, SourceState::kWaiting);
  EXPECT_EQ(board_.sources()[0].detail, "no answer");
  EXPECT_EQ(board_.sources()[0].meter->month, 7u);
  ASSERT_EQ(board_.messages().size(), 1u);
  EXPECT_THAT(board_.messages()[0].text, HasSubstr("the cap is near"));
  told_.health = {.waiting = false, .detail = "listening"};
  Step();
  EXPECT_EQ(board_.sources()[0].state, SourceState::kRunning);
  EXPECT_THAT(board_.messages(), IsEmpty());
}

TEST_F(IngestTest, ThePositionOfAQuietSourceIsKeptNowAndThen) {
  Step();
  const std::string first = Position();
  Step();
  EXPECT_EQ(Position(), first) << "not at every poll";
  clock_.Advance(std::chrono::seconds(10));
  Step();
  EXPECT_EQ(Position(), "3");
}

TEST_F(IngestTest, APostThatTwoSourcesBringAtTheSameMomentIsOne) {
  constexpr std::size_t kPosts = 2'000;
  std::vector<pipeline_test::Line> script;
  for (std::size_t i = 0; i < kPosts; ++i)
    script.push_back({.id = std::to_string(i), .time_ms = 1'767'225'600'000, .text = "a cat"});
  std::barrier together(2);  // each post is brought by both at the same moment
  std::vector<std::thread> threads;
  for (const char* name : {"one", "other"}) {
    threads.emplace_back([&, name] {
      IngestStage::Options options;
      options.kind = name;
      IngestStage stage(
          std::move(options), PartsOfAll(),
          std::make_unique<pipeline_test::ScriptSource>(script, /*exact=*/false, 1, name), clock_,
          board_);
      for (std::size_t i = 0; i < kPosts; ++i) {
        together.arrive_and_wait();
        EXPECT_TRUE(stage.StepOnce().ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::uint64_t given = 0, taken = 0;
  for (const SourceReport& report : board_.sources()) {
    given += report.posts;
    taken += report.matched;
  }
  EXPECT_EQ(given, 2 * kPosts);
  EXPECT_EQ(taken, kPosts);
}

}  // namespace
}  // namespace hb
