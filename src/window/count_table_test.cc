#include "window/count_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace hb {
namespace {

TEST(CountTable, CountsAsAMapDoes) {
  std::mt19937 random(5);
  for (const std::uint32_t keys : {1u, 12u, 40u, 5000u}) {
    CountTable<std::uint32_t> table;
    for (int round = 0; round < 3; ++round) {
      std::map<std::uint32_t, std::uint32_t> plain;
      table.Clear();
      for (int step = 0; step < 20'000; ++step) {
        const std::uint32_t key = static_cast<std::uint32_t>(random() % keys) * 1024;
        if (random() % 2) {
          ASSERT_TRUE(table.Add(key, 1, SIZE_MAX));
          ++plain[key];
        } else {
          ASSERT_EQ(table.Remove(key), plain.contains(key));
          if (plain.contains(key) && --plain[key] == 0) plain.erase(key);
        }
        ASSERT_EQ(table.size(), plain.size());
      }
      std::map<std::uint32_t, std::uint32_t> seen;
      table.ForEach([&](std::uint32_t key, std::uint32_t count) { seen[key] = count; });
      EXPECT_EQ(seen, plain);
      for (std::uint32_t key = 0; key < keys * 1024; key += 1024) {
        const auto* entry = table.Find(key);
        EXPECT_EQ(entry == nullptr ? 0 : entry->count, plain.contains(key) ? plain[key] : 0);
      }
    }
  }
}

TEST(CountTable, TakesNoNewKeyAtItsBound) {
  CountTable<std::uint64_t> table;
  EXPECT_TRUE(table.Add(1, 1, 1));
  EXPECT_FALSE(table.Add(2, 1, 1));
  EXPECT_TRUE(table.Add(1, 1, 1));
  EXPECT_EQ(table.Find(1)->count, 2u);
  EXPECT_EQ(table.Find(2), nullptr);
}

}  // namespace
}  // namespace hb
