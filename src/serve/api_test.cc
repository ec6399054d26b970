// What all addresses of the API have in common: problems, parameters, UTF-8.
#include <utility>

#include "base/utf8.h"
#include "serve/api_testing.h"
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
    for (const char* capture : {"{tag}", "{id}", "{name}", "{topic}"}) {
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

TEST_F(ApiTest, ASourceThatIsPaidByThePostTellsItsMeter) {
  SourceStatus source;
  source.name = "x_stream:api.x.com:app";
  source.kind = "x_stream";
  source.state = "running";
  source.meter = SourceMeter{.month = 3};
  backend_->status.sources.push_back(source);
  const auto plain = Json(Get("/api/v1/status"));
  EXPECT_EQ(Int(plain, "/sources/0/meter/month"), 3);
  EXPECT_EQ(Raw(plain, "/sources/0/meter/cap"), "null");
  EXPECT_EQ(Raw(plain, "/sources/0/meter/forecast"), "null");
  EXPECT_EQ(Raw(plain, "/sources/0/meter/network"), "null");
  backend_->status.sources[0].meter = SourceMeter{.today = 12,
                                                  .month = 345,
                                                  .dollars = 1.725,
                                                  .cap = 3'000,
                                                  .month_end = FromMillis(kStartMs),
                                                  .forecast = 900,
                                                  .most = {{"cats", 200, 520}},
                                                  .network_month = 340,
                                                  .network_cap = 2'000,
                                                  .budget = "cats to 25 %"};
  const auto json = Json(Get("/api/v1/status"));
  EXPECT_EQ(Int(json, "/sources/0/meter/today"), 12);
  EXPECT_EQ(Number(json, "/sources/0/meter/cost"), 1.725);
  EXPECT_EQ(Int(json, "/sources/0/meter/cap"), 3'000);
  EXPECT_EQ(Text(json, "/sources/0/meter/month_end"), "2016-08-01T00:00:00.000Z");
  EXPECT_EQ(Int(json, "/sources/0/meter/forecast"), 900);
  EXPECT_EQ(Text(json, "/sources/0/meter/rules/0/task"), "cats");
  EXPECT_EQ(Int(json, "/sources/0/meter/rules/0/forecast"), 520);
  EXPECT_EQ(Int(json, "/sources/0/meter/network/month"), 340);
  EXPECT_EQ(Text(json, "/sources/0/meter/budget"), "cats to 25 %");
  backend_->status.sources[0].meter.reset();
  EXPECT_EQ(Get("/api/v1/status").body.find("meter"), std::string::npos);
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

}  // namespace
}  // namespace hb
