#include "neural/wordpiece.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "neural/tokenizer_testing.h"

namespace hb::neural {
namespace {

// Ids are the lines' numbers.
constexpr std::string_view kVocabulary =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"                             // 0 to 4
    "un\n##aff\n##able\n##ab\nwant\n##want\n##ed\nrunn\n"              // 5 to 12
    "##ing\n,\nlow\n##est\n\xF0\x9F\x98\x80\n\xE4\xB8\xAD\n##\nab\n";  // 13 to 20

std::unique_ptr<Tokenizer> Made(std::string_view vocabulary = kVocabulary) {
  auto made = WordPiece::FromVocabulary(vocabulary, {});
  EXPECT_TRUE(made.ok()) << made.error().message;
  return std::move(made).value();
}

TEST(WordPieceTest, TakesTheLongestPiece) {
  const auto tokenizer = Made();
  EXPECT_EQ(Encode(*tokenizer, "UNwant\u00E9d,running"), (Ids{2, 5, 10, 11, 14, 12, 13, 3}));
  EXPECT_EQ(Encode(*tokenizer, "unaffable"), (Ids{2, 5, 6, 7, 3}));
  EXPECT_EQ(Encode(*tokenizer, "\U0001F600 \u4E2Dlow"), (Ids{2, 17, 18, 15, 3}));
}

TEST(WordPieceTest, GivesUpOnAWholeWord) {
  const auto tokenizer = Made();
  EXPECT_EQ(Encode(*tokenizer, "unwanted unwantedX want"), (Ids{2, 5, 10, 11, 1, 9, 3}));
  EXPECT_EQ(Encode(*tokenizer, "\U0001F600\U0001F600"), (Ids{2, 1, 3}));
  std::string word = "un";
  while (word.size() < 98) word += "want";
  EXPECT_EQ(Encode(*tokenizer, word + "ed").size(), 28u);
  EXPECT_EQ(Encode(*tokenizer, word + "wanted"), (Ids{2, 1, 3}));  // 104 characters.
}

TEST(WordPieceTest, ReadsMarksAsTextWhenTheVocabularyIsAllThereIs) {
  EXPECT_EQ(Encode(*Made(), "[SEP]"), (Ids{2, 1, 1, 1, 3}));
}

TEST(WordPieceTest, CutsTheEndAndKeepsTheMarks) {
  const auto tokenizer = Made();
  EXPECT_EQ(Encode(*tokenizer, "unaffable low", 4), (Ids{2, 5, 6, 3}));
  EXPECT_EQ(Encode(*tokenizer, "unaffable low", 2), (Ids{2, 3}));
  EXPECT_EQ(Encode(*tokenizer, "unaffable low", 1), Ids{});
  EXPECT_EQ(Encode(*tokenizer, ""), (Ids{2, 3}));
  // A word whose end is unknown is unknown, also where only its beginning has room.
  EXPECT_EQ(Encode(*tokenizer, "unaffablex", 3), (Ids{2, 1, 3}));
}

TEST(WordPieceTest, TellsItsSize) {
  EXPECT_EQ(Made()->size(), 21);
  EXPECT_EQ(Made()->pad(), 0);
  EXPECT_EQ(Made("[UNK]\r\n[CLS]\r\n[SEP]\r\n[PAD]")->pad(), 3);
}

TEST(WordPieceTest, RefusesBrokenVocabularies) {
  for (const auto& [name, file] : std::vector<std::pair<const char*, std::string>>{
           {"empty", ""},
           {"no unknown", "[PAD]\n[CLS]\n[SEP]\n"},
           {"no mark", "[PAD]\n[UNK]\n[CLS]\n"},
           {"twice", std::string(kVocabulary) + "un\n"},
           {"no UTF-8", std::string(kVocabulary) + "\xFF\n"},
           {"too long a word", std::string(kVocabulary) + std::string(2000, 'x')}}) {
    const auto made = WordPiece::FromVocabulary(file, {});
    ASSERT_FALSE(made.ok()) << name;
    EXPECT_EQ(made.error().code, Code::kCorrupt) << name;
  }
}

TEST(WordPieceTest, SteadyStateAllocatesNothing) {
  const auto tokenizer = Made();
  const std::string text = "UNwant\u00E9d, running low \U0001F600 unaffable and 123 unknown words";
  ExpectNoAllocation(*tokenizer, text);
}

TEST(WordPieceTest, IsLinearOnBadInput) {
  const auto tokenizer = Made();
  for (const std::string_view unit :
       {"a", "ab", "un", "\U0001F600", ",", "\u0301", " ", "\u4E2D", "[SEP", "\xFF"}) {
    ExpectLinear(*tokenizer, unit, 1, 2, 2'000'000'000u);
  }
}

}  // namespace
}  // namespace hb::neural
