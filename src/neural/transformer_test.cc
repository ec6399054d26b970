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

/// Texts with what onnxruntime made of each alone (tests/neural/make_models.py).
struct Expected {
  std::vector<std::string> texts;
  std::vector<std::vector<float>> logits, pooled;
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
    std::string text, logits, pooled;
    std::getline(fields, text, '\t');
    std::getline(fields, logits, '\t');
    std::getline(fields, pooled, '\t');
    expected.texts.push_back(text);
    expected.logits.push_back(Numbers(logits));
    expected.pooled.push_back(Numbers(pooled));
  }
  EXPECT_EQ(expected.texts.size(), 6U);
  return expected;
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
      {"ids without embeddings", "plain", kConfig, "65 ids", Code::kInvalidArgument, 65},
  };
  for (const auto& each : cases) {
    const ModelFolder folder(each.network, each.config);
    const auto model = folder.Load({}, each.ids);
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
