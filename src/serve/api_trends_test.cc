// Trends and pages of hashtags.
#include "serve/api_testing.h"

namespace hb {
namespace {

TEST_F(ApiTest, TrendsSayWhySinceWhenAndHowMany) {
  WritePosts();
  const std::vector<Trend> trends = {
      TrendAt(10, "news", 9, true), TrendAt(11, "news", 9, false), TrendAt(15, "news", 7, true),
      TrendAt(19, "news", 8, true), TrendAt(20, "news", 6, true),  TrendAt(20, "vote", 8, true),
      TrendAt(19, "gone", 8, true), TrendAt(20, "gone", 1, false), TrendAt(5, "old", 8, true)};
  Write({.trends = trends});
  const auto json = Json(Get("/api/v1/trending"));
  ASSERT_EQ(Size(json, "/trends"), 2u);
  EXPECT_EQ(Text(json, "/trends/0/key"), "vote");
  EXPECT_EQ(Text(json, "/trends/1/key"), "news");
  EXPECT_EQ(Text(json, "/trends/1/since"), "2016-08-01T00:15:00.000Z");
  EXPECT_EQ(Text(json, "/trends/1/reason"), "214 in 15 min, usually 12, by 88 authors");
  EXPECT_EQ(Raw(json, "/trends/1/languages"), "[\"en\"]");
  EXPECT_EQ(Size(json, "/trends/1/spark"), 60u);
  EXPECT_EQ(Int(json, "/trends/1/spark/58"), 48);
  EXPECT_EQ(Size(Json(Get("/api/v1/trending", {{"scope", "lang:xx"}})), "/trends"), 0u);
  EXPECT_EQ(Text(Json(Get("/api/v1/hashtags/News")), "/trend/key"), "news");

  // In a range each at its strongest moment, over a course of what is kept, however long it is.
  const auto past = Json(Get("/api/v1/trending", {{"from", "0"}, {"to", "2030-01-01"}}));
  ASSERT_EQ(Size(past, "/trends"), 4u);
  std::size_t steps = 0;
  for (int i = 0; i < 60; ++i)
    steps += Int(past, ("/trends/0/spark/" + std::to_string(i)).c_str()) > 0;
  EXPECT_GE(steps, 59u);
  const auto gone = [&] { return Json(Get("/api/v1/hashtags/gone")); };
  EXPECT_EQ(Raw(gone(), "/trend"), "null");
  EXPECT_EQ(Number(Json(Get("/api/v1/hashtags/gone", {{"to", "2030-01-01"}})), "/trend/score"), 8);
  backend_->status.mode = "done";
  EXPECT_EQ(Number(gone(), "/trend/score"), 8);
}

TEST_F(ApiTest, WhatRoseInARangeIsToldAtItsStrongestMoment) {
  WritePosts();
  const std::vector<Trend> trends = {TrendAt(1, "news", 5, true), TrendAt(2, "news", 1, false),
                                     TrendAt(4, "news", 6, true), TrendAt(5, "news", 9, true),
                                     TrendAt(6, "news", 7, true), TrendAt(7, "news", 1, false),
                                     TrendAt(3, "vote", 4, true), TrendAt(15, "late", 8, true)};
  Write({.trends = trends});
  const auto json = Json(
      Get("/api/v1/trending", {{"from", "2016-08-01T00:00:00Z"}, {"to", "2016-08-01T00:10:00Z"}}));
  ASSERT_EQ(Size(json, "/trends"), 2u);
  EXPECT_EQ(Text(json, "/trends/0/key"), "news");
  EXPECT_EQ(Text(json, "/trends/0/time"), "2016-08-01T00:05:00.000Z");
  EXPECT_EQ(Text(json, "/trends/0/since"), "2016-08-01T00:04:00.000Z");
  EXPECT_EQ(Int(json, "/trends/0/spark/0"), 8);
  EXPECT_EQ(Text(json, "/trends/1/key"), "vote");
  EXPECT_EQ(Get("/api/v1/trending", {{"from", "2016-08-02"}, {"to", "2016-08-01"}}).status, 400);
  EXPECT_EQ(Get("/api/v1/trending", {{"from", "soon"}}).status, 400);
}

TEST_F(ApiTest, AHashtagHasAPage) {
  WritePosts();
  const auto json = Json(Get("/api/v1/hashtags/NEWS"));
  EXPECT_EQ(Text(json, "/tag"), "news");
  EXPECT_EQ(Int(json, "/posts"), 1000);
  EXPECT_EQ(Size(json, "/first_posts"), 5u);
  EXPECT_EQ(Text(json, "/first_posts/0/id"), "1000000004");
  EXPECT_EQ(Text(json, "/newest/0/id"), "1000004999");
  EXPECT_EQ(Text(json, "/cohashtags/0/key"), "vote");
  EXPECT_EQ(Text(json, "/languages/0/key"), "en");
  EXPECT_EQ(Int(json, "/emotions/sadness"), 1000);
  EXPECT_EQ(Text(json, "/entities/0/key"), "person:Ann Lee");
  EXPECT_EQ(Int(json, "/entities/0/count"), 1000);
  EXPECT_EQ(Text(json, "/topics/0/key"), "news_&_social_concern");
  EXPECT_EQ(Int(json, "/topics/1/count"), 333);
  EXPECT_EQ(Size(json, "/series"), 21u);
  EXPECT_EQ(Raw(json, "/trend"), "null");
  EXPECT_EQ(Int(json, "/texts"), 1);
  EXPECT_NEAR(Number(json, "/copy_share"), 0.999, 1e-12);
  EXPECT_EQ(Int(Json(Get("/api/v1/hashtags/nobody")), "/posts"), 0);
  EXPECT_EQ(Int(Json(Get("/api/v1/hashtags/'; DROP TABLE posts")), "/posts"), 0);
}

TEST_F(ApiTest, ATopicHasAPage) {
  WritePosts();
  const auto json = Json(Get("/api/v1/subjects/diaries_&_daily_life"));
  EXPECT_EQ(Text(json, "/topic"), "diaries_&_daily_life");
  EXPECT_EQ(Int(json, "/posts"), 1667);
  EXPECT_EQ(Text(json, "/first_posts/0/id"), "1000000000");
  EXPECT_EQ(Text(json, "/hashtags/0/key"), "news");
  EXPECT_EQ(Int(json, "/hashtags/0/count"), 333);
  EXPECT_EQ(Raw(json, "/topics"), R"([{"key":"news_&_social_concern","count":333}])");
  EXPECT_EQ(Size(json, "/series"), 21u);
  EXPECT_EQ(Int(Json(Get("/api/v1/subjects/nothing")), "/posts"), 0);
  EXPECT_EQ(Get("/api/v1/subjects/" + std::string(600, 'x')).status, 400);
}

TEST_F(ApiTest, PostsThatSayNearlyTheSameAreOneText) {
  auto batch = SamplePosts(0, 40);  // eight of them with #news
  std::size_t tagged = 0;
  for (std::size_t row = 0; row < batch->size(); ++row) {
    if (batch->hashtags[row].empty()) continue;
    // Four near each other, two far from all, one without a word, and one of an older version.
    const std::uint64_t prints[] = {0xFF, 0xFE, 0xFC, 0xF8, 0xAAAA'AAAA'0000'00FF, ~0xFFULL, 0, 0};
    batch->fingerprint[row] = prints[tagged++];
  }
  ASSERT_EQ(tagged, 8u);
  const std::shared_ptr<const AnalysisBatch> batches[] = {batch};
  Write({.analyses = batches});
  const auto json = Json(Get("/api/v1/hashtags/news"));
  EXPECT_EQ(Int(json, "/posts"), 8);
  // The two without a fingerprint have the same words.
  EXPECT_EQ(Int(json, "/texts"), 1 + 2 + 1);
  EXPECT_NEAR(Number(json, "/copy_share"), 0.5, 1e-12);
}

TEST_F(ApiTest, KeywordsAreThoseOfThePostsThatPassTheFilters) {
  WritePosts();
  const auto json = Json(Get("/api/v1/keywords", {{"hashtag", "news"}, {"limit", "3"}}));
  EXPECT_EQ(Text(json, "/lang"), "en");
  EXPECT_EQ(Int(json, "/posts"), 1000);
  EXPECT_EQ(Int(json, "/texts"), 1);  // "breaking news, the vote has been moved to Thursday"
  ASSERT_GT(Size(json, "/keywords"), 0u);
  ASSERT_LE(Size(json, "/keywords"), 3u);
  EXPECT_NE(Raw(json, "/keywords").find("Thursday"), std::string::npos) << Raw(json, "/keywords");
  const auto none = Json(Get("/api/v1/keywords", {{"hashtag", "nobody"}}));
  EXPECT_EQ(Int(none, "/posts"), 0);
  EXPECT_EQ(Size(none, "/keywords"), 0u);
  EXPECT_EQ(Get("/api/v1/keywords", {{"limit", "0"}}).status, 400);
  EXPECT_EQ(Get("/api/v1/keywords", {{"from", "2016-08-02"}, {"to", "2016-08-01"}}).status, 400);
  EXPECT_EQ(Get("/api/v1/keywords", {{"task", "nobody"}}).status, 404);
}

}  // namespace
}  // namespace hb
