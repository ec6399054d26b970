#include "window/trend_detector.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <tuple>

namespace hb {
namespace {

constexpr std::int64_t kMinute = 60'000;

/// `count` posts with one hashtag at `time_ms`, by `authors` different people, saying `texts`
/// things.
AnalysisBatch Burst(std::int64_t time_ms, int count, int authors, int texts,
                    const std::string& tag) {
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

TEST_F(TrendDetectorTest, TextsThatSayNearlyTheSameAreCopies) {
  AnalysisBatch varied = Burst(now_ * kMinute, 60, 30, 60, "varied");
  AnalysisBatch spread = Burst(now_ * kMinute, 60, 30, 60, "spread");
  std::mt19937_64 random(5);
  for (int i = 0; i < 60; ++i) {
    spread.fingerprint.push_back(random());
    varied.fingerprint.push_back(spread.fingerprint[0] ^ 1ULL << i);
  }
  detector_->Add(varied);
  detector_->Add(spread);
  Step();
  EXPECT_EQ(Find("all", "varied"), nullptr);
  const Trend* trend = Find("all", "spread");
  ASSERT_NE(trend, nullptr);
  EXPECT_DOUBLE_EQ(trend->duplicate_share, 0);
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

auto AsTuple(const Trend& t) {
  return std::tuple(t.time, t.scope, t.kind, t.key, t.count, t.baseline, t.score, t.authors,
                    t.duplicate_share, t.languages, t.example_ids, t.active);
}

/// Everything told over some hours of bursts, late posts and pauses. Before each step, `between`
/// may put another detector in the place of the first.
template <typename Between>
std::vector<Trend> Story(TrendDetector::Options options, Between between) {
  options.journaled = true;
  auto detector = TrendDetector::Create(options);
  std::mt19937 random(11);
  std::vector<Trend> told;
  for (std::int64_t minute = 0; minute < 600; ++minute) {
    between(detector, options);
    const int tags = static_cast<int>(random() % 4);
    for (int i = 0; i < tags; ++i) {
      const std::string tag = "tag" + std::to_string(random() % 60);
      const std::int64_t late = random() % 5 == 0 ? static_cast<std::int64_t>(random() % 40) : 0;
      detector->Add(
          Burst((minute - late) * kMinute, 1 + static_cast<int>(random() % 4), 3, 3, tag));
    }
    if (random() % 50 == 0) {
      detector->Add(Burst(minute * kMinute, 40, 30, 40, "tag" + std::to_string(random() % 60)));
    }
    if (random() % 4 == 0) detector->Advance(FromMillis((minute - 2) * kMinute), told);
  }
  return told;
}

void ExpectSame(const std::vector<Trend>& a, const std::vector<Trend>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(AsTuple(a[i]), AsTuple(b[i])) << i;
}

TEST(TrendDetector, ARestartAfterEveryStepIsNotSeen) {
  using Detector = std::unique_ptr<TrendDetector>;
  for (const std::size_t max_keys : {std::size_t{20'000}, std::size_t{25}}) {
    const TrendDetector::Options options{.max_keys = max_keys};
    const auto plain = Story(options, [](Detector&, const auto&) {});
    ASSERT_GT(plain.size(), 20u);
    // From what Save wrote, each time.
    const auto saved = Story(options, [](Detector& detector, const auto& all) {
      std::string bytes;
      detector->Save(bytes);
      detector = TrendDetector::Create(all);
      ASSERT_TRUE(detector->Load(bytes).ok());
    });
    ExpectSame(saved, plain);
    // From something saved now and then, and the journals since.
    std::string base;
    std::vector<std::string> journals;
    int step = 0;
    TrendDetector::Create(options)->Save(base);
    const auto replayed = Story(options, [&](Detector& detector, const auto& all) {
      journals.emplace_back(detector->Journal());
      detector = TrendDetector::Create(all);
      ASSERT_TRUE(detector->Load(base).ok());
      for (const std::string& journal : journals) ASSERT_TRUE(detector->Replay(journal).ok());
      detector->ClearJournal();
      if (++step % 37 != 0) return;
      base.clear();
      detector->Save(base);
      journals.clear();
    });
    ExpectSame(replayed, plain);
  }
}

TEST(TrendDetector, DoesNotTakeAForeignState) {
  auto detector = TrendDetector::Create({.journaled = true});
  detector->Add(Burst(0, 3, 3, 3, "a"));
  std::string saved;
  detector->Save(saved);
  const std::string journal(detector->Journal());
  for (std::size_t size = 0; size < saved.size(); ++size) {
    EXPECT_EQ(detector->Load(saved.substr(0, size)).error().code, Code::kCorrupt) << size;
  }
  EXPECT_TRUE(detector->Load(saved).ok());
  EXPECT_EQ(detector->Replay(journal.substr(0, journal.size() - 1)).error().code, Code::kCorrupt);
  EXPECT_EQ(detector->Replay("x").error().code, Code::kCorrupt);
}

TEST(TrendDetector, AReplayFarAheadOfItsWatermarkTellsTheSame) {
  // As when a whole month is read before the first look.
  std::vector<Trend> ahead, along;
  auto reader = TrendDetector::Create({}), live = TrendDetector::Create({});
  const auto feed = [](TrendDetector& detector, std::int64_t minute) {
    detector.Add(Burst(minute * kMinute, 2, 2, 2, "usual"));
    if (minute == 150) detector.Add(Burst(minute * kMinute, 60, 30, 60, "goal"));
  };
  for (std::int64_t minute = 0; minute < 300; ++minute) {
    feed(*reader, minute);
    feed(*live, minute);
    live->Advance(FromMillis((minute + 1) * kMinute), along);
  }
  for (std::int64_t minute = 0; minute < 300; ++minute) {
    reader->Advance(FromMillis((minute + 1) * kMinute), ahead);
  }
  for (auto* told : {&ahead, &along}) {
    for (Trend& trend : *told)
      trend.example_ids.clear();  // the newest read, not the newest in time
  }
  ASSERT_FALSE(along.empty());
  ExpectSame(ahead, along);
}

}  // namespace
}  // namespace hb
