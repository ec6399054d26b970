#include "source/x/holes.h"

#include <gtest/gtest.h>

namespace hb {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr EventTime kNow = FromMillis(1'767'225'600'000);
constexpr auto kWhole = static_cast<std::uint32_t>(kMicro);

EventTime Ago(std::chrono::milliseconds time) { return kNow - time; }

TEST(Holes, AreAskedForSliceBySliceOldestFirst) {
  Holes holes({});
  const Gap told = holes.Add(Ago(minutes(50)), Ago(minutes(10)), "connection lost");
  EXPECT_EQ(told.refilled, 0u);
  EXPECT_TRUE(told.exact);
  std::vector<std::uint32_t> refilled;
  while (const auto slice = holes.Next(kNow)) {
    EXPECT_LE(slice->to - slice->from, minutes(15));
    const std::vector<Gap> gaps = holes.Finish(*slice, 1);
    ASSERT_EQ(gaps.size(), 1u);
    EXPECT_EQ(gaps[0].from, told.from);
    EXPECT_EQ(gaps[0].to, told.to);
    EXPECT_FALSE(gaps[0].exact);
    refilled.push_back(gaps[0].refilled);
  }
  EXPECT_EQ(refilled, (std::vector<std::uint32_t>{375'000, 750'000, kWhole}));
  EXPECT_EQ(holes.size(), 0u);
}

TEST(Holes, WaitUntilSearchKnowsTheirPosts) {
  Holes holes({});
  holes.Add(Ago(seconds(40)), Ago(seconds(5)), "");
  EXPECT_FALSE(holes.Next(kNow));
  EXPECT_TRUE(holes.Next(kNow + seconds(26)));
}

TEST(Holes, NearOnesAreAskedForTogether) {
  Holes holes({});
  holes.Add(Ago(seconds(300)), Ago(seconds(290)), "a");
  holes.Add(Ago(seconds(270)), Ago(seconds(260)), "b");
  holes.Add(Ago(seconds(100)), Ago(seconds(90)), "c");
  const auto slice = holes.Next(kNow);
  ASSERT_TRUE(slice);
  EXPECT_EQ(slice->from, Ago(seconds(300)));
  EXPECT_EQ(slice->to, Ago(seconds(260)));
  EXPECT_EQ(holes.Finish(*slice, 0.5).size(), 2u);
  EXPECT_EQ(holes.size(), 1u);
  EXPECT_EQ(holes.Next(kNow)->from, Ago(seconds(100)));
}

TEST(Holes, APartOfTheRulesIsAPartOfTheGap) {
  Holes holes({});
  holes.Add(Ago(minutes(4)), Ago(minutes(2)), "");
  EXPECT_EQ(holes.Finish(*holes.Next(kNow), 0.25)[0].refilled, 250'000u);
}

TEST(Holes, WhatSearchCannotReachStaysMissing) {
  Holes holes({});
  holes.Add(Ago(std::chrono::hours(24 * 30)), Ago(std::chrono::hours(24 * 20)), "");
  EXPECT_FALSE(holes.Next(kNow));
  EXPECT_EQ(holes.size(), 0u);
  const Gap half = holes.Add(Ago(std::chrono::hours(24 * 14)), kNow - minutes(1), "");
  const auto slice = holes.Next(kNow);
  ASSERT_TRUE(slice);
  EXPECT_GT(slice->from, half.from + std::chrono::hours(24 * 6));
}

TEST(Holes, ComeBackFromTheirText) {
  Holes holes({});
  holes.Add(Ago(minutes(50)), Ago(minutes(10)), "connection lost: reset: by peer");
  holes.Add(Ago(minutes(5)), Ago(minutes(4)), "");
  holes.Finish(*holes.Next(kNow), 0.5);
  Holes again({});
  ASSERT_TRUE(again.Decode(holes.Encode())) << holes.Encode();
  EXPECT_EQ(again.Encode(), holes.Encode());
  EXPECT_EQ(again.Left(), minutes(26));
  for (const char* wrong : {"x", "1:2:3", "5:1:1:0:c", "1:9:5:99:c", "1:9:5:2", "1:9:5:2:a  "}) {
    EXPECT_FALSE(again.Decode(wrong)) << wrong;
  }
  EXPECT_EQ(again.size(), 2u);
  EXPECT_TRUE(again.Decode(""));
}

TEST(Holes, AreBounded) {
  Holes holes({});
  for (int i = 0; i < 200; ++i) {
    holes.Add(kNow + minutes(10 * i), kNow + minutes(10 * i + 1), "a cause that is much too long");
  }
  EXPECT_EQ(holes.size(), Holes::kMaxHoles);
  EXPECT_LT(holes.Encode().size(), 3000u);
  EXPECT_TRUE(Holes({}).Decode(holes.Encode()));
}

}  // namespace
}  // namespace hb
