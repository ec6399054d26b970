#include "neural/bert_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "env/env.h"

namespace hb::neural {
namespace {

using Words = std::vector<std::string>;

Words Read(const BertTable& table, std::string_view text) {
  BertReader reader;
  reader.Start(table, text, 100);
  Words words;
  for (BertWord word; reader.Next(word);) words.emplace_back(word.bytes);
  return words;
}

struct Case {
  const char* name;
  std::string_view text;
  Words words;
};

// Answers of the package tokenizers 0.23.2; tests/parity/token_ids.py compares many more.
const std::vector<Case> kLowerCase = {
    {"empty", "", {}},
    {"blanks only", " \t\u00A0\u3000", {}},
    {"punctuation", "Don't stop--now!", {"don", "'", "t", "stop", "-", "-", "now", "!"}},
    {"symbols are punctuation in ASCII only",
     "a$b \u20AC5 a+b",
     {"a", "$", "b", "\u20AC5", "a", "+", "b"}},
    {"accents", "\u00C9cole na\u00EFve", {"ecole", "naive"}},
    {"accents apart", "e\u0301cole", {"ecole"}},
    {"dotted capital", "\u0130stanbul", {"istanbul"}},
    {"sigma", "\u03A3\u039F\u03A6\u039F\u03A3", {"\u03C3\u03BF\u03C6\u03BF\u03C3"}},
    {"ideographs", "a\u4E2D\u6587b", {"a", "\u4E2D", "\u6587", "b"}},
    {"ideograph for compatibility", "\uF900", {"\u8C48"}},
    {"kana stay together", "\u304B\u306A", {"\u304B\u306A"}},
    {"Hangul is taken apart", "\uAC01\uAC00", {"\u1100\u1161\u11A8\u1100\u1161"}},
    {"what becomes punctuation", "a\u037Eb", {"a", ";", "b"}},
    {"what loses its stroke", "a\u226Eb", {"a", "<", "b"}},
    {"controls vanish", "a\u00ADb\u200Bc\x01\uFFFD", {"abc"}},
    {"no blank for BERT", "a\u0085b\u000Bc", {"abc"}},
    {"emoji stay in their word", "ok\U0001F600\U0001F600", {"ok\U0001F600\U0001F600"}},
    {"marks that are kept change places", "a\u302E\U0001D165", {"a\U0001D165\u302E"}},
    {"not past a letter", "a\u302Eb\U0001D165", {"a\u302Eb\U0001D165"}},
    {"not past a dropped mark that stops them", "a\u302E\u0900\U0001D165", {"a\u302E\U0001D165"}},
    {"broken bytes vanish", "a\xFF\xE2\x82z", {"az"}},
};

TEST(BertWordsTest, PartsAsTheLowerCaseModelsDo) {
  const BertTable& table = BertTable::For({});
  for (const Case& one : kLowerCase) EXPECT_EQ(Read(table, one.text), one.words) << one.name;
}

TEST(BertWordsTest, KeepsWhatItIsToldToKeep) {
  const BertTable& cased = BertTable::For({.strip_accents = false, .lower_case = false});
  EXPECT_EQ(Read(cased, "\u00C9cole \u0130"), (Words{"\u00C9cole", "\u0130"}));
  const BertTable& accents = BertTable::For({.strip_accents = false});
  EXPECT_EQ(Read(accents, "\u00C9 \u0130"), (Words{"\u00E9", "i\u0307"}));
  const BertTable& raw = BertTable::For({.clean_text = false, .space_ideographs = false});
  EXPECT_EQ(Read(raw, std::string_view("a\0\u4E2Db\u000Bc", 8)),
            (Words{std::string("a\0\u4E2Db", 6), "c"}));
}

TEST(BertWordsTest, CountsALongWordWithoutKeepingIt) {
  const BertTable& table = BertTable::For({});
  const std::string text(1u << 20, 'a');
  BertReader reader;
  reader.Start(table, text, 100);
  BertWord word;
  ASSERT_TRUE(reader.Next(word));
  EXPECT_EQ(word.characters, text.size());
  EXPECT_EQ(word.bytes.size(), 100u);
  EXPECT_FALSE(reader.Next(word));
}

TEST(BertWordsTest, IsLinearInMarks) {
  const BertTable& table = BertTable::For({});
  std::string text = "a";
  while (text.size() < (1u << 20)) text += "\u302E\U0001D165";
  const std::uint64_t before = ThreadCpuNanoseconds();
  BertReader reader;
  reader.Start(table, text, 100);
  BertWord word;
  ASSERT_TRUE(reader.Next(word));
  EXPECT_LT(ThreadCpuNanoseconds() - before, 2'000'000'000u);
}

}  // namespace
}  // namespace hb::neural
