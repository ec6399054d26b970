#include "analysis/escalation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hb {
namespace {

using std::chrono::milliseconds;
using Time = std::chrono::steady_clock::time_point;

/// Reads at each of `steps` steps of `step` as many posts as it may, each of `cost`; their number.
std::size_t Read(EscalationBudget& budget, int steps, milliseconds step, milliseconds cost,
                 std::uint64_t lag) {
  std::size_t all = 0;
  Time now{};
  for (int i = 0; i < steps; ++i) {
    const std::size_t rows = budget.Rows(now, lag);
    budget.Spent(rows, rows * cost);
    all += rows;
    now += step;
  }
  return all;
}

TEST(EscalationBudget, TakesItsShareOfTheTimeWhateverAPostCosts) {
  for (const int cost : {1, 3, 20}) {
    EscalationBudget budget({.cpu_share = 0.25});
    const std::size_t rows = Read(budget, 1000, milliseconds(100), milliseconds(cost), 0);
    EXPECT_NEAR(static_cast<double>(rows) * cost, 25'000, 1'000) << cost;
  }
}

TEST(EscalationBudget, GivesWayToPostsThatWait) {
  const auto rows = [](std::uint64_t lag) {
    EscalationBudget budget({.cpu_share = 0.5, .lag_limit = 1000});
    return Read(budget, 1000, milliseconds(100), milliseconds(2), lag);
  };
  EXPECT_GT(rows(0), 0u);
  EXPECT_EQ(rows(1000), 0u);
  EXPECT_EQ(rows(100'000), 0u);
  EscalationBudget replay({.cpu_share = 0.5, .lag_limit = 0});
  EXPECT_GT(Read(replay, 10, milliseconds(100), milliseconds(2), 1'000'000), 0u);
}

TEST(EscalationBudget, SavesOneSecondAtMost) {
  EscalationBudget budget({.cpu_share = 1});
  EXPECT_EQ(budget.Rows(Time{}, 0), 0u);
  budget.Spent(100, milliseconds(200));  // 2 ms each
  Time now{std::chrono::hours(1)};
  for (int i = 0; i < 100; ++i) {
    budget.Spent(1, milliseconds(2));
    now += milliseconds(10);
  }
  const std::size_t rows = budget.Rows(now + std::chrono::hours(5), 0);
  EXPECT_NEAR(static_cast<double>(rows), 500, 5);
}

TEST(EscalationBudget, NoShareReadsNothing) {
  EscalationBudget budget({.cpu_share = 0});
  EXPECT_EQ(Read(budget, 1000, milliseconds(100), milliseconds(1), 0), 0u);
}

TEST(LeastSure, TakesThoseWithTheSmallestLargestShare) {
  const std::vector<Micro> largest = {400'000, 990'000, 350'000, 0, 600'000, 350'000, kSure};
  std::vector<std::uint32_t> rows = {7};
  LeastSure(largest, 2, rows);
  EXPECT_THAT(rows, testing::ElementsAre(2, 5));
  LeastSure(largest, 3, rows);
  EXPECT_THAT(rows, testing::ElementsAre(0, 2, 5));
  LeastSure(largest, 100, rows);
  EXPECT_THAT(rows, testing::ElementsAre(0, 2, 4, 5));
  LeastSure(largest, 0, rows);
  EXPECT_TRUE(rows.empty());
}

}  // namespace
}  // namespace hb
