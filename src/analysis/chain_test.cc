#include "analysis/chain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include "analysis/sentiment.h"
#include "record/near_duplicates.h"

namespace hb {
namespace {

TEST(AnalysisChain, EveryRowNamesTheModelThatJudgedItsSentiment) {
  struct {
    std::string_view text, lang, model;
  } const cases[] = {
      {"I don't like this at all, what a terrible day", "en", "sentiment-fast/1"},
      {"Não gosto nada disto, que dia horrível, estou muito triste", "pt", "sentiment-multi/1"},
      {"Я очень люблю этот город и его людей", "ru", "sentiment-fast/1"},
      {"", "und", "sentiment-fast/1"},
      {"Das ist wirklich ein sehr schöner Tag, ich freue mich darauf", "de", "sentiment-multi/1"},
  };
  const auto chain = AnalysisChain::Create();
  ASSERT_TRUE(chain.ok());
  auto posts = std::make_shared<PostBatch>();
  for (const auto& c : cases) posts->Append({.content = c.text});
  const auto scratch = chain.value()->MakeScratch();
  AnalysisBatch batch;
  chain.value()->Analyze(posts, *scratch, batch);
  ASSERT_EQ(batch.size(), std::size(cases));
  const SentimentAnalyzer english;
  SentimentAnalyzer::Scratch plain;
  for (std::size_t i = 0; i < std::size(cases); ++i) {
    EXPECT_EQ(batch.lang[i], cases[i].lang) << cases[i].text;
    EXPECT_EQ(batch.models[i].sentiment, cases[i].model) << cases[i].text;
    if (cases[i].model != english.model()) continue;
    const SentimentScore alone = english.Score(cases[i].text, plain);
    EXPECT_EQ(batch.neg[i], alone.neg);
    EXPECT_EQ(batch.neu[i], alone.neu);
    EXPECT_EQ(batch.mixed[i], alone.mixed);
  }
  EXPECT_EQ(batch.label[1], Label::kNegative);
  EXPECT_EQ(batch.label[4], Label::kPositive);
}

TEST(AnalysisChain, PolarityAloneIsThatOfTheWholeChainAndEveryColumnHasItsRows) {
  const std::string_view texts[] = {"what a wonderful day #sun", "an awful, terrible match", "",
                                    "bus"};
  auto posts = std::make_shared<PostBatch>();
  for (const std::string_view text : texts) posts->Append({.content = text, .lang = "en"});
  AnalysisBatch whole, alone;
  for (AnalysisBatch* batch : {&whole, &alone}) {
    const auto chain = AnalysisChain::Create({.only_polarity = batch == &alone});
    ASSERT_TRUE(chain.ok());
    const auto scratch = chain.value()->MakeScratch();
    chain.value()->Analyze(posts, *scratch, *batch);
  }
  EXPECT_EQ(alone.polarity, whole.polarity);
  EXPECT_EQ(alone.subjectivity, whole.subjectivity);
  EXPECT_EQ(alone.label, (std::vector<Label>{Label::kPositive, Label::kNegative, Label::kNeutral,
                                             Label::kNeutral}));
  for (std::size_t row = 0; row < std::size(texts); ++row) {
    EXPECT_EQ(alone.pos(row), std::max<Micro>(alone.polarity[row], 0));
    EXPECT_EQ(alone.neg[row], std::max<Micro>(-alone.polarity[row], 0));
    EXPECT_EQ(alone.models[row].sentiment, alone.models[row].polarity);
  }
  EXPECT_EQ(alone.hashtags.size(), std::size(texts));
  EXPECT_EQ(alone.lang[0], "en");
}

TEST(AnalysisChain, CopiesHaveNearlyTheFingerprintOfTheirOriginal) {
  const std::string_view texts[] = {
      "The city council has voted to close the old harbour bridge on Monday https://t.co/a",
      "RT @news: The city council has voted to close the old harbour bridge on Monday",
      "I could really do with a cup of tea and a very long nap right about now", "🎉🎉"};
  for (const bool wanted : {true, false}) {
    const auto chain = AnalysisChain::Create({.fingerprint = wanted});
    ASSERT_TRUE(chain.ok());
    auto posts = std::make_shared<PostBatch>();
    for (const std::string_view text : texts) posts->Append({.content = text});
    const auto scratch = chain.value()->MakeScratch();
    AnalysisBatch batch;
    chain.value()->Analyze(posts, *scratch, batch);
    ASSERT_EQ(batch.fingerprint.size(), wanted ? std::size(texts) : 0u);
    if (!wanted) continue;
    EXPECT_TRUE(AreNearDuplicates(batch.fingerprint[0], batch.fingerprint[1]));
    EXPECT_FALSE(AreNearDuplicates(batch.fingerprint[0], batch.fingerprint[2]));
    EXPECT_EQ(batch.fingerprint[3], 0u) << "it has no word";
  }
}

/// Answers posts that begin with "a".
class Picky : public SentimentModel {
 public:
  [[nodiscard]] std::unique_ptr<Scratch> MakeScratch() const override {
    return std::make_unique<Scratch>();
  }
  Status Judge(Scratch&, std::span<SentimentQuestion> posts) const override {
    for (SentimentQuestion& post : posts) {
      post.answered = post.text.starts_with("a");
      if (post.answered)
        post.score = {.neg = 0, .neu = 0, .pos = kMicro, .label = Label::kPositive};
      if (post.text.starts_with("b")) post.why_not = "budget";
    }
    return Error{Code::kUnavailable, "nobody is there"};
  }
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] bool answers_all() const override { return false; }

 private:
  const std::string name_ = "picky/1";
};

TEST(AnalysisChain, WhatAnotherModelLeavesUnansweredOursJudgesAndSaysSo) {
  AnalysisChain::Options options;
  options.sentiment = std::make_shared<Picky>();
  const auto chain = AnalysisChain::Create(options), plain = AnalysisChain::Create();
  ASSERT_TRUE(chain.ok() && plain.ok());
  auto posts = std::make_shared<PostBatch>();
  for (const char* text : {"a terrible day, I hate it", "bad news: I hate it all", "I hate it all"})
    posts->Append({.content = text});
  const auto scratch = chain.value()->MakeScratch(), plain_scratch = plain.value()->MakeScratch();
  AnalysisBatch batch, ours;
  AnalysisChain::Reading reading;
  chain.value()->Analyze(posts, *scratch, reading, batch);
  plain.value()->Analyze(posts, *plain_scratch, ours);
  EXPECT_EQ(reading.sentiment.error().message, "nobody is there");
  EXPECT_EQ(batch.label[0], Label::kPositive);
  EXPECT_EQ(batch.models[0].sentiment, "picky/1");
  EXPECT_EQ(batch.models[1].sentiment, "sentiment-fast/1-for-picky:budget");
  EXPECT_EQ(batch.models[2].sentiment, "sentiment-fast/1-for-picky:failed");
  for (const std::size_t row : {1, 2}) {
    EXPECT_EQ(batch.neg[row], ours.neg[row]);
    EXPECT_EQ(batch.label[row], Label::kNegative);
  }
  // Everything else is as ever.
  EXPECT_EQ(batch.polarity, ours.polarity);
  EXPECT_EQ(batch.emotion, ours.emotion);
}

TEST(AnalysisChain, TheEmotionsOfARowAreThoseOfItsOwnText) {
  // Emotion reads the walk that sentiment made, whichever model that was.
  const auto chain = AnalysisChain::Create();
  ASSERT_TRUE(chain.ok());
  const auto scratch = chain.value()->MakeScratch();
  const std::string_view texts[] = {"I am so happy and excited today, best day ever",
                                    "Das ist wirklich ein sehr trauriger Tag für uns alle",
                                    "I am furious, this makes me so angry and mad"};
  auto together = std::make_shared<PostBatch>();
  for (const std::string_view text : texts) together->Append({.content = text});
  AnalysisBatch all;
  chain.value()->Analyze(together, *scratch, all);
  for (std::size_t i = 0; i < std::size(texts); ++i) {
    auto one = std::make_shared<PostBatch>();
    one->Append({.content = texts[i]});
    AnalysisBatch batch;
    chain.value()->Analyze(one, *scratch, batch);
    const EmotionScore alone = chain.value()->EmotionOf(batch, 0, *scratch);
    for (std::size_t e = 0; e < kFeltEmotions; ++e) {
      EXPECT_EQ(all.emotions[e][i], alone.emotions[e]) << texts[i];
    }
  }
}

}  // namespace
}  // namespace hb
