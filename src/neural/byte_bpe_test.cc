#include "neural/byte_bpe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "neural/tokenizer_testing.h"

namespace hb::neural {
namespace {

using Words = std::vector<std::string>;
using testing::HasSubstr;

Words Parts(std::string_view text) {
  Words words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = Gpt2WordEnd(text, at);
    words.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

struct Case {
  const char* name;
  std::string_view text;
  Words words;
};

// Answers of ByteLevel in the package tokenizers 0.23.2; tests/parity/token_ids.py compares more.
const std::vector<Case> kCases = {
    {"a blank goes with the word", "Hello my  world", {"Hello", " my", " ", " world"}},
    {"other blanks do not", "a\tb \n c", {"a", "\t", "b", " \n", " c"}},
    {"blanks at the end", "a  ", {"a", "  "}},
    {"one other blank", "a\u00A0b\n\nc", {"a", "\u00A0", "b", "\n", "\n", "c"}},
    {"contractions",
     "they're I'll 's 'S don't've",
     {"they", "'re", " I", "'ll", " '", "s", " '", "S", " don", "'t", "'ve"}},
    {"no contraction", "'reX ''s 'x '", {"'re", "X", " ''", "s", " '", "x", " '"}},
    {"classes", "abc123,.;\u00BD x\u00B2!", {"abc", "123", ",.;", "\u00BD", " x", "\u00B2", "!"}},
    {"marks are no letters", "e\u0301a", {"e", "\u0301", "a"}},
    {"scripts", "\u0430\u4E2D\u06F1", {"\u0430\u4E2D", "\u06F1"}},
    {"emoji", "ok \U0001F600\U0001F44D\U0001F3FD!", {"ok", " \U0001F600\U0001F44D\U0001F3FD!"}},
};

TEST(ByteBpeTest, PartsWordsAsGpt2Does) {
  for (const Case& one : kCases) EXPECT_EQ(Parts(one.text), one.words) << one.name;
}

// Blank is U+0120 in GPT-2's alphabet.
const Vocabulary kWords = {{"a", 0},  {"b", 1},   {"c", 2},   {"\u0120", 3},
                           {"ab", 4}, {"bc", 5},  {"abc", 6}, {"\u0120ab", 7},
                           {"aa", 8}, {"<s>", 9}, {"?", 10},  {"bcbc", 11}};
const ByteBpe::Pairs kMerges = {{"b", "c"}, {"a", "b"}, {"ab", "c"}, {"\u0120", "ab"}, {"a", "a"}};

std::unique_ptr<Tokenizer> Made(const ByteBpe::Options& options = {}, TokenizerParts parts = {}) {
  auto made = ByteBpe::Create(kWords, kMerges, options, std::move(parts));
  EXPECT_TRUE(made.ok()) << made.error().message;
  return std::move(made).value();
}

TEST(ByteBpeTest, MergesTheLowestRankFirstAndFromTheLeft) {
  const auto tokenizer = Made();
  EXPECT_EQ(Encode(*tokenizer, "abc"), (Ids{0, 5}));  // b and c first: ab is never made.
  EXPECT_EQ(Encode(*tokenizer, "ab ab"), (Ids{4, 7}));
  EXPECT_EQ(Encode(*tokenizer, "aaaaa"), (Ids{8, 8, 0}));
  EXPECT_EQ(Encode(*tokenizer, "a  ab"), (Ids{0, 3, 7}));
}

TEST(ByteBpeTest, KnowsAWordAgain) {
  const auto tokenizer = Made();
  const Ids once = Encode(*tokenizer, "abc ab aab");
  EXPECT_EQ(Encode(*tokenizer, "abc ab aab"), once);
  const auto other = Made({.add_prefix_space = true});  // Has words of its own.
  EXPECT_EQ(Encode(*other, "abc ab aab"), (Ids{3, 0, 5, 7, 3, 0, 4}));
  EXPECT_EQ(Encode(*tokenizer, "abc ab aab"), once);
}

TEST(ByteBpeTest, PutsABlankBeforeWhatBeginsWithNone) {
  const auto tokenizer = Made({.add_prefix_space = true});
  EXPECT_EQ(Encode(*tokenizer, "ab"), (Ids{7}));
  EXPECT_EQ(Encode(*tokenizer, " ab"), (Ids{7}));
  EXPECT_EQ(Encode(*tokenizer, ""), Ids{});
}

TEST(ByteBpeTest, TreatsUnknownBytesAsItIsTold) {
  EXPECT_EQ(Encode(*Made(), "axxb"), (Ids{4}));  // Left out, so a meets b.
  EXPECT_EQ(Encode(*Made({.unknown = "?"}), "axxb"), (Ids{0, 10, 10, 1}));
  EXPECT_EQ(Encode(*Made({.join_unknown = true, .unknown = "?"}), "axxb"), (Ids{0, 10, 1}));
}

TEST(ByteBpeTest, TakesWholeWordsIfTold) {
  EXPECT_EQ(Encode(*Made(), "bcbc abc"), (Ids{5, 5, 3, 0, 5}));
  EXPECT_EQ(Encode(*Made({.whole_words = true}), "bcbc abc"), (Ids{11, 3, 0, 5}));
}

TEST(ByteBpeTest, FindsMarksInATextAndCutsItsEnd) {
  TokenizerParts parts;
  parts.head = {9};
  parts.tail = {10};
  AddedToken mark;
  mark.content = "<s>";
  mark.id = 9;
  mark.lstrip = true;
  parts.added = {mark};
  const auto tokenizer = Made({}, parts);
  EXPECT_EQ(Encode(*tokenizer, "a  <s> ab"), (Ids{9, 0, 9, 7, 10}));
  EXPECT_EQ(Encode(*tokenizer, "abababab", 4), (Ids{9, 4, 4, 10}));
  EXPECT_EQ(Encode(*tokenizer, "ab", 2), (Ids{9, 10}));
  EXPECT_EQ(Encode(*tokenizer, "ab", 1), Ids{});
}

TEST(ByteBpeTest, RefusesMergesOfUnknownWordsAndTwice) {
  for (const ByteBpe::Pairs& merges :
       {ByteBpe::Pairs{{"x", "a"}}, {{"a", "x"}}, {{"a", "c"}}, {{"a", "b"}, {"a", "b"}}}) {
    const auto made = ByteBpe::Create(kWords, merges, {}, {});
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.error().code, Code::kCorrupt);
  }
  const auto made = ByteBpe::Create(kWords, kMerges, {.unknown = "x"}, {});
  ASSERT_FALSE(made.ok());
  EXPECT_THAT(made.error().message, HasSubstr("\"x\""));
}

TEST(ByteBpeTest, SteadyStateAllocatesNothing) {
  const auto tokenizer = Made();
  const std::string text =
      "ab abc aab cccccccccccccccccccccccccccccccc bcbcbcbcbcbcbcbcbcbcbcbcbcbcbc";
  ExpectNoAllocation(*tokenizer, text);
}

TEST(ByteBpeTest, IsNeverQuadratic) {
  const auto tokenizer = Made();
  for (const std::string_view unit :
       {"a", "ab", "abc", " ", "\n", "'", "<s", "\xFF", "\U0001F600", "a "}) {
    ExpectLinear(*tokenizer, unit, 1, 0, 4'000'000'000u);
  }
}

}  // namespace
}  // namespace hb::neural
