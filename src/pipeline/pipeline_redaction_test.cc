// What was deleted or hidden, in the whole pipeline.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "pipeline/pipeline_testing.h"
#include "pipeline/topics.h"
#include "source/redaction_source.h"

namespace hb {
namespace {

using pipeline_test::Line;
using pipeline_test::MapStore;
using pipeline_test::RunScript;
using pipeline_test::RunSetup;
using pipeline_test::Script;
using pipeline_test::ScriptSource;
using std::chrono::milliseconds;

TEST(Pipeline, OfManyVersionsTheNewestCountsInWhateverOrderTheyCome) {
  const std::vector<Line> kept = Script(400);
  const auto version = [&](const char* id, std::size_t at) {
    return Line{.id = id, .time_ms = kept[at].time_ms, .text = "a cat", .chain = "e"};
  };
  for (const std::size_t batch : {1u, 100u, 1000u}) {
    std::vector<Line> script = kept, newest = kept;
    newest.insert(newest.begin() + 150, version("e#edited-2000", 150));
    script.insert(script.begin() + 150, version("e#edited-2000", 150));
    script.insert(script.begin() + 60, version("e#edited-1000", 60));
    script.insert(script.begin() + 61, version("e#edited-999", 61));     // late
    script.insert(script.begin() + 200, version("e#edited-1500", 200));  // late
    script.insert(script.begin() + 300, version("e#edited-2000", 150));  // again
    const auto store = RunScript(script, {.batch = batch, .exact = false});
    const auto plain = RunScript(newest, {.batch = batch, .exact = false});
    EXPECT_TRUE(store->posts_ == plain->posts_) << batch;
    EXPECT_TRUE(store->Merged() == plain->Merged()) << batch;
  }
}

TEST(Pipeline, DeletedPostsLeaveWindowsStoreAndLog) {
  const std::vector<Line> kept = Script(400);
  std::vector<Line> script = kept;
  script.insert(
      script.begin() + 50,
      {.id = "gone-early", .time_ms = kept[50].time_ms, .text = "a cat that nobody shall see"});
  script.insert(script.begin() + 52,
                {.id = "gone-early", .time_ms = kept[50].time_ms, .is_delete = true});
  script.insert(
      script.begin() + 100,
      {.id = "gone-late", .time_ms = kept[100].time_ms, .text = "a cat that nobody shall see"});
  script.push_back({.id = "gone-late", .time_ms = kept[100].time_ms, .is_delete = true});
  script.push_back(
      {.id = "gone-late", .time_ms = kept[100].time_ms, .text = "a cat that nobody shall see"});
  for (const std::size_t batch : {1u, 100u, 1000u}) {
    std::unique_ptr<Log> log;
    const auto store = RunScript(script, {.batch = batch}, &log);
    const auto plain = RunScript(kept, {.batch = batch});
    EXPECT_TRUE(store->posts_ == plain->posts_) << batch;
    EXPECT_TRUE(store->Merged() == plain->Merged()) << batch;
    for (const char* topic : {kIngestTopic, kAnalysisTopic}) {
      for (std::int32_t p = 0; p < 2; ++p) {
        std::vector<FetchedBatch> batches;
        ASSERT_TRUE(log->Read(topic, Partition{p}, Offset{0}, 100 << 20, batches).ok());
        for (const FetchedBatch& b : batches) {
          for (std::size_t row = 0; row < b.records->size(); ++row) {
            EXPECT_EQ(b.records->values[row].find("nobody shall see"), std::string_view::npos)
                << topic;
          }
        }
      }
    }
  }
}

/// True if some value of the topics of posts holds `text`.
bool LogHolds(Log& log, std::string_view text) {
  for (const char* topic : {kIngestTopic, kAnalysisTopic}) {
    for (const TopicInfo& info : log.Topics().value()) {
      if (info.spec.name != topic) continue;
      for (std::int32_t p = 0; p < info.spec.partitions; ++p) {
        std::vector<FetchedBatch> batches;
        EXPECT_TRUE(log.Read(topic, Partition{p}, Offset{0}, 100 << 20, batches).ok());
        for (const FetchedBatch& batch : batches) {
          for (std::size_t row = 0; row < batch.records->size(); ++row) {
            if (batch.records->values[row].find(text) != std::string_view::npos) return true;
          }
        }
      }
    }
  }
  return false;
}

/// True if some record of the topics of posts has the key of `id` and a value.
bool LogHoldsPost(Log& log, const std::string& id) {
  const std::uint64_t key = ToInt(KeyOf(id));
  for (const char* topic : {kIngestTopic, kAnalysisTopic, kSentimentTopic}) {
    for (std::int32_t p = 0; p < 2; ++p) {
      const auto found =
          log.FindKeys(topic, Partition{p}, std::span(&key, 1), Offset{0}, Offset{INT64_MAX});
      EXPECT_TRUE(found.ok());
      if (found.ok() && !found.value().empty()) return true;
    }
  }
  return false;
}

/// Runs `base` with `extra` lines put in at random places, and holds windows and log to those of
/// `kept`.
void ExpectWindowsOf(const std::vector<Line>& base, const std::vector<Line>& extra,
                     const std::vector<Line>& kept_extra) {
  std::vector<Line> kept = base;
  kept.insert(kept.end(), kept_extra.begin(), kept_extra.end());
  const auto plain = RunScript(kept, {});
  std::mt19937 random(11);
  const RunSetup setups[] = {{.batch = 1},
                             {.batch = 1000},
                             {.batch = 10, .stops = 4},
                             {.partitions = 5, .batch = 7},
                             {.partitions = 1, .batch = 3, .exact = false, .stops = 3},
                             {.batch = 50}};
  for (const RunSetup& setup : setups) {
    std::vector<Line> script = base, shuffled = extra;
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    std::string order;
    for (const Line& line : shuffled) {
      const std::size_t place = random() % (script.size() + 1);
      script.insert(script.begin() + static_cast<std::ptrdiff_t>(place), line);
      order += " " + (line.id.empty() ? line.author : line.id) + "@" + std::to_string(place);
    }
    std::unique_ptr<Log> log;
    const auto store = RunScript(script, setup, &log);
    EXPECT_TRUE(store->Merged() == plain->Merged())
        << "batch " << setup.batch << " stops " << setup.stops << order;
    EXPECT_FALSE(LogHolds(*log, "nobody shall see")) << order;
  }
}

TEST(Pipeline, AccountEventsTakeTheirPostsOutInAnyOrder) {
  const std::vector<Line> base = Script(200);
  const std::int64_t t = base[100].time_ms;
  const auto post = [&](std::string id, std::int64_t at, std::string author, const char* text) {
    return Line{.id = std::move(id), .time_ms = t + at, .text = text, .author = std::move(author)};
  };
  const auto event = [&](RedactionKind kind, std::int64_t at, std::string author) {
    return Line{.time_ms = t + at, .author = std::move(author), .account = kind};
  };
  const char* hidden = "a cat that nobody shall see";
  const Line after = post("d3", 60'001, "gone", "a new life of a cat"),
             shown = post("h3", 3000, "back", "a cat for all");
  ExpectWindowsOf(base,
                  {post("d1", 0, "gone", hidden), post("d2", 60'000, "gone", hidden), after,
                   event(RedactionKind::kAccountDelete, 60'000, "gone"),
                   event(RedactionKind::kAccountDelete, 1000, "gone"),
                   event(RedactionKind::kAccountShow, 90'000, "gone"), post("h1", 0, "shy", hidden),
                   event(RedactionKind::kAccountShow, 1000, "shy"),
                   event(RedactionKind::kAccountHide, 2000, "shy")},
                  {after});
  // What is shown again counts again, whenever its events came; its bytes in the log do not come
  // back.
  const auto plain = [&] {
    std::vector<Line> kept = base;
    kept.push_back(shown);
    return RunScript(kept, {});
  }();
  const Line hide = event(RedactionKind::kAccountHide, 5000, "back"),
             show = event(RedactionKind::kAccountShow, 6000, "back");
  const std::vector<std::vector<Line>> orders = {{shown, hide, show},
                                                 {hide, shown, show},
                                                 {hide, show, shown},
                                                 {show, hide, shown},
                                                 {shown, show, hide}};
  for (const std::vector<Line>& order : orders) {
    for (const RunSetup& setup :
         {RunSetup{.batch = 1}, RunSetup{.batch = 1000}, RunSetup{.batch = 5, .stops = 6}}) {
      std::vector<Line> script = base;
      for (std::size_t i = 0; i < order.size(); ++i) {
        script.insert(script.begin() + static_cast<std::ptrdiff_t>(20 + 60 * i), order[i]);
      }
      EXPECT_TRUE(RunScript(script, setup)->Merged() == plain->Merged()) << "batch " << setup.batch;
    }
  }
}

TEST(Pipeline, ADeleteTakesRepostsAndVersionsAlongInAnyOrder) {
  const std::vector<Line> base = Script(200);
  const std::int64_t t = base[100].time_ms;
  const char* hidden = "a cat that nobody shall see";
  ExpectWindowsOf(base,
                  {{.id = "o1", .time_ms = t, .text = hidden},
                   {.id = "r1", .time_ms = t + 10, .text = hidden, .repost_of = "o1"},
                   {.id = "o1", .time_ms = t + 20, .is_delete = true},
                   {.id = "v1", .time_ms = t, .text = hidden},
                   {.id = "v2", .time_ms = t + 1, .text = hidden, .chain = "v1"},
                   {.id = "v3", .time_ms = t + 2, .text = hidden, .chain = "v1"},
                   {.id = "v2", .time_ms = t + 20, .is_delete = true}},
                  {});
}

void ExpectDrained(Pipeline& pipeline) {
  for (int wait = 0; wait < 3000 && !pipeline.Drained().value(); ++wait)
    std::this_thread::sleep_for(milliseconds(10));
  EXPECT_TRUE(pipeline.Drained().value()) << "not done in time";
  EXPECT_EQ(pipeline.Failure(), "");
}

/// Plays `script`, then a wish, then `again` from another source, over `log` into `store`.
void PlayWish(const std::vector<Line>& script, Redaction wish, const std::vector<Line>& again,
              Log& log, MapStore& store) {
  SystemClock clock;
  const auto chain = AnalysisChain::Create().value();
  const auto pipeline = Pipeline::Create({}, {log, store, *chain, clock}).value();
  ASSERT_TRUE(pipeline->tasks().Put("cats", "cat").ok());
  ASSERT_TRUE(pipeline->Start().ok());
  const auto play = [&](const char* kind, std::unique_ptr<Source> source) {
    ASSERT_TRUE(pipeline->AddSource(kind, false, std::move(source)).ok());
    ExpectDrained(*pipeline);
  };
  play("script", std::make_unique<ScriptSource>(script, true));
  ASSERT_TRUE(LogHolds(log, "nobody shall see"));
  ASSERT_EQ(store.posts_.size(), script.size());
  wish.time = clock.Now();
  play("forget", std::make_unique<RedactionSource>(std::vector{wish}));
  if (!again.empty()) play("again", std::make_unique<ScriptSource>(again, true, 100, "again"));
  pipeline->Stop();
}

TEST(Pipeline, WhatAPersonWantsForgottenLeavesLogWindowsAndStoreAndStaysAway) {
  const std::vector<Line> base = Script(200);
  const std::int64_t t = base[100].time_ms;
  const Line first = {.id = "m1", .time_ms = t, .text = "nobody shall see me", .author = "me"},
             second = {.id = "m2",
                       .time_ms = t + 70'000,
                       .text = "nobody shall see it",
                       .author = "me"},
             other = {.id = "c1", .time_ms = t + 5, .text = "about cats", .author = "you"};
  std::vector<Line> script = base;
  script.insert(script.begin() + 120, {first, second, other});
  const Redaction post{.key = KeyOf("m1"), .id = "m1"},
      author{.kind = RedactionKind::kAccountDelete, .author = "me"};
  Redaction elsewhere = author;
  elsewhere.source = "mastodon";  // The posts are of the network "script".
  const struct {
    const char* name;
    Redaction wish;
    std::vector<Line> stay, go;
  } lanes[] = {{"post", post, {second, other}, {first}},
               {"author", author, {other}, {first, second}},
               {"same name in another network", elsewhere, {first, second, other}, {}}};
  for (const auto& lane : lanes) {
    std::vector<Line> kept = base;
    kept.insert(kept.begin() + 120, lane.stay.begin(), lane.stay.end());
    const auto plain = RunScript(kept, {});
    for (const bool they_come_again : {false, true}) {
      SCOPED_TRACE(std::string(lane.name) + (they_come_again ? ", and its posts come again" : ""));
      SystemClock clock;
      const auto log = MakeMemoryLog(clock);
      MapStore store;
      PlayWish(script, lane.wish, they_come_again ? lane.go : std::vector<Line>(), *log, store);
      EXPECT_TRUE(store.posts_ == plain->posts_);
      EXPECT_TRUE(store.Merged() == plain->Merged());
      for (const Line& line : lane.stay) EXPECT_TRUE(LogHoldsPost(*log, line.id)) << line.id;
      for (const Line& line : lane.go) EXPECT_FALSE(LogHoldsPost(*log, line.id)) << line.id;
    }
  }
}

TEST(Pipeline, ADeletedPostThatNobodyCouldReadIsGoneToo) {
  const std::vector<Line> base = Script(60);
  const Line dead{.id = "f:1",
                  .text = "{\"id\":\"1346889436626259968\",\"text\":\"nobody shall see",
                  .is_dead = true};
  const Line gone{.id = "1346889436626259968", .time_ms = base[0].time_ms, .is_delete = true};
  for (const bool late : {false, true}) {
    for (const std::size_t batch : {1u, 1000u}) {
      std::vector<Line> script = base;
      script.insert(script.begin() + 20, late ? gone : dead);
      script.insert(script.begin() + 40, late ? dead : gone);
      std::unique_ptr<Log> log;
      RunScript(script, {.batch = batch}, &log);
      std::vector<FetchedBatch> batches;
      ASSERT_TRUE(log->Read(kDeadLettersTopic, Partition{0}, Offset{0}, 1 << 20, batches).ok());
      for (const FetchedBatch& letters : batches) {
        for (std::size_t row = 0; row < letters.records->size(); ++row) {
          EXPECT_EQ(letters.records->values[row].find("nobody shall see"), std::string_view::npos)
              << late << batch;
        }
      }
    }
  }
}

}  // namespace
}  // namespace hb
