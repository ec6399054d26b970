#include "analysis/sentiment_by_language.h"

#include <gtest/gtest.h>

#include <string_view>

namespace hb {
namespace {

constexpr std::string_view kTexts[] = {
    "I love this so much!",
    "The food was great but the service was terrible.",
    "",
    "que dia mais lindo, adorei tudo :)",
    "no me gusta nada este sitio, qu\xC3\xA9 horror",
    "\xF0\x9F\x98\xA1\xF0\x9F\x98\xA1",
};

TEST(SentimentByLanguage, EnglishAndWhatItWasNotTrainedOnStaysAsItWas) {
  const SentimentByLanguage both;
  const SentimentAnalyzer alone;
  SentimentByLanguage::Scratch scratch;
  SentimentAnalyzer::Scratch plain;
  for (const std::string_view language : {"en", "und", "", "ru", "ja", "zh-TW", "om", "ti"}) {
    EXPECT_EQ(both.model(language), "sentiment-fast/1") << language;
    for (const std::string_view text : kTexts) {
      // Another language in between leaves no trace.
      both.Score(text, "pt", scratch);
      const SentimentScore a = both.Score(text, language, scratch);
      const SentimentScore b = alone.Score(text, plain);
      EXPECT_EQ(a.neg, b.neg) << language << ": " << text;
      EXPECT_EQ(a.neu, b.neu);
      EXPECT_EQ(a.pos, b.pos);
      EXPECT_EQ(a.mixed, b.mixed);
      EXPECT_EQ(a.label, b.label);
      EXPECT_EQ(a.label4, b.label4);
      EXPECT_EQ(scratch.walk().tokens.size(), plain.walk().tokens.size());
    }
  }
}

TEST(SentimentByLanguage, EachOfItsLanguagesIsJudgedByTheMultilingualModel) {
  const SentimentByLanguage both;
  struct {
    std::string_view language, text;
    Label label;
  } const cases[] = {
      {"pt", "que dia lindo, estou muito feliz e adorei tudo", Label::kPositive},
      {"pt", "odeio isso, que vergonha, muito triste e ruim", Label::kNegative},
      {"es",
       "me encanta, gracias por este maravilloso d\xC3\xAD"
       "a",
       Label::kPositive},
      {"de",
       "so eine Schei\xC3\x9F"
       "e, das ist echt traurig und nervt",
       Label::kNegative},
      {"fr", "je suis tr\xC3\xA8s content, merci beaucoup, c'est magnifique", Label::kPositive},
      {"it", "che schifo, una vergogna, sono delusa", Label::kNegative},
      {"ha", "Allah ya saka da alheri, muna godiya sosai", Label::kPositive},
      {"ha", "Allah ya isa, azzalumai, munafukai", Label::kNegative},
  };
  SentimentByLanguage::Scratch scratch;
  for (const auto& c : cases) {
    EXPECT_EQ(both.model(c.language), "sentiment-multi/1") << c.language;
    const SentimentScore score = both.Score(c.text, c.language, scratch);
    EXPECT_EQ(score.label, c.label)
        << c.text << ": " << score.neg << " " << score.neu << " " << score.pos;
    EXPECT_EQ(score.neg + score.neu + score.pos, kMicro);
  }
}

TEST(SentimentByLanguage, ItSaysWhichWordsWeighInTheModelThatJudged) {
  const SentimentByLanguage both;
  SentimentByLanguage::Scratch scratch;
  const std::string_view text = "odeio segunda-feira";
  const auto ours = both.Explain(text, "pt", scratch, 1);
  ASSERT_EQ(ours.size(), 1u);
  EXPECT_EQ(ours[0].text, "odeio");
  EXPECT_GT(ours[0].weights[0], 0);
  const auto english = both.Explain(text, "en", scratch, 1);
  ASSERT_EQ(english.size(), 1u);
  EXPECT_NE(english[0].weights[0], ours[0].weights[0]);
}

}  // namespace
}  // namespace hb
