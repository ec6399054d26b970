#include "neural/transformer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <random>
#include <sstream>
#include <thread>

namespace hb::neural {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// Reads a text of numbers as those ids; another word has an id by its first byte and its length.
class NumberTokenizer final : public Tokenizer {
 public:
  explicit NumberTokenizer(std::int32_t size = 64) : size_(size) {}
  void Encode(std::string_view text, std::size_t max_tokens,
              std::vector<std::int32_t>& out) const override {
    out.clear();
    std::istringstream words{std::string(text)};
    for (std::string word; out.size() < max_tokens && words >> word;) {
      const int id = std::atoi(word.c_str());
      const auto other = static_cast<unsigned char>(word[0]) + word.size();
      out.push_back(id > 0 && id < 64 ? id : static_cast<std::int32_t>(3 + other % 61));
    }
  }
  [[nodiscard]] std::int32_t pad() const override { return 0; }
  [[nodiscard]] std::int32_t size() const override { return size_; }

 private:
  std::int32_t size_;
};

constexpr const char* kConfig = R"({"name": "tiny/1", "vocab_size": 64, "max_tokens": 64, "heads": [
  {"name": "sentiment", "kind": "one", "labels": ["negative", "neutral", "positive"], "begin": 0,
   "temperature": 2.0, "shift": [0.5, -0.25, -0.25]},
  {"name": "feelings", "kind": "many", "labels": ["joy", "fear"], "begin": 3}]})";

std::string NetworkPath(const std::string& name) {
  return std::string(HB_SOURCE_DIR) + "/tests/neural/models/" + name;
}

/// A model folder of one of tests/neural/models, gone after the test.
class ModelFolder {
 public:
  explicit ModelFolder(const std::string& network, const std::string& config = kConfig)
      : path_(fs::temp_directory_path() /
              ("hb_model_" + std::to_string(::getpid()) + "_" + std::to_string(++count_))) {
    fs::create_directories(path_);
    if (!network.empty()) fs::copy_file(NetworkPath(network + ".onnx"), path_ / "model.onnx");
    if (!config.empty()) std::ofstream(path_ / "config.json") << config;
  }
  ~ModelFolder() { fs::remove_all(path_); }
  ModelFolder(const ModelFolder&) = delete;
  ModelFolder& operator=(const ModelFolder&) = delete;

  [[nodiscard]] std::string path() const { return path_.string(); }
  [[nodiscard]] Result<std::unique_ptr<Transformer>> Load(const Transformer::Options& options = {},
                                                          std::int32_t ids = 64) const {
    return Transformer::Load(path(), std::make_unique<NumberTokenizer>(ids), options);
  }

 private:
  static inline int count_ = 0;
  fs::path path_;
};

/// The network "parts": what a text is about, and tags of tokens.
constexpr const char* kParts = R"({"name": "parts/2", "vocab_size": 64, "max_tokens": 64, "heads": [
  {"name": "sentiment", "kind": "one", "labels": ["negative", "neutral", "positive"], "begin": 0},
  {"name": "stance", "kind": "one", "labels": ["for", "against"], "begin": 3, "text": "target: text"}],
  "meaning": {"output": "meaning", "width": 8},
  "tagger": {"output": "tokens", "labels": ["O", "B-person", "I-person"], "temperature": 2.0}})";

/// As NumberTokenizer, between the marks 1 and 2; a word 17 has a second piece, 18, and 19 none.
class MarkedTokenizer final : public Tokenizer {
 public:
  void Encode(std::string_view text, std::size_t max_tokens,
              std::vector<std::int32_t>& out) const override {
    out = {1};
    std::vector<std::int32_t> ids;
    plain_.Encode(text, 1000, ids);
    for (const std::int32_t id : ids) {
      if (id != 19) out.push_back(id);
      if (id == 17) out.push_back(18);
    }
    if (out.size() > max_tokens - 1) out.resize(max_tokens - 1);
    out.push_back(2);
  }
  [[nodiscard]] std::int32_t pad() const override { return 0; }
  [[nodiscard]] std::int32_t size() const override { return 64; }

 private:
  NumberTokenizer plain_;
};

/// Texts with what onnxruntime made of each alone (tests/neural/make_models.py).
struct Expected {
  std::vector<std::string> texts;
  std::vector<std::vector<float>> logits, pooled, meaning, tokens;
};

std::vector<float> Numbers(const std::string& text) {
  std::istringstream in(text);
  std::vector<float> numbers;
  for (float value; in >> value;) numbers.push_back(value);
  return numbers;
}

Expected ReadExpected(const std::string& name) {
  Expected expected;
  std::ifstream file(NetworkPath(name + ".tsv"));
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string text, logits, pooled, meaning, tokens;
    for (std::string* field : {&text, &logits, &pooled, &meaning, &tokens})
      std::getline(fields, *field, '\t');
    expected.meaning.push_back(Numbers(meaning));
    expected.tokens.push_back(Numbers(tokens));
    expected.texts.push_back(text);
    expected.logits.push_back(Numbers(logits));
    expected.pooled.push_back(Numbers(pooled));
  }
  EXPECT_EQ(expected.texts.size(), 6U);
  return expected;
}

/// kParts with something in the place of something else.
std::string Replaced(const std::string& what, const std::string& with) {
  std::string config = kParts;
  config.replace(config.find(what), what.size(), with);
  return config;
}

TransformerScores Score(const Transformer& model, std::span<const std::string_view> texts) {
  TransformerScores scores;
  auto scratch = model.MakeScratch();
  EXPECT_TRUE(scratch.ok());
  const auto done = model.Score(texts, *scratch.value(), scores);
  EXPECT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(scores.rows, texts.size());
  return scores;
}

// 200 texts of six lengths in random order: each must find its own row.
TEST(Transformer, ManyTextsGetWhatOnnxruntimeGivesEachAlone) {
  const ModelFolder folder("plain");
  const auto model = folder.Load({.arithmetic = Arithmetic::kFp32, .pooled = true});
  ASSERT_TRUE(model.ok()) << model.error().message;
  const Expected expected = ReadExpected("plain");
  std::mt19937 random(1);
  std::vector<std::size_t> which(200);
  std::vector<std::string_view> texts;
  for (auto& one : which) texts.emplace_back(expected.texts[one = random() % 6]);
  const auto scores = Score(*model.value(), texts);
  ASSERT_EQ(scores.outputs, 5U);
  ASSERT_EQ(scores.width, 8U);
  for (std::size_t row = 0; row < which.size(); ++row) {
    for (std::size_t i = 0; i < 5; ++i) {
      EXPECT_NEAR(scores.logits[row * 5 + i], expected.logits[which[row]][i], 1e-4);
    }
    for (std::size_t i = 0; i < 8; ++i) {
      EXPECT_NEAR(scores.Pooled(row)[i], expected.pooled[which[row]][i], 1e-4);
    }
  }
  EXPECT_GE(scores.computed, scores.tokens);
  EXPECT_LT(scores.computed, scores.tokens * 2);
}

TEST(Transformer, ProbabilitiesAreOfEachHead) {
  const ModelFolder folder("plain");
  const auto model = folder.Load({.arithmetic = Arithmetic::kFp32});
  ASSERT_TRUE(model.ok()) << model.error().message;
  EXPECT_EQ(model.value()->name(), "tiny/1");
  EXPECT_EQ(model.value()->head("topics"), nullptr);
  const Head* sentiment = model.value()->head("sentiment");
  const Head* feelings = model.value()->head("feelings");
  ASSERT_NE(sentiment, nullptr);
  ASSERT_NE(feelings, nullptr);
  const std::vector<std::string_view> texts = {"1 17 5 60 2", "9"};
  const auto scores = Score(*model.value(), texts);
  EXPECT_TRUE(scores.pooled.empty());
  for (std::size_t row = 0; row < texts.size(); ++row) {
    const auto logits = scores.Logits(row, *sentiment);
    const auto found = scores.Probabilities(row, *sentiment);
    ASSERT_EQ(found.size(), 3U);
    std::vector<float> wanted(3);
    sentiment->Probabilities(logits, wanted);
    float sum = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(found[i], wanted[i]);
      sum += found[i];
    }
    EXPECT_NEAR(sum, 1.0F, 1e-6F);
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_NEAR(scores.Probabilities(row, *feelings)[i],
                  1 / (1 + std::exp(-scores.Logits(row, *feelings)[i])), 1e-6F);
    }
  }
}

TEST(Transformer, MeaningsAndTagsAreThoseOfOnnxruntime) {
  const ModelFolder folder("parts", kParts);
  const auto model = Transformer::Load(
      folder.path(), std::make_unique<MarkedTokenizer>(),
      {.arithmetic = Arithmetic::kFp32, .max_tokens = 64, .meaning = true, .words = true});
  ASSERT_TRUE(model.ok()) << model.error().message;
  ASSERT_TRUE(model.value()->has_meaning());
  ASSERT_NE(model.value()->tagger(), nullptr);
  const Expected expected = ReadExpected("parts");
  // The third of its texts: 1 17 5 60 2. The tokenizer puts the marks, and 18 behind 17, so here
  // the ids are 1 5 60 2 in one text, and others beside it.
  const std::vector<std::string_view> texts = {"5 60", "17 5", "5 19 60", ""};
  const std::vector<std::vector<std::string_view>> words = {
      {"5", "60"}, {"17", "5"}, {"5", "19", "60"}, {}};
  auto scratch = model.value()->MakeScratch();
  TransformerScores scores;
  ASSERT_TRUE(model.value()->Score(texts, {.words = words}, *scratch.value(), scores).ok());
  ASSERT_EQ(scores.tags, 3u);
  ASSERT_EQ(scores.word_begins, (std::vector<std::size_t>{0, 2, 4, 7, 7}));
  EXPECT_EQ(scores.tokens, 4 + 5 + 4 + 2u) << "no text needs a second row";
  for (std::size_t row = 0; row < texts.size(); ++row) {
    double squares = 0;
    for (const float x : scores.Meaning(row)) squares += double{x} * double{x};
    EXPECT_NEAR(squares, 1.0, 1e-5);
    for (std::size_t word = 0; word < words[row].size(); ++word) {
      double sum = 0;
      for (const float x : scores.Word(row, word)) sum += std::exp(double{x});
      const bool read = words[row][word] != "19";
      EXPECT_NEAR(sum, read ? 1.0 : 3.0, 1e-5) << "a word without a piece says nothing";
    }
  }
  // "5 60" and "5 19 60" are the same to the network.
  for (std::size_t tag = 0; tag < 3; ++tag)
    EXPECT_NEAR(scores.Word(0, 1)[tag], scores.Word(2, 2)[tag], 1e-5F);
  // Against onnxruntime: a text whose ids are the expected file's second, 1 2.
  const auto cosine = [&](std::span<const float> a, const std::vector<float>& b) {
    double product = 0, length = 0;
    for (std::size_t i = 0; i < b.size(); ++i) {
      product += double{a[i]} * double{b[i]};
      length += double{b[i]} * double{b[i]};
    }
    return product / std::sqrt(length);
  };
  EXPECT_EQ(expected.texts[1], "1 2");
  EXPECT_NEAR(cosine(scores.Meaning(3), expected.meaning[1]), 1.0, 1e-5);
  EXPECT_NEAR(scores.logits[3 * 5], expected.logits[1][0], 1e-4);
}

TEST(Transformer, AWordsTagsAreThoseOfItsFirstPiece) {
  const ModelFolder folder("parts", kParts);
  const auto model = Transformer::Load(folder.path(), std::make_unique<MarkedTokenizer>(),
                                       {.arithmetic = Arithmetic::kFp32, .words = true});
  ASSERT_TRUE(model.ok()) << model.error().message;
  const Expected expected = ReadExpected("parts");
  ASSERT_EQ(expected.texts[5].substr(0, 8), "1 40 41 ");
  std::string text;
  std::vector<std::string_view> words;
  for (int i = 0; i < 20; ++i) text += "40 41 ";
  for (std::size_t i = 0; i < 40; ++i) words.push_back(std::string_view(text).substr(i * 3, 2));
  auto scratch = model.value()->MakeScratch();
  TransformerScores scores;
  const std::vector<std::string_view> texts = {text, "9 9 9"};
  const std::vector<std::vector<std::string_view>> all = {words, {"9", "8"}};
  ASSERT_TRUE(model.value()->Score(texts, {.words = all}, *scratch.value(), scores).ok());
  EXPECT_EQ(scores.tokens, 42 + 5 + 4u) << "words that are not the text's cost a row of their own";
  for (std::size_t word = 0; word < 40; ++word) {
    const float* logits = expected.tokens[5].data() + (word + 1) * 3;
    double sum = 0;
    for (std::size_t tag = 0; tag < 3; ++tag) sum += std::exp(double{logits[tag]} / 2);
    for (std::size_t tag = 0; tag < 3; ++tag) {
      EXPECT_NEAR(double{scores.Word(0, word)[tag]}, double{logits[tag]} / 2 - std::log(sum), 1e-4);
    }
  }
}

TEST(Transformer, ATargetStandsBeforeTheText) {
  const ModelFolder folder("parts", kParts);
  const auto model = folder.Load({.arithmetic = Arithmetic::kFp32});
  ASSERT_TRUE(model.ok()) << model.error().message;
  EXPECT_EQ(model.value()->tagger(), nullptr) << "nobody asked for it";
  EXPECT_FALSE(model.value()->has_meaning());
  ASSERT_NE(model.value()->head("stance"), nullptr);
  EXPECT_TRUE(model.value()->head("stance")->targeted);
  EXPECT_FALSE(model.value()->head("sentiment")->targeted);
  auto scratch = model.value()->MakeScratch();
  TransformerScores with, whole;
  const std::vector<std::string_view> texts = {"5 60", "7"}, joined = {"40 41: 5 60", "40 41: 7"};
  ASSERT_TRUE(model.value()->Score(texts, {.target = "40 41"}, *scratch.value(), with).ok());
  ASSERT_TRUE(model.value()->Score(joined, *scratch.value(), whole).ok());
  EXPECT_EQ(with.logits, whole.logits);
  EXPECT_TRUE(with.words.empty());
}

TEST(Transformer, EveryTextHasAnAnswer) {
  const ModelFolder folder("plain");
  const auto model = folder.Load();
  ASSERT_TRUE(model.ok()) << model.error().message;
  std::string long_text;
  while (long_text.size() < (1U << 20)) long_text += "17 5 ";
  const std::string one_word(1U << 20, 'x'), no_utf8 = "\xFF\xFE 5 \x80";
  const std::vector<std::string_view> texts = {"", long_text, " ", one_word, no_utf8};
  const auto scores = Score(*model.value(), texts);
  for (const float value : scores.probabilities) {
    EXPECT_TRUE(std::isfinite(value));
    EXPECT_GE(value, 0);
    EXPECT_LE(value, 1);
  }
  EXPECT_EQ(scores.tokens, 1 + 64 + 1 + 1 + 3U);
  EXPECT_EQ(Score(*model.value(), {}).probabilities.size(), 0U);
}

TEST(Transformer, ReadsNoMoreTokensThanAsked) {
  const ModelFolder folder("plain");
  const auto model = folder.Load({.max_tokens = 5});
  ASSERT_TRUE(model.ok()) << model.error().message;
  EXPECT_EQ(model.value()->max_tokens(), 5U);
  const std::vector<std::string_view> texts = {"4 5 6 7 8 9 10 11", "4 5 6 7 8 20"};
  const auto scores = Score(*model.value(), texts);
  EXPECT_EQ(scores.tokens, 10U);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(scores.logits[i], scores.logits[5 + i], 1e-5F);
}

TEST(Transformer, TakesTheFastArithmeticOnlyIfItIsNear) {
  for (const std::string name : {"plain", "int8"}) {
    const ModelFolder folder(name);
    const auto chosen = folder.Load(), plain = folder.Load({.arithmetic = Arithmetic::kFp32});
    ASSERT_TRUE(chosen.ok()) << chosen.error().message;
    ASSERT_TRUE(plain.ok());
    EXPECT_EQ(plain.value()->arithmetic(), Arithmetic::kFp32);
    if (chosen.value()->arithmetic() == Arithmetic::kFp32) continue;
    EXPECT_GT(chosen.value()->difference(), 0) << name;
    EXPECT_LE(chosen.value()->difference(), Transformer::kTolerance) << name;
    EXPECT_EQ(chosen.value()->arithmetic(), name == "int8" ? Arithmetic::kInt8 : Arithmetic::kBf16);
  }
}

TEST(Transformer, ThreadsWithTheirOwnScratchDoNotMix) {
  const ModelFolder folder("plain");
  const auto model = folder.Load({.concurrent = 2, .arithmetic = Arithmetic::kFp32});
  ASSERT_TRUE(model.ok()) << model.error().message;
  const Expected expected = ReadExpected("plain");
  std::vector<float> worst(3, 1.0F);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < worst.size(); ++t) {
    threads.emplace_back([&, t] {
      auto scratch = model.value()->MakeScratch();
      TransformerScores scores;
      std::vector<std::string_view> texts(expected.texts.begin(), expected.texts.end());
      std::rotate(texts.begin(), texts.begin() + static_cast<std::ptrdiff_t>(t), texts.end());
      float most = 0;
      for (int round = 0; round < 20; ++round) {
        if (!model.value()->Score(texts, *scratch.value(), scores).ok()) return;
        for (std::size_t i = 0; i < scores.logits.size(); ++i) {
          const auto& wanted = expected.logits[(i / 5 + t) % 6];
          most = std::max(most, std::abs(scores.logits[i] - wanted[i % 5]));
        }
      }
      worst[t] = most;
    });
  }
  for (auto& thread : threads) thread.join();
  for (const float difference : worst) EXPECT_LT(difference, 1e-4F);
}

TEST(Transformer, IsNamedByItsFolderIfByNothingElse) {
  const ModelFolder folder("plain",
                           R"({"id2label": {"0": "a", "1": "b", "2": "c", "3": "d", "4": "e"}})");
  const auto model = Transformer::Load(folder.path() + "/", std::make_unique<NumberTokenizer>(),
                                       {.max_tokens = 16});
  ASSERT_TRUE(model.ok()) << model.error().message;
  EXPECT_EQ(model.value()->name(), fs::path(folder.path()).filename().string());
  EXPECT_EQ(model.value()->heads()[0].name, "labels");
}

TEST(Transformer, AFolderThatDoesNotFitIsAnError) {
  const std::string four = R"({"id2label": {"0": "a", "1": "b", "2": "c", "3": "d"}})";
  const struct {
    const char *name, *network;
    std::string config, words;
    Code code;
    std::int32_t ids = 64;
  } cases[] = {
      {"no config.json", "plain", "", "config.json", Code::kNotFound},
      {"a config.json that is none", "plain", "{", "config.json", Code::kCorrupt},
      {"no model.onnx", "", kConfig, "model.onnx", Code::kNotFound},
      {"labels too few", "plain", four, "labels for 4", Code::kInvalidArgument},
      {"logits of tokens", "rank3", kConfig, "whole texts", Code::kInvalidArgument},
      {"no logits", "other_name", kConfig, "logits", Code::kInvalidArgument},
      {"an output too narrow", "parts", Replaced("\"width\": 8", "\"width\": 9"), "another form",
       Code::kInvalidArgument},
      {"labels of tags too few", "parts", Replaced(", \"I-person\"", ""), "another form",
       Code::kInvalidArgument},
      {"an output that is not there", "parts", Replaced("\"tokens\"", "\"tags\""), "'tags'",
       Code::kInvalidArgument},
      {"tags without marks", "parts", kParts, "two marks", Code::kInvalidArgument},
      {"ids without embeddings", "plain", kConfig, "65 ids", Code::kInvalidArgument, 65},
  };
  for (const auto& each : cases) {
    const ModelFolder folder(each.network, each.config);
    const auto model = folder.Load({.meaning = true, .words = true}, each.ids);
    ASSERT_FALSE(model.ok()) << each.name;
    EXPECT_EQ(model.error().code, each.code) << each.name << ": " << model.error().message;
    EXPECT_THAT(model.error().message, HasSubstr(each.words)) << each.name;
    EXPECT_THAT(model.error().message, HasSubstr(folder.path())) << each.name;
  }
  const auto nowhere = Transformer::Load("/nowhere/model", {});
  ASSERT_FALSE(nowhere.ok());
  EXPECT_EQ(nowhere.error().code, Code::kNotFound);
}

}  // namespace
}  // namespace hb::neural
