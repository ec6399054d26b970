#include "source/x/rule_sync.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <set>

#include "simulate/http_server.h"

namespace hb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<Task> Tasks(const std::vector<std::pair<std::string, std::string>>& tags_and_rules) {
  std::vector<Task> tasks;
  for (const auto& [tag, rule] : tags_and_rules) tasks.push_back({.tag = tag, .rule = rule});
  return tasks;
}

std::vector<std::string> Values(const std::vector<XRule>& rules) {
  std::vector<std::string> values;
  for (const XRule& rule : rules) values.push_back(rule.value);
  return values;
}

TEST(PlanRules, AddsWhatIsNewAndRemovesOnlyOurs) {
  const std::vector<XRule> at_x = {{"1", "cat", "hb:cats"},
                                   {"2", "dog", "hb:dogs"},
                                   {"3", "bird", "somebody"},
                                   {"4", "fish", ""}};
  const RulePlan plan = PlanRules(at_x, Tasks({{"cats", " cat "}, {"new", "cow"}}), "hb:");
  EXPECT_THAT(Values(plan.add), ElementsAre("cow"));
  EXPECT_EQ(plan.add[0].tag, "hb:new");
  EXPECT_THAT(Values(plan.remove), ElementsAre("dog"));
  EXPECT_THAT(Values(plan.keep), ElementsAre("cat"));
}

TEST(PlanRules, OneRuleServesTwoTasksAndSomebodyElsesServesOurs) {
  const std::vector<XRule> at_x = {{"3", "bird", "somebody"}};
  Task gone{.tag = "gone", .rule = "fish", .active = false};
  std::vector<Task> tasks = Tasks({{"a", "cat"}, {"b", "cat "}, {"c", "bird"}});
  tasks.push_back(gone);
  const RulePlan plan = PlanRules(at_x, tasks, "hb:");
  EXPECT_THAT(Values(plan.add), ElementsAre("cat"));
  EXPECT_TRUE(plan.remove.empty());
}

TEST(PlanRules, ANewTagAloneIsNoReasonToLosePosts) {
  const std::vector<XRule> at_x = {{"1", "cat", "hb:old"}};
  const RulePlan plan = PlanRules(at_x, Tasks({{"new", "cat"}}), "hb:");
  EXPECT_TRUE(plan.add.empty() && plan.remove.empty());
}

/// Answers of X in the order in which they are asked for, whatever is asked; remembers what was.
class SyncRulesTest : public testing::Test {
 protected:
  struct Step {
    int status;
    std::string body;
  };
  RuleSync Run(std::vector<Step> steps, const std::vector<Task>& tasks,
               const std::set<std::string>& on_trial = {}) {
    std::size_t at = 0;
    std::mutex mutex;
    auto server = simulate::Server::Start({}, [&](simulate::Exchange& exchange) {
      const std::lock_guard lock(mutex);
      const simulate::Request& request = exchange.request();
      asked_.push_back(request.method + (request.Param("dry_run") != nullptr ? " dry " : " ") +
                       request.body);
      if (at == steps.size()) return;
      exchange.Answer(steps[at].status, "application/json", steps[at].body);
      ++at;
    });
    EXPECT_TRUE(server.ok());
    XClient client({server.value()->base_url(), "t"}, clock_);
    return SyncRules(client, tasks, "hb:", on_trial);
  }
  /// Task "a", which was on trial, is refused because of `why`, and "cat" is still there.
  static void ExpectRefused(const RuleSync& sync, const std::string& why) {
    EXPECT_FALSE(sync.failed);
    EXPECT_TRUE(sync.warnings.empty());
    ASSERT_EQ(sync.refused.size(), 1u);
    EXPECT_THAT(sync.refused.at("a"), HasSubstr(why));
    EXPECT_THAT(Values(sync.in_force), ElementsAre("cat"));
  }
  SystemClock clock_;
  std::vector<std::string> asked_;
};

constexpr char kWhole[] = R"({"data":[{"id":"1","value":"cat","tag":"hb:a"}],"meta":{}})";
constexpr char kGood[] = R"({"data":[],"meta":{"summary":{"created":1}}})";
constexpr char kNone[] = R"({"meta":{"sent":"2026-01-01T00:00:00.000Z","result_count":0}})";

TEST_F(SyncRulesTest, ReadsAllPagesAndChangesNothingIfAllIsWell) {
  const RuleSync sync =
      Run({{200, R"({"data":[{"id":"1","value":"cat","tag":"hb:a"}],"meta":{"next_token":"n"}})"},
           {200, R"({"data":[{"id":"2","value":"dog","tag":"hb:b"}],"meta":{}})"}},
          Tasks({{"a", "cat"}, {"b", "dog"}}));
  EXPECT_FALSE(sync.failed);
  EXPECT_EQ(sync.in_force.size(), 2u);
  EXPECT_EQ(asked_.size(), 2u);
}

TEST_F(SyncRulesTest, TriesThenAddsThenRemovesThenReads) {
  const RuleSync sync =
      Run({{200, R"({"data":[{"id":"1","value":"old","tag":"hb:a"}],"meta":{}})"},
           {201,
            R"({"data":[{"id":"9","value":"cat","tag":"hb:a"}],"meta":{"summary":{"created":1}}})"},
           {201,
            R"({"data":[{"id":"9","value":"cat","tag":"hb:a"}],"meta":{"summary":{"created":1}}})"},
           {200, R"({"meta":{"summary":{"deleted":1,"not_deleted":0}}})"},
           {200, R"({"data":[{"id":"9","value":"cat","tag":"hb:a"}],"meta":{}})"}},
          Tasks({{"a", "cat"}}));
  EXPECT_FALSE(sync.failed);
  EXPECT_TRUE(sync.warnings.empty());
  EXPECT_EQ(sync.added, 1u);
  EXPECT_EQ(sync.removed, 1u);
  EXPECT_THAT(asked_, ElementsAre("GET ", R"(POST dry {"add":[{"value":"cat","tag":"hb:a"}]})",
                                  R"(POST {"add":[{"value":"cat","tag":"hb:a"}]})",
                                  R"(POST {"delete":{"ids":["1"]}})", "GET "));
}

TEST_F(SyncRulesTest, ARefusedRuleIsNamedAlsoWhereXGivesNoDetails) {
  const RuleSync sync =
      Run({{200, kNone},
           {400, R"({"errors":[{"value":"is:reply","title":"UnprocessableEntity",)"
                 R"("type":"https://api.twitter.com/2/problems/invalid-rules"}],)"
                 R"("title":"Invalid Request","type":"https://api.twitter.com/2/problems/x"})"},
           {201, kGood},
           {200, R"({"data":[{"id":"9","value":"cat","tag":"hb:b"}]})"}},
          Tasks({{"a", "is:reply"}, {"b", "cat"}}));
  EXPECT_FALSE(sync.failed);
  ASSERT_EQ(sync.warnings.size(), 1u);
  EXPECT_THAT(sync.warnings[0], HasSubstr("'a'"));
  EXPECT_EQ(asked_[2], R"(POST {"add":[{"value":"cat","tag":"hb:b"}]})");
}

TEST_F(SyncRulesTest, IfARuleOnTrialIsRefusedAllStaysAsItIs) {
  const RuleSync sync =
      Run({{200, kWhole},
           {200, R"({"errors":[{"value":"(cat) sample:5","title":"UnprocessableEntity",)"
                 R"("type":"https://api.twitter.com/2/problems/invalid-rules"}]})"}},
          Tasks({{"a", "(cat) sample:5"}, {"b", "dog"}}), {"a"});
  ExpectRefused(sync, "UnprocessableEntity");
  EXPECT_EQ(asked_.size(), 2u);
}

TEST_F(SyncRulesTest, ARefusalThatNamesNoRuleIsLookedFor) {
  const std::string nameless = R"({"errors":[{"title":"UnprocessableEntity",)"
                               R"("type":"https://api.twitter.com/2/problems/invalid-rules"}]})";
  const RuleSync sync = Run({{200, kWhole}, {400, nameless}, {400, nameless}, {201, kGood}},
                            Tasks({{"a", "(cat) sample:5"}, {"b", "dog"}}), {"a"});
  ExpectRefused(sync, "UnprocessableEntity");
  ASSERT_EQ(asked_.size(), 4u);
  EXPECT_EQ(asked_[2], R"(POST dry {"add":[{"value":"(cat) sample:5","tag":"hb:a"}]})");
  EXPECT_EQ(asked_[3], R"(POST dry {"add":[{"value":"dog","tag":"hb:b"}]})");
}

TEST_F(SyncRulesTest, ARuleOnTrialThatIsNotThereOnceAddedIsRefusedAndNothingIsRemoved) {
  const RuleSync sync = Run({{200, kWhole}, {201, kGood}, {201, kGood}, {200, kWhole}},
                            Tasks({{"a", "(cat) sample:5"}}), {"a"});
  ExpectRefused(sync, "is not there");
  EXPECT_EQ(asked_.size(), 4u);
}

TEST_F(SyncRulesTest, WithoutRoomItRemovesFirst) {
  constexpr char kCap[] = R"({"errors":[{"title":"RulesCapExceeded",)"
                          R"("type":"https://api.twitter.com/2/problems/rule-cap"}]})";
  const RuleSync sync = Run({{200, R"({"data":[{"id":"1","value":"old","tag":"hb:a"}]})"},
                             {200, kCap},
                             {422, kCap},
                             {200, R"({"meta":{"summary":{"deleted":1}}})"},
                             {201, R"({"meta":{"summary":{"created":1}}})"},
                             {200, R"({"data":[{"id":"9","value":"cat","tag":"hb:a"}]})"}},
                            Tasks({{"a", "cat"}}));
  EXPECT_FALSE(sync.failed);
  EXPECT_TRUE(sync.warnings.empty()) << sync.warnings[0];
  EXPECT_EQ(sync.added, 1u);
}

TEST_F(SyncRulesTest, ARateLimitBreaksItOff) {
  const RuleSync sync =
      Run({{200, kNone}, {429, R"({"title":"Too Many Requests"})"}}, Tasks({{"a", "cat"}}));
  ASSERT_TRUE(sync.failed);
  EXPECT_EQ(sync.failed->kind, EndKind::kRateLimited);
}

}  // namespace
}  // namespace hb
