#include "pipeline/window_stage.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "log/memory/memory_log.h"
#include "pipeline/codec.h"
#include "pipeline/topics.h"
#include "pipeline/window_testing.h"
#include "record/task.h"

namespace hb {
namespace {

using std::chrono::milliseconds;
using window_test::BatchOf;
using window_test::kBegin;
using window_test::kMinute;
using window_test::Post;

/// A window stage over a log in memory. Each batch given is one commit.
class Stand {
 public:
  /// `write_rate`: as WindowEngine::Options.
  explicit Stand(std::int64_t write_rate = kAtOnce, bool write_at_stop = false)
      : write_rate_(write_rate), write_at_stop_(write_at_stop) {
    for (const TopicSpec& spec : TopicSpecs(2, -1, -1)) EXPECT_TRUE(log_->EnsureTopic(spec).ok());
    Restart();
  }
  ~Stand() { stage_->Stop(); }
  void Restart() {
    if (stage_) stage_->Stop();
    WindowStage::Options options;
    options.commit_rows = 1;
    options.engine.write_rate = write_rate_;
    options.write_at_stop = write_at_stop_;
    stage_ = std::make_unique<WindowStage>(options, *log_, *tombstones_, nullptr, clock_, board_);
    ASSERT_TRUE(stage_->Open().ok());
    stage_->Start();
  }
  void Give(const std::vector<Post>& posts, std::int32_t partition = 0) {
    const auto transaction = log_->Begin("test").value();
    ASSERT_TRUE(
        transaction->Append(kAnalysisTopic, Partition{partition}, EncodeAnalyses(BatchOf(posts)))
            .ok());
    ASSERT_TRUE(transaction->Commit().ok());
    given_[partition] += static_cast<std::int64_t>(posts.size());
    for (int wait = 0; wait < 20'000 && Processed(partition) < given_[partition]; ++wait) {
      std::this_thread::sleep_for(milliseconds(1));
    }
    ASSERT_EQ(Processed(partition), given_[partition]);
  }
  /// Has every window written, after a last restart.
  void WriteAll() {
    write_rate_ = kAtOnce;
    Restart();
    for (const auto& [partition, given] : given_) {
      for (int wait = 0; wait < 20'000 && Committed(partition) < given; ++wait) {
        std::this_thread::sleep_for(milliseconds(1));
      }
      ASSERT_EQ(Committed(partition), given);
    }
  }
  /// Records that a restart would count again.
  std::int64_t Missing(std::int32_t partition) { return given_[partition] - Committed(partition); }
  /// Newest aggregate of each window in `windows`.
  std::map<AggregateKey, Aggregate> Windows() {
    std::map<AggregateKey, Aggregate> newest;
    for (std::int32_t p = 0; p < 2; ++p) {
      for (const FetchedBatch& batch : Batches(kWindowsTopic, p)) {
        for (const Aggregate& aggregate : *DecodeAggregates(batch).value())
          newest[aggregate.key] = aggregate;
      }
    }
    return newest;
  }
  std::size_t WindowRecords() {
    std::size_t records = 0;
    for (std::int32_t p = 0; p < 2; ++p) {
      for (const FetchedBatch& batch : Batches(kWindowsTopic, p)) records += batch.records->size();
    }
    return records;
  }
  std::vector<Trend> Trends() {
    std::vector<Trend> trends;
    for (const FetchedBatch& batch : Batches(kTrendsTopic, 0)) {
      for (const Trend& trend : DecodeTrends(batch).value()) trends.push_back(trend);
    }
    return trends;
  }
  std::size_t StateValues(const char* state) {
    std::size_t values = 0;
    EXPECT_TRUE(log_->ScanState(state, Partition{0},
                                [&](std::string_view, std::string_view) { return ++values > 0; })
                    .ok());
    return values;
  }
  Log& log() { return *log_; }
  StatusBoard& board() { return board_; }

 private:
  static constexpr std::int64_t kAtOnce = 1 << 30;  ///< every window that changed is due
  std::vector<FetchedBatch> Batches(const char* topic, std::int32_t partition) {
    std::vector<FetchedBatch> batches;
    EXPECT_TRUE(log_->Read(topic, Partition{partition}, Offset{0}, 1 << 30, batches).ok());
    return batches;
  }
  GroupOffset At(std::int32_t partition) {
    for (GroupOffset& offset : log_->GroupOffsets().value()) {
      if (offset.group == kWindowGroup && offset.topic == kAnalysisTopic &&
          ToInt(offset.partition) == partition) {
        return offset;
      }
    }
    return {};
  }
  std::int64_t Committed(std::int32_t partition) { return ToInt(At(partition).committed); }
  std::int64_t Processed(std::int32_t partition) { return ToInt(At(partition).processed); }

  std::int64_t write_rate_;
  bool write_at_stop_;
  ManualClock clock_{FromMillis(kBegin)};
  StatusBoard board_;
  std::unique_ptr<Log> log_ = MakeMemoryLog(clock_);
  std::unique_ptr<Tombstones> tombstones_ = Tombstones::Open(*log_).value();
  std::unique_ptr<WindowStage> stage_;
  std::map<std::int32_t, std::int64_t> given_;
};

/// Ten hours of a few tags, with a burst now and then, in commits of one to ten minutes.
void Tell(
    Stand& stand, bool restarts, const std::function<void()>& after_each = [] {}) {
  std::mt19937 random(3);
  int number = 0;
  for (std::int64_t minute = 0; minute < 600;
       minute += 1 + static_cast<std::int64_t>(random() % 10)) {
    std::vector<Post> posts;
    const bool burst = random() % 12 == 0;
    const std::string tag = "tag" + std::to_string(random() % 8);
    for (std::uint64_t n = burst ? 40 : 1 + random() % 4; n > 0; --n) {
      posts.push_back({minute - static_cast<std::int64_t>(random() % 3),
                       "author" + std::to_string(number++ % 30),
                       {tag}});
    }
    stand.Give(posts, static_cast<std::int32_t>(random() % 2));
    after_each();
    if (restarts) stand.Restart();
  }
}

auto AsTuple(const Trend& t) {
  return std::tuple(t.time, t.scope, t.key, t.count, t.baseline, t.score, t.authors,
                    t.duplicate_share, t.languages, t.active);
}

TEST(WindowStage, RestartAfterEveryStepChangesNothing) {
  Stand plain, restarted;
  Tell(plain, false);
  Tell(restarted, true);
  EXPECT_TRUE(plain.Windows() == restarted.Windows());
  const auto told = plain.Trends(), again = restarted.Trends();
  ASSERT_GT(told.size(), 10u);
  ASSERT_EQ(told.size(), again.size());
  for (std::size_t i = 0; i < told.size(); ++i) EXPECT_EQ(AsTuple(told[i]), AsTuple(again[i])) << i;
}

TEST(WindowStage, WindowsThatAreSeldomWrittenAreWholeAfterRestarts) {
  Stand plain, seldom(1);
  Tell(plain, false);
  std::int64_t most_missing = 0;
  Tell(seldom, true, [&] { most_missing = std::max(most_missing, seldom.Missing(0)); });
  EXPECT_GT(most_missing, 20);
  EXPECT_LT(seldom.WindowRecords(), plain.WindowRecords() / 2);
  seldom.WriteAll();
  const auto expected = plain.Windows(), windows = seldom.Windows();
  ASSERT_EQ(windows.size(), expected.size());
  for (const auto& [key, aggregate] : windows) {
    Aggregate other = expected.at(key);
    EXPECT_LE(aggregate.revision, other.revision);
    other.revision = aggregate.revision;
    EXPECT_TRUE(aggregate == other);
  }
  const auto told = plain.Trends(), again = seldom.Trends();
  ASSERT_EQ(told.size(), again.size());
  for (std::size_t i = 0; i < told.size(); ++i) EXPECT_EQ(AsTuple(told[i]), AsTuple(again[i])) << i;
}

TEST(WindowStage, StopWritesTheWindowsThatWait) {
  for (const bool write_at_stop : {false, true}) {
    Stand stand(1, write_at_stop);
    for (int i = 0; i < 5; ++i) stand.Give({{.minute = 1}});
    ASSERT_GT(stand.Missing(0), 0);
    stand.Restart();
    EXPECT_EQ(stand.Missing(0) == 0, write_at_stop);
  }
}

TEST(WindowStage, ABurstInTheMidstOfTheDaysOfOneCommitIsATrend) {
  constexpr std::int64_t kBurst = 400, kDays = 2;
  Stand stand;
  stand.Give({{0}});
  std::vector<Post> posts;
  for (std::int64_t minute = 4; minute < kDays * 1440; minute += 4) {
    posts.push_back({minute, "a", {"calm"}});
    if (minute != kBurst) continue;
    for (int i = 0; i < 40; ++i) posts.push_back({minute, "author" + std::to_string(i), {"burst"}});
  }
  stand.Give(posts);
  std::vector<Trend> bursts;
  for (Trend& trend : stand.Trends()) {
    if (trend.key == "burst" && trend.scope == "all") bursts.push_back(std::move(trend));
  }
  ASSERT_EQ(bursts.size(), 2u) << "it came and it went";
  EXPECT_TRUE(bursts[0].active);
  EXPECT_EQ(bursts[0].count, 40u);
  EXPECT_FALSE(bursts[1].active);
  for (const Trend& trend : bursts) {
    const std::int64_t minute = (ToMillis(trend.time) - kBegin) / kMinute;
    EXPECT_GT(minute, kBurst);
    EXPECT_LE(minute, kBurst + 30);
  }
}

TEST(WindowStage, ThePastHoldsNobodyBackBesideALiveSource) {
  for (const auto& [live, restarts] : {std::pair(false, false), {true, false}, {true, true}}) {
    Stand stand;
    stand.board().stages.live = live;
    stand.Give({{.minute = 3000}});
    stand.Give({{.minute = 100, .source = "x_search"}});
    EXPECT_EQ(stand.StateValues(kSourceTimeState), live ? 1u : 2u);
    if (restarts) stand.Restart();
    stand.Give({{.minute = 3060}});
    const auto windows = stand.Windows();
    const auto at = [&](std::int64_t minute) {
      return windows.at(
          {std::string(kAllTasks), FromMillis(kBegin + minute * kMinute), kMinute, Partition{0}});
    };
    EXPECT_EQ(at(100).posts, 1u);
    EXPECT_EQ(at(3000).is_final, live);
  }
}

TEST(WindowStage, ThePastIsNoHistoryOfTrendsBesideALiveSource) {
  Stand plain, beside;
  for (Stand* stand : {&plain, &beside}) {
    stand->board().stages.live = true;
    for (const std::int32_t partition : {0, 1}) stand->Give({{.minute = 0}}, partition);
  }
  Tell(plain, false);
  std::int64_t past = -3 * 1440;
  Tell(beside, false, [&] {
    std::vector<Post> posts;
    for (int n = 0; n < 8; ++n) {
      posts.push_back({.minute = past + n,
                       .author = "author" + std::to_string(n),
                       .tags = {"tag" + std::to_string(n)},
                       .source = "x_search"});
    }
    beside.Give(posts, static_cast<std::int32_t>(past++ & 1));
  });
  const auto told = plain.Trends(), again = beside.Trends();
  ASSERT_GT(told.size(), 10u);
  ASSERT_EQ(told.size(), again.size());
  for (std::size_t i = 0; i < told.size(); ++i) EXPECT_EQ(AsTuple(told[i]), AsTuple(again[i])) << i;
}

TEST(WindowStage, TinyWindowsOfOneCommitAreFoundAgain) {
  constexpr std::int64_t kMinutes = 300;
  Stand stand;
  std::vector<Post> posts;
  for (std::int64_t minute = 0; minute < kMinutes; ++minute) posts.push_back({minute});
  stand.Give(posts);
  EXPECT_LE(stand.StateValues(kWindowBlockState), 12u);
  EXPECT_LT(stand.StateValues(kWindowState), 30u);
  const auto expect = [&](std::int64_t minute, std::uint64_t count) {
    const AggregateKey key{std::string(kAllTasks), FromMillis(kBegin + minute * kMinute), kMinute,
                           Partition{0}};
    const auto windows = stand.Windows();
    ASSERT_TRUE(windows.contains(key)) << minute;
    EXPECT_EQ(windows.at(key).posts, count) << minute;
  };
  // All of them again, then one alone, then one that stands alone already, then all again.
  stand.Restart();
  stand.Give(posts);
  for (const std::int64_t minute : {0, 63, 64, 200}) expect(minute, 2);
  for (std::uint64_t time = 3; time < 5; ++time) {
    stand.Restart();
    stand.Give({{77}});
    expect(77, time);
  }
  stand.Restart();
  stand.Give(posts);
  expect(76, 3);
  expect(77, 5);
  stand.Restart();
  stand.Give({{77}});
  expect(77, 6);
}

TEST(WindowStage, RecordOfALargeWindowIsBoundedAndItsStateIsNot) {
  Stand stand;
  std::vector<Post> posts;
  for (int i = 0; i < 3000; ++i)
    posts.push_back({0, "a", {}, {"word" + std::to_string(i), i < 10 ? "often" : "seldom"}});
  stand.Give(posts);
  stand.Restart();
  stand.Give({{0, "b", {}, {"often"}}});
  const AggregateKey key{std::string(kAllTasks), FromMillis(kBegin), kMinute, Partition{0}};
  const Aggregate record = stand.Windows().at(key);
  EXPECT_EQ(record.posts, 3001u);
  EXPECT_EQ(record.words.counts.size(), WindowLedger::kMaxRecordKeys);
  EXPECT_TRUE(record.words.approximate);
  EXPECT_EQ(record.words.Top(2), (std::vector<KeyCount>{{"seldom", 2990}, {"often", 11}}));
  const Aggregate state = WindowLedger(stand.log()).Load(Partition{0}, key).value().aggregate;
  EXPECT_EQ(state.words.counts.size(), 3002u);
  EXPECT_FALSE(state.words.approximate);
}

}  // namespace
}  // namespace hb
