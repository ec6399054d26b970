#include <algorithm>

#include "serve/api_testing.h"
#include "serve/live_events.h"
#include "serve/live_parts.h"

namespace hb {
namespace {

Aggregate WindowAt(std::int64_t start_ms, std::int32_t partition, const char* task = "*") {
  Aggregate window;
  window.key = {.task = task,
                .window_start = FromMillis(start_ms),
                .window_ms = 60'000,
                .partition = Partition{partition}};
  return window;
}

/// The data of an event for everybody.
std::string DataOf(const LiveEvent& event) {
  const std::string text = event.Text("*");
  const std::size_t at = text.find("\ndata: ");
  return at == std::string::npos ? "" : text.substr(at + 7, text.size() - at - 9);
}

TEST(LiveEvents, StatsCountWhatCameAndTellTheTotalThatTheyAreGiven) {
  LiveEvents events;
  const LiveEvents::Beat beat{
      .now = FromMillis(1'470'009'600'000), .rate = 2.5, .posts_total = 777};
  EXPECT_TRUE(events.Tick(beat).empty());
  events.OnPosts(SamplePosts(0, 30));
  const auto made = events.Tick(beat);
  ASSERT_EQ(made.size(), 2u);
  EXPECT_EQ(made[0]->kind, "stats");
  simdjson::dom::parser parser;
  simdjson::dom::element stats;
  ASSERT_EQ(parser.parse(DataOf(*made[0])).get(stats), simdjson::SUCCESS);
  EXPECT_EQ(stats.at_pointer("/tasks/*/posts").get_int64().value(), 30);
  EXPECT_EQ(stats["posts_total"].get_int64().value(), 777);
  EXPECT_EQ(made[1]->kind, "post");
  EXPECT_EQ(made[1]->parts.size(), LiveEvents::kPostsPerEvent);
}

TEST(LiveEvents, ASilentStreamIsToldToBeSilent) {
  LiveEvents events;
  const auto made = events.Tick({.now = FromMillis(0), .always = true});
  ASSERT_EQ(made.size(), 1u);
  EXPECT_NE(DataOf(*made[0]).find("\"rate\":0.0"), std::string::npos) << DataOf(*made[0]);
}

TEST(LiveEvents, AWindowIsGivenOnceHoweverManyPartitionsChangedAndNotBeforeTheStoreHadTime) {
  LiveEvents events;
  events.OnWindows({WindowAt(0, 0), WindowAt(0, 1), WindowAt(60'000, 1, "even")});
  Trend trend;
  trend.key = "a";
  events.OnTrends({trend});
  EXPECT_TRUE(events.TakeSettled().windows.empty());
  events.OnWindows({WindowAt(120'000, 0)});
  const LiveEvents::Settled settled = events.TakeSettled();
  const std::vector<WindowId> expected = {{FromMillis(0), 60'000, "*"},
                                          {FromMillis(60'000), 60'000, "even"}};
  EXPECT_EQ(settled.windows, expected);
  EXPECT_EQ(settled.trends.size(), 1u);
  EXPECT_EQ(events.TakeSettled().windows.size(), 1u);
  EXPECT_TRUE(events.TakeSettled().windows.empty());
}

TEST(LiveEvents, OfVeryManyWindowsTheNewestAreGiven) {
  LiveEvents events;
  std::vector<Aggregate> many;
  for (int i = 0; i < 5000; ++i) many.push_back(WindowAt(std::int64_t{i} * 60'000, 0));
  std::reverse(many.begin(), many.end());
  events.OnWindows(many);
  (void)events.TakeSettled();
  const auto settled = events.TakeSettled().windows;
  ASSERT_EQ(settled.size(), LiveEvents::kWindowsPerEvent);
  EXPECT_EQ(ToMillis(settled.back().start), 4999 * 60'000);
}

TEST(LiveEvents, ATaskIsKnownOnceItIsSaidOrSomethingOfItComes) {
  LiveEvents events;
  EXPECT_TRUE(events.KnowsTask(""));
  EXPECT_TRUE(events.KnowsTask("*"));
  for (const char* tag : {"even", "tens", "quiet", "old"}) EXPECT_FALSE(events.KnowsTask(tag));
  events.OnPosts(SamplePosts(0, 30));
  events.OnWindows({WindowAt(0, 0, "quiet")});
  events.AddTasks({"old"});
  (void)events.Tick({});
  for (const char* tag : {"even", "tens", "quiet", "old"}) EXPECT_TRUE(events.KnowsTask(tag));
  EXPECT_FALSE(events.KnowsTask("never"));
  for (int i = 0; i < 20'000; ++i) events.AddTasks({"t" + std::to_string(i)});
  EXPECT_FALSE(events.KnowsTask("t19999")) << "bounded, whatever the posts say";
}

TEST(LiveEvents, AClientResumesWithinWhatIsKept) {
  LiveEvents events;
  for (int i = 0; i < 1200; ++i) events.Publish("status", "{}");
  EXPECT_EQ(events.After(1190)->size(), 10u);
  EXPECT_TRUE(events.After(1200)->empty());
  EXPECT_EQ(events.After(200)->size(), LiveEvents::kKept);
  EXPECT_FALSE(events.After(199).has_value());
  EXPECT_FALSE(events.After(1201).has_value());
}

TEST_F(ApiTest, AWindowOfTheLiveStreamIsTheRowOfTheSeries) {
  const std::vector<Aggregate> windows = {SampleAggregate("*", 0, 0, 1, 240),
                                          SampleAggregate("*", 0, 1, 1, 40),
                                          SampleAggregate("even", 0, 0, 1, 120)};
  Write({.aggregates = windows});
  const auto parts = WindowParts({{FromMillis(kStartMs), 60'000, "*"},
                                  {FromMillis(kStartMs), 60'000, "even"},
                                  {FromMillis(0), 60'000, "*"}},
                                 backend_->store());
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].tasks, std::vector<std::string>{"*"});
  const std::string row = Raw(Json(Get("/api/v1/series", {{"size", "1m"}})), "/windows/0");
  EXPECT_EQ(parts[0].json, R"({"task":"*","size_ms":60000,)" + row.substr(1));
  EXPECT_NE(parts[0].json.find("\"posts\":280,"), std::string::npos) << parts[0].json;
  EXPECT_TRUE(WindowParts({}, backend_->store()).empty());
}

TEST_F(ApiTest, ATrendOfTheLiveStreamSaysWhySinceWhenAndThatItEnded) {
  WritePosts();
  const auto trend = [&](int minute, const char* scope, bool active) {
    return Trend{.time = FromMillis(kStartMs + minute * 60'000),
                 .scope = scope,
                 .kind = "hashtag",
                 .key = "news",
                 .count = 1214,
                 .baseline = 12,
                 .score = 9,
                 .authors = 1,
                 .duplicate_share = 0.25,
                 .languages = {"en"},
                 .example_ids = {},
                 .active = active};
  };
  const std::vector<Trend> trends = {trend(18, "all", true), trend(20, "all", true),
                                     trend(18, "task:x", true), trend(20, "task:x", false)};
  Write({.trends = trends});
  const auto parts =
      TrendParts({trend(20, "all", true), trend(20, "task:x", false), trend(20, "lang:none", true)},
                 backend_->status.now, backend_->store());
  ASSERT_EQ(parts.size(), 2u);
  HttpResponse all, task;
  all.body = parts[0].json;
  EXPECT_EQ(Text(Json(all), "/reason"), "1,214 in 15 min, usually 12, by 1 author");
  EXPECT_EQ(Text(Json(all), "/since"), "2016-08-01T00:18:00.000Z");
  EXPECT_EQ(Raw(Json(all), "/active"), "true");
  EXPECT_EQ(Int(Json(all), "/spark/58"), 48);
  EXPECT_EQ(parts[1].tasks, std::vector<std::string>{"x"});
  task.body = parts[1].json;
  EXPECT_EQ(Raw(Json(task), "/active"), "false");
  EXPECT_EQ(Int(Json(task), "/spark/58"), 0) << "the posts of the task, not of the stream";
}

}  // namespace
}  // namespace hb
