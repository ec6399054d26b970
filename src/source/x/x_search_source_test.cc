#include "source/x/x_search_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "net/http_client.h"
#include "simulate/simulator.h"

namespace hb {
namespace {

using simulate::Simulator;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr EventTime kStart = FromMillis(1'768'003'200'000);  // 2026-01-10
constexpr char kRule[] = "lang:en (coffee OR cat OR football OR music OR train)";

/// The source against the stand-in for X, over TCP, by a clock that is moved by hand.
class XSearchSourceTest : public testing::Test {
 protected:
  void SetUp() override { StartX({}); }
  void StartX(const std::function<void(Simulator::Options&)>& change) {
    Simulator::Options options;
    options.corpus.begin = kStart - hours(24 * 9);
    options.corpus.rate = 0.5;
    options.corpus.deletes = 0;
    options.corpus.edits = 0;
    options.x.rate_limits = false;
    if (change) change(options);
    auto simulator = Simulator::Start(std::move(options), clock_);
    ASSERT_TRUE(simulator.ok()) << simulator.error().message;
    x_ = std::move(simulator).value();
  }
  std::unique_ptr<XSearchSource> Make(
      const std::function<void(XSearchSource::Options&)>& change = {}) {
    XSearchSource::Options options;
    options.name = "test";
    options.access = {x_->base_url(), "t"};
    if (change) change(options);
    auto source = std::make_unique<XSearchSource>(std::move(options), env_);
    source->SetTasks({{.tag = "things", .rule = kRule}}, 1);
    return source;
  }
  void Poll(XSearchSource& source) {
    Intake intake;
    const Result<PollState> state = source.Poll(50, milliseconds(5), intake);
    EXPECT_LE(intake.posts.size(), 50u);
    for (std::size_t row = 0; row < intake.posts.size(); ++row) {
      EXPECT_EQ(intake.posts.source[row], "x_search");
      ++ids_[std::string(intake.posts.id[row])];
    }
    for (const Gap& gap : intake.gaps) gaps_[gap.from] = gap;
    if (!intake.end.empty()) end_ = intake.end;
    if (!state.ok()) error_ = state.error();
  }
  void PollUntil(XSearchSource& source, const std::function<bool()>& done) {
    const auto until = std::chrono::steady_clock::now() + seconds(60);
    while (!done() && !error_ && std::chrono::steady_clock::now() < until) Poll(source);
    EXPECT_TRUE(done()) << source.GetHealth().detail << " | " << source.GetHealth().warning << " | "
                        << (error_ ? error_->message : "no error");
  }
  /// Until everything up to `moment` was asked for.
  void PollTo(XSearchSource& source, EventTime moment) {
    PollUntil(source, [&] { return source.Watermark() && *source.Watermark() >= moment; });
  }
  /// How many posts X has for the rule in a span.
  std::size_t PostsAtX(EventTime from, EventTime to) {
    XSearch search({x_->base_url(), "t"}, clock_);
    const auto count = search.Count({.query = kRule, .start = from, .end = to});
    EXPECT_TRUE(count.ok());
    return count.ok() ? static_cast<std::size_t>(count.value()) : 0;
  }
  void Post(const std::string& target, const std::string& body = "") {
    HttpCall call;
    call.method = "POST";
    call.url = x_->base_url() + target;
    call.body = body;
    const auto answer = PerformHttp(call);
    ASSERT_TRUE(answer.ok() && answer.value().status == 200);
  }

  ManualClock clock_{kStart};
  Env env_{clock_, ""};
  std::unique_ptr<Simulator> x_;
  std::map<std::string, int> ids_;
  std::map<EventTime, Gap> gaps_;
  std::optional<Error> error_;
  Position end_;
};

TEST_F(XSearchSourceTest, FindsWhatWasSaidSinceTheLastTimeOnce) {
  const auto source = Make();
  PollTo(*source, kStart - seconds(30));
  for (int minute = 1; minute <= 5; ++minute) {
    clock_.Advance(minutes(1));
    PollTo(*source, kStart - seconds(30) + minutes(minute));
  }
  EXPECT_EQ(ids_.size(),
            PostsAtX(kStart - minutes(15) - seconds(30), kStart + minutes(5) - seconds(30)));
  EXPECT_GT(ids_.size(), 20u);
  for (const auto& [id, times] : ids_) EXPECT_EQ(times, 1) << id;
  EXPECT_TRUE(gaps_.empty());
  EXPECT_THAT(source->GetHealth().detail, HasSubstr("1 rules"));
  EXPECT_EQ(source->GetHealth().warning, "");
}

TEST_F(XSearchSourceTest, AfterARestartItGoesOnWhereItEnded) {
  auto source = Make();
  PollTo(*source, kStart - seconds(30));
  source.reset();
  clock_.Advance(hours(5));
  source = Make();
  ASSERT_TRUE(source->Resume(end_).ok());
  PollTo(*source, kStart + hours(5) - seconds(30));
  EXPECT_EQ(ids_.size(),
            PostsAtX(kStart - minutes(15) - seconds(30), kStart + hours(5) - seconds(30)));
  for (const auto& [id, times] : ids_) EXPECT_EQ(times, 1) << id;
  ASSERT_EQ(gaps_.size(), 1u);  // until it was searched
  EXPECT_EQ(gaps_.begin()->first, kStart - seconds(30));
  EXPECT_EQ(gaps_.begin()->second.refilled, static_cast<unsigned>(kMicro));
}

TEST_F(XSearchSourceTest, KilledWhileItCatchesUpItLosesNothing) {
  auto source = Make();
  PollTo(*source, kStart - seconds(30));
  clock_.Advance(hours(5));
  for (int kill = 0; kill < 3; ++kill) {
    const Position end = end_;
    source = Make();
    ASSERT_TRUE(source->Resume(end).ok());
    PollTo(*source, kStart + hours(1 + kill));
  }
  source = Make();
  ASSERT_TRUE(source->Resume(end_).ok());
  PollTo(*source, kStart + hours(5) - seconds(30));
  EXPECT_EQ(ids_.size(),
            PostsAtX(kStart - minutes(15) - seconds(30), kStart + hours(5) - seconds(30)));
  for (const auto& [from, gap] : gaps_) EXPECT_EQ(gap.refilled, static_cast<unsigned>(kMicro));
}

TEST_F(XSearchSourceTest, WhatSearchCannotReachAnyMoreIsAGap) {
  auto source = Make();
  PollTo(*source, kStart - seconds(30));
  source.reset();
  clock_.Advance(hours(24 * 8));
  source = Make();
  ASSERT_TRUE(source->Resume(end_).ok());
  PollUntil(*source, [&] { return !gaps_.empty(); });
  const Gap gap = gaps_.begin()->second;
  EXPECT_EQ(gap.from, kStart - seconds(30));
  EXPECT_EQ(gap.to, kStart + hours(24) + minutes(10));
  EXPECT_EQ(gap.refilled, 0u);
  EXPECT_THAT(gap.cause, HasSubstr("longer ago"));
}

TEST_F(XSearchSourceTest, ARateLimitIsWaitedForAndNothingIsLost) {
  Post("/simulate/faults", R"({"faults":[{"kind":"refuse","path":"/2/tweets/search/recent",)"
                           R"("reason":"rate-limit"}]})");
  const auto source = Make();
  PollUntil(*source,
            [&] { return source->GetHealth().detail.find("search waits") != std::string::npos; });
  EXPECT_TRUE(source->GetHealth().waiting);
  clock_.Advance(minutes(16));
  PollTo(*source, kStart + minutes(16) - seconds(30));
  EXPECT_EQ(ids_.size(),
            PostsAtX(kStart - minutes(15) - seconds(30), kStart + minutes(16) - seconds(30)));
}

TEST_F(XSearchSourceTest, AUsageCapIsWaitedFor) {
  const auto source = Make();
  PollTo(*source, kStart - seconds(30));
  Post("/simulate/usage?used=500&cap=500");
  clock_.Advance(minutes(20));
  PollUntil(*source, [&] {
    return source->GetHealth().detail.find("UsageCapExceeded") != std::string::npos;
  });
  Post("/simulate/usage?used=0");
  clock_.Advance(minutes(16));
  PollTo(*source, kStart + minutes(36) - seconds(30));
  EXPECT_FALSE(error_);
  EXPECT_EQ(ids_.size(),
            PostsAtX(kStart - minutes(15) - seconds(30), kStart + minutes(36) - seconds(30)));
}

TEST_F(XSearchSourceTest, AtTheBudgetRulesArePausedUntilTheNextMonth) {
  const auto source = Make([](XSearchSource::Options& options) {
    options.prices.month_posts = 20;
    options.budget.policy = Budget::Policy::kPause;
    options.usage_every = milliseconds(0);
    options.history = options.slice = hours(6);
  });
  PollUntil(*source,
            [&] { return source->GetHealth().warning.find("paused") != std::string::npos; });
  PollTo(*source, kStart - seconds(30));
  const std::size_t before = ids_.size();
  EXPECT_LT(before, PostsAtX(kStart - hours(6) - seconds(30), kStart - seconds(30)) / 2)
      << "its search ended before the next page";
  clock_.Advance(hours(1));
  PollTo(*source, kStart + hours(1) - seconds(30));
  EXPECT_EQ(ids_.size(), before);
  ASSERT_FALSE(gaps_.empty());
  EXPECT_THAT(gaps_.rbegin()->second.cause, HasSubstr("budget"));
  EXPECT_EQ(gaps_.rbegin()->first, kStart - hours(6) - seconds(30) + milliseconds(3))
      << "from where the search began that was not ended";
  clock_.Advance(hours(24 * 22));
  PollUntil(*source, [&] { return source->GetHealth().warning.empty(); });
  clock_.Advance(minutes(10));
  PollUntil(*source, [&] { return ids_.size() > before; });
}

TEST_F(XSearchSourceTest, ARoundIsAskedAnewWhenARuleComesBackMeanwhile) {
  const EventTime month_end = FromMillis(1'769'904'000'000);  // 2026-02-01
  clock_.Advance(month_end - minutes(10) - kStart);
  const EventTime begin = clock_.Now();
  StartX([&](Simulator::Options& options) {
    options.corpus.begin = begin - hours(2);
    options.corpus.rate = 0.15;
  });
  const std::size_t first = PostsAtX(begin - minutes(45) - seconds(30), begin - seconds(30));
  ASSERT_GT(first, 20u);
  ASSERT_LT(first, 100u) << "they are a page";
  const auto source = Make([&](XSearchSource::Options& options) {
    options.prices.month_posts = first + 1;
    options.budget.policy = Budget::Policy::kPause;
    options.usage_every = milliseconds(0);
    options.history = minutes(45);
  });
  source->SetTasks({{.tag = "things", .rule = kRule}, {.tag = "none", .rule = "xyzzyx"}}, 2);
  PollUntil(*source,
            [&] { return source->GetHealth().warning.find("things paused") != std::string::npos; });
  PollTo(*source, begin - seconds(30));
  EXPECT_EQ(ids_.size(), first);
  // A round without that rule is under way when the month turns.
  Post("/simulate/faults", R"({"faults":[{"kind":"refuse","path":"/2/tweets/search/recent",)"
                           R"("reason":"rate-limit"}]})");
  clock_.Advance(minutes(2));
  PollUntil(*source,
            [&] { return source->GetHealth().detail.find("search waits") != std::string::npos; });
  clock_.Advance(minutes(9));
  PollUntil(*source,
            [&] { return source->GetHealth().warning.find("things paused") == std::string::npos; });
  clock_.Advance(minutes(7));
  PollTo(*source, begin + minutes(18) - seconds(30));
  EXPECT_EQ(ids_.size(),
            PostsAtX(begin - minutes(45) - seconds(30), begin + minutes(18) - seconds(30)));
  const auto told = std::find_if(gaps_.begin(), gaps_.end(), [](const auto& gap) {
    return gap.second.cause.starts_with("budget: ");
  });
  ASSERT_NE(told, gaps_.end());
  EXPECT_EQ(told->second.to, begin - seconds(30) + milliseconds(3))
      << "from there on all was asked";
}

TEST_F(XSearchSourceTest, AWrongTokenStopsIt) {
  StartX([](Simulator::Options& options) { options.x.token = "right"; });
  const auto source = Make();
  PollUntil(*source, [&] { return error_.has_value(); });
  ASSERT_TRUE(error_);
  EXPECT_EQ(error_->code, Code::kInvalidArgument);
}

TEST_F(XSearchSourceTest, ARuleThatSearchRefusesIsNamedAndTheOthersAreFound) {
  const auto source = Make();
  source->SetTasks({{.tag = "bad", .rule = "lang:en"}, {.tag = "things", .rule = kRule}}, 2);
  PollTo(*source, kStart - seconds(30));
  EXPECT_THAT(source->GetHealth().warning, HasSubstr("lang:en"));
  EXPECT_GT(ids_.size(), 5u);
  clock_.Advance(minutes(1));
  PollTo(*source, kStart + seconds(30));
  ASSERT_EQ(gaps_.size(), 1u);  // of both rounds
  const Gap gap = gaps_.begin()->second;
  EXPECT_EQ(gap.from, kStart - minutes(15) - seconds(30) + milliseconds(2));
  EXPECT_EQ(gap.to, kStart + seconds(30));
  EXPECT_EQ(gap.refilled, static_cast<unsigned>(kMicro) / 2);
  EXPECT_THAT(gap.cause, HasSubstr("search refuses a rule: "));
}

TEST_F(XSearchSourceTest, ItIsToldApartByItsKindAndItsServerToo) {
  const auto identity = [&](const std::string& url, const std::string& name) {
    return Make([&](XSearchSource::Options& options) {
             options.access.base_url = url;
             options.name = name;
           })
        ->Identity();
  };
  EXPECT_EQ(identity("https://api.x.com", "app"), "x_search:api.x.com:app");
  EXPECT_EQ(identity("http://127.0.0.1:7/x", "app"), "x_search:127.0.0.1:7:app");
  EXPECT_LE(identity("https://api.x.com", std::string(300, 'a')).size(), 200u);
}

}  // namespace
}  // namespace hb
