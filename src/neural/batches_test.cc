#include "neural/batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace hb::neural {
namespace {

TEST(BatchPlan, PaddedLengthsAreFewAndLongEnough) {
  std::set<std::size_t> found;
  for (std::size_t length = 1; length <= 512; ++length) {
    const std::size_t padded = BatchPlan::PaddedLength(length, 512);
    EXPECT_GE(padded, length);
    EXPECT_LE(padded, std::max<std::size_t>(8, length + length / 2)) << length;
    found.insert(padded);
  }
  EXPECT_THAT(found, testing::ElementsAre(8, 12, 16, 20, 24, 32, 36, 40, 48, 64, 80, 96, 128, 192,
                                          256, 384, 512));
  EXPECT_EQ(BatchPlan::PaddedLength(97, 100), 100U);
  EXPECT_EQ(BatchPlan::PaddedLength(3, 5), 5U);
}

TEST(BatchPlan, EveryTextIsInOneBatchThatHoldsIt) {
  std::mt19937 random(1);
  BatchPlan plan;
  for (const std::size_t count : {0, 1, 2, 3, 5, 15, 16, 17, 64, 1000}) {
    std::vector<std::uint32_t> lengths(count);
    for (auto& length : lengths) length = 1 + static_cast<std::uint32_t>(random() % 300);
    plan.Make(lengths, 300);
    std::vector<int> seen(count);
    std::size_t next = 0;
    for (const auto& batch : plan.batches()) {
      EXPECT_EQ(batch.begin, next);
      next += batch.rows;
      EXPECT_THAT(batch.rows, testing::AnyOf(1, 4, 16));
      EXPECT_TRUE(batch.rows == 1 || batch.rows * batch.tokens <= BatchPlan::kMostTokens);
      for (std::size_t i = batch.begin; i < next; ++i) {
        EXPECT_LE(lengths[plan.order()[i]], batch.tokens);
        ++seen[plan.order()[i]];
      }
    }
    EXPECT_EQ(next, count);
    EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), static_cast<std::ptrdiff_t>(count));
  }
}

TEST(BatchPlan, LikeLengthsComeTogether) {
  BatchPlan plan;
  std::vector<std::uint32_t> lengths;
  for (int i = 0; i < 16; ++i) lengths.insert(lengths.end(), {10, 60});
  plan.Make(lengths, 128);
  ASSERT_EQ(plan.batches().size(), 2U);
  EXPECT_EQ(plan.batches()[0].tokens, 64U);
  EXPECT_EQ(plan.batches()[1].tokens, 12U);
}

// One long text among short ones does not make them all long.
TEST(BatchPlan, ALongTextStaysAlone) {
  BatchPlan plan;
  std::vector<std::uint32_t> lengths(16, 12);
  lengths[7] = 128;
  plan.Make(lengths, 128);
  EXPECT_EQ(plan.batches()[0].rows, 1U);
  EXPECT_EQ(plan.order()[0], 7U);
  std::size_t cells = 0;
  for (const auto& batch : plan.batches()) cells += batch.rows * batch.tokens;
  EXPECT_EQ(cells, 128U + 15U * 12U);
}

// 1,000 posts of 4 to 60 tokens: what fills rows up stays below an eighth.
TEST(BatchPlan, LittleIsComputedInVain) {
  std::mt19937 random(2);
  std::vector<std::uint32_t> lengths(1000);
  std::size_t tokens = 0, cells = 0;
  for (auto& length : lengths) {
    length = 4 + static_cast<std::uint32_t>(random() % 57);
    tokens += length;
  }
  BatchPlan plan;
  plan.Make(lengths, 128);
  for (const auto& batch : plan.batches()) cells += batch.rows * batch.tokens;
  EXPECT_LT(cells, tokens * 9 / 8);
}

}  // namespace
}  // namespace hb::neural
