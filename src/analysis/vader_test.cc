#include "analysis/vader.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace hb {
namespace {

using Mode = VaderAnalyzer::Mode;

VaderScore ScoreOf(std::string_view text, Mode mode = Mode::kOriginal) {
  VaderAnalyzer::Scratch scratch;
  return VaderAnalyzer(mode).Score(text, scratch);
}

struct Case {
  std::string_view text;
  double compound, neg, neu, pos;
};

// The four numbers of vaderSentiment 3.3.2.
constexpr Case kCases[] = {
    {"VADER is smart, handsome, and funny.", .8316, 0, .254, .746},
    {"VADER is smart, handsome, and funny!", .8439, 0, .248, .752},
    {"VADER is very smart, handsome, and funny.", .8545, 0, .299, .701},
    {"VADER is VERY SMART, handsome, and FUNNY.", .9227, 0, .246, .754},
    {"VADER is VERY SMART, uber handsome, and FRIGGIN FUNNY!!!", .9469, 0, .294, .706},
    {"VADER is not smart, handsome, nor funny.", -.7424, .646, .354, 0},
    {"At least it isn't a horrible book.", .431, 0, .678, .322},
    {"The plot was good, but the characters are uncompelling and the dialog is not great.", -.7042,
     .327, .579, .094},
    {"Today only kinda sux! But I'll get by, lol", .5249, .127, .556, .317},
    {"Make sure you :) or :D today!", .8633, 0, .294, .706},
    {"Catch utf-8 emoji such as \xf0\x9f\x92\x98 and \xf0\x9f\x92\x8b and \xf0\x9f\x98\x81", .875,
     0, .583, .417},
    {"Sentiment analysis with VADER has never been this good.", .5228, 0, .703, .297},
    {"With VADER, sentiment analysis is the shit!", .6476, 0, .583, .417},
    {"The movie is kind of good", .3832, 0, .657, .343},
    {"I have no problems", .3089, 0, .571, .429},
    {"no no no", .4168, 0, .209, .791},
    {"least good", -.3412, .706, .294, 0},
    {"at least good", .4404, 0, .408, .592},
    {"Really????", 0, 0, 1, 0},
    {"ok????? great", .7236, 0, .165, .835},
    {"", 0, 0, 0, 0},
    {" \n\t ", 0, 0, 0, 0},
};

TEST(Vader, GivesTheNumbersOfTheOriginal) {
  for (const Case& c : kCases) {
    const VaderScore score = ScoreOf(c.text);
    EXPECT_EQ(score.compound, c.compound) << c.text;
    EXPECT_EQ(score.neg, c.neg) << c.text;
    EXPECT_EQ(score.neu, c.neu) << c.text;
    EXPECT_EQ(score.pos, c.pos) << c.text;
  }
}

TEST(Vader, RepairedNegatesWithACurlyApostrophe) {
  const std::string_view curly = "It isn\xe2\x80\x99t great";
  EXPECT_EQ(ScoreOf(curly).compound, .6249);
  EXPECT_EQ(ScoreOf(curly, Mode::kRepaired).compound, ScoreOf("It isn't great").compound);
  EXPECT_LT(ScoreOf(curly, Mode::kRepaired).compound, 0);
}

TEST(Vader, RepairedSeesAnEmojiWithAVariationSelector) {
  const std::string_view heart = "\xe2\x98\xba\xef\xb8\x8f";  // "smiling face" and U+FE0F
  EXPECT_GT(ScoreOf("\xe2\x98\xba", Mode::kRepaired).compound, 0);
  EXPECT_EQ(ScoreOf(heart, Mode::kRepaired).compound,
            ScoreOf("\xe2\x98\xba", Mode::kRepaired).compound);
}

TEST(Vader, RepairedReadsTheWordsOfAHashtag) {
  EXPECT_EQ(ScoreOf("#NotGood").compound, 0);
  EXPECT_EQ(ScoreOf("#NotGood", Mode::kRepaired).compound, ScoreOf("Not Good").compound);
  EXPECT_EQ(ScoreOf("NotGood", Mode::kRepaired).compound, 0);  // no hashtag
}

TEST(Vader, RepairedSeesAPhraseWhereverItStands) {
  // vaderSentiment#94: the words of this heart are "beating heart".
  const std::string_view heart = "\xf0\x9f\x92\x93";
  EXPECT_LT(ScoreOf(heart).compound, 0.5);
  EXPECT_EQ(ScoreOf(heart, Mode::kRepaired).compound,
            ScoreOf("I say that \xf0\x9f\x92\x93").compound);
  EXPECT_GT(ScoreOf("yeah right", Mode::kOriginal).compound, -0.1);
  EXPECT_LT(ScoreOf("yeah right", Mode::kRepaired).compound, -0.3);
}

TEST(Vader, RepairedLeavesEmoticonsAsTheyAre) {
  // vaderSentiment#28: what comes before does not turn a smiley round.
  EXPECT_GT(ScoreOf("nothing for redheads :(").compound, 0);
  EXPECT_EQ(ScoreOf("nothing for redheads :(", Mode::kRepaired).compound,
            ScoreOf("roses for redheads :(").compound);
}

TEST(Vader, RepairedStrengthensBySoAndThisOnlyAfterNever) {
  // "not that so good": the original takes the "so" for a "never so".
  EXPECT_GT(ScoreOf("not that so good").compound, 0);
  EXPECT_LT(ScoreOf("not that so good", Mode::kRepaired).compound, 0);
  EXPECT_EQ(ScoreOf("never been this good", Mode::kRepaired).compound,
            ScoreOf("never been this good").compound);
}

TEST(Vader, RepairedShiftsTheRightWordsAroundABut) {
  // love is 3.2, of which the "but" leaves 1.6: the value of accept, which the original then finds
  // in its place and halves once more.
  const auto share = [](double love, double accept) {
    return (love + 1 + accept + 1) / (love + 1 + accept + 1 + 1);
  };
  EXPECT_NEAR(ScoreOf("love but accept").pos, share(0.8, 1.6), 0.00051);
  EXPECT_NEAR(ScoreOf("love but accept", Mode::kRepaired).pos, share(1.6, 2.4), 0.00051);
}

TEST(Vader, RepairedIsTheOriginalOnPlainText) {
  for (const Case& c : kCases) {
    EXPECT_EQ(ScoreOf(c.text, Mode::kRepaired).compound, c.compound) << c.text;
  }
}

// Many values around a "but" take another way than few. "good" is 1.9: half of it before the "but",
// one and a half of it after; the shares tell the number of each.
TEST(Vader, ManyWordsOfFeelingAreShiftedAsFewAre) {
  for (const std::size_t scored : {VaderAnalyzer::kFewScored, VaderAnalyzer::kFewScored + 1}) {
    std::string text;
    for (std::size_t i = 1; i < scored; ++i) text += "good ";
    text += "but good";
    const double positive = static_cast<double>(scored - 1) * (0.95 + 1) + (2.85 + 1);
    EXPECT_NEAR(ScoreOf(text).pos, positive / (positive + 1), 0.00051) << scored;
  }
}

TEST(Vader, AnyLengthTakesLinearTime) {
  std::string text;
  while (text.size() < 1 << 20) text += "good but bad ";
  const VaderScore score = ScoreOf(text);
  EXPECT_LE(score.compound, 1);
  std::string emoji;
  while (emoji.size() < 1 << 20) emoji += "\xf0\x9f\x98\x81";
  EXPECT_GT(ScoreOf(emoji).compound, 0.9);
  EXPECT_EQ(ScoreOf(std::string(1 << 20, 'x')).neu, 1);
}

TEST(Vader, BytesThatAreNoTextScoreNothing) {
  EXPECT_EQ(ScoreOf("\xff\xfe\x80").neu, 1);
  EXPECT_EQ(ScoreOf(std::string_view("good \0 \xc3", 8)).compound, .4404);
}

TEST(Vader, LabelsFollowTheAuthors) {
  EXPECT_EQ(VaderLabel(0.05), "positive");
  EXPECT_EQ(VaderLabel(-0.05), "negative");
  EXPECT_EQ(VaderLabel(0.0499), "neutral");
}

}  // namespace
}  // namespace hb
