#include "pipeline/pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "log/memory/memory_log.h"
#include "pipeline/pipeline_testing.h"
#include "pipeline/topics.h"

namespace hb {
namespace {

using pipeline_test::Line;
using pipeline_test::RunScript;
using pipeline_test::RunSetup;
using pipeline_test::Script;
using pipeline_test::ScriptSource;
using std::chrono::milliseconds;

TEST(Pipeline, EveryPostIsStoredOnceAndCounted) {
  const auto store = RunScript(Script(3000), {});
  EXPECT_EQ(store->posts_.size(), 3000u);
  for (const auto& [id, times] : store->posts_) EXPECT_EQ(times, 1) << id;
  std::uint64_t in_minutes = 0, cats = 0;
  for (const auto& [key, aggregate] : store->Merged()) {
    if (key.window_ms != 60'000) continue;
    (key.task == kAllTasks ? in_minutes : cats) += aggregate.posts;
    EXPECT_TRUE(aggregate.is_final);
  }
  EXPECT_EQ(in_minutes, 3000u);
  EXPECT_GT(cats, 500u);
  EXPECT_LT(cats, 1500u);
}

TEST(Pipeline, PartitionsBatchesFaultsAndRestartsAreNotSeen) {
  const std::vector<Line> script = Script(2000);
  const auto plain = RunScript(script, {});
  const RunSetup setups[] = {{.partitions = 1},
                             {.partitions = 8},
                             {.batch = 1},
                             {.store_fails_one_in = 3},
                             {.batch = 300, .log_fails_one_in = 4},
                             {.partitions = 3, .batch = 50, .log_fails_one_in = 6, .stops = 3},
                             {.batch = 50, .answers_lost_one_in = 3},
                             {.batch = 50, .exact = false, .answers_lost_one_in = 3},
                             {.partitions = 3, .batch = 40, .answers_lost_one_in = 4, .stops = 3},
                             {.batch = 10, .stops = 8},
                             {.partitions = 3, .batch = 7, .exact = false, .stops = 5}};
  for (const RunSetup& setup : setups) {
    const auto other = RunScript(script, setup);
    EXPECT_TRUE(other->posts_ == plain->posts_) << "partitions " << setup.partitions << " batch "
                                                << setup.batch << " stops " << setup.stops;
    EXPECT_TRUE(other->Merged() == plain->Merged())
        << "partitions " << setup.partitions << " batch " << setup.batch << " stops "
        << setup.stops;
  }
}

TEST(Pipeline, StoreThatIsAheadOfItsNoteInTheLogIsDone) {
  // As after a kill between the store's last commit and the log's.
  std::unique_ptr<Log> log;
  const auto store = RunScript(Script(300), {}, &log);
  const auto transaction = log->Begin("test").value();
  const std::vector<GroupOffset> offsets = log->GroupOffsets().value();
  for (const GroupOffset& offset : offsets) {
    if (offset.group == kStoreGroup)
      transaction->CommitOffset(kStoreGroup, offset.topic, offset.partition, Offset{0});
  }
  ASSERT_TRUE(transaction->Commit().ok());
  SystemClock clock;
  const auto chain = AnalysisChain::Create().value();
  const auto pipeline = Pipeline::Create({}, {*log, *store, *chain, clock}).value();
  ASSERT_TRUE(
      pipeline->AddSource("script", false, std::make_unique<ScriptSource>(Script(300), true)).ok());
  ASSERT_TRUE(pipeline->Start().ok());
  for (int wait = 0; wait < 1000 && !pipeline->Drained().value(); ++wait)
    std::this_thread::sleep_for(milliseconds(10));
  EXPECT_TRUE(pipeline->Drained().value());
}

/// Cannot go on where it was.
class LostSource : public ScriptSource {
 public:
  using ScriptSource::ScriptSource;
  Status Resume(const Position&) override { return Error{Code::kInvalidArgument, "no such place"}; }
};

TEST(Pipeline, ASourceThatCannotGoOnHasFailedAndKeepsNobodyWaiting) {
  std::unique_ptr<Log> log;
  const auto store = RunScript(Script(50), {}, &log);
  SystemClock clock;
  const auto chain = AnalysisChain::Create().value();
  const auto pipeline = Pipeline::Create({}, {*log, *store, *chain, clock}).value();
  ASSERT_TRUE(pipeline->Start().ok());
  EXPECT_FALSE(
      pipeline->AddSource("script", false, std::make_unique<LostSource>(Script(50), true)).ok());
  const auto sources = pipeline->board().sources();
  ASSERT_EQ(sources.size(), 1u);
  EXPECT_EQ(sources[0].state, SourceState::kFailed);
  EXPECT_EQ(sources[0].detail, "no such place");
  EXPECT_TRUE(pipeline->board().AllSourcesEnded());
  EXPECT_EQ(pipeline->Failure(), "");
  for (int wait = 0; wait < 1000 && !pipeline->Drained().value(); ++wait)
    std::this_thread::sleep_for(milliseconds(10));
  EXPECT_TRUE(pipeline->Drained().value());
}

/// Says by its token whether it is there.
class HeldSource : public ScriptSource {
 public:
  HeldSource(std::string name, std::shared_ptr<int> token)
      : ScriptSource(Script(50), true, 100, std::move(name)), token_(std::move(token)) {}

 private:
  const std::shared_ptr<int> token_;
};

TEST(Pipeline, ASourceThatHasEndedMakesRoomForTheNext) {
  SystemClock clock;
  const auto log = MakeMemoryLog(clock);
  pipeline_test::MapStore store;
  const auto chain = AnalysisChain::Create().value();
  const auto pipeline = Pipeline::Create({}, {*log, store, *chain, clock}).value();
  ASSERT_TRUE(pipeline->Start().ok());
  std::weak_ptr<int> last;
  for (const char* name : {"first", "second"}) {
    auto token = std::make_shared<int>(0);
    const std::weak_ptr<int> before = std::exchange(last, token);
    ASSERT_TRUE(
        pipeline->AddSource("script", false, std::make_unique<HeldSource>(name, std::move(token)))
            .ok());
    EXPECT_TRUE(before.expired());
    for (int wait = 0; wait < 1000 && !pipeline->Drained().value(); ++wait)
      std::this_thread::sleep_for(milliseconds(10));
    ASSERT_TRUE(pipeline->Drained().value());
    auto taken = pipeline->TakenInNow().value();
    EXPECT_TRUE(pipeline->WaitForPosts(taken, milliseconds(100)).ok());
  }
}

TEST(Pipeline, RepeatedPostsCountOnce) {
  std::vector<Line> script = Script(300);
  const auto plain = RunScript(script, {});
  const std::vector<Line> again = script;
  script.insert(script.end(), again.begin(), again.begin() + 200);
  const auto doubled = RunScript(script, {.exact = false});
  EXPECT_TRUE(doubled->posts_ == plain->posts_);
  EXPECT_TRUE(doubled->Merged() == plain->Merged());
}

TEST(Pipeline, AGapOfASourceComesToTheStoreOnceUnderItsName) {
  std::vector<Line> script = Script(50);
  script.insert(script.begin() + 20, {.time_ms = script[20].time_ms, .gap_ms = 5000});
  script.push_back(
      {.time_ms = script[49].time_ms, .gap_ms = 700});  // a gap alone is worth a commit
  for (const RunSetup& setup :
       {RunSetup{}, RunSetup{.batch = 1}, RunSetup{.batch = 10, .stops = 4}}) {
    const auto store = RunScript(script, setup);
    ASSERT_EQ(store->gaps_.size(), 2u);
    for (const auto& [name, gap] : store->gaps_) {
      EXPECT_EQ(gap.source, "script:script");
      EXPECT_EQ(gap.cause, "script");
      EXPECT_EQ((gap.to - gap.from).count() % 700,
                gap.to == FromMillis(script.back().time_ms) ? 0 : 100);
    }
  }
}

TEST(Upkeep, TrimsWhatIsPastItsRetention) {
  ManualClock clock(FromMillis(1'000'000));
  StatusBoard board;
  auto log = MakeMemoryLog(clock);
  ASSERT_TRUE(log->EnsureTopic({.name = "t", .retention_ms = 1000}).ok());
  auto batch = std::make_shared<RecordBatch>();
  batch->Append(1, FromMillis(5), "old");
  auto transaction = log->Begin("test").value();
  ASSERT_TRUE(transaction->Append("t", Partition{0}, batch).ok());
  ASSERT_TRUE(transaction->Commit().ok());
  clock.Advance(milliseconds(5000));
  Upkeep upkeep({.trim_every = milliseconds(1), .purge_every = milliseconds(1)}, *log, clock,
                board);
  upkeep.Start();
  for (int wait = 0;
       wait < 1000 && log->Topics().value().front().partitions.front().begin == Offset{0}; ++wait) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  upkeep.Stop();
  EXPECT_EQ(log->Topics().value().front().partitions.front().begin, Offset{1});
  EXPECT_FALSE(upkeep.failed());
}

TEST(TaskRegistry, KeepsRevisionsAndRefusesWrongRules) {
  SystemClock clock;
  auto log = MakeMemoryLog(clock);
  ASSERT_TRUE(log->EnsureTopic({.name = kTasksTopic}).ok());
  {
    const auto registry = TaskRegistry::Open(*log, clock).value();
    EXPECT_EQ(registry->Put("a", "cat").value().revision, 1u);
    EXPECT_EQ(registry->Put("a", "dog").value().revision, 2u);
    EXPECT_EQ(registry->Put("*", "cat").error().code, Code::kInvalidArgument);
    EXPECT_EQ(registry->Put("b", "cat OR").error().code, Code::kInvalidArgument);
    EXPECT_EQ(registry->Remove("b").error().code, Code::kNotFound);
    EXPECT_TRUE(registry->Put("b", "bird").ok());
    EXPECT_TRUE(registry->Remove("b").ok());
  }
  const auto again = TaskRegistry::Open(*log, clock).value();
  ASSERT_EQ(again->Active().size(), 1u);
  EXPECT_EQ(again->Active().front().rule, "dog");
  EXPECT_EQ(again->rules()->version(), 4u);
  EXPECT_EQ(again->History().size(), 4u);
}

}  // namespace

TEST(StatusBoard, TellsHowFarBothPostsAndTheirWindowsAreStored) {
  StatusBoard board;
  EXPECT_FALSE(board.StoredUntil());
  const auto window = [](std::int64_t start, std::int64_t size) {
    Aggregate made;
    made.key.window_start = FromMillis(start);
    made.key.window_ms = size;
    return made;
  };
  auto posts = std::make_shared<PostBatch>();
  posts->time = {FromMillis(150'000), FromMillis(290'000), FromMillis(200'000)};
  AnalysisBatch batch;
  batch.posts = posts;
  board.NoteStored(batch);
  EXPECT_EQ(ToMillis(board.StoredUntil().value()), 290'000);
  // The hour that holds all of them says nothing; its minutes do.
  board.NoteStored(std::vector{window(0, 3'600'000), window(120'000, 60'000)});
  EXPECT_EQ(ToMillis(board.StoredUntil().value()), 179'999);
  board.NoteStored(std::vector{window(240'000, 60'000), window(60'000, 60'000)});
  EXPECT_EQ(ToMillis(board.StoredUntil().value()), 290'000) << "no further than the newest post";
}

}  // namespace hb
