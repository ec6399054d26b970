#include "window/interner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace hb {
namespace {

TEST(Interner, GivesEachStringOneNumberAndKnowsTheOrder) {
  std::mt19937 random(2);
  std::vector<std::string> texts = {"",
                                    std::string(1, '\0'),
                                    "a",
                                    std::string("a\0", 2),
                                    "abcdefgh",
                                    "abcdefghi",
                                    "abcdefgz",
                                    std::string("abcdefgh\0", 9),
                                    "\xff\xff\xff\xff\xff\xff\xff\xff"};
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (std::size_t n = random() % 12; n > 0; --n) text.push_back("ab\0\xfe"[random() % 4]);
    texts.push_back(text);
  }
  Interner interner;
  std::vector<std::uint32_t> ids;
  for (const std::string& text : texts) ids.push_back(interner.Intern(text));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    ASSERT_EQ(interner.Intern(texts[i]), ids[i]);
    ASSERT_EQ(interner[ids[i]], texts[i]);
    ASSERT_EQ(interner.Copy(ids[i]), texts[i]);
  }
  std::vector<std::string> distinct = texts;
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  EXPECT_EQ(interner.size(), distinct.size());
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  std::sort(ids.begin(), ids.end(), [&](std::uint32_t a, std::uint32_t b) {
    return interner.Prefix(a) != interner.Prefix(b) ? interner.Prefix(a) < interner.Prefix(b)
                                                    : interner.IsBefore(a, b);
  });
  for (std::size_t i = 0; i < ids.size(); ++i) ASSERT_EQ(interner[ids[i]], distinct[i]) << i;
}

}  // namespace
}  // namespace hb
