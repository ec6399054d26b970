// Window sizes that come and go while there is a log.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "pipeline/window_testing.h"

namespace hb {
namespace {

using std::chrono::minutes;
using window_test::kBegin;
using window_test::kMinute;
using window_test::Post;
using window_test::SteppedStage;

WindowStage::Options Sizes(std::vector<std::chrono::milliseconds> sizes) {
  WindowStage::Options options;
  options.engine.sizes = std::move(sizes);
  options.engine.write_rate = 1;  // Windows wait as long as they may,
  options.commit_rows = 1;        // and what was counted is known.
  return options;
}

/// The first full hour, in minutes from kBegin: windows of all sizes begin there.
constexpr std::int64_t kHour = (3'600'000 - kBegin % 3'600'000) / kMinute;

/// Gives `count` posts, the first of them `first`, in the first quarter of an hour.
void Give(SteppedStage& stage, std::uint64_t first, std::uint64_t count) {
  for (std::uint64_t number = first; number < first + count; ++number) {
    stage.Give({{.minute = kHour + static_cast<std::int64_t>(number % 15), .number = number}}, 0);
    stage.Step();
  }
}

std::uint64_t Posts(SteppedStage& stage, minutes size) {
  const auto windows = stage.Windows();
  const auto at = windows.find({std::string(kAllTasks), FromMillis(kBegin + kHour * kMinute),
                                std::chrono::milliseconds(size).count(), Partition{0}});
  return at == windows.end() ? 0 : at->second.posts;
}

TEST(WindowSizes, OneThatIsRemovedAfterACrashLosesNothingThatWaited) {
  SteppedStage plain(Sizes({minutes(1), minutes(15), minutes(60)}));
  Give(plain, 1, 40);
  ASSERT_TRUE(plain.Settle(minutes(1), 100));
  SteppedStage stage(Sizes({minutes(1), minutes(15), minutes(60)}));
  Give(stage, 1, 40);
  ASSERT_LT(stage.Committed(kAnalysisTopic, 0), 40) << "some wait";
  ASSERT_LT(Posts(stage, minutes(15)), 40u);
  stage.SetOptions(Sizes({minutes(1), minutes(60)}));
  stage.Crash();
  stage.Crash();
  ASSERT_TRUE(stage.Settle(minutes(1), 100));
  EXPECT_TRUE(stage.Windows() == plain.Windows());
}

TEST(WindowSizes, EachHoldsWhatCameWhileItWasWantedAndLosesOnlyThat) {
  SteppedStage stage(Sizes({minutes(15), minutes(60)}));
  const auto settle_with = [&](std::vector<std::chrono::milliseconds> sizes) {
    ASSERT_TRUE(stage.Settle(minutes(1), 100));
    stage.SetOptions(Sizes(std::move(sizes)));
    stage.Crash();
  };
  const auto expect = [&](std::uint64_t of_15, std::uint64_t of_30, std::uint64_t of_60) {
    ASSERT_TRUE(stage.Settle(minutes(1), 100));
    EXPECT_EQ(Posts(stage, minutes(15)), of_15);
    EXPECT_EQ(Posts(stage, minutes(30)), of_30);
    EXPECT_EQ(Posts(stage, minutes(60)), of_60);
  };
  Give(stage, 1, 10);
  settle_with({minutes(30), minutes(60)});
  Give(stage, 11, 10);
  expect(10, 10, 20);
  for (const std::uint64_t number : {3, 13}) stage.Delete(number);
  expect(9, 9, 18);
  settle_with({minutes(15), minutes(60)});
  Give(stage, 21, 10);
  expect(19, 9, 28);
  for (const std::uint64_t number : {4, 5, 14, 24}) stage.Delete(number);
  expect(16, 8, 24);
  // A day that nobody watched over does not come out as one with less than no posts.
  settle_with({minutes(5), minutes(60)});
  stage.Delete(7);
  stage.Delete(25);
  expect(14, 8, 22);
  for (const auto& [key, window] : stage.Windows()) {
    EXPECT_NE(key.window_ms, 5 * kMinute);
    EXPECT_LE(window.posts, 22u);
  }
}

}  // namespace
}  // namespace hb
