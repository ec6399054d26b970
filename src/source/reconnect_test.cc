#include "source/reconnect.h"

#include <gtest/gtest.h>

#include <vector>

namespace hb {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Action = Reconnect::Action;

class ReconnectTest : public testing::Test {
 protected:
  /// A wait of `wait` may be longer by a tenth.
  void ExpectWait(const Ending& ending, milliseconds wait, Action action = Action::kTry) {
    const Reconnect::Next next = reconnect_.Ended(ending);
    EXPECT_EQ(next.action, action) << EndKindName(ending.kind);
    EXPECT_GE(next.wait, wait) << EndKindName(ending.kind);
    EXPECT_LE(next.wait, wait + wait / 10) << EndKindName(ending.kind);
  }
  void Hear(milliseconds after = milliseconds(0)) { reconnect_.Heard(now_ += after); }

  Reconnect reconnect_{7};
  Reconnect::TimePoint now_{};
};

TEST_F(ReconnectTest, GoesBackAtOnceOnlyAfterSomethingGood) {
  Hear();
  ExpectWait({EndKind::kClosed}, milliseconds(0));
  ExpectWait({EndKind::kClosed}, milliseconds(250));
  Hear();
  ExpectWait({EndKind::kNetwork}, milliseconds(0));
  ExpectWait({EndKind::kNetwork}, milliseconds(500));
}

TEST_F(ReconnectTest, NetworkWaitsGrowInStepsUpToTheTop) {
  for (int i = 1; i <= 70; ++i) {
    ExpectWait({EndKind::kNetwork}, std::min(milliseconds(250 * i), milliseconds(16'000)));
  }
  EXPECT_EQ(reconnect_.failures(), 70u);
}

TEST_F(ReconnectTest, ErrorsOfTheServerDoubleUpToTheirTop) {
  for (const int wait : {5, 10, 20, 40, 80, 160, 320, 320}) {
    ExpectWait({EndKind::kPassing}, seconds(wait));
  }
  for (const int wait : {60, 120, 240, 480, 960, 960}) {
    ExpectWait({EndKind::kRateLimited}, seconds(wait));
  }
}

TEST_F(ReconnectTest, ARateLimitWaitsForItsResetIfThatIsLater) {
  EXPECT_EQ(reconnect_.Ended({EndKind::kRateLimited, "", seconds(700)}).wait, seconds(700));
  ExpectWait({EndKind::kRateLimited, "", seconds(3)}, seconds(120));
  EXPECT_EQ(reconnect_.Ended({EndKind::kRateLimited, "", std::chrono::hours(99'999)}).wait,
            std::chrono::hours(24))
      << "no server may send us away for ever";
}

TEST_F(ReconnectTest, TooManyConnectionsTellsAPerson) {
  const Reconnect::Next next = reconnect_.Ended({EndKind::kTooManyConnections});
  EXPECT_TRUE(next.alarm);
  EXPECT_GE(next.wait, seconds(60));
  ExpectWait({EndKind::kTooManyConnections}, seconds(120));
}

TEST_F(ReconnectTest, SilenceIsWaitedForByItself) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(reconnect_.Ended({EndKind::kSilent}).wait, seconds(0));
}

TEST_F(ReconnectTest, WithoutRulesItSyncsAndDoesNotHurryTheServer) {
  ExpectWait({EndKind::kNoRules}, milliseconds(0), Action::kSync);
  ExpectWait({EndKind::kNoRules}, seconds(5), Action::kSync);
  ExpectWait({EndKind::kNoRules}, seconds(10), Action::kSync);
  Hear();
  ExpectWait({EndKind::kNoRules}, milliseconds(0), Action::kSync);
}

TEST_F(ReconnectTest, WhatCannotSucceedStops) {
  const Reconnect::Next next = reconnect_.Ended({EndKind::kRefused});
  EXPECT_EQ(next.action, Action::kStop);
  EXPECT_TRUE(next.alarm);
  EXPECT_EQ(reconnect_.Ended({EndKind::kNothingAsked}).action, Action::kHold);
}

TEST_F(ReconnectTest, AUsageCapIsHeldForAndTriedNowAndThen) {
  for (const int minutes : {15, 30, 60, 120, 240, 240}) {
    ExpectWait({EndKind::kUsageCapped}, std::chrono::minutes(minutes), Action::kHold);
  }
}

TEST_F(ReconnectTest, AMinuteOfGoodStreamForgetsAllWaits) {
  for (int i = 0; i < 4; ++i) {
    ExpectWait({EndKind::kPassing}, seconds(5 << i));
    ExpectWait({EndKind::kNetwork}, milliseconds(250 * (i + 1)));
  }
  Hear();
  Hear(seconds(59));
  ExpectWait({EndKind::kPassing}, seconds(80));
  Hear();
  Hear(seconds(30));
  Hear(seconds(30));
  ExpectWait({EndKind::kPassing}, seconds(5));
  ExpectWait({EndKind::kNetwork}, milliseconds(250));
}

TEST_F(ReconnectTest, TheSpreadDiffersByItsSeedAlone) {
  std::vector<milliseconds> waits[3];
  const std::uint64_t seeds[] = {1, 1, 2};
  for (int i = 0; i < 3; ++i) {
    Reconnect one(seeds[i]);
    for (int n = 0; n < 8; ++n) waits[i].push_back(one.Ended({EndKind::kPassing}).wait);
  }
  EXPECT_EQ(waits[0], waits[1]);
  EXPECT_NE(waits[0], waits[2]);
}

}  // namespace
}  // namespace hb
