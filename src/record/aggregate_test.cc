#include "record/aggregate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "base/hash.h"

namespace hb {
namespace {

CountMap Counts(std::pmr::vector<KeyCount> counts) {
  CountMap map;
  map.counts = std::move(counts);
  return map;
}

AuthorSet Authors(std::uint64_t first, std::uint64_t count) {
  AuthorSet set;
  for (std::uint64_t i = first; i < first + count; ++i) {
    set.exact.push_back({Hash64({reinterpret_cast<const char*>(&i), sizeof i}), 1});
  }
  std::sort(set.exact.begin(), set.exact.end());
  AuthorSet merged;
  merged.Merge(set);  // goes over to registers by itself
  return merged;
}

TEST(CountMap, MergeAddsAndStaysSorted) {
  CountMap a = Counts({{"a", 1}, {"c", 2}});
  a.Merge(Counts({{"b", 5}, {"c", 3}}));
  EXPECT_EQ(a, Counts({{"a", 1}, {"b", 5}, {"c", 5}}));
  a.Merge({});
  EXPECT_EQ(a.counts.size(), 3u);
}

TEST(CountMap, TopIsByCountThenKey) {
  const CountMap map = Counts({{"a", 1}, {"b", 5}, {"c", 5}, {"d", 9}});
  EXPECT_EQ(map.Top(3), (std::vector<KeyCount>{{"d", 9}, {"b", 5}, {"c", 5}}));
  EXPECT_EQ(map.Top(100).size(), 4u);
  EXPECT_TRUE(map.Top(0).empty());
  EXPECT_TRUE(CountMap{}.Top(5).empty());
}

TEST(CountMap, PastTheBoundTheSmallestGoAndItSaysSo) {
  CountMap a, b;
  for (std::size_t i = 0; i < CountMap::kMaxKeys; ++i) {
    a.counts.push_back({"a" + std::to_string(1'000'000 + i), 2});
  }
  b.counts = {{"rare", 1}, {"top", 1000}};
  EXPECT_FALSE(a.approximate);
  a.Merge(b);
  EXPECT_TRUE(a.approximate);
  EXPECT_EQ(a.counts.size(), CountMap::kMaxKeys);
  EXPECT_TRUE(std::is_sorted(a.counts.begin(), a.counts.end()));
  EXPECT_EQ(a.Top(1).front().key, "top");
  EXPECT_FALSE(std::binary_search(a.counts.begin(), a.counts.end(), KeyCount{"rare", 1}));
}

TEST(AuthorSet, ExactMergeAddsPostsOfTheSameAuthor) {
  AuthorSet a, b;
  a.exact = {{1, 2}, {5, 1}};
  b.exact = {{5, 4'294'967'295u}, {9, 1}};
  a.Merge(b);
  EXPECT_EQ(a.exact, (std::pmr::vector<AuthorSet::Author>{{1, 2}, {5, 4'294'967'295u}, {9, 1}}));
  EXPECT_EQ(a.Count(), 3u);
  EXPECT_FALSE(a.approximate());
}

TEST(AuthorSet, IsExactUpToTheBoundAndNearBeyond) {
  EXPECT_EQ(Authors(0, AuthorSet::kMaxExact).Count(), AuthorSet::kMaxExact);
  for (const std::uint64_t n : {4097u, 6000u, 10'000u, 20'000u, 100'000u, 1'000'000u}) {
    const AuthorSet set = Authors(0, n);
    ASSERT_TRUE(set.approximate()) << n;
    EXPECT_TRUE(set.exact.empty());
    const double error =
        (static_cast<double>(set.Count()) - static_cast<double>(n)) / static_cast<double>(n);
    EXPECT_LT(std::abs(error), 0.05)
        << n << " counted as " << set.Count();  // three standard errors
  }
}

TEST(AuthorSet, MergeIsAFunctionOfTheUnion) {
  // The same authors, split in three ways, on both sides of the bound.
  for (const std::uint64_t n : {900u, 1500u, 9000u}) {
    const AuthorSet a = Authors(0, n), b = Authors(n / 2, n), c = Authors(2 * n, n);
    AuthorSet left = a, right = c;
    left.Merge(b);
    left.Merge(c);
    right.Merge(b);
    right.Merge(a);
    EXPECT_EQ(left, right) << n;
    AuthorSet inner = b;
    inner.Merge(c);
    AuthorSet outer = a;
    outer.Merge(inner);
    EXPECT_EQ(left, outer) << n;
  }
}

TEST(AuthorSet, EmptyAndForeignRegistersAreHarmless) {
  AuthorSet empty;
  EXPECT_EQ(empty.Count(), 0u);
  empty.Merge({});
  EXPECT_EQ(empty, AuthorSet{});
  AuthorSet zero, full;
  zero.registers.assign(4096, 0);
  EXPECT_EQ(zero.Count(), 0u);
  full.registers.assign(4096, 255);
  EXPECT_GT(full.Count(), 1'000'000'000u);
  std::vector<std::uint8_t> registers;
  AddToRegisters(0, registers);
  EXPECT_EQ(registers.at(0), 53);
  AddToRegisters(~0ull, registers);
  EXPECT_EQ(registers.at(4095), 1);
}

Aggregate Random(std::mt19937_64& random, std::int32_t partition) {
  Aggregate a;
  a.key = {"t", FromMillis(60'000), 60'000, Partition{partition}};
  a.revision = static_cast<std::uint32_t>(random() % 5);
  a.is_final = random() % 2;
  a.frozen = random() % 4 == 0;
  a.posts = random() % 1000;
  a.authors = Authors(random() % 100, random() % 6000);
  a.neg = static_cast<std::int64_t>(random());  // wraps: must still not depend on the order
  a.polarity = static_cast<std::int64_t>(random() % 1000) - 500;
  for (auto& n : a.labels) n = random() % 100;
  for (auto& n : a.labels4) n = random() % 100;
  for (auto& n : a.kinds) n = random() % 100;
  for (const char* key : {"a", "b", "c", "d"}) {
    if (random() % 2) a.hashtags.counts.push_back({key, random() % 10 + 1});
    if (random() % 2) a.words.counts.push_back({key, random() % 10 + 1});
  }
  return a;
}

TEST(Aggregate, MergeDoesNotDependOnTheOrder) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 20; ++round) {
    std::vector<Aggregate> parts;
    for (int i = 0; i < 5; ++i) parts.push_back(Random(random, i));
    Aggregate forward = parts[0];
    for (std::size_t i = 1; i < parts.size(); ++i) forward.Merge(parts[i]);
    std::shuffle(parts.begin(), parts.end(), random);
    Aggregate shuffled = parts[0];
    for (std::size_t i = 1; i < parts.size(); ++i) shuffled.Merge(parts[i]);
    EXPECT_EQ(forward, shuffled);
  }
}

TEST(Aggregate, IsFinalOnlyIfAllPartsAre) {
  Aggregate a, b;
  a.is_final = true;
  b.frozen = true;
  a.revision = 2;
  b.revision = 3;
  a.Merge(b);
  EXPECT_FALSE(a.is_final);
  EXPECT_TRUE(a.frozen);
  EXPECT_EQ(a.revision, 5u);
}

}  // namespace
}  // namespace hb
