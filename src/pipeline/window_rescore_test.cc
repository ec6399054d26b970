// Newer results in the place of older ones: whatever happens between, as if they had been there.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "analysis/chain.h"
#include "analysis/lexicon_sentiment.h"
#include "pipeline/rescore.h"
#include "pipeline/window_testing.h"

namespace hb::window_test {
namespace {

using std::chrono::milliseconds;

WindowStage::Options Sizes() {
  WindowStage::Options options;
  options.engine.sizes = {milliseconds(kMinute), milliseconds(60 * kMinute)};
  options.redact_every = milliseconds(0);
  return options;
}

std::vector<Post> Posts(std::uint64_t from, std::uint64_t to) {
  std::vector<Post> posts;
  for (std::uint64_t n = from; n < to; ++n) {
    posts.push_back(
        {.minute = static_cast<std::int64_t>(n % 7),
         .author = "a" + std::to_string(n % 5),
         .tags = {"t" + std::to_string(n % 3)},
         .number = n,
         .content = n % 2 == 0 ? "a great day, I love it" : "this is terrible, I hate it"});
  }
  return posts;
}

Result<std::unique_ptr<AnalysisChain>> Chain(const char* lexicon) {
  AnalysisChain::Options options;
  options.sentiment = MakeLexiconSentiment(lexicon, nullptr);
  return AnalysisChain::Create(options);
}

/// What the pipeline of these models would have given from the beginning.
std::map<AggregateKey, Aggregate> Wanted(const char* lexicon, const std::vector<Post>& even,
                                         const std::vector<Post>& odd) {
  SteppedStage stage(Sizes());
  stage.Give(even, 0);
  stage.Give(odd, 1);
  EXPECT_TRUE(stage.Settle(milliseconds(700), 100));
  const auto chain = Chain(lexicon);
  EXPECT_TRUE(chain.ok());
  const auto counts = Rescore(stage.log(), *chain.value(), {}, {});
  EXPECT_TRUE(counts.ok());
  for (int i = 0; i < 30; ++i) {
    stage.clock().Advance(milliseconds(700));
    stage.Step();
  }
  return stage.Windows();
}

bool IsRescored(SteppedStage& stage) {
  for (std::int32_t p = 0; p < 2; ++p) {
    if (stage.Committed(kRescoredTopic, p) != stage.End(kRescoredTopic, p)) return false;
  }
  return true;
}

void WorkIn(SteppedStage& stage, bool crash) {
  for (int i = 0; i < 200 && !(IsRescored(stage) && stage.IsSettled()); ++i) {
    stage.clock().Advance(milliseconds(700));
    stage.Step();
    if (crash) stage.Crash();
  }
  EXPECT_TRUE(IsRescored(stage));
}

std::int64_t PostsIn(const std::map<AggregateKey, Aggregate>& windows, std::int64_t size) {
  std::int64_t posts = 0;
  for (const auto& [key, aggregate] : windows) {
    if (key.window_ms == size) posts += static_cast<std::int64_t>(aggregate.posts);
  }
  return posts;
}

TEST(WindowRescore, EachPostCountsOnceWithItsNewestResult) {
  for (const bool crash : {false, true}) {
    SteppedStage stage(Sizes());
    stage.Give(Posts(1, 40), 0);
    stage.Give(Posts(40, 90), 1);
    ASSERT_TRUE(stage.Settle(milliseconds(700), 100));
    const auto before = stage.Windows();
    const auto vader = Chain("vader"), textblob = Chain("textblob");
    ASSERT_TRUE(vader.ok() && textblob.ok());

    RescoreCounts counts = Rescore(stage.log(), *vader.value(), {.dry_run = true}, {}).value();
    EXPECT_EQ(counts.judged, 89u);
    EXPECT_EQ(counts.changed, 89u);
    EXPECT_EQ(stage.End(kRescoredTopic, 0), 0);

    counts = Rescore(stage.log(), *vader.value(), {}, {}).value();
    EXPECT_EQ(counts.changed, 89u);
    WorkIn(stage, crash);
    const auto by_vader = stage.Windows();
    EXPECT_NE(by_vader, before);
    EXPECT_EQ(PostsIn(by_vader, kMinute), 89);
    EXPECT_EQ(PostsIn(by_vader, 60 * kMinute), 89);

    // Again: nothing differs. Written twice all the same: nothing changes.
    EXPECT_EQ(Rescore(stage.log(), *vader.value(), {}, {}).value().changed, 0u);
    for (std::int32_t p = 0; p < 2; ++p) {
      for (const FetchedBatch& batch : stage.Batches(kRescoredTopic, p)) {
        const auto transaction = stage.log().Begin("again").value();
        ASSERT_TRUE(transaction->Append(kRescoredTopic, Partition{p}, batch.records).ok());
        ASSERT_TRUE(transaction->Commit().ok());
      }
    }
    WorkIn(stage, crash);
    EXPECT_EQ(stage.Windows(), by_vader) << crash;

    // Another model in the place of results that took the place of others.
    EXPECT_GT(Rescore(stage.log(), *textblob.value(), {}, {}).value().changed, 0u);
    WorkIn(stage, crash);
    EXPECT_EQ(stage.Windows(), Wanted("textblob", Posts(1, 40), Posts(40, 90))) << crash;
  }
}

TEST(WindowRescore, WhatWasDeletedNeitherCountsNorComesBack) {
  for (const bool before : {true, false}) {
    SteppedStage stage(Sizes());
    stage.Give(Posts(1, 30), 0);
    stage.Give(Posts(30, 60), 1);
    ASSERT_TRUE(stage.Settle(milliseconds(700), 100));
    const auto vader = Chain("vader");
    ASSERT_TRUE(vader.ok());
    ASSERT_TRUE(Rescore(stage.log(), *vader.value(), {}, {}).ok());
    if (!before) WorkIn(stage, false);
    stage.Delete(7);
    stage.Delete(41);
    WorkIn(stage, false);
    ASSERT_TRUE(stage.Settle(milliseconds(700), 200));
    EXPECT_EQ(PostsIn(stage.Windows(), kMinute), 57) << before;
    // Nor by a later one.
    const auto textblob = Chain("textblob");
    ASSERT_TRUE(Rescore(stage.log(), *textblob.value(), {}, {}).ok());
    WorkIn(stage, false);
    EXPECT_EQ(PostsIn(stage.Windows(), kMinute), 57) << before;
    EXPECT_EQ(PostsIn(stage.Windows(), 60 * kMinute), 57) << before;
  }
}

TEST(WindowRescore, ARangeAndATaskAreAllThatIsJudged) {
  SteppedStage stage(Sizes());
  stage.Give(Posts(1, 71), 0);
  ASSERT_TRUE(stage.Settle(milliseconds(700), 100));
  const auto vader = Chain("vader");
  ASSERT_TRUE(vader.ok());
  RescoreOptions options{.from = FromMillis(kBegin + 2 * kMinute),
                         .to = FromMillis(kBegin + 4 * kMinute)};
  const RescoreCounts counts = Rescore(stage.log(), *vader.value(), options, {}).value();
  EXPECT_EQ(counts.read, 70u);
  EXPECT_EQ(counts.judged, 20u);
  options.task = "nobody's";
  EXPECT_EQ(Rescore(stage.log(), *vader.value(), options, {}).value().judged, 0u);
}

}  // namespace
}  // namespace hb::window_test
