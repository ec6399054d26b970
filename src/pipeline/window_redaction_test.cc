// Redactions in the window stage: whatever happens meanwhile, windows and log are those of the
// posts that stay.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/window_testing.h"

namespace hb {
namespace {

using std::chrono::milliseconds;
using window_test::kBegin;
using window_test::kMinute;
using window_test::Post;
using window_test::SteppedStage;

/// Posts that come, or one redaction.
struct Event {
  std::vector<Post> posts = {};
  std::uint64_t deleted = 0;               ///< number of a post
  std::optional<RedactionKind> kind = {};  ///< of an account
  std::string author = "";
  std::int64_t minute = 0;
};

/// An hour of posts of twelve authors. Deletes come soon after their post, long after it or before
/// it; some authors are hidden, shown again or leave.
std::vector<Event> Script() {
  std::mt19937 random(5);
  const std::map<int, std::pair<RedactionKind, std::string>> accounts = {
      {40, {RedactionKind::kAccountHide, "a1"}},
      {90, {RedactionKind::kAccountDelete, "a2"}},
      {91, {RedactionKind::kAccountHide, "a3"}},
      {150, {RedactionKind::kAccountShow, "a1"}},
      {200, {RedactionKind::kAccountDelete, "a3"}},
      {240, {RedactionKind::kAccountHide, "a4"}},
      // Hidden, shown, and then again what takes posts out whose values are blank by then.
      {60, {RedactionKind::kAccountHide, "a5"}},
      {120, {RedactionKind::kAccountShow, "a5"}},
      {180, {RedactionKind::kAccountHide, "a5"}},
      {61, {RedactionKind::kAccountHide, "a6"}},
      {121, {RedactionKind::kAccountShow, "a6"}},
      {181, {RedactionKind::kAccountDelete, "a6"}},
      {62, {RedactionKind::kAccountHide, "a7"}},
      {122, {RedactionKind::kAccountShow, "a7"}},
      {182, {RedactionKind::kAccountHide, "a7"}},
      {230, {RedactionKind::kAccountShow, "a7"}}};
  std::vector<Event> script;
  std::uint64_t next = 1;
  for (int step = 0; step < 300; ++step) {
    Event& event = script.emplace_back();
    for (std::uint64_t n = 1 + random() % 3; n > 0; --n) {
      const std::uint64_t number = next++;
      event.posts.push_back({.minute = step / 5 - static_cast<std::int64_t>(random() % 3),
                             .author = "a" + std::to_string(random() % 12),
                             .tags = {"tag" + std::to_string(random() % 4)},
                             .words = {"word" + std::to_string(random() % 9)},
                             .number = number});
    }
    const std::uint64_t dice = random() % 30;
    if (dice < 5) script.push_back({.deleted = next - 1 - random() % 3});
    if (dice >= 5 && dice < 10) script.push_back({.deleted = 1 + random() % next});
    if (dice >= 10 && dice < 12) script.push_back({.deleted = next + random() % 5});
    if (const auto at = accounts.find(step); at != accounts.end()) {
      script.push_back({.kind = at->second.first, .author = at->second.second, .minute = step / 5});
    }
  }
  return script;
}

/// Numbers of the posts that count in the end.
std::set<std::uint64_t> Staying(const std::vector<Event>& script) {
  std::set<std::uint64_t> deleted, staying;
  std::map<std::string, std::map<RedactionKind, std::int64_t>> latest;
  for (const Event& event : script) {
    if (event.deleted != 0) deleted.insert(event.deleted);
    if (event.kind) latest[event.author][*event.kind] = event.minute;
  }
  const auto is_gone = [&](const Post& post) {
    if (!latest.contains(post.author)) return false;
    const auto& of = latest.at(post.author);
    const auto last = [&](RedactionKind kind) { return of.contains(kind) ? of.at(kind) : -1; };
    if (post.minute <= last(RedactionKind::kAccountDelete)) return true;
    const std::int64_t hidden = last(RedactionKind::kAccountHide);
    return hidden >= last(RedactionKind::kAccountShow) && post.minute <= hidden;
  };
  for (const Event& event : script) {
    for (const Post& post : event.posts) {
      if (!deleted.contains(post.number) && !is_gone(post)) staying.insert(post.number);
    }
  }
  return staying;
}

struct Disturbance {
  const char* name;
  bool redact_last = false;     ///< all redactions after all posts
  std::int64_t write_rate = 1;  ///< as WindowEngine::Options; 1: windows wait as long as they may
  int crash_every = 0;          ///< steps; 0: never
  bool kill_commits = false;
  milliseconds read_time{0};  ///< that a Read takes: longer than a slice of a sweep, it cuts passes
};

struct Outcome {
  std::map<AggregateKey, Aggregate> windows;
  std::map<std::string, std::map<std::uint64_t, int>> keys;
  int redacted_while_waiting = 0;  ///< commits of redactions that left windows unwritten
  int killed = 0;
};

Outcome Play(const std::vector<Event>& script, const Disturbance& how) {
  constexpr std::int64_t kAtOnce = 1 << 30;
  WindowStage::Options options;
  options.engine.write_rate = how.write_rate == 0 ? kAtOnce : how.write_rate;
  SteppedStage stage(options);
  if (how.kill_commits) stage.log().KillCommitsOf("window");
  stage.log().OnRead([&](const std::string&) { stage.clock().Advance(how.read_time); });
  Outcome out;
  int steps = 0;
  const auto tell = [&](const Event& event) {
    if (!event.posts.empty())
      stage.Give(event.posts, static_cast<std::int32_t>(event.posts.front().number % 2));
    if (event.deleted != 0) stage.Delete(event.deleted);
    if (event.kind)
      stage.Redact(*event.kind, event.author, FromMillis(kBegin + event.minute * kMinute));
    const std::int64_t before = stage.Committed(kRedactionsTopic, 0);
    stage.Step();
    if (stage.Committed(kRedactionsTopic, 0) > before &&
        stage.Committed(kAnalysisTopic, 0) < stage.End(kAnalysisTopic, 0)) {
      ++out.redacted_while_waiting;
    }
    stage.clock().Advance(milliseconds(700));
    if (how.crash_every > 0 && ++steps % how.crash_every == 0) stage.Crash();
  };
  for (const Event& event : script) {
    if (!how.redact_last || !event.posts.empty()) tell(event);
  }
  for (const Event& event : script) {
    if (how.redact_last && event.posts.empty()) tell(event);
  }
  // What waits for a time is due to a process that lives so long.
  stage.log().KillCommitsOf("");
  EXPECT_TRUE(stage.Settle(std::chrono::minutes(1), 1000)) << how.name;
  out.windows = stage.Windows();
  out.keys = stage.KeysLeft();
  out.killed = stage.log().killed();
  return out;
}

TEST(WindowRedactions, WindowsThatWaitAndCrashesAtEveryStepAreNotSeen) {
  const std::vector<Event> script = Script();
  const std::set<std::uint64_t> staying = Staying(script);
  const Outcome plain = Play(script, {.name = "plain", .redact_last = true, .write_rate = 0});
  std::uint64_t posts = 0;
  for (const auto& [key, window] : plain.windows)
    posts += key.window_ms == kMinute ? window.posts : 0;
  ASSERT_EQ(posts, staying.size());
  ASSERT_GT(posts, 300u);
  constexpr Disturbance kDisturbances[] = {
      {.name = "windows wait"},
      {.name = "a crash after each step", .crash_every = 1},
      {.name = "a crash after every second step", .crash_every = 2},
      {.name = "a crash after every seventh step", .crash_every = 7},
      {.name = "a crash before and after each commit", .kill_commits = true},
      {.name = "the same, written soon", .write_rate = 256, .kill_commits = true},
      {.name = "slow sweeps", .read_time = milliseconds(30)},
      {.name = "crashes in slow sweeps", .crash_every = 11, .read_time = milliseconds(30)},
      {.name = "kills in slow sweeps", .kill_commits = true, .read_time = milliseconds(30)}};
  for (const Disturbance& how : kDisturbances) {
    SCOPED_TRACE(how.name);
    const Outcome other = Play(script, how);
    EXPECT_TRUE(other.windows == plain.windows);
    EXPECT_GT(other.redacted_while_waiting, 5);
    if (how.kill_commits) {
      EXPECT_GT(other.killed, 100);
    }
    for (const auto& [topic, keys] : other.keys) {
      for (const auto& [key, times] : keys) EXPECT_TRUE(staying.contains(key)) << topic << key;
    }
  }
}

TEST(WindowRedactions, WhatWasDeletedBeforeItWasReadIsNoTrend) {
  constexpr std::int64_t kBurst = 400;
  for (const bool deleted : {false, true}) {
    SteppedStage stage({});
    std::vector<Post> posts;
    std::uint64_t next = 1;
    for (std::int64_t minute = 0; minute < 2 * kBurst; minute += 4) {
      posts.push_back({.minute = minute, .tags = {"calm"}, .number = next++});
      for (int i = 0; minute == kBurst && i < 40; ++i) {
        if (deleted) stage.Delete(next);
        posts.push_back({.minute = minute,
                         .author = "author" + std::to_string(i),
                         .tags = {"burst"},
                         .number = next++});
      }
    }
    stage.Give({posts.front()}, 0);
    stage.Step();
    stage.clock().Advance(std::chrono::seconds(1));
    stage.Give({posts.begin() + 1, posts.end()}, 0);
    ASSERT_TRUE(stage.Settle(std::chrono::minutes(1), 1000));
    std::set<std::string> keys;
    for (const FetchedBatch& batch : stage.Batches(kTrendsTopic, 0)) {
      for (const Trend& trend : DecodeTrends(batch).value()) keys.insert(trend.key);
    }
    EXPECT_EQ(keys.contains("burst"), !deleted);
  }
}

/// As many megabytes of posts as `reads`, each of which a sweep reads for itself and holds one post
/// of the author "gone"; gives the numbers of those.
std::vector<std::uint64_t> GiveMegabytes(SteppedStage& stage, int reads) {
  std::vector<std::uint64_t> of_gone;
  std::uint64_t next = 1;
  for (int read = 0; read < reads; ++read) {
    std::vector<Post> posts;
    for (int n = 0; n < 18; ++n) {
      if (n == 7) of_gone.push_back(next);
      posts.push_back({.minute = read,
                       .author = n == 7 ? "gone" : "a" + std::to_string(n),
                       .number = next++,
                       .content = std::string(64 << 10, 'x')});
    }
    stage.Give(posts, read % 2);
  }
  EXPECT_TRUE(stage.Settle(std::chrono::minutes(1), 100));
  return of_gone;
}

/// A log whose reading takes so long that a pass over it takes half an hour, and a delete every
/// half a minute, for a day.
TEST(WindowRedactions, SweepsEndWithinTheirBoundUnderASteadyStreamOfDeletes) {
  constexpr int kReads = 16;
  constexpr std::chrono::seconds kReadTime{30}, kBetween{30};
  SteppedStage stage({});
  const std::vector<std::uint64_t> of_gone = GiveMegabytes(stage, kReads);
  const auto left = [&] {
    const auto keys = stage.KeysLeft();
    return std::count_if(of_gone.begin(), of_gone.end(), [&](std::uint64_t number) {
      return keys.at(kAnalysisTopic).contains(number);
    });
  };
  ASSERT_EQ(left(), kReads);
  stage.log().OnRead([&](const std::string& topic) {
    if (topic == kAnalysisTopic) stage.clock().Advance(kReadTime);
  });
  ManualClock& clock = stage.clock();
  const EventTime begin = clock.Now();
  std::vector<EventTime> given;  ///< when each redaction came
  EventTime account{}, pass_end{}, account_swept{};
  std::chrono::milliseconds longest_wait{0};
  std::uint64_t deleted = 1'000'000;  // Posts that never came: those that stay can be counted.
  while (clock.Now() - begin < std::chrono::hours(24) && account_swept == EventTime{}) {
    given.push_back(clock.Now());
    if (account == EventTime{} && clock.Now() - begin > std::chrono::minutes(10)) {
      account = clock.Now();  // The pass that runs now has read a part of the log.
      stage.Redact(RedactionKind::kAccountDelete, "gone", account);
    } else {
      stage.Delete(deleted++);
    }
    stage.Step();
    clock.Advance(kBetween);
    const auto taken = static_cast<std::size_t>(stage.Committed(kRedactionsTopic, 0));
    if (taken < given.size()) longest_wait = std::max(longest_wait, clock.Now() - given[taken]);
    const auto swept = static_cast<std::size_t>(stage.Swept());
    if (swept > 0 && pass_end == EventTime{}) {
      pass_end = clock.Now();
      EXPECT_GT(left(), 0) << "the first pass had passed some of them";
      EXPECT_LT(left(), kReads) << "a pass that runs takes what was redacted meanwhile";
    }
    if (swept > 0 && account != EventTime{} && given[swept - 1] >= account)
      account_swept = clock.Now();
  }
  ASSERT_NE(account_swept, EventTime{}) << "not in a day";
  EXPECT_EQ(left(), 0);
  EXPECT_LT(pass_end - begin, std::chrono::hours(1));
  EXPECT_GT(account_swept - account, std::chrono::hours(3)) << "else this shows nothing of pauses";
  EXPECT_LT(account_swept - account, Sweep::kLongestRest + std::chrono::hours(2));
  EXPECT_LT(longest_wait, WindowStage::kLongestRedactRest + std::chrono::minutes(5));
  EXPECT_GT(longest_wait, WindowStage::kLongestRedactRest / 2);
}

}  // namespace
}  // namespace hb
