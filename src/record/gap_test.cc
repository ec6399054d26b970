#include "record/gap.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "record/avro_control.h"

namespace hb {
namespace {

Gap Of(std::int64_t from, std::int64_t to, std::string source = "a", std::uint32_t refilled = 0) {
  return {.source = std::move(source),
          .from = FromMillis(from),
          .to = FromMillis(to),
          .refilled = refilled};
}

TEST(GapSet, AWindowIsAsCompleteAsItsWorstSource) {
  struct Case {
    const char* name;
    std::vector<Gap> gaps;
    double wanted;  // of [60000, 120000)
  };
  const Case cases[] = {
      {"none", {}, 1},
      {"before and behind", {Of(0, 60'000), Of(120'000, 130'000)}, 1},
      {"a quarter", {Of(70'000, 85'000)}, 0.75},
      {"reaches in from before", {Of(0, 90'000)}, 0.5},
      {"reaches out", {Of(90'000, 900'000)}, 0.5},
      {"covers all", {Of(0, 900'000)}, 0},
      {"two of one source", {Of(60'000, 75'000), Of(90'000, 105'000)}, 0.5},
      {"overlapping ones count once", {Of(60'000, 90'000), Of(75'000, 105'000)}, 0.25},
      {"two sources: the worse", {Of(60'000, 75'000), Of(90'000, 120'000, "b")}, 0.5},
      {"half refilled", {Of(60'000, 120'000, "a", 500'000)}, 0.5},
      {"refilled", {Of(60'000, 120'000, "a", 1'000'000)}, 1},
      {"one refilled, one not, at once",
       {Of(60'000, 120'000, "a", 1'000'000), Of(60'001, 90'001)},
       0.5},
      {"backwards", {Of(90'000, 60'000)}, 1},
      {"far away and long", {Of(-900'000'000, -800'000'000), Of(119'000, 119'600)}, 0.99},
  };
  for (const Case& c : cases) {
    std::vector<Gap> gaps = c.gaps;
    std::sort(gaps.begin(), gaps.end(), [](const Gap& x, const Gap& y) { return x.from < y.from; });
    for (int turn = 0; turn < 2; ++turn) {
      GapSet set;
      for (const Gap& gap : gaps) set.Put(gap);
      EXPECT_NEAR(set.Completeness(FromMillis(60'000), 60'000), c.wanted, 1e-12) << c.name;
      std::reverse(gaps.begin(), gaps.end());
    }
  }
}

TEST(GapSet, ALaterRecordOfAGapReplacesIt) {
  GapSet set;
  set.Put(Of(60'000, 120'000));
  const auto touched = set.Put(Of(60'000, 90'000));
  EXPECT_EQ(touched.first, FromMillis(60'000));
  EXPECT_EQ(touched.second, FromMillis(120'000)) << "windows of its old end get better";
  EXPECT_EQ(set.size(), 1u);
  EXPECT_EQ(set.Completeness(FromMillis(60'000), 60'000), 0.5);
  set.Put(Of(60'000, 90'000, "a", 1'000'000));
  EXPECT_EQ(set.Completeness(FromMillis(60'000), 60'000), 1);
}

TEST(GapCodec, ReadsWhatItWrote) {
  Gap gap = Of(-5, 7, "demo:1", 250'000);
  gap.cause = "connection lost";
  gap.exact = false;
  std::string bytes;
  EncodeGap(gap, bytes);
  Gap got;
  ASSERT_TRUE(DecodeGap(bytes, got).ok());
  EXPECT_EQ(got.source, gap.source);
  EXPECT_EQ(got.from, gap.from);
  EXPECT_EQ(got.to, gap.to);
  EXPECT_EQ(got.cause, gap.cause);
  EXPECT_EQ(got.refilled, 250'000u);
  EXPECT_FALSE(got.exact);
}

}  // namespace
}  // namespace hb
