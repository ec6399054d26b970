#include "source/x/x_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <regex>
#include <set>
#include <thread>

#include "net/http_client.h"
#include "simulate/simulator.h"

namespace hb {
namespace {

using simulate::Simulator;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr seconds kLong{90};  // longer than a loaded machine takes for anything here

constexpr char kMany[] = "lang:en OR lang:es OR coffee OR cat OR football OR music OR train";

/// The machine's clock, set to a day in the middle of a month: the budget looks at what is left.
class MidMonthClock : public SystemClock {
 public:
  [[nodiscard]] EventTime Now() const override { return SystemClock::Now() + ahead_; }

 private:
  const milliseconds ahead_ = FromMillis(1'768'003'200'000) - SystemClock::Now();  // 2026-01-10
};

/// The real source against the stand-in for X, over TCP.
class XSourceTest : public testing::Test {
 protected:
  void StartX(const std::function<void(Simulator::Options&)>& change = {}) {
    Simulator::Options options;
    options.corpus.begin = clock_.Now() - std::chrono::minutes(10);
    options.corpus.rate = 100;
    options.corpus.deletes = 0;
    options.x.search_lag = milliseconds(0);
    options.x.keep_alive = milliseconds(100);
    options.x.rate_limits = false;
    if (change) change(options);
    auto simulator = Simulator::Start(std::move(options), clock_);
    ASSERT_TRUE(simulator.ok()) << simulator.error().message;
    x_ = std::move(simulator).value();
  }
  std::unique_ptr<XSource> Make(const std::function<void(XSource::Options&)>& change = {}) {
    XSource::Options options;
    options.kind = "x_stream";
    options.name = "test";
    options.path = "/2/tweets/search/stream";
    options.access = {x_->base_url(), "t"};
    options.refill_after = milliseconds(200);
    options.delay = milliseconds(300);
    if (change) change(options);
    return std::make_unique<XSource>(std::move(options), env_);
  }
  static std::vector<Task> Tasks(const std::vector<std::string>& rules) {
    std::vector<Task> tasks;
    for (const std::string& rule : rules) {
      tasks.push_back({.tag = "task " + std::to_string(tasks.size()), .rule = rule});
    }
    return tasks;
  }
  /// Polls until `done` says so.
  void PollUntil(XSource& source, const std::function<bool()>& done) {
    const auto until = std::chrono::steady_clock::now() + kLong;
    while (!done() && std::chrono::steady_clock::now() < until) {
      Intake intake;
      const Result<PollState> state = source.Poll(50, milliseconds(20), intake);
      EXPECT_LE(intake.posts.size(), 50u);
      for (std::size_t row = 0; row < intake.posts.size(); ++row) {
        ids_.insert(std::string(intake.posts.id[row]));
        EXPECT_EQ(intake.posts.source[row], "x_stream");
      }
      for (const Gap& gap : intake.gaps) gaps_[gap.from] = gap;
      for (Redaction& redaction : intake.redactions) deleted_.push_back(std::move(redaction));
      for (DeadLetter& letter : intake.dead) dead_.push_back(std::move(letter));
      if (!intake.end.empty()) end_ = intake.end;
      if (!state.ok()) {
        error_ = state.error();
        break;
      }
    }
    EXPECT_TRUE(done()) << source.GetHealth().detail << " | " << source.GetHealth().warning << " | "
                        << (error_ ? error_->message : "no error");
  }
  /// For Make: what happens near the cap, and how often X is asked how near it is.
  static std::function<void(XSource::Options&)> NearTheCap(
      Budget::Policy policy, milliseconds usage_every = milliseconds(100)) {
    return [policy, usage_every](XSource::Options& options) {
      options.usage_every = usage_every;
      options.budget.policy = policy;
    };
  }
  /// A source of one greedy rule, of an X that takes no `sample:`, when posts have come.
  std::unique_ptr<XSource> ListenWhereXThinsNothing(Budget::Policy policy) {
    StartX([](Simulator::Options& options) { options.x.rules.sample = false; });
    auto source = Make(NearTheCap(policy));
    source->SetTasks(Tasks({kMany}), 1);
    PollUntil(*source, [&] { return ids_.size() >= 20; });
    return source;
  }
  void AddFault(const std::string& json) {
    HttpCall call;
    call.method = "POST";
    call.url = x_->base_url() + "/simulate/faults";
    call.body = R"({"faults":[)" + json + "]}";
    const auto answer = PerformHttp(call);
    ASSERT_TRUE(answer.ok() && answer.value().status == 200);
  }
  void SetUsage(const std::string& query) {
    HttpCall call;
    call.method = "POST";
    call.url = x_->base_url() + "/simulate/usage?" + query;
    const auto answer = PerformHttp(call);
    ASSERT_TRUE(answer.ok() && answer.value().status == 200);
  }
  /// Ids of the posts that X had for its rules in a span.
  std::set<std::string> PostsAtX(EventTime from, EventTime to) {
    HttpCall call;
    call.url = x_->base_url() + "/simulate/posts?from_ms=" + std::to_string(ToMillis(from)) +
               "&to_ms=" + std::to_string(ToMillis(to));
    const auto answer = PerformHttp(call);
    EXPECT_TRUE(answer.ok());
    std::set<std::string> ids;
    const std::regex id(R"re("id":"?(\d+))re");
    const std::string& body = answer.value().body;
    for (std::sregex_iterator at(body.begin(), body.end(), id), end; at != end; ++at) {
      ids.insert((*at)[1].str());
    }
    return ids;
  }
  std::vector<XRule> RulesAtX() {
    XClient client({x_->base_url(), "t"}, clock_);
    XAnswers answers;
    auto rules = answers.Rules(client.Get("/2/tweets/search/stream/rules").http.body);
    EXPECT_TRUE(rules.ok());
    return rules.ok() ? rules.value().rules : std::vector<XRule>();
  }

  MidMonthClock clock_;
  Env env_{clock_, ""};
  std::unique_ptr<Simulator> x_;
  std::set<std::string> ids_;
  std::map<EventTime, Gap> gaps_;
  std::vector<DeadLetter> dead_;
  std::vector<Redaction> deleted_;
  std::optional<Error> error_;
  Position end_;
};

TEST_F(XSourceTest, ListensForWhatTheTasksAsk) {
  StartX();
  const auto source = Make();
  source->SetTasks(Tasks({"coffee OR cat OR football", kMany}), 1);
  PollUntil(*source, [&] { return ids_.size() >= 40; });
  const std::vector<XRule> rules = RulesAtX();
  ASSERT_EQ(rules.size(), 2u);
  EXPECT_EQ(rules[0].tag, "heartbeat:task 0");
  const SourceHealth health = source->GetHealth();
  EXPECT_FALSE(health.waiting);
  EXPECT_THAT(health.detail, HasSubstr("listening; 2 rules"));
  EXPECT_THAT(health.detail, HasSubstr("of them task 1"));
  EXPECT_EQ(health.warning, "");
  EXPECT_TRUE(dead_.empty());
}

TEST_F(XSourceTest, ChangedTasksTakeHoldAndOtherRulesStay) {
  StartX();
  XClient client({x_->base_url(), "t"}, clock_);
  client.Post("/2/tweets/search/stream/rules", {},
              R"({"add":[{"value":"somebody elses","tag":"theirs"}]})");
  const auto source = Make();
  source->SetTasks(Tasks({"coffee", "cat"}), 1);
  PollUntil(*source, [&] { return RulesAtX().size() == 3; });
  source->SetTasks(Tasks({"cat", "music"}), 2);
  std::set<std::string> values;
  PollUntil(*source, [&] {
    values.clear();
    for (const XRule& rule : RulesAtX()) values.insert(rule.value);
    return !values.contains("coffee") && values.contains("music");
  });
  EXPECT_EQ(values, (std::set<std::string>{"cat", "music", "somebody elses"}));
}

TEST_F(XSourceTest, WithoutATaskItDoesNotListen) {
  StartX();
  const auto source = Make();
  source->SetTasks({}, 1);
  PollUntil(*source, [&] { return source->GetHealth().waiting; });
  source->SetTasks(Tasks({kMany}), 2);
  PollUntil(*source, [&] { return ids_.size() >= 5; });
  source->SetTasks({}, 3);
  PollUntil(*source, [&] { return RulesAtX().empty() && source->GetHealth().waiting; });
}

TEST_F(XSourceTest, WhatABreakMissedIsAGapAndIsSearchedFor) {
  StartX();
  const auto source = Make();
  source->SetTasks(Tasks({kMany}), 1);
  PollUntil(*source, [&] { return ids_.size() >= 20; });
  const EventTime begin = clock_.Now();
  AddFault(R"({"kind":"cut","after_bytes":700})");
  AddFault(R"({"kind":"refuse","reason":"unavailable"})");  // five seconds
  PollUntil(*source, [&] {
    return gaps_.size() == 1 && gaps_.begin()->second.refilled == static_cast<unsigned>(kMicro);
  });
  const Gap gap = gaps_.begin()->second;
  EXPECT_GE(gap.to - gap.from, seconds(5));
  EXPECT_FALSE(gap.exact);
  EXPECT_FALSE(gap.cause.empty());
  const EventTime end = clock_.Now() - milliseconds(500);
  const std::set<std::string> wanted = PostsAtX(begin, end);
  EXPECT_GT(wanted.size(), 100u);
  PollUntil(*source,
            [&] { return std::includes(ids_.begin(), ids_.end(), wanted.begin(), wanted.end()); });
}

TEST_F(XSourceTest, WhatABreakMissedIsSentAgainWhereTheAccountMay) {
  StartX();
  const auto source = Make([](XSource::Options& options) { options.recovery = true; });
  source->SetTasks(Tasks({kMany}), 1);
  PollUntil(*source, [&] { return ids_.size() >= 20; });
  const EventTime begin = clock_.Now();
  // Search would not help: it is refused.
  AddFault(R"({"kind":"refuse","path":"/2/tweets/search/recent","reason":"forbidden"})");
  AddFault(R"({"kind":"cut","after_bytes":700})");
  AddFault(R"({"kind":"refuse","path":"/2/tweets/search/stream","reason":"unavailable"})");
  PollUntil(*source, [&] {
    return gaps_.size() == 1 && gaps_.begin()->second.refilled == static_cast<unsigned>(kMicro);
  });
  const std::set<std::string> wanted = PostsAtX(begin, clock_.Now() - milliseconds(500));
  PollUntil(*source,
            [&] { return std::includes(ids_.begin(), ids_.end(), wanted.begin(), wanted.end()); });
  EXPECT_EQ(source->GetHealth().warning, "");
}

TEST_F(XSourceTest, WhereTheStreamSendsNothingAgainSearchIsAsked) {
  StartX();
  const auto source = Make([](XSource::Options& options) { options.recovery = true; });
  source->SetTasks(Tasks({kMany}), 1);
  PollUntil(*source, [&] { return ids_.size() >= 20; });
  AddFault(R"({"kind":"cut","after_bytes":700})");
  PollUntil(*source, [&] { return gaps_.size() == 1; });  // it listens again
  AddFault(R"({"kind":"refuse","path":"/2/tweets/search/stream","reason":"forbidden"})");
  PollUntil(*source,
            [&] { return gaps_.begin()->second.refilled == static_cast<unsigned>(kMicro); });
  EXPECT_THAT(source->GetHealth().warning, HasSubstr("does not send again"));
}

TEST_F(XSourceTest, WhatIsDeletedAtXIsHeardWhereTheAccountMay) {
  StartX([](Simulator::Options& options) { options.corpus.deletes = 0.2; });
  const auto source = Make([](XSource::Options& options) { options.compliance = true; });
  source->SetTasks(Tasks({kMany}), 1);
  PollUntil(*source, [&] { return deleted_.size() >= 50; });
  const simulate::Corpus& corpus = *x_->world().corpus;
  for (const Redaction& redaction : deleted_) {
    EXPECT_EQ(redaction.kind, RedactionKind::kDelete);
    const auto index = corpus.IndexOf(std::stoull(redaction.id));
    ASSERT_TRUE(index);
    EXPECT_TRUE(corpus.DeletedBy(*index));
  }
  EXPECT_TRUE(dead_.empty());
  EXPECT_EQ(source->GetHealth().warning, "");
  AddFault(R"({"kind":"refuse","path":"/2/users/compliance/stream","reason":"forbidden"})");
  const auto refused = Make([](XSource::Options& options) { options.compliance = true; });
  PollUntil(*refused, [&] {
    return refused->GetHealth().warning.find("compliance streams") != std::string::npos;
  });
  EXPECT_FALSE(error_);
}

TEST_F(XSourceTest, AfterARestartTheTimeSinceIsAGapAndIsSearchedFor) {
  StartX();
  auto source = Make();
  source->SetTasks(Tasks({kMany}), 1);
  PollUntil(*source, [&] { return ids_.size() >= 20; });
  const EventTime begin = clock_.Now();
  source->Stop();
  source.reset();
  std::this_thread::sleep_for(milliseconds(700));  // the outage itself: nothing waits for it
  source = Make();
  ASSERT_TRUE(source->Resume(end_).ok());
  source->SetTasks(Tasks({kMany}), 1);
  PollUntil(*source, [&] {
    return gaps_.size() == 1 && gaps_.begin()->second.refilled == static_cast<unsigned>(kMicro);
  });
  EXPECT_THAT(gaps_.begin()->second.cause, HasSubstr("not running"));
  const std::set<std::string> wanted = PostsAtX(begin, clock_.Now() - milliseconds(500));
  PollUntil(*source,
            [&] { return std::includes(ids_.begin(), ids_.end(), wanted.begin(), wanted.end()); });
}

TEST_F(XSourceTest, AHoleThatIsNotFilledYetSurvivesARestart) {
  StartX();
  const auto never = [](XSource::Options& options) {
    options.refill_after = std::chrono::hours(1);
  };
  auto source = Make(never);
  source->SetTasks(Tasks({kMany}), 1);
  PollUntil(*source, [&] { return ids_.size() >= 5; });
  AddFault(R"({"kind":"cut","after_bytes":100})");
  PollUntil(*source, [&] { return gaps_.size() == 1; });
  const EventTime from = gaps_.begin()->first;
  EXPECT_EQ(gaps_[from].refilled, 0u);
  PollUntil(*source,
            [&] { return end_.find(std::to_string(ToMillis(from))) != std::string::npos; });
  source = Make();
  ASSERT_TRUE(source->Resume(end_).ok());
  source->SetTasks(Tasks({kMany}), 1);
  PollUntil(*source, [&] { return gaps_[from].refilled == static_cast<unsigned>(kMicro); });
}

TEST_F(XSourceTest, MessagesThatMeanNothingDoNoHarm) {
  StartX();
  for (const char* kind : {"malformed", "unknown", "partial", "double", "shuffle"}) {
    AddFault(std::string(R"({"kind":")") + kind + R"(","after_bytes":300})");
  }
  const auto source = Make();
  source->SetTasks(Tasks({kMany}), 1);
  PollUntil(*source, [&] {
    return !dead_.empty() && source->GetHealth().detail.find("unknown") != std::string::npos;
  });
  EXPECT_EQ(dead_.size(), 1u);
  EXPECT_FALSE(dead_[0].raw.empty());
  EXPECT_THAT(dead_[0].location, HasSubstr("/2/tweets/search/stream"));
  const std::size_t before = ids_.size();
  PollUntil(*source, [&] { return ids_.size() > before + 10; });
  EXPECT_TRUE(gaps_.empty());
}

TEST_F(XSourceTest, AnErrorWithinTheStreamIsReconnectedAtOnce) {
  StartX();
  AddFault(R"({"kind":"disconnect","after_bytes":500,"reason":"ForceDisconnect"})");
  const auto source = Make();
  source->SetTasks(Tasks({kMany}), 1);
  PollUntil(*source, [&] { return gaps_.size() == 1; });
  EXPECT_THAT(gaps_.begin()->second.cause, HasSubstr("ForceDisconnect"));
}

TEST_F(XSourceTest, ASilentStreamIsDead) {
  StartX();
  AddFault(R"({"kind":"stall","after_bytes":500,"length_ms":60000})");
  const auto source = Make([](XSource::Options& options) { options.silence = seconds(2); });
  source->SetTasks(Tasks({kMany}), 1);
  PollUntil(*source, [&] { return gaps_.size() == 1; });
  EXPECT_THAT(gaps_.begin()->second.cause, HasSubstr("silent"));
}

TEST_F(XSourceTest, AWrongTokenStopsIt) {
  StartX([](Simulator::Options& options) { options.x.token = "right"; });
  const auto source = Make();
  source->SetTasks(Tasks({kMany}), 1);
  PollUntil(*source, [&] { return error_.has_value(); });
  ASSERT_TRUE(error_);
  EXPECT_EQ(error_->code, Code::kInvalidArgument);
  EXPECT_THAT(error_->message, HasSubstr("401"));
}

TEST_F(XSourceTest, AUsageCapIsWaitedForUntilXHasResetIt) {
  StartX();
  const auto source =
      Make([](XSource::Options& options) { options.usage_every = milliseconds(100); });
  source->SetTasks(Tasks({kMany}), 1);
  PollUntil(*source,
            [&] { return ids_.size() >= 5; });  // the rules are there: they are not refused
  SetUsage("used=1000&cap=1000");
  AddFault(R"({"kind":"cut","after_bytes":10})");
  PollUntil(*source,
            [&] { return source->GetHealth().warning.find("usage cap") != std::string::npos; });
  EXPECT_TRUE(source->GetHealth().waiting);
  PollUntil(*source,
            [&] { return source->GetHealth().detail.find(" of 1,000") != std::string::npos; });
  SetUsage("used=0");
  gaps_.clear();
  PollUntil(*source, [&] { return !gaps_.empty() && !source->GetHealth().waiting; });
  EXPECT_FALSE(error_);
}

TEST_F(XSourceTest, NearTheCapGreedyRulesAreThinnedAndComeBackWhenThereIsRoom) {
  StartX();
  const auto source = Make(NearTheCap(Budget::Policy::kThin));
  source->SetTasks(Tasks({kMany}), 1);
  PollUntil(*source, [&] { return ids_.size() >= 20; });
  SetUsage("used=198000&cap=200000");  // enough that it is not decided anew meanwhile
  std::string percent;
  PollUntil(*source, [&] {
    const std::vector<XRule> rules = RulesAtX();
    const std::string begin = "(" + std::string(kMany) + ") sample:";
    if (rules.size() != 1 || !rules[0].value.starts_with(begin)) return false;
    percent = rules[0].value.substr(begin.size());
    return true;
  });
  EXPECT_EQ(RulesAtX()[0].tag, "heartbeat:task 0");
  EXPECT_THAT(source->GetHealth().warning, HasSubstr("task 0 to " + percent + " %"));
  ASSERT_TRUE(gaps_.empty());  // it is told when it ends, or after half a minute
  const std::size_t before = ids_.size();
  PollUntil(*source, [&] { return ids_.size() > before; });
  SetUsage("used=0&cap=1000000");
  PollUntil(*source, [&] {
    const std::vector<XRule> rules = RulesAtX();
    return rules.size() == 1 && rules[0].value == kMany;
  });
  ASSERT_EQ(gaps_.size(), 1u);
  EXPECT_EQ(gaps_.begin()->second.refilled, std::stoul(percent) * 10'000);
  EXPECT_THAT(gaps_.begin()->second.cause, HasSubstr("task 0 to " + percent + " %"));
  EXPECT_THAT(source->GetHealth().warning, Not(HasSubstr("task 0")));
}

TEST_F(XSourceTest, ARestartNearTheCapBeginsWithThinnedRules) {
  StartX();
  auto source = Make(NearTheCap(Budget::Policy::kThin));
  source->SetTasks(Tasks({kMany}), 1);
  PollUntil(*source, [&] { return ids_.size() >= 20; });
  SetUsage("used=198000&cap=200000");
  std::vector<XRule> thinned;
  PollUntil(*source, [&] {
    thinned = RulesAtX();
    return thinned.size() == 1 && thinned[0].value != kMany;
  });
  // From here on X is not asked what it has counted.
  source = Make(NearTheCap(Budget::Policy::kThin, milliseconds(0)));
  ASSERT_TRUE(source->Resume(end_).ok());
  source->SetTasks(Tasks({kMany}), 1);
  ids_.clear();
  PollUntil(*source, [&] { return !ids_.empty(); });
  const std::vector<XRule> rules = RulesAtX();
  ASSERT_EQ(rules.size(), 1u);
  EXPECT_EQ(rules[0].id, thinned[0].id) << rules[0].value;
}

TEST_F(XSourceTest, WhereXThinsNothingGreedyRulesArePausedAndAreToldSo) {
  const auto source = ListenWhereXThinsNothing(Budget::Policy::kThin);
  SetUsage("used=198000&cap=200000");
  PollUntil(*source, [&] { return RulesAtX().empty(); });
  EXPECT_THAT(source->GetHealth().warning, HasSubstr("task 0 paused since X does not thin it"));
  SetUsage("used=0&cap=1000000");
  PollUntil(*source, [&] { return RulesAtX().size() == 1; });
  std::vector<Gap> told;  // beside that of the stream, which ended for want of rules
  for (const auto& [from, gap] : gaps_) {
    if (gap.cause.starts_with("budget: ")) told.push_back(gap);
  }
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].refilled, 0u);
  EXPECT_EQ(told[0].cause, "budget: task 0 paused since X does not thin it");
}

TEST_F(XSourceTest, WhereXThinsNothingTheyStayWholeIfThatIsWanted) {
  const auto source = ListenWhereXThinsNothing(Budget::Policy::kThinOrWarn);
  const std::vector<XRule> before = RulesAtX();
  SetUsage("used=198000&cap=200000");
  PollUntil(*source, [&] {
    return source->GetHealth().warning.find("task 0 whole since X does not") != std::string::npos;
  });
  const std::size_t posts = ids_.size();
  PollUntil(*source, [&] { return ids_.size() > posts + 20; });
  ASSERT_EQ(RulesAtX().size(), 1u);
  EXPECT_EQ(RulesAtX()[0].id, before.at(0).id) << "it was not touched";
  EXPECT_TRUE(gaps_.empty());
}

TEST_F(XSourceTest, ThePausedAreNotSearchedForToTheEndAndTheHoleStays) {
  StartX([](Simulator::Options& options) { options.corpus.rate = 200; });
  const auto source = Make([](XSource::Options& options) {
    options.budget.policy = Budget::Policy::kPause;
    options.prices.month_posts = 400;  // the hole alone has twice as many
  });
  source->SetTasks(Tasks({kMany}), 1);
  PollUntil(*source, [&] { return ids_.size() >= 5; });
  AddFault(R"({"kind":"refuse","reason":"unavailable"})");  // five seconds
  AddFault(R"({"kind":"cut","after_bytes":10})");
  PollUntil(*source, [&] { return !gaps_.empty(); });
  const EventTime hole = gaps_.begin()->first;
  PollUntil(*source, [&] { return RulesAtX().empty() && source->GetHealth().waiting; });
  EXPECT_LT(gaps_[hole].refilled, static_cast<unsigned>(kMicro));
  EXPECT_THAT(source->GetHealth().detail, HasSubstr("gaps still to be searched for"));
  EXPECT_LT(ids_.size(), 800u);
  const auto again =
      Make([](XSource::Options& options) { options.prices.month_posts = 1'000'000; });
  ASSERT_TRUE(again->Resume(end_).ok());
  again->SetTasks(Tasks({kMany}), 1);
  PollUntil(*again, [&] { return gaps_[hole].refilled == static_cast<unsigned>(kMicro); });
}

TEST_F(XSourceTest, AtTheCapNothingIsAskedForUntilThereIsRoom) {
  StartX();
  const auto source = Make([](XSource::Options& options) {
    options.usage_every = milliseconds(100);
    options.budget.policy = Budget::Policy::kPause;
    options.prices.month_posts = 30;
  });
  source->SetTasks(Tasks({kMany}), 1);
  PollUntil(*source, [&] { return ids_.size() >= 27 && RulesAtX().empty(); });
  EXPECT_TRUE(source->GetHealth().waiting);
  EXPECT_THAT(source->GetHealth().warning, HasSubstr("paused"));
  // A larger budget after a restart: what was read is remembered.
  const auto again =
      Make([](XSource::Options& options) { options.prices.month_posts = 1'000'000; });
  ASSERT_TRUE(again->Resume(end_).ok());
  again->SetTasks(Tasks({kMany}), 1);
  PollUntil(*again, [&] { return RulesAtX().size() == 1; });
}

TEST_F(XSourceTest, ARateLimitIsWaitedForAndShown) {
  StartX();
  const auto source = Make();
  source->SetTasks(Tasks({kMany}), 1);
  PollUntil(*source, [&] { return ids_.size() >= 5; });
  AddFault(R"({"kind":"refuse","reason":"too-many-connections"})");
  AddFault(R"({"kind":"cut","after_bytes":10})");
  PollUntil(*source, [&] { return !source->GetHealth().warning.empty(); });
  const SourceHealth health = source->GetHealth();
  EXPECT_TRUE(health.waiting);
  EXPECT_THAT(health.warning, HasSubstr("too many connections"));
  EXPECT_THAT(health.detail, HasSubstr("next try in 6"));
}

TEST_F(XSourceTest, SpeaksOfPostsWhereTheServerDoes) {
  StartX([](Simulator::Options& options) { options.x.vocabulary = simulate::Vocabulary::kPost; });
  const auto source = Make();
  source->SetTasks(Tasks({kMany}), 1);
  PollUntil(*source, [&] { return ids_.size() >= 5; });
}

TEST_F(XSourceTest, ARuleThatXRefusesIsNamedAndTheOthersListen) {
  StartX([](Simulator::Options& options) { options.x.rules.rules = 2; });
  const auto source = Make();
  source->SetTasks(Tasks({"is:retweet", kMany, "cat", "dog"}), 1);
  PollUntil(*source, [&] { return ids_.size() >= 5; });
  EXPECT_THAT(source->GetHealth().warning, HasSubstr("'task 0'"));
}

}  // namespace
}  // namespace hb
