#include "neural/tokenizer_trie.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace hb::neural {
namespace {

TEST(TrieTest, HoldsNothingAtFirst) {
  const Trie trie;
  EXPECT_EQ(trie.Find("a"), -1);
  EXPECT_EQ(trie.Find(""), -1);
}

TEST(TrieTest, FindsItsWordsAndNoOthers) {
  std::mt19937 random(1);
  std::map<std::string, std::int32_t> words;
  while (words.size() < 20'000) {
    std::string word(1 + random() % 12, '\0');
    const unsigned letters = random() % 2 == 0 ? 4 : 256;  // Deep and wide places.
    for (char& c : word) c = static_cast<char>(random() % letters);
    words.emplace(word, static_cast<std::int32_t>(words.size()));
  }
  const Trie trie({words.begin(), words.end()});
  for (const auto& [word, id] : words) {
    ASSERT_EQ(trie.Find(word), id);
    for (const std::string& other : {word.substr(1), word.substr(0, word.size() - 1), word + "x"}) {
      const auto found = words.find(other);
      ASSERT_EQ(trie.Find(other), found == words.end() ? -1 : found->second);
    }
  }
}

TEST(TrieTest, TakesLongWords) {
  const std::string word(100'000, 'a');
  const Trie trie({{word, 7}, {std::string_view(word).substr(1), 8}});
  EXPECT_EQ(trie.Find(word), 7);
  EXPECT_EQ(trie.Find(std::string_view(word).substr(1)), 8);
  EXPECT_EQ(trie.Find(std::string_view(word).substr(2)), -1);
}

}  // namespace
}  // namespace hb::neural
