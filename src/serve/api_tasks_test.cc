// Tasks, and rules that are tried.
#include "serve/api_testing.h"

namespace hb {
namespace {

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
  // As many as there is time for; a slow machine stops early, and says after how many.
  const std::int64_t tried = Int(json, "/of");
  EXPECT_GT(tried, 10'000) << "more than one page";
  EXPECT_LE(tried, 56'000);
  EXPECT_NEAR(static_cast<double>(Int(json, "/matched_last_hour")),
              static_cast<double>(tried) / 5, 1);
  // The newest are shown.
  EXPECT_EQ(Size(json, "/examples"), 5u);
  EXPECT_EQ(Text(json, "/examples/0/time"), "2016-08-01T00:58:19.000Z");
  EXPECT_GE(Text(json, "/examples/0/time"), Text(json, "/examples/4/time"));
}

TEST_F(ApiTest, ARuleIsTriedOnTheHourThatThePulseCounts) {
  backend_->status.now = FromMillis(
      kStartMs + 3'630'000);  // Half a minute of the first minute is more than an hour ago.
  WritePosts();
  std::vector<Aggregate> windows;
  for (int minute = 0; minute < 21; ++minute)
    windows.push_back(SampleAggregate("*", minute, 0, 1, minute < 20 ? 240 : 200));
  Write({.aggregates = windows});
  const auto hour = Int(Json(Get("/api/v1/pulse")), "/tasks/0/last_hour/posts");
  EXPECT_EQ(hour, 5000 - 240);
  EXPECT_EQ(Text(Json(Get("/api/v1/pulse")), "/tasks/0/last_hour/from"),
            "2016-08-01T00:01:00.000Z");
  const auto check = Json(Ask("POST", "/api/v1/rules/check", {}, R"({"rule":"worst"})"));
  EXPECT_EQ(Int(check, "/of"), hour);
  EXPECT_EQ(Int(check, "/posts_last_hour"), hour);
}

}  // namespace
}  // namespace hb
