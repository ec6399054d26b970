#include "analysis/word_list.h"

#include <gtest/gtest.h>

#include <string>

#include "analysis/polarity.h"
#include "analysis/vader.h"

namespace hb {
namespace {

std::shared_ptr<const WordList> ListOf(std::string_view text) {
  auto list = WordList::Parse(text, "words.tsv");
  EXPECT_TRUE(list.ok()) << list.error().message;
  return list.ok() ? list.value() : nullptr;
}

double Vader(std::string_view text, std::shared_ptr<const WordList> words,
             VaderAnalyzer::Mode mode = VaderAnalyzer::Mode::kOriginal) {
  VaderAnalyzer::Scratch scratch;
  return VaderAnalyzer(mode, std::move(words)).Score(text, scratch).compound;
}

double TextBlob(std::string_view text, std::shared_ptr<const WordList> words) {
  PolarityAnalyzer::Scratch scratch;
  return PolarityAnalyzer(PolarityAnalyzer::Mode::kTextBlob, std::move(words))
      .Score(text, scratch)
      .polarity;
}

TEST(WordList, BadLinesAreErrorsThatNameTheLine) {
  struct {
    const char* name;
    std::string text;
    const char* message;
  } const cases[] = {
      {"no tab", "good\t2\nmeh -1\n",
       "words.tsv:2: there is no tab between a word and its valence"},
      {"no word", "\t2\n", "words.tsv:1: there is no word before the tab"},
      {"two words", "# mine\n\nnot bad\t2\n", "words.tsv:3: 'not bad' is more than one word"},
      {"no number", "meh\tlow\n", "words.tsv:1: 'low' is not a number"},
      {"number and more", "meh\t1 \n", "words.tsv:1: '1 ' is not a number"},
      {"empty number", "meh\t\n", "words.tsv:1: '' is not a number"},
      {"not finite", "meh\tnan\n", "words.tsv:1: 'nan' is not a number"},
      {"too much", "meh\t-4.1\n", "words.tsv:1: a valence is from -4 to 4, not -4.1"},
      {"twice", "Meh\t1\r\nmeh\t1\r\n", "words.tsv:2: 'meh' stands there twice"},
      {"not UTF-8", "meh\t1\n\xff\t1\n", "words.tsv:2: the bytes are not UTF-8"},
  };
  for (const auto& c : cases) {
    const auto list = WordList::Parse(c.text, "words.tsv");
    ASSERT_FALSE(list.ok()) << c.name;
    EXPECT_EQ(list.error().code, Code::kInvalidArgument) << c.name;
    EXPECT_EQ(list.error().message, c.message) << c.name;
  }
}

TEST(WordList, TellsListsApartByWhatStandsInThem) {
  const auto one = ListOf("a\t1\nb\t2\n"), other = ListOf("\xef\xbb\xbf# remark\nb\t2.0\r\nA\t1");
  EXPECT_EQ(one->size(), 2u);
  EXPECT_EQ(one->digest(), other->digest());
  EXPECT_NE(one->digest(), ListOf("a\t2\nb\t1\n")->digest());
}

TEST(WordList, WordsStandInThePlaceOfTheLexicons) {
  const auto words = ListOf("kindly\t0\nmeh\t-2\nGR\xc3\x96SSTE\t3\nboring\t1.9\n");
  EXPECT_GT(Vader("Kindly improve your performance", nullptr), 0.7);
  EXPECT_LT(Vader("Kindly improve your performance", words), 0.5);
  EXPECT_LT(Vader("Meh.", words), -0.4);
  EXPECT_GT(Vader("Meh.", nullptr), -0.1);
  EXPECT_GT(Vader("gr\xc3\xb6sste", words), 0.6);  // case beyond ASCII too
  // In everything else they are words like any other: negated, strengthened, shouted.
  EXPECT_EQ(Vader("not so boring", words), Vader("not so good", nullptr));
  EXPECT_EQ(Vader("it is very BORING", words), Vader("it is very GOOD", nullptr));

  EXPECT_EQ(TextBlob("a meh day", nullptr), 0);
  EXPECT_EQ(TextBlob("a meh day", words), -0.5);
  EXPECT_EQ(TextBlob("not meh", words), 0.25);
  EXPECT_EQ(TextBlob("Boring", words), 0.475);
}

TEST(WordList, EmojiAndEmoticonsAreWordsToo) {
  const auto words = ListOf("\xf0\x9f\x94\xa5\t3\n\xe2\x9d\xa4\xef\xb8\x8f\t-3\n:-|\t-2\n");
  EXPECT_LT(Vader("lit\xf0\x9f\x94\xa5", nullptr), 0);  // "fire"
  EXPECT_GT(Vader("lit\xf0\x9f\x94\xa5now", words), 0.6);
  EXPECT_LT(Vader("\xe2\x9d\xa4\xef\xb8\x8f", words), -0.6);
  EXPECT_LT(Vader("hm :-|", words), -0.4);
}

TEST(WordList, TextsWithoutThemScoreAsBefore) {
  const auto words = ListOf("xyzzy\t4\n");
  for (const char* text : {"VADER is VERY SMART, uber handsome, and FRIGGIN FUNNY!!!", "",
                           "Not bad at all", "Catch utf-8 emoji such as \xf0\x9f\x92\x98"}) {
    EXPECT_EQ(Vader(text, words), Vader(text, nullptr)) << text;
    EXPECT_EQ(TextBlob(text, words), TextBlob(text, nullptr)) << text;
  }
}

}  // namespace
}  // namespace hb
