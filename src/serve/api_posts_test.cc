// Posts: pages, filters, exports.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "serve/api_testing.h"
#include "serve/json_writer.h"
#include "serve/post_json.h"

namespace hb {
namespace {

TEST_F(ApiTest, APostLooksTheSameFromTheStoreAndFromABatch) {
  WritePosts(0, 50);
  const auto batch = SamplePosts(0, 50);
  for (const std::size_t row : {0u, 4u, 7u, 20u}) {
    JsonWriter json;
    WritePostJson(*batch, row, json);
    EXPECT_EQ(Get("/api/v1/posts/" + std::string(batch->posts->id[row])).body, json.Take());
  }
  EXPECT_EQ(Get("/api/v1/posts/at://did:plc:x/app.bsky.feed.post/3").status, 404);
}

TEST_F(ApiTest, PagesGoThroughEveryPostOnceNewestFirst) {
  WritePosts();
  // The same time many times over: the key must carry the cursor across pages.
  auto doubled = SamplePosts(10'000, 300);
  auto posts = std::make_shared<PostBatch>(*doubled->posts);
  for (EventTime& time : posts->time) time = FromMillis(kStartMs + 600'000);
  doubled->posts = posts;
  const std::shared_ptr<const AnalysisBatch> batches[] = {doubled};
  Write({.analyses = batches});

  std::set<std::string> seen;
  std::string cursor, last_time = "9";
  int pages = 0;
  do {
    const HttpResponse answer = Get("/api/v1/posts", {{"limit", "97"}, {"cursor", cursor}});
    ASSERT_EQ(answer.status, 200) << answer.body;
    const auto json = Json(answer);
    simdjson::dom::array list;
    ASSERT_EQ(json["posts"].get(list), simdjson::SUCCESS);
    for (const simdjson::dom::element post : list) {
      EXPECT_TRUE(seen.insert(Text(post, "/id")).second);
      EXPECT_LE(Text(post, "/time"), last_time);
      last_time = Text(post, "/time");
    }
    cursor = json["next"].is_null() ? "" : Text(json, "/next");
    EXPECT_EQ(Raw(json, "/complete"), "true");
    ASSERT_LT(++pages, 100);
  } while (!cursor.empty());
  EXPECT_EQ(seen.size(), 5300u);
}

struct FilterCase {
  const char* name;
  const char* value;
  std::size_t posts;  ///< of the first 100 sample posts
};

constexpr FilterCase kFilters[] = {
    {"q", "worst service", 20},
    {"q", "SERVICE Worst", 20},
    {"q", "\"worst service\"", 20},
    {"q", "\"service worst\"", 0},
    {"q", "слава", 20},
    {"q", "-worst", 80},
    {"q", "morning -friends", 0},
    {"q", "100%", 0},
    {"q", "%", 0},
    {"q", "_", 0},
    {"q", "\\", 0},
    {"q", "' OR 1=1 --", 0},
    {"task", "even", 50},
    {"task", "tens", 10},
    {"task", "*", 100},
    {"label4", "mixed", 5},
    {"lang", "ru", 20},
    {"lang", "ru' OR '1'='1", 0},
    {"author", "31", 1},
    {"author", "user", 100},
    {"author", "@user", 100},
    {"author", "$1", 0},
    {"source", "replay", 100},
    {"source", "demo", 0},
    {"kind", "repost", 20},
    {"hashtag", "news", 20},
    {"hashtag", "#NEWS", 20},
    {"hashtag", "new", 0},
    {"hashtag", "'); DROP TABLE posts; --", 0},
    {"entity", "person:Ann Lee", 20},
    {"entity", "PERSON:ann lee", 20},
    {"entity", "person:Ann", 0},
    {"entity", "ann lee", 20},
    {"entity", "Ann", 0},
    {"emotion", "sadness", 20},
    {"topic", "news_&_social_concern", 20},
    {"topic", "diaries_&_daily_life", 34},
    {"topic", "news_&_social_concern|diaries_&_daily_life", 7},
    {"topic", "news", 0},
    {"topic", "' OR 1=1 --", 0},
    {"country", "US", 34},
    {"from", "2016-08-01T00:00:20Z", 20},
    {"to", "1470009620000", 80},
};

TEST_F(ApiTest, EachFilterKeepsWhatItSays) {
  WritePosts(0, 100);
  for (const FilterCase& c : kFilters) {
    const HttpResponse answer = Get("/api/v1/posts", {{c.name, c.value}, {"limit", "500"}});
    ASSERT_EQ(answer.status, 200) << c.name << "=" << c.value << ": " << answer.body;
    EXPECT_EQ(Size(Json(answer), "/posts"), c.posts) << c.name << "=" << c.value;
  }
  EXPECT_EQ(Size(Json(Get("/api/v1/posts",
                          {{"lang", "en"}, {"task", "even"}, {"q", "morning"}, {"limit", "500"}})),
                 "/posts"),
            10u);
}

TEST_F(ApiTest, ASearchSaysHowFarItWentInTimesOfPosts) {
  EXPECT_EQ(Raw(Json(Get("/api/v1/posts")), "/scanned_to"), "null");
  WritePosts(0, 100);
  EXPECT_EQ(Text(Json(Get("/api/v1/posts", {{"q", "xyzzy"}})), "/scanned_to"),
            "2016-08-01T00:00:00.000Z");
}

TEST_F(ApiTest, PostsAreExported) {
  WritePosts(0, 100);
  for (const char* format : {"csv", "jsonl", "parquet"}) {
    const HttpResponse answer = Get("/api/v1/posts/export", {{"format", format}, {"lang", "ru"}});
    ASSERT_EQ(answer.status, 200) << answer.body;
    ASSERT_TRUE(std::filesystem::exists(answer.file));
    EXPECT_EQ(std::filesystem::path(answer.file).parent_path(), dir_ / "exports");
    std::ifstream file(answer.file, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)),
                            std::istreambuf_iterator<char>());
    EXPECT_FALSE(bytes.empty());
    if (std::string(format) == "jsonl") {
      EXPECT_EQ(std::count(bytes.begin(), bytes.end(), '\n'), 20);
    }
    if (std::string(format) == "parquet") {
      EXPECT_EQ(bytes.substr(0, 4), "PAR1");
    }
  }
  for (const char* format : {"exe", "../x", "/etc/passwd"})
    EXPECT_EQ(Get("/api/v1/posts/export", {{"format", format}}).status, 400);
}

}  // namespace
}  // namespace hb
