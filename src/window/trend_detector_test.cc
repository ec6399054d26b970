#include "window/trend_detector.h"

#include <gtest/gtest.h>

#include <string>

namespace hb {
namespace {

constexpr std::int64_t kMinute = 60'000;

/// `count` posts with one hashtag at `time_ms`, by `authors` different people, saying `texts` things.
AnalysisBatch Burst(std::int64_t time_ms, int count, int authors, int texts, const std::string& tag) {
  auto posts = std::make_shared<PostBatch>();
  AnalysisBatch batch;
  for (int i = 0; i < count; ++i) {
    PostView view;
    const std::string author = "author" + std::to_string(i % authors);
    const std::string id = std::to_string(time_ms) + "-" + std::to_string(i);
    view.time = FromMillis(time_ms);
    view.author = author;
    view.id = id;
    posts->Append(view);
    posts->tasks.Push("t");
    posts->tasks.EndRow();
    posts->rules_version.push_back(1);
    batch.neg.push_back(0);
    batch.neu.push_back(0);
    batch.label.push_back(Label::kNeutral);
    batch.lang.Append("en");
    batch.hashtags.Push(tag);
    batch.hashtags.EndRow();
    batch.clean.Append(id + std::to_string(i % texts));
    if (texts == 1) {
      batch.clean.Truncate(batch.clean.size() - 1);
      batch.clean.Append("same");
    }
  }
  batch.posts = std::move(posts);
  return batch;
}

/// Two hours of two posts a minute, then whatever the test adds.
class TrendDetectorTest : public testing::Test {
 protected:
  void SetUp() override {
    for (; now_ < 120; ++now_) {
      detector_->Add(Burst(now_ * kMinute, 2, 2, 2, "usual"));
      Step();
    }
    ASSERT_TRUE(trends_.empty());
  }
  void Step() {
    trends_.clear();
    detector_->Advance(FromMillis((now_ + 1) * kMinute), trends_);
  }
  const Trend* Find(const std::string& scope, const std::string& key) const {
    for (const Trend& trend : trends_) {
      if (trend.scope == scope && trend.key == key) return &trend;
    }
    return nullptr;
  }
  std::unique_ptr<TrendDetector> detector_ = TrendDetector::Create({});
  std::vector<Trend> trends_;
  std::int64_t now_ = 0;
};

TEST_F(TrendDetectorTest, ARisingTagIsATrendWithItsReason) {
  detector_->Add(Burst(now_ * kMinute, 60, 30, 60, "goal"));
  Step();
  const Trend* trend = Find("all", "goal");
  ASSERT_NE(trend, nullptr);
  EXPECT_EQ(trend->count, 60u);
  EXPECT_EQ(trend->authors, 30u);
  EXPECT_DOUBLE_EQ(trend->baseline, 1);
  EXPECT_GT(trend->score, 4);
  EXPECT_EQ(trend->languages, std::vector<std::string>{"en"});
  EXPECT_FALSE(trend->example_ids.empty());
  EXPECT_NE(Find("task:t", "goal"), nullptr);
  EXPECT_NE(Find("lang:en", "goal"), nullptr);
}

TEST_F(TrendDetectorTest, VolumeAloneIsNotATrend) {
  detector_->Add(Burst(now_ * kMinute, 2, 2, 2, "usual"));
  Step();
  EXPECT_EQ(Find("all", "usual"), nullptr);
}

TEST_F(TrendDetectorTest, FewAuthorsOrCopiesDoNotMakeATrend) {
  detector_->Add(Burst(now_ * kMinute, 60, 4, 60, "one"));
  detector_->Add(Burst(now_ * kMinute, 60, 30, 1, "copied"));
  Step();
  EXPECT_EQ(Find("all", "one"), nullptr);
  EXPECT_EQ(Find("all", "copied"), nullptr);
}

TEST_F(TrendDetectorTest, FallingOutIsToldOnce) {
  detector_->Add(Burst(now_ * kMinute, 60, 30, 60, "goal"));
  Step();
  now_ += 20;
  Step();
  const Trend* trend = Find("all", "goal");
  ASSERT_NE(trend, nullptr);
  EXPECT_FALSE(trend->active);
  ++now_;
  Step();
  EXPECT_EQ(Find("all", "goal"), nullptr);
}

TEST(TrendDetector, SaysNothingWithoutHistory) {
  auto detector = TrendDetector::Create({});
  detector->Add(Burst(0, 100, 50, 100, "first"));
  std::vector<Trend> trends;
  detector->Advance(FromMillis(kMinute), trends);
  EXPECT_TRUE(trends.empty());
}

}  // namespace
}  // namespace hb
