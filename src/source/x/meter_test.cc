#include "source/x/meter.h"

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
  EXPECT_EQ(meter.Words(),
            "1,234,567 posts read today, 1,234,567 this month (41 % of 3,000,000), at most "
            "$6172.84; most by cats (3)");
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
  EXPECT_THAT(meter.Warning(kJanuary), HasSubstr("enough for 18 of its days"));
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
  EXPECT_EQ(again.Words(), meter.Words());
  EXPECT_LT(meter.Encode().size(), 1024u);
  for (const char* wrong : {"", "1 2 3", "1 2 3 x", "-1 2 3 4", "1 2 3 4\nx y z"}) {
    EXPECT_FALSE(again.Decode(wrong)) << wrong;
  }
  EXPECT_EQ(again.this_month(), 50u);
}

}  // namespace
}  // namespace hb
