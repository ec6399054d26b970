// The stages as processes of their own over one log, which come and go.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "log/memory/memory_log.h"
#include "pipeline/codec.h"
#include "pipeline/elsewhere.h"
#include "pipeline/pipeline_testing.h"
#include "pipeline/set_aside.h"
#include "pipeline/shared_log_testing.h"
#include "pipeline/topics.h"
#include "record/avro_wire.h"

namespace hb {
namespace {

using pipeline_test::Line;
using pipeline_test::MapStore;
using pipeline_test::RunScript;
using pipeline_test::Script;
using pipeline_test::ScriptSource;
using std::chrono::milliseconds;

constexpr std::int32_t kPartitions = 6;
constexpr StageSet kIngestOnly{true, false, false, false}, kAnalyzeOnly{false, true, false, false},
    kWindowOnly{false, false, true, false}, kStoreOnly{false, false, false, true};

/// Processes over one log.
struct Cluster {
  explicit Cluster(unsigned aborts_one_in)
      : memory(MakeMemoryLog(clock)), log(*memory, aborts_one_in) {}

  std::unique_ptr<Pipeline> Start(StageSet stages, const std::vector<Line>* script = nullptr) {
    static std::atomic<int> number{0};
    Pipeline::Options options;
    options.stages = stages;
    options.sharing = {true, std::to_string(++number)};
    options.partitions = kPartitions;
    options.analyze_threads = 1;
    options.window.redact_every = milliseconds(1);
    options.window.commit_every = milliseconds(20);
    options.window.write_at_stop = false;  // as if killed
    options.store.commit_every = milliseconds(20);
    auto pipeline = Pipeline::Create(options, {log, store, *chain, clock}).value();
    if (script != nullptr) {
      if (pipeline->tasks().Active().empty()) {
        EXPECT_TRUE(pipeline->tasks().Put("cats", "cat").ok());
      }
      EXPECT_TRUE(
          pipeline->AddSource("script", false, std::make_unique<ScriptSource>(*script, true, 25))
              .ok());
    }
    EXPECT_TRUE(pipeline->Start().ok());
    return pipeline;
  }

  SystemClock clock;
  std::unique_ptr<AnalysisChain> chain = AnalysisChain::Create().value();
  std::unique_ptr<Log> memory;
  SharedLog log;
  MapStore store;
};

/// Without what depends on when a window was called final.
std::map<AggregateKey, Aggregate> WindowsOf(const MapStore& store) {
  auto merged = store.Merged();
  for (auto& [key, aggregate] : merged) aggregate.is_final = false;
  return merged;
}

template <typename Condition>
bool Within(std::chrono::seconds time, const Condition& condition) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(milliseconds(20));
  }
  return true;
}

/// How the stored windows differ from the right ones.
std::string Difference(const MapStore& store, const MapStore& plain) {
  std::string text = std::to_string(store.posts_.size()) + " posts of " +
                     std::to_string(plain.posts_.size()) + "\n";
  const auto is = WindowsOf(store), should = WindowsOf(plain);
  int shown = 0;
  for (const auto& [key, aggregate] : should) {
    const auto at = is.find(key);
    if (at != is.end() && at->second == aggregate) continue;
    if (++shown > 10) break;
    text += key.task + " " + std::to_string(key.window_ms) + " " +
            std::to_string(ToMillis(key.window_start)) + ": " +
            (at == is.end() ? "missing" : std::to_string(at->second.posts)) + " instead of " +
            std::to_string(aggregate.posts) + "\n";
  }
  return text + std::to_string(is.size()) + " windows of " + std::to_string(should.size());
}

/// Stops everything but the store's reading, so that its rows may be looked at.
bool StoreIs(Cluster& cluster, std::unique_ptr<Pipeline>& storing, const MapStore& plain) {
  std::this_thread::sleep_for(milliseconds(500));  // It writes in that time what it has read.
  storing.reset();
  const bool same =
      cluster.store.posts_ == plain.posts_ && WindowsOf(cluster.store) == WindowsOf(plain);
  storing = cluster.Start(kStoreOnly);
  return same;
}

TEST(Shared, FourProcessesGiveTheWindowsOfOne) {
  const std::vector<Line> script = Script(1500);
  const auto plain = RunScript(script, {.partitions = kPartitions});
  Cluster cluster(0);
  const auto ingest = cluster.Start(kIngestOnly, &script);
  const auto analyze = cluster.Start(kAnalyzeOnly), window = cluster.Start(kWindowOnly);
  auto storing = cluster.Start(kStoreOnly);
  EXPECT_TRUE(Within(std::chrono::seconds(60), [&] { return ingest->Drained().value(); }));
  EXPECT_TRUE(Within(std::chrono::seconds(40), [&] { return StoreIs(cluster, storing, *plain); }))
      << Difference(cluster.store, *plain);
  for (const auto* process : {&ingest, &analyze, &window}) EXPECT_EQ((*process)->Failure(), "");
}

TEST(Shared, WhoStoresSeesHowFarTheOthersAre) {
  const std::vector<Line> script = Script(300);
  Cluster cluster(0);
  const auto ingest = cluster.Start(kIngestOnly, &script);
  ASSERT_TRUE(Within(std::chrono::seconds(60), [&] { return ingest->Drained().value(); }));
  StatusBoard board;
  board.stages.stored_posts = 7;
  Elsewhere elsewhere({.window = false, .every = milliseconds(1)}, cluster.log, cluster.clock,
                      board);
  ASSERT_TRUE(elsewhere.StepOnce().ok());
  const std::int64_t waiting = board.stages.analyze.lag;
  EXPECT_GT(waiting, 250);
  EXPECT_EQ(board.stages.ingest.records, 7u);
  EXPECT_EQ(board.stages.analyze.records, 7u);
  EXPECT_EQ(board.stages.window.records, 0u) << "that stage is here";
  const auto analyze = cluster.Start(kAnalyzeOnly);
  EXPECT_TRUE(Within(std::chrono::seconds(60), [&] {
    return elsewhere.StepOnce().ok() && board.stages.analyze.lag == 0;
  }));
}

TEST(Shared, ProcessesThatJoinLeaveAndDieAreNotSeen) {
  std::vector<Line> script = Script(2500);
  // Deletes of posts near and far, of accounts, and reposts of what is deleted.
  for (int i = 0; i < 60; ++i) {
    Line gone = {
        .id = "p" + std::to_string(i * 31), .time_ms = 1'600'000'900'000, .is_delete = true};
    script.insert(script.begin() + 400 + i * 30, gone);
  }
  const auto plain = RunScript(script, {.partitions = kPartitions});
  Cluster cluster(7);
  std::vector<std::unique_ptr<Pipeline>> analyze(2), window(3);
  auto ingest = cluster.Start(kIngestOnly, &script);
  auto storing = cluster.Start(kStoreOnly);
  std::mt19937 random(17);
  for (int round = 0; round < 40; ++round) {
    auto& some = random() % 3 == 0 ? analyze[random() % 2] : window[random() % 3];
    const bool is_window =
        std::any_of(window.begin(), window.end(), [&](const auto& one) { return &one == &some; });
    if (some) {
      EXPECT_EQ(some->Failure(), "");
      some.reset();
    } else {
      some = cluster.Start(is_window ? kWindowOnly : kAnalyzeOnly);
    }
    if (round % 9 == 8) {
      ingest.reset();
      ingest = cluster.Start(kIngestOnly, &script);
    }
    std::this_thread::sleep_for(milliseconds(20 + random() % 60));
  }
  for (auto& one : analyze) {
    if (!one) one = cluster.Start(kAnalyzeOnly);
  }
  for (auto& one : window) {
    if (!one) one = cluster.Start(kWindowOnly);
  }
  EXPECT_TRUE(Within(std::chrono::seconds(60), [&] { return ingest->Drained().value(); }));
  cluster.log.StopAborting();
  EXPECT_TRUE(Within(std::chrono::seconds(40), [&] { return StoreIs(cluster, storing, *plain); }))
      << Difference(cluster.store, *plain);
  EXPECT_GT(cluster.log.moved(), 10);
  EXPECT_GT(cluster.log.aborted(), 10);
  for (const auto& one : window) EXPECT_EQ(one->Failure(), "");
  for (const auto& one : analyze) EXPECT_EQ(one->Failure(), "");
}

/// Writes records of others to a topic.
void Produce(Log& log, const std::string& topic,
             const std::vector<std::pair<std::uint64_t, std::string>>& records) {
  auto batch = std::make_shared<RecordBatch>();
  for (const auto& [key, value] : records) batch->Append(key, FromMillis(1), value);
  const auto transaction = log.Begin("others").value();
  ASSERT_TRUE(transaction->Append(topic, Partition{2}, std::move(batch)).ok());
  ASSERT_TRUE(transaction->Commit().ok());
}

std::string ThreeFields(std::int64_t time_ms, std::string_view content) {
  PostBatch posts;
  PostView post;
  post.time = FromMillis(time_ms);
  post.content = content;
  posts.Append(post);
  return std::string(EncodePosts(std::make_shared<PostBatch>(std::move(posts)))->values[0]);
}

TEST(Shared, PostsOfOthersCountOnceAndWhatNobodyCanReadIsADeadLetter) {
  Cluster cluster(0);
  const auto analyze = cluster.Start(kAnalyzeOnly), window = cluster.Start(kWindowOnly);
  auto storing = cluster.Start(kStoreOnly);
  const std::string good = ThreeFields(1'600'000'000'000, "a lovely day");
  Produce(cluster.log, kIngestTopic,
          {{7, good}, {8, "\xff\xff poison"}, {7, good}, {1ull << 63 | 5, good}});
  std::string three;
  avro::AppendRecord(three, [](auto& sink) {
    sink.Long(1'600'000'000);
    sink.String("a sad day");
    sink.String("mine");
  });
  Produce(cluster.log, kIngestTopic, {{7, good}, {9, good}, {11, three}});
  Produce(cluster.log, kAnalysisTopic, {{9, "poison of analysis"}});
  std::vector<DeadLetter> letters;
  ASSERT_TRUE(Within(std::chrono::seconds(20), [&] {
    std::vector<FetchedBatch> batches;
    EXPECT_TRUE(
        cluster.log.Read(kDeadLettersTopic, Partition{0}, Offset{0}, 1 << 20, batches).ok());
    letters.clear();
    for (const FetchedBatch& batch : batches) {
      for (DeadLetter& letter : DecodeDeadLetters(batch).value()) letters.push_back(letter);
    }
    return letters.size() >= 2;
  }));
  ASSERT_EQ(letters.size(), 2u);
  std::sort(letters.begin(), letters.end(),
            [](const DeadLetter& a, const DeadLetter& b) { return a.location > b.location; });
  EXPECT_EQ(letters[0].location, "ingest/2@1");
  EXPECT_EQ(letters[0].raw, "\xff\xff poison");
  EXPECT_EQ(letters[0].source, kForeignSource);
  EXPECT_EQ(letters[1].location.substr(0, 11), "analysis/2@");
  EXPECT_TRUE(Within(std::chrono::seconds(20), [&] {
    std::this_thread::sleep_for(milliseconds(200));
    storing.reset();
    const bool all = cluster.store.posts_.size() >= 4;
    storing = cluster.Start(kStoreOnly);
    return all;
  }));
  storing.reset();
  const std::map<std::string, int> counted{
      {"7", 1}, {"9", 1}, {"11", 1}, {"key:8000000000000005", 1}};
  EXPECT_EQ(cluster.store.posts_, counted);
  for (const auto* process : {&analyze, &window}) EXPECT_EQ((*process)->Failure(), "");
}

}  // namespace
}  // namespace hb
