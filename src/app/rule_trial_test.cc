#include "app/rule_trial.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "app/catalogue.h"
#include "env/temporary_folder.h"

namespace hb {
namespace {

using testing::ElementsAre;

class RuleTrialTest : public testing::Test {
 protected:
  std::unique_ptr<Source> Posts(const std::string& csv) {
    const std::string path = folder_.path() + "/posts.csv";
    EXPECT_TRUE(WriteFileAtomic(path, csv).ok());
    auto made =
        MakeComponent(*FindSource("replay").value(), {{"path", path}, {"speed", "max"}}, env_);
    EXPECT_TRUE(made.ok()) << made.error().message;
    return std::move(made).value();
  }
  static std::vector<Task> Tasks(const std::vector<std::string>& rules) {
    std::vector<Task> tasks;
    for (const std::string& rule : rules) tasks.push_back({.tag = rule, .rule = rule});
    return tasks;
  }

  const TemporaryFolder folder_;
  SystemClock clock_;
  Env env_{clock_, folder_.path()};
};

constexpr const char* kCsv =
    "content,time\n"
    "green tea,2024-05-01T00:00:00Z\n"
    "black tea and coffee,2024-05-02T12:00:00Z\n"
    "nothing,2024-05-03T00:00:00Z\n"
    "no time,when\n"
    "tea again,2024-05-02T00:00:00Z\n";

TEST_F(RuleTrialTest, CountsEachRuleAndEachPostOnce) {
  const auto source = Posts(kCsv);
  const auto trial = TryRules(Tasks({"tea", "coffee", "milk"}), 2, *source);
  ASSERT_TRUE(trial.ok()) << trial.error().message;
  EXPECT_EQ(trial.value().posts, 4u);
  EXPECT_EQ(trial.value().unreadable, 1u);
  EXPECT_EQ(trial.value().with_language, 0u);
  EXPECT_EQ(trial.value().matched, 3u) << "one matches two rules";
  ASSERT_EQ(trial.value().rules.size(), 3u);
  EXPECT_EQ(trial.value().rules[0].posts, 3u);
  EXPECT_EQ(trial.value().rules[1].posts, 1u);
  EXPECT_EQ(trial.value().rules[2].posts, 0u);
  EXPECT_THAT(trial.value().rules[0].examples, ElementsAre("green tea", "black tea and coffee"));
  EXPECT_DOUBLE_EQ(trial.value().Days(), 2);
}

TEST_F(RuleTrialTest, AMomentIsNoRate) {
  const auto source = Posts("content,time\ntea,2024-05-01T00:00:00Z\n");
  const auto trial = TryRules(Tasks({"tea"}), 0, *source);
  ASSERT_TRUE(trial.ok());
  EXPECT_TRUE(trial.value().rules[0].examples.empty());
  EXPECT_DOUBLE_EQ(trial.value().Days(), RuleTrial::kLeastDays);
}

TEST_F(RuleTrialTest, ABadRuleIsRefusedBeforeAnythingIsRead) {
  const auto source = Posts(kCsv);
  EXPECT_EQ(TryRules(Tasks({"tea OR"}), 0, *source).error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace hb
