#include "model/metrics.h"

#include <gtest/gtest.h>

namespace hb::model {
namespace {

Metrics Sample() {
  Metrics metrics({"a", "b"});
  for (int i = 0; i < 3; ++i) metrics.Add(0, 0, 0.95);  // 3 of 4 a found
  metrics.Add(0, 1, 0.55);
  metrics.Add(1, 1, 0.55);  // 1 of 2 b found
  metrics.Add(1, 0, 0.95);
  return metrics;
}

TEST(Metrics, FollowTheirDefinitions) {
  const Metrics metrics = Sample();
  EXPECT_EQ(metrics.count(), 6u);
  EXPECT_DOUBLE_EQ(metrics.Recall(0), 0.75);
  EXPECT_DOUBLE_EQ(metrics.Recall(1), 0.5);
  EXPECT_DOUBLE_EQ(metrics.MacroRecall(), 0.625);
  EXPECT_DOUBLE_EQ(metrics.Precision(0), 0.75);
  EXPECT_DOUBLE_EQ(metrics.F1(1), 0.5);
  EXPECT_DOUBLE_EQ(metrics.MacroF1(), 0.625);
  EXPECT_DOUBLE_EQ(metrics.Accuracy(), 4.0 / 6);
  // Bin 0.9..1: 4 answers, 3 right, mean 0.95; bin 0.5..0.6: 2 answers, 1 right, mean 0.55.
  EXPECT_NEAR(metrics.CalibrationError(), (0.8 + 0.1) / 6, 1e-12);
}

TEST(Metrics, AClassWithoutExamplesDoesNotCount) {
  Metrics metrics({"a", "b", "c"});
  metrics.Add(0, 0, 1);
  metrics.Add(1, 2, 1);
  EXPECT_DOUBLE_EQ(metrics.MacroRecall(), 0.5);
  EXPECT_DOUBLE_EQ(Metrics({"a", "b"}).MacroRecall(), 0);
}

TEST(Metrics, RendersTextAndJson) {
  const Metrics metrics = Sample();
  EXPECT_NE(metrics.Text().find("macro-recall       0.6250"), std::string::npos);
  EXPECT_NE(metrics.Json().find("\"macro_recall\":0.625000"), std::string::npos);
  EXPECT_NE(metrics.Json().find("\"confusion\":[[3,1],[1,1]]"), std::string::npos);
}

}  // namespace
}  // namespace hb::model
