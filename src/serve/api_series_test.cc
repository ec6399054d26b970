// Windows as series, sums and the pulse.
#include "serve/api_testing.h"

namespace hb {
namespace {

TEST_F(ApiTest, SeriesAndSummaryAddWindowsUp) {
  WritePosts();
  const std::vector<Aggregate> windows = {
      SampleAggregate("*", 0, 0, 1, 240), SampleAggregate("*", 0, 1, 1, 40),
      SampleAggregate("*", 2, 0, 3, 10), SampleAggregate("even", 0, 0, 1, 120)};
  Write({.aggregates = windows});
  const auto series = Json(Get("/api/v1/series", {{"size", "1m"}}));
  EXPECT_EQ(Size(series, "/windows"), 2u);
  EXPECT_EQ(Int(series, "/size_ms"), 60'000);
  EXPECT_EQ(Text(series, "/windows/0/start"), "2016-08-01T00:00:00.000Z");
  EXPECT_EQ(Int(series, "/windows/0/posts"), 280);
  EXPECT_EQ(Int(series, "/windows/0/labels/negative"), 70);
  EXPECT_NEAR(Number(series, "/windows/0/neg"), 0.2, 1e-12);
  EXPECT_EQ(Number(series, "/windows/0/completeness"), 1);
  EXPECT_EQ(Int(series, "/windows/1/revision"), 3);

  const auto summary = Json(Get("/api/v1/summary", {{"task", "*"}}));
  EXPECT_EQ(Int(summary, "/posts"), 290);
  EXPECT_EQ(Int(summary, "/authors"), 997);
  EXPECT_EQ(Int(summary, "/kinds/post"), 290);
  EXPECT_EQ(Text(summary, "/hashtags/0/key"), "vote");
  EXPECT_EQ(Int(summary, "/hashtags/0/count"), 290);
  EXPECT_EQ(Int(summary, "/emotions/anger"), 72);
  EXPECT_EQ(Int(summary, "/emotions/sadness"), 0);
  EXPECT_EQ(Text(summary, "/entities/0/key"), "person:Ann Lee");
  EXPECT_EQ(Int(summary, "/entities/0/count"), 290);
  EXPECT_EQ(Text(summary, "/topics/0/key"), "news_&_social_concern");
  EXPECT_EQ(Int(summary, "/topics/0/count"), 290);
  EXPECT_EQ(Int(summary, "/topics/1/count"), 3);
  EXPECT_NEAR(Number(summary, "/polarity"), -0.25, 1e-12);
  EXPECT_EQ(Int(Json(Get("/api/v1/summary", {{"task", "even"}})), "/posts"), 120);
  EXPECT_EQ(Get("/api/v1/summary", {{"task", "nobody"}}).status, 404);

  // Of one language: counted from posts.
  const auto russian = Json(Get("/api/v1/series", {{"size", "1m"}, {"lang", "ru"}}));
  EXPECT_EQ(Size(russian, "/windows"), 21u);
  EXPECT_EQ(Int(russian, "/windows/0/posts"), 48);
  EXPECT_EQ(Get("/api/v1/series", {{"size", "7m"}}).status, 400);
  EXPECT_EQ(Get("/api/v1/series", {{"size", "1s"}, {"lang", "ru"}, {"from", "1970-01-01"}}).status,
            200);
}

TEST_F(ApiTest, ASeriesCountsAsManyTopicsAsAreAsked) {
  WritePosts();
  const std::vector<Aggregate> windows = {SampleAggregate("*", 0, 0, 1, 240),
                                          SampleAggregate("*", 0, 1, 1, 40),
                                          SampleAggregate("*", 2, 0, 3, 10)};
  Write({.aggregates = windows});
  const auto both = Json(Get("/api/v1/series", {{"size", "1m"}, {"topics", "5"}}));
  EXPECT_EQ(Raw(both, "/topics"), R"(["news_&_social_concern","sports"])");
  EXPECT_EQ(Raw(both, "/windows/0/topics"), "[280,2]");
  EXPECT_EQ(Raw(both, "/windows/1/topics"), "[10,1]");
  const auto one = Json(Get("/api/v1/series", {{"size", "1m"}, {"topics", "1"}}));
  EXPECT_EQ(Raw(one, "/topics"), R"(["news_&_social_concern"])");
  EXPECT_EQ(Raw(one, "/windows/1/topics"), "[10]");
  EXPECT_EQ(Get("/api/v1/series", {{"size", "1m"}}).body.find("topics"), std::string::npos);
  EXPECT_EQ(Get("/api/v1/series", {{"topics", "11"}}).status, 400);
  // Counted from posts: every third is about daily life, every repost about news.
  const auto reposts =
      Json(Get("/api/v1/series", {{"size", "1h"}, {"hashtag", "news"}, {"topics", "2"}}));
  EXPECT_EQ(Raw(reposts, "/topics"), R"(["news_&_social_concern","diaries_&_daily_life"])");
  EXPECT_EQ(Raw(reposts, "/windows/0/topics"), "[1000,333]");
  const auto news =
      Json(Get("/api/v1/series", {{"size", "1h"}, {"topic", "news_&_social_concern"}}));
  EXPECT_EQ(Int(news, "/windows/0/posts"), 1000);
}

// An hour of posts and one that is dated 2099.
TEST_F(ApiTest, ASeriesOfAutomaticSizeIsAlwaysAnswered) {
  std::vector<Aggregate> windows;
  for (int minute = 0; minute < 60; ++minute)
    windows.push_back(SampleAggregate("*", minute, 0, 1, 10));
  constexpr int kMinutesTo2099 = 83 * 365 * 1440;
  windows.push_back(SampleAggregate("*", kMinutesTo2099, 0, 1, 1));
  Write({.aggregates = windows});
  WritePosts(0, 100);
  auto late = std::make_shared<PostBatch>();
  PostView post{.id = "late"};
  post.content = "from afar";
  post.time = FromMillis(kStartMs + std::int64_t{kMinutesTo2099} * 60'000);
  late->Append(post);
  auto analysed = std::make_shared<AnalysisBatch>();
  backend_->chain().Analyze(std::move(late), *backend_->chain().MakeScratch(), *analysed);
  const std::shared_ptr<const AnalysisBatch> batches[] = {analysed};
  Write({.analyses = batches});
  backend_->status.now = FromMillis(kStartMs + std::int64_t{kMinutesTo2099 + 1} * 60'000);
  const auto series = Json(Get("/api/v1/series"));
  EXPECT_EQ(Int(series, "/size_ms"), 60'000);
  EXPECT_EQ(Size(series, "/windows"), 61u);
  EXPECT_EQ(Raw(series, "/truncated"), "false");
  EXPECT_EQ(Size(Json(Get("/api/v1/series", {{"lang", "ru"}})), "/windows"), 1u);
}

TEST_F(ApiTest, OfMoreWindowsThanAnAnswerHoldsTheNewestAreGiven) {
  std::vector<Aggregate> windows;
  for (int minute = 0; minute < 20'010; ++minute)
    windows.push_back(SampleAggregate("*", minute, 0, 1, 1));
  Write({.aggregates = windows});
  backend_->status.now = FromMillis(kStartMs + std::int64_t{20'010} * 60'000);
  const auto series = Json(Get("/api/v1/series"));
  EXPECT_EQ(Size(series, "/windows"), 20'000u);
  EXPECT_EQ(Raw(series, "/truncated"), "true");
  EXPECT_EQ(Text(series, "/from"), "2016-08-01T00:10:00.000Z");
  EXPECT_EQ(Text(series, "/windows/0/start"), "2016-08-01T00:10:00.000Z");
  EXPECT_EQ(Get("/api/v1/series", {{"size", "1m"}}).status, 400);
}

TEST_F(ApiTest, ThePulseBeats) {
  WritePosts();
  backend_->tasks["even"] = {.tag = "even", .rule = "e", .revision = 1, .active = true, .time = {}};
  const std::vector<Aggregate> windows = {SampleAggregate("*", 20, 0, 1, 200),
                                          SampleAggregate("*", 3, 0, 1, 40),
                                          SampleAggregate("even", 20, 0, 1, 100)};
  Write({.aggregates = windows});
  const auto pulse = Json(Get("/api/v1/pulse"));
  EXPECT_EQ(Text(pulse, "/tasks/0/tag"), "*");
  EXPECT_EQ(Text(pulse, "/tasks/1/tag"), "even");
  EXPECT_EQ(Int(pulse, "/tasks/0/posts_total"), 240);
  EXPECT_EQ(Size(pulse, "/tasks/0/spark"), 60u);
  EXPECT_EQ(Int(pulse, "/tasks/0/spark/59"), 200);
  EXPECT_EQ(Int(pulse, "/tasks/0/spark/42"), 40);
  EXPECT_NEAR(Number(pulse, "/tasks/0/mood/59"), 0.3, 1e-12);
  EXPECT_EQ(Raw(pulse, "/tasks/0/mood/0"), "null");
  EXPECT_EQ(Int(pulse, "/tasks/0/last_15m/posts"), 200);
  EXPECT_EQ(Int(pulse, "/tasks/0/last_hour/posts"), 240);
  EXPECT_EQ(Int(pulse, "/tasks/0/last_day/labels/negative"), 60);
  EXPECT_NEAR(Number(pulse, "/tasks/0/rate_now"), 4, 0.1);
  EXPECT_NEAR(Number(pulse, "/tasks/1/rate_now"), 2, 0.1);
  EXPECT_EQ(Size(pulse, "/newest"), 10u);
  EXPECT_EQ(Text(pulse, "/newest/0/id"), "1000004999");
}

}  // namespace
}  // namespace hb
