#include "source/x/meter.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  EXPECT_EQ(meter.Words(kJanuary),
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
  EXPECT_EQ(again.Words(kJanuary), meter.Words(kJanuary));
  for (int i = 0; i < 30; ++i) {
    const std::string name = "rule with blanks " + std::to_string(i);
    EXPECT_NEAR(again.RateOf(kJanuary + kDay, name), i + 1, 0.5 + 0.05 * (i + 1)) << name;
  }
  EXPECT_LT(meter.Encode().size(), 1280u);
  for (const char* wrong : {"", "1 2 3", "1 2 3 x", "-1 2 3 4", "1 2 3 4\nx y z", "1 2 3 4 5",
                            "1 2 3 4 0 5", "1 2 3 4 5 6\n1 2 x", "1 2 3 4 5 6\n+abc",
                            "1 2 3 4 5 6\n+ab*c", "1 2 3 4 5 6\n+abcd\n1 2 3 x"}) {
    EXPECT_FALSE(again.Decode(wrong)) << wrong;
  }
  EXPECT_EQ(again.this_month(), 50u);
  ASSERT_TRUE(again.Decode("20000 1 24313 2\n1 2 3 blind mice"));  // of an older version
  EXPECT_EQ(again.this_month(), 2u);
  EXPECT_THAT(again.Encode(), HasSubstr("\n1 2 2 3 blind mice"));
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

}  // namespace
}  // namespace hb
