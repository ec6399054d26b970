#include <fstream>
#include <iterator>
#include <set>

#include "base/utf8.h"
#include "record/avro_control.h"
#include "serve/api_testing.h"
#include "serve/post_json.h"
#include "serve/router.h"

namespace hb {
namespace {

TEST_F(ApiTest, AProblemSaysWhatToDo) {
  const HttpResponse missing = Get("/api/v1/nothing");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.content_type, "application/problem+json");
  const auto json = Json(missing);
  EXPECT_EQ(Text(json, "/title"), "Not Found");
  EXPECT_EQ(Int(json, "/status"), 404);
  EXPECT_EQ(Text(json, "/instance"), "/api/v1/nothing");
  EXPECT_FALSE(Text(json, "/hint").empty());

  const HttpResponse method = Ask("PATCH", "/api/v1/tasks/x");
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(Text(Json(method), "/hint"), "use PUT, DELETE");

  const HttpResponse misspelt = Get("/api/v1/posts", {{"langg", "en"}});
  EXPECT_EQ(misspelt.status, 400);
  EXPECT_NE(Text(Json(misspelt), "/hint").find("lang"), std::string::npos);
}

TEST_F(ApiTest, EveryRouteAnswersWithoutAnyData) {
  for (const Route& route : Routes()) {
    std::string path(route.pattern);
    for (const char* capture : {"{tag}", "{id}", "{name}"}) {
      if (const auto at = path.find(capture); at != std::string::npos)
        path.replace(at, std::string(capture).size(), "x");
    }
    const HttpResponse answer =
        Ask(std::string(route.method), path, {}, route.body.empty() ? "" : "{}");
    EXPECT_LT(answer.status, 500) << route.method << " " << path << ": " << answer.body;
    if (answer.content_type.find("json") != std::string::npos && answer.file.empty() &&
        answer.status != 204)
      Json(answer);
  }
}

TEST_F(ApiTest, StatusTellsOfEverything) {
  WritePosts(0, 10);
  const std::vector<DeadLetter> dead = {{.time = FromMillis(kStartMs),
                                         .source = "replay",
                                         .location = "a:1",
                                         .reason = "r",
                                         .raw = "x",
                                         .cut = false}};
  Write({.dead = dead});
  backend_->status.mode = "replay";
  SourceStatus source;
  source.name = "a.csv";
  source.kind = "replay";
  source.title = "a.csv.gz";
  source.state = "running";
  source.watermark = FromMillis(kStartMs);
  source.live = false;
  source.rows = 100;
  source.bytes_done = 25;
  source.bytes_total = 100;
  source.rate = 10;
  backend_->status.sources.push_back(source);
  const auto json = Json(Get("/api/v1/status"));
  EXPECT_EQ(Text(json, "/now"), "2016-08-01T00:20:50.000Z");
  EXPECT_EQ(Text(json, "/mode"), "replay");
  EXPECT_EQ(Int(json, "/posts_total"), 10);
  EXPECT_EQ(Int(json, "/dead_letters"), 1);
  EXPECT_EQ(Number(json, "/replay/percent"), 25);
  EXPECT_EQ(Number(json, "/replay/eta_s"), 30);
  EXPECT_EQ(Text(json, "/sources/0/watermark"), "2016-08-01T00:00:00.000Z");
  EXPECT_EQ(Raw(json, "/sources/0/last_post"), "null");
  EXPECT_EQ(Text(json, "/sources/0/title"), "a.csv.gz");
  backend_->status.sources[0].watermark = EventTime::max();
  backend_->status.sources[0].title = "";
  const auto later = Json(Get("/api/v1/status"));
  EXPECT_EQ(Raw(later, "/sources/0/watermark"), "null");
  EXPECT_EQ(Text(later, "/sources/0/title"), "replay") << "there is always one to show";
}

TEST_F(ApiTest, TasksAreAddedChangedAndRemoved) {
  EXPECT_EQ(
      Ask("POST", "/api/v1/tasks", {}, R"({"tag":"Äpfel/ñandú","rule":"apple OR äpfel"})").status,
      201);
  EXPECT_EQ(Ask("POST", "/api/v1/tasks", {}, R"({"tag":"Äpfel/ñandú","rule":"apple"})").status,
            409);
  EXPECT_EQ(
      Int(Json(Ask("PUT", "/api/v1/tasks/Äpfel/ñandú", {}, R"({"rule":"apple"})")), "/revision"),
      3);
  const auto list = Json(Get("/api/v1/tasks"));
  EXPECT_EQ(Text(list, "/tasks/0/tag"), "Äpfel/ñandú");
  EXPECT_EQ(Text(list, "/tasks/0/rule"), "apple");
  EXPECT_EQ(Ask("DELETE", "/api/v1/tasks/Äpfel/ñandú").status, 204);
  EXPECT_EQ(Ask("DELETE", "/api/v1/tasks/Äpfel/ñandú").status, 404);
}

TEST_F(ApiTest, AWrongRuleNamesItsColumn) {
  for (const char* method : {"POST", "PUT"}) {
    const HttpResponse wrong = Ask(method, method[1] == 'O' ? "/api/v1/tasks" : "/api/v1/tasks/t",
                                   {}, R"({"tag":"t","rule":"ä (b OR"})");
    EXPECT_EQ(wrong.status, 400);
    EXPECT_GT(Int(Json(wrong), "/column"), 1);
  }
  const auto check = Json(Ask("POST", "/api/v1/rules/check", {}, R"({"rule":"a OR"})"));
  EXPECT_EQ(Raw(check, "/valid"), "false");
  EXPECT_GT(Int(check, "/column"), 0);
  for (const char* body :
       {"", "[]", "{}", R"({"rule":5})", R"({"tag":"x"})", "{\"rule\":\"a\"", "\xff"}) {
    EXPECT_EQ(Ask("POST", "/api/v1/tasks", {}, body).status, 400) << body;
    EXPECT_EQ(Ask("POST", "/api/v1/rules/check", {}, body).status, 400) << body;
  }
}

TEST_F(ApiTest, ARuleIsTriedOnTheLastHour) {
  WritePosts();
  const auto json = Json(Ask("POST", "/api/v1/rules/check", {}, R"({"rule":"worst lang:en"})"));
  EXPECT_EQ(Raw(json, "/valid"), "true");
  EXPECT_EQ(Int(json, "/matched_last_hour"), 1000);
  EXPECT_EQ(Int(json, "/of"), 5000);
  EXPECT_EQ(Size(json, "/examples"), 5u);
  EXPECT_NE(Text(json, "/examples/0/content").find("worst"), std::string::npos);
  EXPECT_EQ(Int(Json(Ask("POST", "/api/v1/rules/check", {}, R"({"rule":"#news"})")),
                "/matched_last_hour"),
            1000);
}

TEST_F(ApiTest, ARuleIsTriedOnEveryPostOfABusyHour) {
  // 56,000 posts within 58 minutes.
  for (std::size_t first : {0u, 14'000u, 28'000u, 42'000u}) {
    const std::chrono::milliseconds before(first * 250);
    const std::shared_ptr<const AnalysisBatch> batches[] = {
        SamplePosts(first, 14'000, FromMillis(kStartMs) - before)};
    Write({.analyses = batches});
  }
  backend_->status.now = FromMillis(kStartMs + 3'500'000);
  const auto json = Json(Ask("POST", "/api/v1/rules/check", {}, R"({"rule":"worst"})"));
  EXPECT_EQ(Int(json, "/posts_last_hour"), 56'000);
  EXPECT_EQ(Int(json, "/of"), 56'000);
  EXPECT_EQ(Int(json, "/matched_last_hour"), 11'200);
  // The newest are shown.
  EXPECT_EQ(Size(json, "/examples"), 5u);
  EXPECT_EQ(Text(json, "/examples/0/time"), "2016-08-01T00:58:19.000Z");
  EXPECT_GE(Text(json, "/examples/0/time"), Text(json, "/examples/4/time"));
}

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

TEST_F(ApiTest, ATaskThatNeverWasIsNoEmptyAnswer) {
  WritePosts(0, 100);
  for (const char* path :
       {"/api/v1/posts", "/api/v1/posts/export", "/api/v1/series", "/api/v1/summary"}) {
    const HttpResponse answer = Get(path, {{"task", "x') OR true --"}});
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_FALSE(Text(Json(answer), "/hint").empty());
  }
  EXPECT_EQ(Get("/api/v1/trending", {{"scope", "task:nobody"}}).status, 404);
  // Posts have it, though no rule of now; a rule has it, though no post.
  EXPECT_EQ(Get("/api/v1/posts", {{"task", "even"}}).status, 200);
  ASSERT_TRUE(backend_->PutTask("new", "x").ok());
  EXPECT_EQ(Size(Json(Get("/api/v1/posts", {{"task", "new"}})), "/posts"), 0u);
}

TEST_F(ApiTest, TextThatIsNotUtf8IsCalledThat) {
  const HttpResponse answer = Get("/api/v1/posts", {{"q", "\xff\xfe"}});
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(Text(Json(answer), "/detail"), "parameter q is not UTF-8");
  EXPECT_EQ(Get("/api/v1/hashtags/\xff").status, 400);
  EXPECT_EQ(Get("/es/posts/_search", {{"q", "\xff"}}).status, 400);
}

TEST_F(ApiTest, AnErrorIsUtf8WhateverItQuotes) {
  std::string long_name = "a";
  for (int i = 0; i < 60; ++i) long_name += "é";
  for (const HttpResponse& answer : {Ask("GET", "/api/v1/posts", {{"label", long_name}}),
                                     Ask("GET", "/es/_caf\xE9"), Ask("GET", "/api/v1/\xFF")}) {
    EXPECT_GE(answer.status, 400);
    EXPECT_TRUE(IsValidUtf8(answer.body)) << answer.body;
  }
}

TEST_F(ApiTest, UnknownKindsAreNamedWithThoseThereAre) {
  const HttpResponse trending = Get("/api/v1/trending", {{"kind", "bogus"}});
  EXPECT_EQ(trending.status, 400);
  EXPECT_NE(trending.body.find("use one of hashtag"), std::string::npos) << trending.body;
  const HttpResponse live = Get("/api/v1/live", {{"events", "post,bogus"}});
  EXPECT_EQ(live.status, 400);
  EXPECT_NE(live.body.find("stats, post, window, trend, status"), std::string::npos) << live.body;
  const HttpResponse series = Get("/api/v1/series", {{"size", "7m"}});
  EXPECT_NE(series.body.find("1m, 15m, 1h"), std::string::npos) << series.body;
}

TEST_F(ApiTest, ASearchSaysHowFarItWentInTimesOfPosts) {
  EXPECT_EQ(Raw(Json(Get("/api/v1/posts")), "/scanned_to"), "null");
  WritePosts(0, 100);
  EXPECT_EQ(Text(Json(Get("/api/v1/posts", {{"q", "xyzzy"}})), "/scanned_to"),
            "2016-08-01T00:00:00.000Z");
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

TEST_F(ApiTest, BadParametersAreRefusedWithAReason) {
  WritePosts(0, 10);
  const std::pair<const char*, const char*> kBad[] = {{"limit", "0"},
                                                      {"limit", "501"},
                                                      {"limit", "99999999999999999999"},
                                                      {"limit", "-1"},
                                                      {"limit", "1e3"},
                                                      {"limit", "five"},
                                                      {"label", "angry"},
                                                      {"label", "mixed"},
                                                      {"label4", "x"},
                                                      {"kind", "tweet"},
                                                      {"from", "yesterday"},
                                                      {"to", "2016-13-01"},
                                                      {"to", "9999-12-31T23:59:60Z"},
                                                      {"from", "0000-01-01"},
                                                      {"from", "2016-08-01T00:00x05:00"},
                                                      {"from", "99999999999999999"},
                                                      {"cursor", "x"},
                                                      {"cursor", "1"},
                                                      {"cursor", "1.x"},
                                                      {"cursor", "9999999999999999999.1"},
                                                      {"cursor", "1.1;DROP TABLE posts"},
                                                      {"q", "\"open"},
                                                      {"q", "a b c d e f g h i j k l m n o p q"}};
  for (const auto& [name, value] : kBad) {
    const HttpResponse answer = Get("/api/v1/posts", {{name, value}});
    EXPECT_EQ(answer.status, 400) << name << "=" << value;
    EXPECT_NE(Text(Json(answer), "/detail").find(name), std::string::npos) << answer.body;
    EXPECT_FALSE(Text(Json(answer), "/hint").empty()) << answer.body;
  }
  EXPECT_EQ(Get("/api/v1/posts", {{"q", std::string(100'000, 'x')}}).status, 400);
  EXPECT_EQ(Get("/api/v1/posts", {{"from", "2016-08-02"}, {"to", "2016-08-01"}}).status, 400);
  EXPECT_EQ(Get("/api/v1/posts", {{"q", std::string("a\0b", 3)}}).status, 200);
  EXPECT_EQ(Get("/api/v1/trending", {{"scope", "everything"}}).status, 400);
  EXPECT_EQ(Get("/api/v1/series", {{"size", "7x"}}).status, 400);
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

TEST_F(ApiTest, TrendsSayWhySinceWhenAndHowMany) {
  WritePosts();
  const auto trend = [&](int minute, const char* key, double score, bool active) {
    return Trend{.time = FromMillis(kStartMs + minute * 60'000),
                 .scope = "all",
                 .kind = "hashtag",
                 .key = key,
                 .count = 214,
                 .baseline = 12,
                 .score = score,
                 .authors = 88,
                 .duplicate_share = 0.25,
                 .languages = {"en"},
                 .example_ids = {"1000000004"},
                 .active = active};
  };
  const std::vector<Trend> trends = {
      trend(10, "news", 9, true), trend(11, "news", 9, false), trend(15, "news", 7, true),
      trend(19, "news", 8, true), trend(20, "news", 6, true),  trend(20, "vote", 8, true),
      trend(19, "gone", 8, true), trend(20, "gone", 1, false), trend(5, "old", 8, true)};
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
  EXPECT_EQ(Size(json, "/series"), 21u);
  EXPECT_EQ(Raw(json, "/trend"), "null");
  EXPECT_EQ(Int(Json(Get("/api/v1/hashtags/nobody")), "/posts"), 0);
  EXPECT_EQ(Int(Json(Get("/api/v1/hashtags/'; DROP TABLE posts")), "/posts"), 0);
}

TEST_F(ApiTest, RecordsOfATopicAreDecoded) {
  ASSERT_TRUE(backend_->log().EnsureTopic({.name = "tasks", .partitions = 1}).ok());
  auto batch = std::make_shared<RecordBatch>();
  for (int i = 0; i < 120; ++i) {
    std::string bytes;
    EncodeTask({.tag = "t" + std::to_string(i),
                .rule = "a",
                .revision = 1,
                .active = true,
                .time = FromMillis(kStartMs)},
               bytes);
    if (i == 119) bytes = "";
    if (i == 118) bytes = "\xff\xff\xff";
    batch->Append(static_cast<std::uint64_t>(-1 - i), FromMillis(kStartMs), bytes);
  }
  auto transaction = backend_->log().Begin("test").value();
  ASSERT_TRUE(transaction->Append("tasks", Partition{0}, batch).ok());
  transaction->CommitOffset("store", "tasks", Partition{0}, Offset{100});
  ASSERT_TRUE(transaction->Commit().ok());

  const auto topics = Json(Get("/api/v1/topics"));
  EXPECT_EQ(Int(topics, "/topics/0/records"), 120);
  EXPECT_EQ(Int(topics, "/topics/0/groups/0/lag"), 20);
  EXPECT_EQ(Int(topics, "/topics/0/groups/0/committed/0"), 100);

  const auto newest = Json(Get("/api/v1/topics/tasks/records", {{"limit", "10"}}));
  EXPECT_EQ(Size(newest, "/records"), 10u);
  EXPECT_EQ(Int(newest, "/records/0/offset"), 110);
  EXPECT_EQ(Text(newest, "/records/0/value/tag"), "t110");
  EXPECT_EQ(Text(newest, "/records/0/key"), "-111");
  EXPECT_EQ(Raw(newest, "/records/9/blanked"), "true");
  EXPECT_EQ(Raw(newest, "/records/8/value"), "null");
  EXPECT_EQ(Text(newest, "/records/8/value_base64"), "////");
  EXPECT_EQ(Raw(newest, "/next"), "null");
  const auto first = Json(Get("/api/v1/topics/tasks/records", {{"offset", "0"}, {"limit", "7"}}));
  EXPECT_EQ(Int(first, "/next"), 7);
  EXPECT_EQ(Int(first, "/end"), 120);
  EXPECT_EQ(Size(Json(Get("/api/v1/topics/tasks/records", {{"offset", "9999"}})), "/records"), 0u);
  EXPECT_EQ(Get("/api/v1/topics/nothing/records").status, 404);
  EXPECT_EQ(Get("/api/v1/topics/tasks/records", {{"partition", "3"}}).status, 404);
  EXPECT_EQ(Get("/api/v1/topics/../etc/records").status, 404);
}

TEST_F(ApiTest, DeadLettersAreListedAndReplayed) {
  std::vector<DeadLetter> dead;
  for (int i = 0; i < 5; ++i) {
    dead.push_back({.time = FromMillis(kStartMs + i),
                    .source = "replay",
                    .location = "a.csv:" + std::to_string(i),
                    .reason = "not a date",
                    .raw = "caf\xe9 \xe2\x82\xac",
                    .cut = false});
  }
  dead.back().raw = std::string("caf\xe9 \xe2\x82\xac", 8) + std::string(100'000, 'y');
  Write({.dead = dead});
  const auto page = Json(Get("/api/v1/deadletters", {{"limit", "3"}}));
  EXPECT_EQ(Int(page, "/total"), 5);
  EXPECT_EQ(Text(page, "/dead_letters/0/location"), "a.csv:4");
  EXPECT_EQ(Text(page, "/dead_letters/0/id").size(), 16u);
  EXPECT_EQ(Raw(page, "/dead_letters/0/cut"), "true");
  EXPECT_EQ(Int(page, "/dead_letters/0/bytes"), 100'008);
  EXPECT_EQ(Text(page, "/dead_letters/1/raw"), "caf\xEF\xBF\xBD \xe2\x82\xac");
  EXPECT_EQ(Text(page, "/dead_letters/1/raw_base64"), "Y2Fm6SDigqw=");
  const auto rest =
      Json(Get("/api/v1/deadletters", {{"limit", "3"}, {"cursor", Text(page, "/next")}}));
  EXPECT_EQ(Size(rest, "/dead_letters"), 2u);
  EXPECT_EQ(Raw(rest, "/next"), "null");
  DeadLetter used = dead.front();
  used.attempts = 1;
  used.tried = FromMillis(kStartMs);
  used.used = true;
  Write({.dead = std::span(&used, 1)});
  EXPECT_EQ(Int(Json(Get("/api/v1/deadletters")), "/total"), 4);
  const auto done = Json(Get("/api/v1/deadletters", {{"state", "replayed"}}));
  EXPECT_EQ(Int(done, "/total"), 1);
  EXPECT_EQ(Text(done, "/dead_letters/0/replayed"), "2016-08-01T00:00:00.000Z");
  EXPECT_EQ(Get("/api/v1/deadletters", {{"state", "lost"}}).status, 400);
  EXPECT_EQ(Ask("POST", "/api/v1/deadletters/replay", {}, R"({"ids":["1","2"],"map":"time=when"})")
                .status,
            202);
  EXPECT_EQ(backend_->replayed.ids.size(), 2u);
  EXPECT_EQ(backend_->replayed.map, "time=when");
  const auto twice = Json(Ask("POST", "/api/v1/deadletters/replay", {}, R"({"ids":["used"]})"));
  EXPECT_EQ(Int(twice, "/queued"), 0);
  EXPECT_EQ(Text(twice, "/already/0/id"), "used");
  EXPECT_EQ(Text(twice, "/already/0/replayed"), "2016-08-01T00:00:00.000Z");
  EXPECT_EQ(Ask("POST", "/api/v1/deadletters/replay", {}, R"({"ids":["none"]})").status, 404);
  EXPECT_EQ(Ask("POST", "/api/v1/deadletters/replay", {}, R"({"ids":["1"],"raw":"a,b"})").status,
            202);
  EXPECT_EQ(backend_->replayed.raw, "a,b");
  EXPECT_EQ(Int(Json(Ask("POST", "/api/v1/deadletters/replay", {}, R"({"all":true})")), "/queued"),
            3);
  for (const char* body :
       {"{}", R"({"ids":[]})", R"({"ids":[1]})", R"({"all":false})", R"({"all":true,"raw":"x"})",
        R"({"ids":["1","2"],"raw":"x"})", R"({"ids":["1"],"raw":7})"}) {
    EXPECT_EQ(Ask("POST", "/api/v1/deadletters/replay", {}, body).status, 400) << body;
  }
}

TEST_F(ApiTest, PostsAndAuthorsAreForgotten) {
  const auto answer = Json(
      Ask("POST", "/api/v1/forget", {}, R"({"posts":["1","2"],"authors":["a"],"network":"x"})"));
  EXPECT_EQ(Int(answer, "/matched"), 12);
  EXPECT_EQ(backend_->forgotten.posts, (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(backend_->forgotten.network, "x");
  for (const char* body :
       {"{}", R"({"posts":[]})", R"({"posts":"1"})", R"({"posts":[1]})", R"({"authors":[""]})"}) {
    EXPECT_EQ(Ask("POST", "/api/v1/forget", {}, body).status, 400) << body;
  }
}

TEST_F(ApiTest, SqlIsAnsweredAndBounded) {
  WritePosts();
  const auto answer = Json(Ask(
      "POST", "/api/v1/sql", {},
      R"({"query":"SELECT lang, count(*) AS n, [1,2] AS l FROM posts GROUP BY lang ORDER BY n DESC","limit":10})"));
  EXPECT_EQ(Text(answer, "/columns/0/name"), "lang");
  EXPECT_EQ(Text(answer, "/columns/1/type"), "bigint");
  EXPECT_EQ(Raw(answer, "/rows/0"), "[\"en\",4000,[1,2]]");
  const auto cut =
      Json(Ask("POST", "/api/v1/sql", {}, R"({"query":"SELECT * FROM posts","limit":10})"));
  EXPECT_EQ(Size(cut, "/rows"), 10u);
  EXPECT_EQ(Raw(cut, "/truncated"), "true");

  const HttpResponse wrong =
      Ask("POST", "/api/v1/sql", {}, R"({"query":"SELECT nope FROM posts"})");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(Int(Json(wrong), "/column"), 8);
  for (const char* query : {"DROP TABLE posts", "SELECT * FROM read_csv('/etc/passwd')",
                            "COPY posts TO '/tmp/x'", "", "SELECT 1; SELECT 2"}) {
    const HttpResponse refused =
        Ask("POST", "/api/v1/sql", {}, std::string(R"({"query":")") + query + "\"}");
    EXPECT_EQ(refused.status, 400) << query;
    EXPECT_FALSE(Text(Json(refused), "/hint").empty());
  }
  for (const char* body :
       {"{}", R"({"query":1})", R"({"query":"SELECT 1","limit":0})",
        R"({"query":"SELECT 1","limit":1e9})", R"({"query":"SELECT 1","timeout_ms":-5})"}) {
    EXPECT_EQ(Ask("POST", "/api/v1/sql", {}, body).status, 400) << body;
  }
  EXPECT_EQ(
      Ask("POST", "/api/v1/sql", {},
          R"({"query":"SELECT count(*) FROM range(100000) a, range(1000000) b","timeout_ms":50})")
          .status,
      503);
  const HttpResponse file =
      Ask("POST", "/api/v1/sql/export", {{"format", "csv"}}, R"({"query":"SELECT id FROM posts"})");
  EXPECT_EQ(file.status, 200) << file.body;
  EXPECT_EQ(Ask("POST", "/api/v1/sql/export", {{"format", "csv"}},
                R"({"query":"SELECT * FROM '/etc/passwd'"})")
                .status,
            400);

  const auto schema = Json(Get("/api/v1/schema"));
  std::set<std::string> tables;
  simdjson::dom::array list;
  ASSERT_EQ(schema["tables"].get(list), simdjson::SUCCESS);
  for (const simdjson::dom::element table : list)
    tables.insert(Text(table, "/name") + ":" + Text(table, "/kind"));
  EXPECT_TRUE(tables.contains("posts:table"));
  EXPECT_TRUE(tables.contains("sentiment_labels:view"));
}

TEST_F(ApiTest, TextsAreAnalysed) {
  const auto json = Json(Ask(
      "POST", "/api/v1/analyze", {},
      R"({"texts":["Without makeup, Beauty and Daniella are beautiful","#tag @you"],"explain":true})"));
  EXPECT_EQ(Number(json, "/results/0/polarity"), 0.85);
  EXPECT_EQ(Number(json, "/results/0/subjectivity"), 1.0);
  EXPECT_EQ(Raw(json, "/results/1/hashtags"), "[\"tag\"]");
  EXPECT_GT(Size(json, "/results/0/explain/polarity"), 0u);
  EXPECT_FALSE(Text(json, "/models/sentiment").empty());
  EXPECT_EQ(Json(Ask("POST", "/api/v1/analyze", {}, R"({"texts":["a"],"analyzers":["polarity"]})"))
                .at_pointer("/results/0/lang")
                .error(),
            simdjson::NO_SUCH_FIELD);
  EXPECT_EQ(Ask("POST", "/api/v1/analyze", {}, R"({"texts":["a"],"analyzers":["mood"]})").status,
            400);
  EXPECT_EQ(Ask("POST", "/api/v1/analyze", {}, R"({"texts":"a"})").status, 400);
  EXPECT_EQ(
      Ask("POST", "/api/v1/analyze", {}, "{\"texts\":[\"" + std::string(2'000'000, 'a') + "\"]}")
          .status,
      400);
  std::string many = "{\"texts\":[\"\"";
  for (int i = 0; i < 1000; ++i) many += ",\"\"";
  EXPECT_EQ(Ask("POST", "/api/v1/analyze", {}, many + "]}").status, 400);
  EXPECT_EQ(Ask("POST", "/api/v1/analyze", {}, "{\"texts\":" + std::string(100'000, '[')).status,
            400);
}

}  // namespace
}  // namespace hb
