#include "model/drift.h"

#include <gtest/gtest.h>

#include <cmath>

namespace hb::model {
namespace {

Drift Periods() {
  Drift drift("sentiment");
  drift.Count("negative", 300, 100);
  drift.Count("positive", 700, 100);
  return drift;
}

TEST(Drift, SharesDifferWithAnInterval) {
  const auto rows = Periods().Rows();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].label, "negative");
  EXPECT_DOUBLE_EQ(rows[0].share_a, 0.3);
  EXPECT_DOUBLE_EQ(rows[0].share_b, 0.5);
  EXPECT_DOUBLE_EQ(rows[0].difference, 0.2);
  const double margin = 1.959964 * std::sqrt(0.3 * 0.7 / 1000 + 0.5 * 0.5 / 200);
  EXPECT_NEAR(rows[0].low, 0.2 - margin, 1e-6);
  EXPECT_NEAR(rows[0].high, 0.2 + margin, 1e-6);
}

TEST(Drift, DivergenceIsNothingBetweenLikesAndOneBetweenStrangers) {
  Drift same("x"), apart("x"), empty("x");
  same.Count("a", 10, 100);
  same.Count("b", 20, 200);
  apart.Count("a", 10, 0);
  apart.Count("b", 0, 5);
  EXPECT_NEAR(same.JensenShannon(), 0, 1e-12);
  EXPECT_LT(same.Psi(), 0.01);
  EXPECT_DOUBLE_EQ(apart.JensenShannon(), 1);
  EXPECT_GT(apart.Psi(), 1);
  EXPECT_EQ(empty.JensenShannon(), 0);
  EXPECT_EQ(empty.Psi(), 0);
  // By hand: m = 0.4, 0.6.
  const double js = 0.5 * (0.3 * std::log2(0.3 / 0.4) + 0.7 * std::log2(0.7 / 0.6)) +
                    0.5 * (0.5 * std::log2(0.5 / 0.4) + 0.5 * std::log2(0.5 / 0.6));
  EXPECT_NEAR(Periods().JensenShannon(), js, 1e-12);
  EXPECT_NEAR(Periods().Psi(), 0.2 * std::log(0.5 / 0.3) - 0.2 * std::log(0.5 / 0.7), 0.002);
}

TEST(Drift, TheSamePostsTellHowFarTwoModelsAgree) {
  Drift drift("sentiment");
  drift.CountBoth("negative", "negative", 40);
  drift.CountBoth("negative", "positive", 10);
  drift.CountBoth("positive", "positive", 50);
  EXPECT_TRUE(drift.paired());
  EXPECT_DOUBLE_EQ(drift.Agreement(), 0.9);
  const double chance = 0.5 * 0.4 + 0.5 * 0.6;
  EXPECT_NEAR(drift.Kappa(), (0.9 - chance) / (1 - chance), 1e-12);
  const auto rows = drift.Rows();
  EXPECT_DOUBLE_EQ(rows[0].difference, -0.1);
  // 10 of 100 posts moved, all the same way.
  const double margin = 1.959964 * std::sqrt((0.1 - 0.01) / 100);
  EXPECT_NEAR(rows[0].low, -0.1 - margin, 1e-6);
  EXPECT_NE(drift.Text("old", "new").find("A \\ B"), std::string::npos);
  EXPECT_NE(drift.Json().find(R"("matrix":{"negative":{"negative":40,"positive":10})"),
            std::string::npos);
}

TEST(Drift, IdenticalResultsHaveNoInterval) {
  Drift drift("language");
  drift.CountBoth("en", "en", 7);
  EXPECT_EQ(drift.Rows()[0].low, 0);
  EXPECT_EQ(drift.Rows()[0].high, 0);
  EXPECT_EQ(drift.Kappa(), 1);
}

TEST(Drift, OfManyLabelsThoseThatMovedMostAreShown) {
  Drift drift("language");
  for (char c = 'a'; c <= 'z'; ++c) drift.Count(std::string(1, c), 10, 10);
  drift.Count("moved", 0, 500);
  const std::string text = drift.Text("A", "B", 3);
  EXPECT_NE(text.find("moved"), std::string::npos);
  EXPECT_NE(text.find("and 24 more"), std::string::npos);
}

}  // namespace
}  // namespace hb::model
