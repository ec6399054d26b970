#include "analysis/lexicon_sentiment.h"

#include <gtest/gtest.h>

#include <string>

namespace hb {
namespace {

SentimentScore Judge(std::string_view model, std::string_view text) {
  const auto made = MakeLexiconSentiment(model, nullptr);
  SentimentQuestion post{.text = text, .lang = "en", .score = {}};
  const auto scratch = made->MakeScratch();
  EXPECT_TRUE(made->Judge(*scratch, {&post, 1}).ok());
  EXPECT_TRUE(post.answered);
  EXPECT_EQ(post.score.neg + post.score.neu + post.score.pos, kMicro);
  return post.score;
}

TEST(LexiconSentiment, NamesSayWhichOriginalAndWhichWords) {
  EXPECT_EQ(MakeLexiconSentiment("vader", nullptr)->name(), "vader/3.3.2");
  EXPECT_EQ(MakeLexiconSentiment("vader-repaired", nullptr)->name(), "vader-repaired/3.3.2+2");
  EXPECT_EQ(MakeLexiconSentiment("textblob", nullptr)->name(), "textblob/0.20.1");
  const auto words = WordList::Parse("meh\t-1\n", "w");
  ASSERT_TRUE(words.ok());
  EXPECT_EQ(MakeLexiconSentiment("textblob-repaired", words.value())->name(),
            "textblob-repaired/0.20.1+2+words-" + words.value()->digest());
  EXPECT_FALSE(IsLexicon("model"));
}

TEST(LexiconSentiment, VaderKeepsItsSharesAndLabelsByItsCompound) {
  // .4404 (0 .508 .492)
  const SentimentScore good = Judge("vader", "The book was good.");
  EXPECT_EQ(good.neg, 0);
  EXPECT_EQ(good.pos, 492'000);
  EXPECT_EQ(good.label, Label::kPositive);  // though neutral is the largest share
  EXPECT_EQ(good.mixed, 0);
  EXPECT_EQ(Judge("vader", "").label, Label::kNeutral);
  EXPECT_EQ(Judge("vader", "").neu, kMicro);
  EXPECT_EQ(Judge("vader", "Sentiment analysis has never been good.").label, Label::kNegative);
}

TEST(LexiconSentiment, TextBlobsSharesDifferByItsPolarity) {
  const SentimentScore great = Judge("textblob", "great");
  EXPECT_EQ(great.pos, 800'000);
  EXPECT_EQ(great.neg, 0);
  EXPECT_EQ(great.label, Label::kPositive);
  // good .7 and not good -.35, each over two stretches.
  const SentimentScore both = Judge("textblob", "good, then again not good");
  EXPECT_EQ(both.pos, 350'000);
  EXPECT_EQ(both.neg, 175'000);
  EXPECT_EQ(both.label, Label::kPositive);
  EXPECT_EQ(Judge("textblob", "a table").label, Label::kNeutral);
  EXPECT_EQ(Judge("textblob", "It isn't great").label, Label::kPositive);  // TextBlob#181
  EXPECT_EQ(Judge("textblob-repaired", "It isn't great").label, Label::kNegative);
}

TEST(LexiconSentiment, MixedIsTheWeakerPoleBesideTheStronger) {
  VaderScore score{.neg = 0.3, .neu = 0.4, .pos = 0.3, .compound = 0};
  EXPECT_EQ(FromVader(score).mixed, kMicro);
  EXPECT_EQ(FromVader(score).label, Label::kNeutral);
  EXPECT_EQ(FromVader(score).label4, Label::kMixed);
  score = {.neg = 0.1, .neu = 0.6, .pos = 0.3, .compound = 0.5};
  EXPECT_EQ(FromVader(score).mixed, 0);  // a third of the other is no pole
  EXPECT_EQ(FromVader(score).label4, Label::kPositive);
  score = {.neg = 0.333, .neu = 0.333, .pos = 0.333, .compound = 0.06};
  EXPECT_EQ(FromVader(score).neu, 334'000);  // what rounding left
}

}  // namespace
}  // namespace hb
