#include "model/tasks.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "env/env.h"
#include "model/embedded.h"
#include "model/linear_scorer.h"
#include "model/linear_trainer.h"
#include "model/model_file.h"

namespace hb::model {
namespace {

/// Posts of a language of five words a class, so that a model can learn it.
std::string MadeUpTsv(int rows, std::uint64_t seed) {
  constexpr const char* kWords[3][5] = {{"awful", "sad", "broken", "hate", "rude"},
                                        {"table", "monday", "report", "train", "paper"},
                                        {"great", "happy", "lovely", "adore", "kind"}};
  std::string out = "label\ttext\n";
  std::uint64_t state = seed;
  for (int i = 0; i < rows; ++i) {
    const int label = i % 3;
    out += std::to_string(label) + "\t";
    for (int w = 0; w < 6; ++w) {
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      const bool own = (state >> 40) % 4 != 0;
      const auto row = own ? static_cast<std::uint64_t>(label) : (state >> 34) % 3;
      out += std::string(kWords[row][(state >> 50) % 5]) + " ";
    }
    out += "\n";
  }
  return out;
}

class TasksTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = ::testing::TempDir() + "hb_tasks_" +
           ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(dir_);
    ASSERT_TRUE(WriteFileAtomic(dir_ + "/train.tsv", MadeUpTsv(600, 1)).ok());
    ASSERT_TRUE(WriteFileAtomic(dir_ + "/test.tsv", MadeUpTsv(300, 2)).ok());
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  TrainOptions Options(const std::string& out) const {
    TrainOptions options;
    options.train_files = {dir_ + "/train.tsv"};
    options.out_dir = dir_ + "/" + out;
    options.log2_sets = 10;
    options.folds = 3;
    return options;
  }

  std::string dir_;
};

TEST_F(TasksTest, TrainedModelIsBetterThanGuessingAndEvaluates) {
  const auto trained = RunTrain(Options("m"));
  ASSERT_TRUE(trained.ok()) << trained.error().message;
  EXPECT_EQ(trained.value().examples, 600u);
  EXPECT_GT(trained.value().held_out.MacroRecall(), 0.9);
  EXPECT_TRUE(std::filesystem::exists(dir_ + "/m/train.json"));
  for (const std::string& path : {dir_ + "/m", dir_ + "/m/model.bin"}) {
    EvalOptions eval;
    eval.files = {dir_ + "/test.tsv"};
    eval.model_path = path;
    const auto report = RunEval(eval);
    ASSERT_TRUE(report.ok()) << report.error().message;
    EXPECT_EQ(report.value().metrics.count(), 300u);
    EXPECT_GT(report.value().metrics.MacroRecall(), 0.9);
    EXPECT_EQ(report.value().model, "sentiment-fast/1");
    EXPECT_NE(report.value().Json().find("\"macro_recall\""), std::string::npos);
    EXPECT_NE(report.value().Text().find("macro-recall"), std::string::npos);
  }
}

TEST_F(TasksTest, SameSeedSameBytesWhateverTheThreads) {
  TrainOptions one = Options("one");
  TrainOptions two = Options("two");
  two.threads = 2;
  TrainOptions other = Options("other");
  other.seed = 2;
  ASSERT_TRUE(RunTrain(one).ok());
  ASSERT_TRUE(RunTrain(two).ok());
  ASSERT_TRUE(RunTrain(other).ok());
  const std::string a = ReadFile(dir_ + "/one/model.bin").value();
  EXPECT_EQ(a, ReadFile(dir_ + "/two/model.bin").value());
  EXPECT_NE(a, ReadFile(dir_ + "/other/model.bin").value());
}

TEST_F(TasksTest, LexiconTeachesWordsThatNoExampleHas) {
  // A training word's valence tells what valence means; "splendid" is in the lexicon only.
  ASSERT_TRUE(WriteFileAtomic(dir_ + "/lexicon.txt",
                              "great\t3\nhappy\t3\nlovely\t3\nawful\t-3\nsad\t-3\nrude\t-3\n"
                              "splendid\t3\ndreadful\t-3\n")
                  .ok());
  TrainOptions options = Options("lex");
  options.lexicon_files = {dir_ + "/lexicon.txt"};
  ASSERT_TRUE(RunTrain(options).ok());
  const auto model = LoadLinearModel(dir_ + "/lex");
  ASSERT_TRUE(model.ok());
  const LinearScorer scorer(model.value());
  LinearScratch scratch;
  std::array<std::int64_t, 3> good{};
  std::array<std::int64_t, 3> bad{};
  scorer.Score("splendid", scratch);
  scorer.Logits(scratch, good.data());
  scorer.Score("dreadful", scratch);
  scorer.Logits(scratch, bad.data());
  EXPECT_GT(good[2] - good[0], bad[2] - bad[0] + (1 << kLogitBits) / 4);
}

TEST_F(TasksTest, WrongOptionsAreRefused) {
  TrainOptions options = Options("x");
  options.task = "weather";
  EXPECT_EQ(RunTrain(options).error().code, Code::kInvalidArgument);
  options = Options("x");
  options.train_files = {dir_ + "/none.tsv"};
  EXPECT_EQ(RunTrain(options).error().code, Code::kNotFound);
  options = Options("x");
  options.folds = 1;
  EXPECT_EQ(RunTrain(options).error().code, Code::kInvalidArgument);
  EvalOptions eval;
  EXPECT_EQ(RunEval(eval).error().code, Code::kInvalidArgument);
  eval.files = {dir_ + "/test.tsv"};
  ASSERT_TRUE(
      WriteFileAtomic(dir_ + "/broken.bin", "HBLINEAR but not really a model, only its first bytes")
          .ok());
  eval.model_path = dir_ + "/broken.bin";
  EXPECT_EQ(RunEval(eval).error().code, Code::kCorrupt);
}

TEST(EmbeddedModel, ReachesTheAgreedQualityOnTheValidationSplit) {
  const std::string file = HB_SOURCE_DIR "/../shared/data/tweeteval/sentiment/val.tsv";
  if (!std::filesystem::exists(file)) {
    GTEST_SKIP() << "left out: the 1,997 validation posts are not beside the repository";
  }
  EvalOptions options;
  options.files = {file};
  const auto report = RunEval(options);
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report.value().metrics.count(), 1997u);
  EXPECT_GE(report.value().metrics.MacroRecall(), 0.68);
}

}  // namespace
}  // namespace hb::model
