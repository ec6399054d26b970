#include "text/words.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "text/stopwords.h"
#include "text/utf8.h"

namespace hb {
namespace {

struct CleanCase {
  const char* name;
  std::string_view text;
  std::string_view clean;
};

constexpr CleanCase kClean[] = {
    {"words stay as they are", "Plain Words 42", "Plain Words 42"},
    {"blanks collapse", "  a \t\n  b  ", "a b"},
    {"links and mentions go", "hey @ada, look: https://t.co/x1 now!", "hey look now"},
    {"hashtags stay as words", "#Fresh_start in #K\u00F6ln", "Fresh start in K\u00F6ln"},
    {"cashtags stay as words", "$ABC up", "ABC up"},
    {"punctuation parts words", "don't stop-me,now", "don t stop me now"},
    {"emoji go", "so\U0001F600happy \u2764\uFE0F", "so happy"},
    {"marks stay", "cafe\u0301 \u0E01\u0E34\u0E19", "cafe\u0301 \u0E01\u0E34\u0E19"},
    {"text without blanks stays whole", "\u4ECA\u65E5\u306F\u96E8\u3002\u660E\u65E5",
     "\u4ECA\u65E5\u306F\u96E8 \u660E\u65E5"},
    {"a joiner inside a word stays", "\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645",
     "\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645"},
    {"character references go", "Q&amp;A &lt;3 it&#39;s", "Q A 3 it s"},
    {"what is not UTF-8 goes",
     "a\xFF"
     "b \xE2\x82",
     "a b"},
    {"nothing left", "@ada https://t.co/x \U0001F600 ...", ""},
    {"empty", "", ""},
};

TEST(CleanWord, KeepsLettersMarksDigitsAndSingleBlanks) {
  for (const CleanCase& row : kClean) EXPECT_EQ(CleanWord(row.text), row.clean) << row.name;
}

TEST(CleanWord, AppendsToWhatIsThere) {
  TextWalk walk;
  std::string out = "before|";
  WalkText("#tag!", walk);
  CleanWord(walk, out);
  EXPECT_EQ(out, "before|tag");
}

TEST(CleanWord, CleaningTwiceChangesNothing) {
  for (const CleanCase& row : kClean)
    EXPECT_EQ(CleanWord(CleanWord(row.text)), row.clean) << row.name;
}

std::vector<std::string> Top(std::string_view text, std::string_view lang) {
  TextWalk walk;
  WalkText(text, walk);
  std::vector<TopWord> words(1);  // What was there is replaced.
  TopWords(walk, lang, words);
  std::vector<std::string> out;
  for (const TopWord& word : words) {
    EXPECT_EQ(word.hash, Hash64(word.In(walk)));
    out.emplace_back(word.In(walk));
  }
  return out;
}

using Words = std::vector<std::string>;

TEST(TopWords, LeavesOutStopWordsShortWordsNumbersAndEntities) {
  EXPECT_EQ(
      Top("The river AND the river's bridge, 2024 at #dawn by @ada $ABC https://t.co/x", "en"),
      (Words{"river", "bridge"}));
  EXPECT_EQ(Top("ox ok go covid19 19", "en"), Words{"covid19"});
  EXPECT_EQ(Top("Der Fluss und die Br\u00FCcke", "de"), (Words{"fluss", "br\u00FCcke"}));
  EXPECT_EQ(Top("der Fluss", "en"), (Words{"der", "fluss"}));
  EXPECT_EQ(Top("\u0418 \u0440\u0435\u043A\u0430, \u0438 \u043C\u043E\u0441\u0442", "ru"),
            (Words{"\u0440\u0435\u043A\u0430", "\u043C\u043E\u0441\u0442"}));
  EXPECT_EQ(Top("salt &amp; pepper", "en"), (Words{"salt", "pepper"}));
}

TEST(TopWords, LooksAtContractionsWhole) {
  EXPECT_EQ(Top("we don\u2019t mind, they haven't paddled", "en"), (Words{"mind", "paddled"}));
  EXPECT_EQ(Top("l'escalier d'honneur", "fr"), (Words{"escalier", "honneur"}));
}

TEST(TopWords, CountsAWordOncePerPostAndSixteenAtMost) {
  EXPECT_EQ(Top("tide Tide TIDE", "en"), Words{"tide"});
  std::string text;
  for (char c = 'a'; c < 'z'; ++c) text += std::string(5, c) + " ";
  EXPECT_EQ(Top(text, "en").size(), kMaxTopWords);
}

TEST(TopWords, TextWithoutBlanksGivesPairsOfHanAndRunsOfKatakana) {
  EXPECT_EQ(Top("\u53F0\u98CE\u6765", "zh-TW"), (Words{"\u53F0\u98CE", "\u98CE\u6765"}));
  EXPECT_EQ(Top("\u30B3\u30FC\u30D2\u30FC\u3092\u98F2\u3080 \u30AB\u30E1", "ja"),
            Words{"\u30B3\u30FC\u30D2\u30FC"});
  EXPECT_EQ(Top("\u0E01\u0E34\u0E19\u0E02\u0E49\u0E32\u0E27", "th"), Words{});
}

bool IsStop(std::string_view lang, std::string_view word) {
  return StopWords::Of(lang).Contains(Hash64(Folded(word)));
}

TEST(StopWords, KnowsLanguagesByTheirCodes) {
  EXPECT_TRUE(IsStop("en", "The"));
  EXPECT_TRUE(IsStop("en-GB", "the"));
  EXPECT_TRUE(IsStop("und", "the"));
  EXPECT_TRUE(IsStop("", "the"));
  EXPECT_FALSE(IsStop("de", "the"));
  EXPECT_TRUE(IsStop("de", "und"));
  EXPECT_TRUE(IsStop("pt_BR", "voc\u00EA"));
  EXPECT_TRUE(IsStop("in", "yang"));
  EXPECT_TRUE(IsStop("iw", "\u05E9\u05DC"));
  EXPECT_TRUE(IsStop("zu", "futhi"));
  EXPECT_FALSE(IsStop("en", "lighthouse"));
}

TEST(StopWords, ALanguageWithoutAListHasNone) {
  EXPECT_TRUE(StopWords::Of("qme").empty());
  EXPECT_TRUE(StopWords::Of("xx-YY").empty());
  EXPECT_FALSE(StopWords::Of("xx").Contains(Hash64("the")));
}

}  // namespace
}  // namespace hb
