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
  EXPECT_LT(meter.Encode().size(), 1280u);
  for (const char* wrong : {"", "1 2 3", "1 2 3 x", "-1 2 3 4", "1 2 3 4\nx y z", "1 2 3 4 5",
                            "1 2 3 4 0 5", "1 2 3 4 5 6\n1 2 x"}) {
    EXPECT_FALSE(again.Decode(wrong)) << wrong;
  }
  EXPECT_EQ(again.this_month(), 50u);
  ASSERT_TRUE(again.Decode("20000 1 24313 2\n1 2 3 blind mice"));  // of an older version
  EXPECT_EQ(again.this_month(), 2u);
  EXPECT_THAT(again.Encode(), HasSubstr("\n1 2 2 3 blind mice"));
}

}  // namespace
}  // namespace hb
