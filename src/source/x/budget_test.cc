#include "source/x/budget.h"

#include <gtest/gtest.h>

namespace hb {
namespace {

using Policy = Budget::Policy;
constexpr EventTime kBegin = FromMillis(1'767'225'600'000);  // 2026-01-01
constexpr std::chrono::hours kDay{24};

const std::vector<Task> kRules = {{.tag = "big"}, {.tag = "small"}};

/// `big` and `small` posts a day, for 10 days.
Meter TenDays(std::uint64_t cap, int big, int small) {
  Meter meter({.month_posts = cap});
  for (int day = 0; day < 10; ++day) {
    meter.Count(kBegin + day * kDay, static_cast<std::uint64_t>(big + small));
    for (int i = 0; i < big; ++i) meter.CountRule(kBegin + day * kDay, "big");
    for (int i = 0; i < small; ++i) meter.CountRule(kBegin + day * kDay, "small");
  }
  return meter;
}
constexpr EventTime kNow = kBegin + 10 * kDay;

TEST(Budget, BelowTheShareAndByWarningAloneNothingIsThinned) {
  const Meter meter = TenDays(1'200, 100, 10);  // 92 %
  Budget warn({.policy = Policy::kWarn});
  EXPECT_FALSE(warn.Review(meter, kNow, kRules));
  Budget late({.policy = Policy::kThin, .share = 0.95});
  EXPECT_FALSE(late.Review(meter, kNow, kRules));
  EXPECT_FALSE(late.tight());
  EXPECT_EQ(late.PercentOf("big"), 100);
}

TEST(Budget, WhatIsLeftIsSharedAndTheGreedyAreThinned) {
  // 2,000 of 2,200 are used; 21 days to come: big wants 4,200 and small 0.
  const Meter meter = TenDays(2'200, 200, 0);
  Budget budget({.policy = Policy::kThin});
  ASSERT_TRUE(budget.Review(meter, kNow, kRules));
  EXPECT_EQ(budget.PercentOf("big"), 2);  // 200 of 4,200
  EXPECT_EQ(budget.PercentOf("small"), 100);
  EXPECT_EQ(budget.Words(), "big to 2 %");
  EXPECT_EQ(budget.part(), 20'000u);
  EXPECT_FALSE(budget.Review(meter, kNow, kRules));
}

TEST(Budget, ItLooksAgainWhenHalfOfWhatWasLeftIsUsed) {
  Meter meter = TenDays(2'200, 200, 0);
  Budget budget({.policy = Policy::kThin});
  ASSERT_TRUE(budget.Review(meter, kNow, kRules));
  ASSERT_EQ(budget.PercentOf("big"), 2);
  meter.Count(kNow, 100);
  EXPECT_FALSE(budget.Review(meter, kNow, kRules)) << "100 of 4,200 are 2 % still";
  meter.Count(kNow, 49);
  EXPECT_FALSE(budget.Review(meter, kNow, kRules));
  meter.Count(kNow, 1);
  EXPECT_TRUE(budget.Review(meter, kNow, kRules));
  EXPECT_EQ(budget.PercentOf("big"), 1);
}

TEST(Budget, ARuleThatXWillNotThinIsPausedForTheMonth) {
  const Meter meter = TenDays(1'100, 100, 1);
  Budget budget({.policy = Policy::kThin});
  ASSERT_TRUE(budget.Review(meter, kNow, kRules));
  ASSERT_TRUE(budget.Refuse({"big"}));
  EXPECT_FALSE(budget.Refuse({"big"}));
  ASSERT_TRUE(budget.Review(meter, kNow, kRules));
  EXPECT_EQ(budget.PercentOf("big"), 0);
  EXPECT_EQ(budget.PercentOf("small"), 100);
  EXPECT_EQ(budget.Words(), "big paused since X does not thin it");
  EXPECT_TRUE(budget.tight());
  EXPECT_LT(budget.part(), 20'000u);  // what is small
  // An hour before the end what is left would be enough for both.
  EXPECT_FALSE(budget.Review(meter, kBegin + 31 * kDay - std::chrono::hours(1), kRules));
  budget.ForgetRefusals();
  EXPECT_EQ(budget.PercentOf("big"), 0) << "until it is looked at again";
  ASSERT_TRUE(budget.Review(meter, kNow, kRules));
  EXPECT_EQ(budget.PercentOf("big"), 2);
}

TEST(Budget, OrStaysWholeIfThatIsWanted) {
  const Meter meter = TenDays(1'100, 100, 1);
  Budget budget({.policy = Policy::kThinOrWarn});
  ASSERT_TRUE(budget.Review(meter, kNow, kRules));
  EXPECT_EQ(budget.PercentOf("big"), 2);
  ASSERT_TRUE(budget.Refuse({"big"}));
  ASSERT_TRUE(budget.Review(meter, kNow, kRules));
  EXPECT_EQ(budget.PercentOf("big"), 100);
  EXPECT_EQ(budget.Words(), "big whole since X does not thin it");
  EXPECT_FALSE(budget.tight());
  EXPECT_FALSE(budget.Review(meter, kNow, kRules));
}

TEST(Budget, ItsGapIsNotToldOfWhatNeverHeld) {
  Meter meter = TenDays(1'100, 100, 1);
  Budget budget({.policy = Policy::kThin});
  BudgetGap gap("x_stream");
  std::vector<Gap> gaps;
  ASSERT_TRUE(gap.Review(meter, budget, kNow, kNow, kRules, gaps));
  ASSERT_TRUE(budget.Refuse({"big"}));
  gap.Undo(gaps);
  const EventTime later = kNow + std::chrono::seconds(2);
  ASSERT_TRUE(gap.Review(meter, budget, later, later, kRules, gaps));
  EXPECT_TRUE(gaps.empty());
  EXPECT_FALSE(gap.Review(meter, budget, later, later + std::chrono::minutes(1), kRules, gaps));
  ASSERT_EQ(gaps.size(), 1u);
  EXPECT_EQ(gaps[0].from, later);
  EXPECT_EQ(gaps[0].cause, "budget: big paused since X does not thin it");
  EXPECT_EQ(gaps[0].refilled, budget.part());
}

TEST(Budget, WhatHeldBeforeWhatNeverHeldIsOneGap) {
  // 2,000 of 2,200 are used, all of them by cats.
  const std::vector<Task> tasks = {{.tag = "cats"}, {.tag = "dogs"}};
  Meter meter({.month_posts = 2'200});
  meter.Count(kBegin, 2'000);
  for (int i = 0; i < 2'000; ++i) meter.CountRule(kBegin, "cats");
  Budget budget({.policy = Policy::kThin});
  BudgetGap gap("x_stream");
  std::vector<Gap> gaps;
  const auto review = [&](EventTime at) { return gap.Review(meter, budget, at, at, tasks, gaps); };
  ASSERT_TRUE(review(kNow));
  ASSERT_EQ(budget.Words(), "cats to 2 %");
  // Two hours later dogs want much as well.
  const EventTime later = kNow + std::chrono::hours(2);
  for (int i = 0; i < 5'000; ++i) meter.CountRule(later, "dogs");
  ASSERT_TRUE(review(later));
  ASSERT_NE(budget.PercentOf("dogs"), 100);
  ASSERT_EQ(gaps.size(), 1u) << "the first ended";
  EXPECT_FALSE(review(later + std::chrono::minutes(1)));
  ASSERT_EQ(gaps.size(), 2u) << "the second was told as it grew";
  ASSERT_TRUE(budget.Refuse({"dogs"}));
  gap.Undo(gaps);
  const EventTime end = later + std::chrono::minutes(2);
  ASSERT_TRUE(review(end));
  ASSERT_EQ(gaps.size(), 4u);
  EXPECT_EQ(gaps[2].from, later);
  EXPECT_EQ(gaps[2].to, later) << "it takes nothing from any window";
  EXPECT_EQ(gaps[3].from, kNow);
  EXPECT_EQ(gaps[3].to, end);
  EXPECT_EQ(gaps[3].cause, "budget: cats to 2 %");
  // What other tasks bring about is no word on what held before.
  gap.Keep();
  ASSERT_TRUE(budget.Refuse({"cats"}));
  gap.Undo(gaps);
  const EventTime last = end + std::chrono::minutes(2);
  ASSERT_TRUE(review(last));
  ASSERT_EQ(gaps.size(), 5u);
  EXPECT_EQ(gaps[4].from, end);
  EXPECT_EQ(gaps[4].to, last);
}

TEST(Budget, SmallRulesStayWhole) {
  // 1,010 of 1,100: small wants 21 of the 90 that are left, big 2,100.
  const Meter meter = TenDays(1'100, 100, 1);
  Budget budget({.policy = Policy::kThin});
  ASSERT_TRUE(budget.Review(meter, kNow, kRules));
  EXPECT_EQ(budget.PercentOf("small"), 100);
  EXPECT_EQ(budget.PercentOf("big"), 2);
  Budget pause({.policy = Policy::kPause});
  ASSERT_TRUE(pause.Review(meter, kNow, kRules));
  EXPECT_EQ(pause.PercentOf("small"), 100);
  EXPECT_EQ(pause.PercentOf("big"), 0);
  EXPECT_EQ(pause.Words(), "big paused");
}

TEST(Budget, NothingIsThinnedIfTheRestIsEnough) {
  Meter meter = TenDays(1'000, 1, 1);
  meter.CountRule(kNow, "big");
  meter.Count(kBegin + 29 * kDay, 890);
  Budget budget({.policy = Policy::kThin});
  EXPECT_FALSE(budget.Review(meter, kBegin + 29 * kDay, kRules));
}

TEST(Budget, ThinnedPostsCountForWhatTheRuleWouldBring) {
  Meter meter({.month_posts = 100});
  meter.Count(kBegin, 1);
  meter.CountRule(kBegin, "big", 10);
  EXPECT_DOUBLE_EQ(meter.RateOf(kBegin + kDay, "big"), 10);
  EXPECT_DOUBLE_EQ(meter.RateOf(kBegin + 5 * kDay, "big"), 2);
}

TEST(Budget, AfterARestartItDecidesAsBefore) {
  // Forty rules; 8,200 of 9,000 are used.
  Meter meter({.month_posts = 9'000});
  std::vector<Task> tasks;
  for (int i = 0; i < 40; ++i) {
    tasks.push_back({.tag = "rule " + std::to_string(i)});
    for (int n = 0; n < 10 * i; ++n) meter.CountRule(kBegin, tasks.back().tag);
    meter.Count(kBegin, 10 * static_cast<std::uint64_t>(i));
  }
  meter.Count(kBegin, 400);
  Meter again({.month_posts = 9'000});
  ASSERT_TRUE(again.Decode(meter.Encode()));
  Budget before({.policy = Policy::kPause}), after({.policy = Policy::kPause});
  ASSERT_TRUE(before.Review(meter, kNow, tasks));
  ASSERT_TRUE(after.Review(again, kNow, tasks));
  int paused = 0;
  for (const Task& task : tasks) {
    EXPECT_EQ(after.PercentOf(task.tag), before.PercentOf(task.tag)) << task.tag;
    paused += before.PercentOf(task.tag) == 0;
  }
  EXPECT_GT(paused, 20) << "and most of them are not among the ten that count most";
}

TEST(Budget, AtTheCapAllIsPausedAndTheNextMonthUndoesIt) {
  for (const Policy policy : {Policy::kThin, Policy::kPause}) {
    Meter meter = TenDays(1'100, 100, 10);
    Budget budget({.policy = policy});
    ASSERT_TRUE(budget.Review(meter, kNow, kRules));
    EXPECT_EQ(budget.PercentOf("never seen"), 0);
    EXPECT_EQ(budget.part(), 0u);
    EXPECT_EQ(budget.Words(), "all rules paused");
    EXPECT_FALSE(budget.Review(meter, kNow + 5 * kDay, kRules));
    meter.TurnTo(kBegin + 31 * kDay);
    ASSERT_TRUE(budget.Review(meter, kBegin + 31 * kDay, kRules));
    EXPECT_FALSE(budget.tight());
    EXPECT_EQ(budget.PercentOf("big"), 100);
  }
}

TEST(Budget, WhatIsPausedStaysPausedForTheMonth) {
  Meter meter = TenDays(1'100, 100, 1);
  Budget budget({.policy = Policy::kPause});
  ASSERT_TRUE(budget.Review(meter, kNow, kRules));
  EXPECT_EQ(budget.PercentOf("big"), 0);
  // An hour before the end what is left would be enough.
  EXPECT_FALSE(budget.Review(meter, kBegin + 31 * kDay - std::chrono::hours(1), kRules));
  EXPECT_EQ(budget.PercentOf("big"), 0);
}

TEST(Budget, WhatXCountsAndItsMonthDecideIfTheyAreMore) {
  Meter meter({.month_posts = 1'000});
  meter.Count(kBegin + 9 * kDay, 1);
  meter.CountRule(kBegin + 9 * kDay, "big");
  meter.SetAccount(kBegin + 9 * kDay, {.used = 500, .cap = 500, .reset_day = 15});
  EXPECT_EQ(meter.Cap(), 500u);
  EXPECT_EQ(meter.this_month(), 1u);
  EXPECT_EQ(meter.MonthEnd(), kBegin + 14 * kDay);
  Budget budget({.policy = Policy::kThin});
  EXPECT_TRUE(budget.Review(meter, kNow, kRules));
  EXPECT_EQ(budget.PercentOf("big"), 0);
  meter.TurnTo(kBegin + 14 * kDay);
  EXPECT_EQ(meter.Used(), 0u);
  EXPECT_TRUE(budget.Review(meter, kBegin + 14 * kDay, kRules));
  EXPECT_FALSE(budget.tight());
}

}  // namespace
}  // namespace hb
