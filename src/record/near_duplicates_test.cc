#include "record/near_duplicates.h"

#include <gtest/gtest.h>

#include "base/hash.h"

namespace hb {
namespace {

constexpr std::uint64_t kSome = 0x5A5A'1234'9876'F00F;
/// Differs from kSome in `bits` bits.
std::uint64_t Near(int bits) { return kSome ^ ((std::uint64_t{1} << bits) - 1); }

TEST(NearDuplicates, AreTenBitsApartAtMost) {
  EXPECT_TRUE(AreNearDuplicates(kSome, kSome));
  EXPECT_TRUE(AreNearDuplicates(kSome, Near(10)));
  EXPECT_FALSE(AreNearDuplicates(kSome, Near(11)));
}

TEST(NearDuplicates, CountOnce) {
  std::vector<std::uint64_t> none, copies{kSome, Near(2), ~kSome, kSome, Near(1)};
  EXPECT_EQ(CountDistinctTexts(none), 0u);
  EXPECT_EQ(CountDistinctTexts(copies), 2u);
}

TEST(NearDuplicates, PostsWithoutWordsAreNoCopies) {
  std::vector<std::uint64_t> texts{0, 0, kSome, 0};
  EXPECT_EQ(CountDistinctTexts(texts), 4u);
}

TEST(NearDuplicates, OrderDoesNotCount) {
  std::vector<std::uint64_t> up{Near(0), Near(8), Near(16), Near(24)};
  std::vector<std::uint64_t> down(up.rbegin(), up.rend());
  EXPECT_EQ(CountDistinctTexts(up), CountDistinctTexts(down));
}

TEST(NearDuplicates, ManyTextsAreBounded) {
  std::vector<std::uint64_t> texts;
  for (std::uint64_t i = 0; i < 4 * kMaxTexts; ++i)
    texts.push_back(Hash64({reinterpret_cast<const char*>(&i), sizeof i}));
  texts.insert(texts.end(), texts.begin(), texts.begin() + 100);
  EXPECT_EQ(CountDistinctTexts(texts), 4 * kMaxTexts);
}

}  // namespace
}  // namespace hb
