#include "source/x/meter.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "base/hash.h"

namespace hb {
namespace {

using ::testing::HasSubstr;

constexpr EventTime kJanuary = FromMillis(1'768'435'200'000);  // 2026-01-15
constexpr std::chrono::hours kDay{24};

TEST(Meter, CountsByDayMonthAndRule) {
  Meter meter({});
  meter.Count(kJanuary, 1'234'567);
  for (int i = 0; i < 3; ++i) meter.CountRule(kJanuary, "cats");
  meter.CountRule(kJanuary, "dogs");
  EXPECT_EQ(Meter::Words(meter.Told(kJanuary)),
            "1,234,567 posts read today, 1,234,567 this month (41 % of 3,000,000), at most "
            "$6172.84; about 500,000,000 by 2026-02-01, of them cats 1,200, dogs 410");
  meter.Count(kJanuary + kDay, 1);
  EXPECT_EQ(meter.today(), 1u);
  EXPECT_EQ(meter.this_month(), 1'234'568u);
  meter.Count(kJanuary + 20 * kDay, 2);
  EXPECT_EQ(meter.this_month(), 2u);
}

TEST(Meter, WarnsBeforeTheMonthIsUsedUp) {
  Meter meter({.month_posts = 1000});
  meter.Count(kJanuary, 799);
  EXPECT_EQ(meter.Warning(kJanuary), "");
  meter.Count(kJanuary, 1);
  EXPECT_THAT(meter.Warning(kJanuary), HasSubstr("80 % of the 1,000 posts"));
  EXPECT_THAT(meter.Warning(kJanuary), HasSubstr("used up on 2026-01-15"));
  meter.Count(kJanuary + 10 * kDay, 1);
  EXPECT_THAT(meter.Warning(kJanuary + 10 * kDay), HasSubstr("used up on 2026-01-27"));
  meter.Count(kJanuary + 10 * kDay, 199);
  EXPECT_THAT(meter.Warning(kJanuary + 10 * kDay), HasSubstr("ends on 2026-02-01"));
  Meter free({.month_posts = 0});
  free.Count(kJanuary, 10'000'000);
  EXPECT_EQ(free.Warning(kJanuary), "");
}

TEST(Meter, ComesBackFromItsText) {
  Meter meter({});
  meter.Count(kJanuary, 50);
  for (int i = 0; i < 30; ++i) {
    const std::string name = "rule with blanks " + std::to_string(i);
    for (int n = 0; n <= i; ++n) meter.CountRule(kJanuary, name);
  }
  Meter again({});
  ASSERT_TRUE(again.Decode(meter.Encode()));
  EXPECT_EQ(again.Encode(), meter.Encode());
  EXPECT_EQ(Meter::Words(again.Told(kJanuary)), Meter::Words(meter.Told(kJanuary)));
  for (int i = 0; i < 30; ++i) {
    const std::string name = "rule with blanks " + std::to_string(i);
    EXPECT_NEAR(again.RateOf(kJanuary + kDay, name), i + 1, 0.5 + 0.05 * (i + 1)) << name;
  }
  EXPECT_LT(meter.Encode().size(), 1280u);
  for (const char* wrong :
       {"", "1 2 3", "1 2 3 x", "-1 2 3 4", "1 2 3 4\nx y z", "1 2 3 4 5", "1 2 3 4 0 5",
        "1 2 3 4 5 6 7", "1 2 3 4 5 6 7 x", "1 2 3 4 5 6 7 8 9", "1 2 3 4 5 6\n1 2 x",
        "1 2 3 4 5 6\n+abc", "1 2 3 4 5 6\n+ab*c", "1 2 3 4 5 6\n+abcd\n1 2 3 x"}) {
    EXPECT_FALSE(again.Decode(wrong)) << wrong;
  }
  EXPECT_EQ(again.this_month(), 50u);
  ASSERT_TRUE(again.Decode("20000 1 24313 2\n1 2 3 blind mice"));  // of an older version
  EXPECT_EQ(again.this_month(), 2u);
  EXPECT_THAT(again.Encode(), HasSubstr("\n1 2 2 3 blind mice"));
  ASSERT_TRUE(again.Decode("20000 1 24313 2 1 0\n1 2 2 a mouse"));  // of one between
  EXPECT_EQ(again.this_month(), 2u);
  EXPECT_EQ(again.Told(kJanuary).network_cap, 0u);
  again.SetAccount(kJanuary, {.used = 7, .cap = 10});
  ASSERT_TRUE(meter.Decode(again.Encode()));
  EXPECT_EQ(meter.Used(), 7u);
  EXPECT_EQ(meter.Cap(), 10u);
}

TEST(Meter, RemembersWhatEachOfAThousandRulesBrings) {
  Meter meter({});
  meter.Count(kJanuary, 500'000);
  const auto name = [](int i) { return fmt::format("task {}", i); };
  for (int i = 0; i < 1000; ++i) {
    for (int n = 0; n < 100 + i; ++n) meter.CountRule(kJanuary, name(i), 50);
  }
  const std::string text = meter.Encode();
  EXPECT_LT(text.size(), 5'120u);
  Meter again({});
  ASSERT_TRUE(again.Decode(text));
  EXPECT_EQ(again.Encode(), text);
  int far = 0;  // of those that share a hash with a greater one
  for (int i = 0; i < 1000; ++i) {
    const double rate = meter.RateOf(kJanuary + kDay, name(i));
    EXPECT_GE(again.RateOf(kJanuary + kDay, name(i)), 0.95 * rate) << i;
    far += again.RateOf(kJanuary + kDay, name(i)) > 1.05 * rate;
  }
  EXPECT_LE(far, 30);
  // It goes on from there.
  again.CountRule(kJanuary, name(3), 50);
  EXPECT_NEAR(again.RateOf(kJanuary + kDay, name(3)), 2 * 104, 0.05 * 2 * 104);
  again.TurnTo(kJanuary + 30 * kDay);
  EXPECT_EQ(again.RateOf(kJanuary + 30 * kDay, name(4)), 0);
}

TEST(Meter, WhatAThinnedRuleWouldHaveBroughtIsNoPostThatWasRead) {
  Meter meter({});
  for (int i = 0; i < 12; ++i) {
    const std::string name = fmt::format("task {}", i);
    for (int n = 0; n < 10 + i; ++n) meter.CountRule(kJanuary, name, 1);
    meter.Count(kJanuary, static_cast<std::uint64_t>(10 + i));
  }
  Meter again({});
  ASSERT_TRUE(again.Decode(meter.Encode()));
  for (int i = 0; i < 12; ++i) again.CountRule(kJanuary, fmt::format("task {}", i), 1);
  again.Count(kJanuary, 12);
  for (const SourceMeter::Rule& rule : again.Told(kJanuary).most) {
    EXPECT_LE(rule.month, again.this_month()) << rule.task;
  }
  Meter third({});  // of those without a name alone
  const std::string text = again.Encode();
  ASSERT_TRUE(third.Decode(text.substr(0, text.find('\n')) + text.substr(text.rfind('\n'))));
  third.CountRule(kJanuary, "task 0", 1);
  ASSERT_EQ(third.Told(kJanuary).most.size(), 1u);
  EXPECT_EQ(third.Told(kJanuary).most[0].month, 1u);
  EXPECT_NEAR(third.RateOf(kJanuary + kDay, "task 0"), 1'200, 110);
}

TEST(Meter, ARuleLosesNothingToAnotherOfItsHash) {
  std::map<std::uint16_t, std::string> names;
  std::string great, small;
  for (int i = 0; great.empty(); ++i) {
    small = fmt::format("rule {}", i);
    const auto [other, fresh] = names.emplace(static_cast<std::uint16_t>(Hash64(small)), small);
    if (!fresh) great = other->second;
  }
  Meter meter({});
  meter.Count(kJanuary, 5'000);
  for (int i = 0; i < 10; ++i) {  // those that are kept by name
    for (int n = 0; n < 400; ++n) meter.CountRule(kJanuary, fmt::format("other {}", i));
  }
  for (int n = 0; n < 300; ++n) meter.CountRule(kJanuary, great);
  meter.CountRule(kJanuary, small);
  for (int restart = 0; restart < 3; ++restart) {
    ASSERT_TRUE(meter.Decode(meter.Encode()));
    meter.CountRule(kJanuary, small);
    EXPECT_NEAR(meter.RateOf(kJanuary + kDay, great), 300, 20) << restart;
  }
}

TEST(Meter, OfTooManyRulesItForgetsTheSmallest) {
  Meter meter({});
  meter.Count(kJanuary, 1);
  for (int i = 0; i < 1000; ++i) meter.CountRule(kJanuary, fmt::format("old {}", i));
  Meter again({});
  ASSERT_TRUE(again.Decode(meter.Encode()));
  for (int i = 0; i < 500; ++i) {
    for (int n = 0; n < 9; ++n) again.CountRule(kJanuary, fmt::format("new {}", i));
  }
  const std::string text = again.Encode();
  EXPECT_LT(text.size(), 5'120u);
  Meter third({});
  ASSERT_TRUE(third.Decode(text));
  for (int i = 0; i < 500; ++i) {
    EXPECT_GE(third.RateOf(kJanuary + kDay, fmt::format("new {}", i)), 8.5) << i;
  }
}

}  // namespace
}  // namespace hb
