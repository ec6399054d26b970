#include "model/linear_model.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>

#include "base/hash.h"
#include "model/embedded.h"
#include "model/linear_scorer.h"

namespace hb::model {
namespace {

/// A model that knows "good" and nothing else.
LinearParts SmallParts() {
  LinearParts parts;
  parts.name = "small";
  parts.version = "7";
  parts.labels = {"negative", "neutral", "positive"};
  parts.log2_sets = 4;
  for (auto& family : parts.scales) family.fill(1 << 12);
  parts.length.fill(1 << 16);
  parts.bias = {-1 << kLogitBits, 0, 0};
  parts.tags.assign(16 * kWays, 0);
  parts.weights.assign(16 * kWays * 3, 0);
  const std::uint64_t hash = HashMix(HashWord("good") ^ kSaltWord);
  const std::size_t first = (hash >> 60) * kWays;
  parts.tags[first] = static_cast<std::uint8_t>((hash & 0xFF) == 0 ? 1 : hash & 0xFF);
  parts.weights[first * 3] = -64;
  parts.weights[first * 3 + 2] = 64;
  return parts;
}

std::string Rechecked(std::string bytes) {
  const std::uint64_t sum = Hash64(std::string_view(bytes).substr(24));
  for (std::size_t i = 0; i < 8; ++i) bytes[16 + i] = static_cast<char>(sum >> (8 * i));
  return bytes;
}

TEST(LinearModel, ReadsBackWhatWasWritten) {
  const LinearParts parts = SmallParts();
  const auto model = LinearModel::FromBytes(EncodeLinearModel(parts));
  ASSERT_TRUE(model.ok()) << model.error().message;
  EXPECT_EQ(model.value().name(), "small");
  EXPECT_EQ(model.value().version(), "7");
  EXPECT_EQ(model.value().labels(), parts.labels);
  EXPECT_EQ(model.value().spec(), parts.spec);
  EXPECT_EQ(model.value().bias(0), -1 << kLogitBits);
  EXPECT_EQ(model.value().scale(Family::kChar, 2), 1 << 12);
  EXPECT_EQ(model.value().length_factor(1000), 1u << 16);
}

// The worked example of docs/formats/linear_model.md.
TEST(LinearModel, HeaderHasTheDocumentedLayout) {
  const std::string bytes = EncodeLinearModel(SmallParts());
  EXPECT_EQ(bytes.substr(0, 8), "HBLINEAR");
  EXPECT_EQ(bytes.substr(8, 4), std::string("\1\0\0\0", 4));
  EXPECT_EQ(bytes.substr(12, 4), std::string("\1\0\0\0", 4));
  EXPECT_EQ(bytes.substr(24, 8), std::string("\3\0\0\0\4\0\0\0", 8));
  EXPECT_EQ(bytes.substr(32, 4), std::string("\2\5\3\17", 4));
  EXPECT_EQ(bytes.substr(48, 4), std::string("\0\0\xFC\xFF", 4));  // bias of class 0
  EXPECT_EQ(bytes.substr(352, 7), std::string("\5\0small", 7));    // 48 + 12 + 36 + 256
  EXPECT_EQ(bytes.size(), 400u + 256u);
}

TEST(LinearModel, ScoresAreTheSumsOfItsWeights) {
  const auto model = LinearModel::FromBytes(EncodeLinearModel(SmallParts()));
  ASSERT_TRUE(model.ok());
  const LinearScorer scorer(model.value());
  LinearScratch scratch;
  std::array<std::int64_t, 3> logits{};
  for (int round = 0; round < 2; ++round) {  // The second time from memory.
    scorer.Score("good good", scratch);
    scorer.Logits(scratch, logits.data());
    EXPECT_EQ(logits[0], (-1 << kLogitBits) - 2 * 64 * 4096);
    EXPECT_EQ(logits[1], 0);
    EXPECT_EQ(logits[2], 2 * 64 * 4096);
  }
}

/// Two languages: in "pt" all is likelier to be negative, in "sw" positive.
LinearParts PartsOfLanguages() {
  LinearParts parts = SmallParts();
  parts.languages = {{"pt", {1 << kLogitBits, 0, 0}}, {"sw", {0, 0, 2 << kLogitBits}}};
  return parts;
}

TEST(LinearModel, KeepsItsLanguagesApart) {
  const auto model = LinearModel::FromBytes(EncodeLinearModel(PartsOfLanguages()));
  ASSERT_TRUE(model.ok()) << model.error().message;
  ASSERT_EQ(model.value().languages().size(), 2u);
  EXPECT_EQ(model.value().languages()[1].code, "sw");
  EXPECT_EQ(model.value().NumberOf("pt"), 1u);
  EXPECT_EQ(model.value().NumberOf("sw"), 2u);
  for (const std::string_view other : {"", "en", "p", "ptt", "zz", "und"}) {
    EXPECT_EQ(model.value().NumberOf(other), 0u) << other;
  }
  EXPECT_EQ(model.value().bias(0), -1 << kLogitBits);
  EXPECT_EQ(model.value().bias(0, 1), 0);
  EXPECT_EQ(model.value().bias(2, 2), 2 << kLogitBits);
  EXPECT_EQ(EmbeddedSentiment().NumberOf("en"), 0u);
}

// The second worked example of docs/formats/linear_model.md.
TEST(LinearModel, OnlyAModelWithLanguagesIsOfVersionTwo) {
  const std::string plain = EncodeLinearModel(SmallParts());
  const std::string bytes = EncodeLinearModel(PartsOfLanguages());
  EXPECT_EQ(plain.substr(8, 4), std::string("\1\0\0\0", 4));
  EXPECT_EQ(bytes.substr(8, 4), std::string("\2\0\0\0", 4));
  EXPECT_EQ(bytes.substr(36, 4), std::string("\2\0\0\0", 4));
  EXPECT_EQ(bytes.substr(391, 8), std::string("\2\0pt\0\0\4\0", 8));  // after the labels
  EXPECT_EQ(bytes.size(), 432u + 256u);
}

TEST(LinearModel, BrokenLanguagesUnderAGoodChecksumAreRefused) {
  const auto refused = [](const LinearParts& parts) {
    const auto model = LinearModel::FromBytes(EncodeLinearModel(parts));
    return !model.ok() && model.error().code == Code::kCorrupt;
  };
  LinearParts parts = PartsOfLanguages();
  std::swap(parts.languages[0], parts.languages[1]);
  EXPECT_TRUE(refused(parts)) << "not in their order";
  parts.languages[1] = parts.languages[0];
  EXPECT_TRUE(refused(parts)) << "the same twice";
  parts = PartsOfLanguages();
  parts.languages[0].code = "p";
  EXPECT_TRUE(refused(parts)) << "too short";
  parts.languages[0].code = "portuguese";
  EXPECT_TRUE(refused(parts)) << "too long";
  parts = PartsOfLanguages();
  parts.languages[1].shift[1] = 65 << kLogitBits;
  EXPECT_TRUE(refused(parts)) << "out of range";
  std::string bytes = EncodeLinearModel(PartsOfLanguages());
  bytes[36] = 0;
  EXPECT_FALSE(LinearModel::View(Rechecked(bytes)).ok()) << "version 2 without languages";
  bytes[36] = 3;
  EXPECT_FALSE(LinearModel::View(Rechecked(bytes)).ok()) << "one more than there are";
  bytes = EncodeLinearModel(SmallParts());
  bytes[8] = 2;
  EXPECT_FALSE(LinearModel::View(Rechecked(bytes)).ok());
}

TEST(LinearModel, EveryCutAndEveryFlippedByteIsRefused) {
  const std::string bytes = EncodeLinearModel(PartsOfLanguages());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(LinearModel::View(std::string_view(bytes).substr(0, size)).ok()) << size;
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string broken = bytes;
    broken[at] = static_cast<char>(broken[at] ^ 0x10);
    const auto model = LinearModel::View(broken);
    ASSERT_FALSE(model.ok()) << at;
    EXPECT_EQ(model.error().code, Code::kCorrupt);
  }
}

TEST(LinearModel, HostileValuesUnderAGoodChecksumAreRefused) {
  const std::string bytes = EncodeLinearModel(SmallParts());
  struct Case {
    const char* name;
    std::size_t at;
    char value;
  };
  constexpr Case kCases[] = {
      {"one class", 24, 1},        {"too many classes", 24, 100}, {"table too small", 28, 3},
      {"table too large", 28, 21}, {"char_min 0", 32, 0},         {"char_max 7", 33, 7},
      {"phrases", 34, 8},          {"context", 35, 16},           {"reserved", 36, 1},
      {"bias", 51, 0x40},          {"scale", 62, 0x7F},           {"length factor", 99, 0x7F},
      {"name length", 353, 0x7F},
  };
  for (const Case& c : kCases) {
    std::string broken = bytes;
    broken[c.at] = c.value;
    EXPECT_FALSE(LinearModel::View(Rechecked(broken)).ok()) << c.name;
  }
  EXPECT_TRUE(LinearModel::View(Rechecked(bytes)).ok());
}

TEST(Softmax, SumsToAMillionAndAgreesWithFloatingPoint) {
  std::uint64_t state = 3;
  for (int round = 0; round < 20000; ++round) {
    std::array<std::int64_t, 3> logits{};
    for (std::int64_t& logit : logits) {
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      logit = static_cast<std::int64_t>(state >> 42) - (1 << 21);  // about -8 .. 8
    }
    std::array<Micro, 3> scores{};
    SoftmaxMicro(logits, scores);
    double total = 0;
    for (const std::int64_t logit : logits)
      total += std::exp(std::ldexp(static_cast<double>(logit), -kLogitBits));
    Micro sum = 0;
    for (std::size_t c = 0; c < 3; ++c) {
      const double exact =
          std::exp(std::ldexp(static_cast<double>(logits[c]), -kLogitBits)) / total;
      EXPECT_NEAR(FromMicro(scores[c]), exact, 4e-6);
      EXPECT_GE(scores[c], 0);
      sum += scores[c];
    }
    ASSERT_EQ(sum, kMicro);
  }
}

TEST(Softmax, ExtremesStayInRange) {
  std::array<Micro, 3> scores{};
  SoftmaxMicro(std::array<std::int64_t, 3>{INT64_C(1) << 50, 0, -(INT64_C(1) << 50)}, scores);
  EXPECT_EQ(scores, (std::array<Micro, 3>{kMicro, 0, 0}));
  SoftmaxMicro(std::array<std::int64_t, 3>{0, 0, 0}, scores);
  EXPECT_EQ(scores, (std::array<Micro, 3>{333333, 333333, 333334}));
}

TEST(EmbeddedSentiment, IsTheThreeClassModel) {
  const LinearModel& model = EmbeddedSentiment();
  EXPECT_EQ(model.name(), "sentiment-fast");
  EXPECT_EQ(model.labels(), (std::vector<std::string>{"negative", "neutral", "positive"}));
  EXPECT_LE(model.bytes().size(), 4'400'000u);
}

TEST(LinearScorer, RememberedWordsChangeNothing) {
  const LinearScorer scorer(EmbeddedSentiment());
  LinearScratch used;
  const std::string_view texts[] = {
      "I love this", "I HATE this", "not good at all", "#GoodDay to all", "sooo good",
      "good",        "GOOD",        "not good",        "this is fine :)"};
  for (int round = 0; round < 3; ++round) {
    for (const std::string_view text : texts) {
      LinearScratch fresh;
      std::array<std::int64_t, 3> a{};
      std::array<std::int64_t, 3> b{};
      scorer.Score(text, used);
      scorer.Logits(used, a.data());
      scorer.Score(text, fresh);
      scorer.Logits(fresh, b.data());
      EXPECT_EQ(a, b) << text;
    }
  }
}

TEST(LinearScorer, ExplanationSumsToTheLogits) {
  const LinearModel& model = EmbeddedSentiment();
  const LinearScorer scorer(model);
  LinearScratch scratch;
  std::vector<LinearScorer::Contribution> words;
  for (const std::string_view text :
       {"I don't like Mondays, but Fridays are GREAT!!", "@a #GoodMorning to everyone :)", ""}) {
    scorer.Explain(text, scratch, words);
    std::array<std::int64_t, 3> logits{};
    scorer.Logits(scratch, logits.data());
    for (std::size_t c = 0; c < 3; ++c) {
      std::int64_t sum = model.bias(static_cast<int>(c));
      for (const auto& word : words) sum += word.logits[c];
      EXPECT_NEAR(static_cast<double>(sum), static_cast<double>(logits[c]),
                  4.0 * static_cast<double>(words.size()) + 4)
          << text;
    }
  }
}

TEST(LinearScorer, ALanguageShiftsTheTextAndEachOfItsClauses) {
  const auto model = LinearModel::FromBytes(EncodeLinearModel(PartsOfLanguages()));
  ASSERT_TRUE(model.ok());
  const LinearScorer scorer(model.value());
  LinearScratch scratch;
  const auto logits_of = [&](std::size_t language) {
    scorer.Score("good food; good room", scratch, language);
    std::array<std::int64_t, 3> whole{};
    scorer.Logits(scratch, whole.data());
    return whole;
  };
  const auto plain = logits_of(0);
  const auto swahili = logits_of(2);
  EXPECT_EQ(swahili[0], plain[0]);
  EXPECT_EQ(swahili[2], plain[2] + (2 << kLogitBits));
  LinearScorer::Stretch clause;
  std::array<std::int64_t, 3> part{};
  scorer.AddClause(scratch, 0, clause);
  scorer.Logits(clause, part.data());
  EXPECT_EQ(part[2], 64 * 4096 + (2 << kLogitBits));
  EXPECT_EQ(logits_of(0), plain) << "nothing is left of the language before";
}

TEST(LinearScorer, ClausesSumToTheText) {
  const LinearScorer scorer(EmbeddedSentiment());
  LinearScratch scratch;
  scorer.Score("good food, bad service; nice room!", scratch);
  ASSERT_EQ(scorer.Clauses(scratch), 3u);
  LinearScorer::Stretch all;
  for (std::size_t i = 0; i < 3; ++i) scorer.AddClause(scratch, i, all);
  std::array<std::int64_t, 3> by_clause{};
  std::array<std::int64_t, 3> whole{};
  scorer.Logits(all, by_clause.data());
  scorer.Logits(scratch, whole.data());
  EXPECT_EQ(by_clause, whole);
  EXPECT_EQ(all.words, 6u);
}

}  // namespace
}  // namespace hb::model
