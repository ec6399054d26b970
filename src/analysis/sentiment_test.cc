#include "analysis/sentiment.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <vector>

namespace hb {
namespace {

struct Case {
  std::string_view text;
  Label label;
};

constexpr Case kCases[] = {
    {"I love this so much!", Label::kPositive},
    {"Best day of my life :)", Label::kPositive},
    {"so happy today \xF0\x9F\x98\x8D\xF0\x9F\x98\x8D", Label::kPositive},
    {"you guys are amazing &lt;3", Label::kPositive},
    {"This is the worst day ever", Label::kNegative},
    {"I don't like this movie", Label::kNegative},
    {"I don\\u2019t like this movie", Label::kNegative},
    {"I HATE waiting, what a terrible service", Label::kNegative},
    {"The meeting is at 10 on Friday in the second room.", Label::kNeutral},
    {"Apple to open new store in Boston on Tuesday", Label::kNeutral},
};

TEST(Sentiment, PlainCasesGetTheirLabel) {
  const SentimentAnalyzer analyzer;
  SentimentAnalyzer::Scratch scratch;
  for (const Case& c : kCases) {
    EXPECT_EQ(analyzer.Score(c.text, scratch).label, c.label) << c.text;
  }
}

// Known answers. Stored records must come out the same on every machine and from every later build:
// if a number here changes without a new model, the walk, the hashes or the arithmetic did.
TEST(Sentiment, TheModelInTheProgramGivesKnownNumbers) {
  struct {
    std::string_view text;
    Micro neg, neu, mixed;
  } const cases[] = {
      {"I love this so much!", 6633, 9578, 0},
      {"The food was great but the service was terrible.", 762616, 57487, 918360},
      {"I don\\u2019t like Mondays :(  #MondayBlues @you https://t.co/x", 954060, 39192, 0},
      {"\xD0\xAF \xD0\xBB\xD1\x8E\xD0\xB1\xD0\xBB\xD1\x8E \xD1\x82\xD0\xB5\xD0\xB1\xD1\x8F "
       "\xE2\x9D\xA4\xEF\xB8\x8F",
       94076, 592886, 0},
      {"", 176980, 701141, 0},
  };
  const SentimentAnalyzer analyzer;
  SentimentAnalyzer::Scratch scratch;
  ASSERT_EQ(analyzer.model(), "sentiment-fast/1");
  for (const auto& c : cases) {
    const SentimentScore score = analyzer.Score(c.text, scratch);
    EXPECT_EQ(score.neg, c.neg) << c.text;
    EXPECT_EQ(score.neu, c.neu) << c.text;
    EXPECT_EQ(score.mixed, c.mixed) << c.text;
  }
}

TEST(Sentiment, APostThatSaysNothingIsNeutral) {
  const SentimentAnalyzer analyzer;
  SentimentAnalyzer::Scratch scratch;
  for (const std::string_view text :
       {"", "https://t.co/abc", "@someone", "   \n", "qqxz wvkp zzgh"}) {
    EXPECT_EQ(analyzer.Score(text, scratch).label, Label::kNeutral) << text;
  }
}

TEST(Sentiment, ScoresSumToAMillionAndTheLabelIsTheLargest) {
  const SentimentAnalyzer analyzer;
  SentimentAnalyzer::Scratch scratch;
  std::string text;
  std::uint64_t state = 11;
  for (int round = 0; round < 5000; ++round) {
    text.clear();
    for (int i = 0; i < 40; ++i) {
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      text.push_back(static_cast<char>(state >> 40));
    }
    const SentimentScore s = analyzer.Score(text, scratch);
    ASSERT_EQ(s.neg + s.neu + s.pos, kMicro);
    ASSERT_GE(s.neg, 0);
    ASSERT_GE(s.neu, 0);
    ASSERT_GE(s.pos, 0);
    ASSERT_GE(s.mixed, 0);
    ASSERT_LE(s.mixed, kMicro);
    ASSERT_EQ(s.label, LargestOf(s.neg, s.neu, s.pos));
  }
}

TEST(Sentiment, WhatAScratchRemembersChangesNothing) {
  const SentimentAnalyzer analyzer;
  SentimentAnalyzer::Scratch used;
  for (const Case& c : kCases) analyzer.Score(c.text, used);
  for (const Case& c : kCases) {
    SentimentAnalyzer::Scratch fresh;
    const SentimentScore a = analyzer.Score(c.text, used), b = analyzer.Score(c.text, fresh);
    EXPECT_EQ(std::tie(a.neg, a.neu, a.pos, a.mixed, a.label, a.label4),
              std::tie(b.neg, b.neu, b.pos, b.mixed, b.label, b.label4))
        << c.text;
  }
}

TEST(Sentiment, OneAnalyzerServesManyThreads) {
  const SentimentAnalyzer analyzer;
  SentimentAnalyzer::Scratch scratch;
  std::vector<Micro> expected;
  for (const Case& c : kCases) expected.push_back(analyzer.Score(c.text, scratch).neg);
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      SentimentAnalyzer::Scratch own;
      for (int round = 0; round < 100; ++round) {
        for (std::size_t i = 0; i < expected.size(); ++i) {
          wrong[t] += analyzer.Score(kCases[i].text, own).neg != expected[i];
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int count : wrong) EXPECT_EQ(count, 0);
}

TEST(Sentiment, ExplainNamesTheWordsThatWeighMost) {
  const SentimentAnalyzer analyzer;
  SentimentAnalyzer::Scratch scratch;
  const auto words =
      analyzer.Explain("The food was GREAT but the table was in the corner", scratch, 3);
  ASSERT_EQ(words.size(), 3u);
  EXPECT_EQ(words[0].text, "GREAT");
  EXPECT_GT(words[0].weights[2], 0);
  EXPECT_LT(words[0].weights[0], 0);
  EXPECT_EQ(words[0].begin, 13u);
  EXPECT_EQ(words[0].end, 18u);
  EXPECT_TRUE(analyzer.Explain("", scratch, 3).empty());
}

TEST(Sentiment, ModelSaysItsNameAndBadFilesAreRefused) {
  EXPECT_TRUE(SentimentAnalyzer().model().starts_with("sentiment-fast/"))
      << SentimentAnalyzer().model();
  EXPECT_EQ(SentimentAnalyzer::FromFile("/nonexistent").error().code, Code::kNotFound);
  const auto same = SentimentAnalyzer::FromFile(HB_SOURCE_DIR "/models/sentiment-fast");
  ASSERT_TRUE(same.ok()) << same.error().message;
  SentimentAnalyzer::Scratch a;
  SentimentAnalyzer::Scratch b;
  EXPECT_EQ(same.value().Score("I love this", a).pos,
            SentimentAnalyzer().Score("I love this", b).pos);
}

}  // namespace
}  // namespace hb
