#include "analysis/emotion.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <numeric>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "analysis/sentiment.h"

namespace hb {
namespace {

struct Case {
  std::string_view text;
  Emotion label;
};

constexpr Case kCases[] = {
    {"I am so happy today, best day ever!", Emotion::kJoy},
    {"This made me laugh so hard, hilarious \xF0\x9F\x98\x82", Emotion::kJoy},
    {"I am furious, this is an outrage", Emotion::kAnger},
    {"so angry right now, I hate these people", Emotion::kAnger},
    {"I feel so lonely and depressed", Emotion::kSadness},
    {"heartbroken, I miss him so much and I can't stop crying", Emotion::kSadness},
    {"Never give up, believe in yourself and the future will be better", Emotion::kOptimism},
    {"The meeting is at 10 on Friday in the second room.", Emotion::kNone},
    {"Apple to open new store in Boston on Tuesday", Emotion::kNone},
};

void ExpectSound(const EmotionScore& score) {
  Micro sum = 0;
  for (const Micro one : score.emotions) {
    ASSERT_GE(one, 0);
    sum += one;
  }
  ASSERT_EQ(sum, kMicro);
  for (const Micro one : score.emotions) ASSERT_LE(one, score.Of(score.label));
  for (const Micro one : {score.irony, score.offensive, score.hate}) {
    ASSERT_GE(one, 0);
    ASSERT_LE(one, kMicro);
  }
}

bool Same(const EmotionScore& a, const EmotionScore& b) {
  return a.emotions == b.emotions && a.label == b.label && a.irony == b.irony &&
         a.offensive == b.offensive && a.hate == b.hate;
}

TEST(Emotion, PlainCasesGetTheirLabel) {
  const EmotionAnalyzer analyzer;
  EmotionAnalyzer::Scratch scratch;
  for (const Case& c : kCases) {
    const EmotionScore score = analyzer.Score(c.text, scratch);
    EXPECT_EQ(EmotionName(score.label), EmotionName(c.label)) << c.text;
    ExpectSound(score);
  }
}

// Known answers. Stored records must come out the same on every machine and from every later build:
// if a number here changes without a new model, the walk, the hashes or the arithmetic did.
TEST(Emotion, TheModelsInTheProgramGiveKnownNumbers) {
  struct {
    std::string_view text;
    std::array<Micro, kEmotions> emotions;
    Micro irony, offensive, hate;
  } const cases[] = {
      {"I am so happy today, best day ever!", {36, 994823, 513, 3090, 1538}, 683964, 10604, 42395},
      {"I don\\u2019t like Mondays :(  #MondayBlues @you https://t.co/x",
       {107689, 52503, 33640, 243230, 562938},
       502466,
       364910,
       134488},
      {"you are all stupid, shut UP!!!", {997403, 161, 1056, 218, 1162}, 533175, 994718, 712139},
      {"\xD0\xAF \xD0\xBB\xD1\x8E\xD0\xB1\xD0\xBB\xD1\x8E \xD1\x82\xD0\xB5\xD0\xB1\xD1\x8F "
       "\xE2\x9D\xA4\xEF\xB8\x8F",
       {87066, 324508, 86201, 114788, 387437},
       279560,
       128403,
       113685},
      {"", {126135, 161293, 96667, 156993, 458912}, 367132, 222849, 144525},
  };
  const EmotionAnalyzer analyzer;
  EmotionAnalyzer::Scratch scratch;
  for (const auto& c : cases) {
    const EmotionScore score = analyzer.Score(c.text, scratch);
    EXPECT_EQ(score.emotions, c.emotions) << c.text;
    EXPECT_EQ(score.irony, c.irony) << c.text;
    EXPECT_EQ(score.offensive, c.offensive) << c.text;
    EXPECT_EQ(score.hate, c.hate) << c.text;
  }
}

TEST(Emotion, APostThatSaysNothingHasNone) {
  const EmotionAnalyzer analyzer;
  EmotionAnalyzer::Scratch scratch;
  for (const std::string_view text :
       {"", "https://t.co/abc", "@someone", "   \n", "qqxz wvkp zzgh"}) {
    const EmotionScore score = analyzer.Score(text, scratch);
    EXPECT_EQ(EmotionName(score.label), "none") << text;
    EXPECT_LT(score.offensive, kMicro / 2) << text;
    EXPECT_LT(score.hate, kMicro / 2) << text;
    EXPECT_LT(score.irony, kMicro / 2) << text;
  }
}

TEST(Emotion, OffenceAndHateAreToldFromPlainTalk) {
  const EmotionAnalyzer analyzer;
  EmotionAnalyzer::Scratch scratch;
  EXPECT_GT(analyzer.Score("you are a fucking idiot, shut up bitch", scratch).offensive, 700'000);
  EXPECT_LT(analyzer.Score("thank you, have a lovely evening", scratch).offensive, 300'000);
  EXPECT_GT(analyzer.Score("deport them all, build that wall, no illegal immigrants", scratch).hate,
            500'000);
  EXPECT_LT(analyzer.Score("thank you, have a lovely evening", scratch).hate, 300'000);
}

TEST(Emotion, TheWalkOfSentimentGivesTheSame) {
  const EmotionAnalyzer analyzer;
  const SentimentAnalyzer sentiment;
  EmotionAnalyzer::Scratch scratch;
  SentimentAnalyzer::Scratch walked;
  for (const Case& c : kCases) {
    sentiment.Score(c.text, walked);
    const EmotionScore shared = analyzer.Score(walked.walk(), scratch);
    EXPECT_TRUE(Same(shared, analyzer.Score(c.text, scratch))) << c.text;
  }
}

TEST(Emotion, WhatAScratchRemembersChangesNothing) {
  const EmotionAnalyzer analyzer;
  EmotionAnalyzer::Scratch used;
  for (const Case& c : kCases) analyzer.Score(c.text, used);
  for (const Case& c : kCases) {
    EmotionAnalyzer::Scratch fresh;
    EXPECT_TRUE(Same(analyzer.Score(c.text, used), analyzer.Score(c.text, fresh))) << c.text;
  }
}

TEST(Emotion, OneAnalyzerServesManyThreads) {
  const EmotionAnalyzer analyzer;
  EmotionAnalyzer::Scratch scratch;
  std::vector<EmotionScore> expected;
  for (const Case& c : kCases) expected.push_back(analyzer.Score(c.text, scratch));
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      EmotionAnalyzer::Scratch own;
      for (int round = 0; round < 100; ++round) {
        for (std::size_t i = 0; i < expected.size(); ++i) {
          wrong[t] += !Same(analyzer.Score(kCases[i].text, own), expected[i]);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int count : wrong) EXPECT_EQ(count, 0);
}

TEST(Emotion, AnyBytesHaveSoundScores) {
  const EmotionAnalyzer analyzer;
  EmotionAnalyzer::Scratch scratch;
  std::string text;
  std::uint64_t state = 17;
  for (int round = 0; round < 3000; ++round) {
    text.clear();
    for (int i = 0; i < 40; ++i) {
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      text.push_back(static_cast<char>(state >> 40));
    }
    ExpectSound(analyzer.Score(text, scratch));
  }
}

TEST(Emotion, HugeTextsHaveSoundScoresInLinearTime) {
  const EmotionAnalyzer analyzer;
  EmotionAnalyzer::Scratch scratch;
  std::string emoji;
  for (int i = 0; i < 1 << 18; ++i) emoji += i % 2 == 0 ? "\xF0\x9F\x98\xA1" : "\xF0\x9F\x98\x82";
  std::string invalid(1 << 20, '\xFF');
  const std::string words[] = {emoji,
                               std::string(emoji.size() / 4, 'a'),
                               std::move(invalid),
                               std::string(10'000, 'x'),
                               std::string(1 << 20, '#'),
                               std::string(1 << 20, '\0')};
  std::string long_word;
  for (int i = 0; i < 10'000; ++i) long_word += static_cast<char>('a' + i * 7 % 26);
  ExpectSound(analyzer.Score(long_word, scratch));
  const auto start = std::chrono::steady_clock::now();
  for (const std::string& text : words) {
    ExpectSound(analyzer.Score(text, scratch));
    EmotionAnalyzer::Scratch fresh;
    EXPECT_TRUE(Same(analyzer.Score(text, scratch), analyzer.Score(text, fresh)));
  }
  // Eighteen texts of at most a mebibyte: far below a second each, with a sanitizer too.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(18));
}

TEST(Emotion, ExplainNamesTheWordsThatWeighMost) {
  const EmotionAnalyzer analyzer;
  const auto words =
      analyzer.Explain(EmotionAnalyzer::Head::kEmotion, "the table is HAPPY about the chair", 2);
  ASSERT_EQ(words.size(), 2u);
  EXPECT_EQ(words[0].text, "HAPPY");
  EXPECT_EQ(words[0].begin, 13u);
  EXPECT_EQ(words[0].end, 18u);
  ASSERT_EQ(words[0].weights.size(), kEmotions);
  EXPECT_GT(words[0].weights[static_cast<std::size_t>(Emotion::kJoy)], 0);
  EXPECT_GT(words[0].weights[static_cast<std::size_t>(Emotion::kJoy)],
            words[0].weights[static_cast<std::size_t>(Emotion::kNone)]);
  EXPECT_EQ(analyzer.labels(EmotionAnalyzer::Head::kEmotion).size(), kEmotions);
  EXPECT_TRUE(analyzer.Explain(EmotionAnalyzer::Head::kHate, "", 3).empty());
  EXPECT_EQ(analyzer.labels(EmotionAnalyzer::Head::kHate).back(), "hate");
}

TEST(Emotion, ModelsSayTheirNamesAndBadFilesAreRefused) {
  const EmotionAnalyzer analyzer;
  EXPECT_EQ(analyzer.model(EmotionAnalyzer::Head::kEmotion), "emotion-fast/1");
  EXPECT_EQ(analyzer.model(EmotionAnalyzer::Head::kIrony), "irony-fast/1");
  EXPECT_EQ(analyzer.model(EmotionAnalyzer::Head::kOffensive), "offensive-fast/1");
  EXPECT_EQ(analyzer.model(EmotionAnalyzer::Head::kHate), "hate-fast/1");
  const std::string models = HB_SOURCE_DIR "/models/";
  EXPECT_EQ(EmotionAnalyzer::FromFiles({"/nonexistent", "", "", ""}).error().code, Code::kNotFound);
  EXPECT_EQ(EmotionAnalyzer::FromFiles({models + "hate-fast", "", "", ""}).error().code,
            Code::kInvalidArgument);
  const auto same = EmotionAnalyzer::FromFiles(
      {models + "emotion-fast", models + "irony-fast", "", models + "hate-fast/model.bin"});
  ASSERT_TRUE(same.ok()) << same.error().message;
  EmotionAnalyzer::Scratch a;
  EmotionAnalyzer::Scratch b;
  EXPECT_TRUE(Same(same.value().Score("I love this", a), analyzer.Score("I love this", b)));
}

}  // namespace
}  // namespace hb
