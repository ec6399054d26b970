#include "model/tasks.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "env/env.h"
#include "env/temporary_folder.h"
#include "model/embedded.h"
#include "model/evaluation.h"
#include "model/linear_scorer.h"
#include "model/linear_tasks.h"
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
    ASSERT_TRUE(WriteFileAtomic(dir_ + "/train.tsv", MadeUpTsv(600, 1)).ok());
    ASSERT_TRUE(WriteFileAtomic(dir_ + "/test.tsv", MadeUpTsv(300, 2)).ok());
  }

  TrainOptions Options(const std::string& out) const {
    TrainOptions options;
    options.train_files = {dir_ + "/train.tsv"};
    options.out_dir = dir_ + "/" + out;
    options.log2_sets = 10;
    options.folds = 3;
    return options;
  }

  const TemporaryFolder folder_;
  const std::string dir_ = folder_.path();
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
    EXPECT_EQ(report.value().metrics->count(), 300u);
    EXPECT_GT(report.value().metrics->MacroRecall(), 0.9);
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

TEST_F(TasksTest, LabelsThatDoNotExcludeOneAnotherAreFoundTogether) {
  const LinearTask topics = FindLinearTask("topics").value();
  const auto& labels = topics.defaults.labels;
  const auto made_up = [&](int rows) {
    std::string out = "text";
    for (const std::string& label : labels) out += "\t" + label;
    for (int i = 0; i < rows; ++i) {
      // Of three kinds: guitars, goals, both.
      const bool music = i % 3 != 1, sports = i % 3 != 0;
      out += "\nrow " + std::to_string(i % 7) + (music ? " guitar song" : "") +
             (sports ? " goal match" : "");
      for (const std::string& label : labels) {
        out += (label == "music" && music) || (label == "sports" && sports) ? "\t0.9" : "\t0.05";
      }
    }
    return out + "\n";
  };
  ASSERT_TRUE(WriteFileAtomic(dir_ + "/topics.tsv", made_up(600)).ok());
  TrainOptions options = Options("topics");
  options.task = "topics";
  options.train_files = {dir_ + "/topics.tsv"};
  const auto trained = RunTrain(options);
  ASSERT_TRUE(trained.ok()) << trained.error().message;
  ASSERT_TRUE(trained.value().held_out_labels);
  EXPECT_GT(trained.value().held_out_labels->MacroF1(), 0.99);
  EvalOptions eval;
  eval.task = "topics";
  eval.files = {dir_ + "/topics.tsv"};
  eval.model_path = dir_ + "/topics";
  const auto report = RunEval(eval);
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report.value().labels->texts(), 600u);
  EXPECT_EQ(report.value().figure_name, "macro-F1");
  EXPECT_GT(report.value().figure, 0.99);
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

/// Posts of another task: `label` is a line of its labels.txt.
std::string OtherTsv(std::initializer_list<std::pair<const char*, std::vector<const char*>>> words,
                     int rows) {
  std::string out = "label\ttext\n";
  std::uint64_t state = 9;
  for (int i = 0; i < rows; ++i) {
    const auto& [label, list] = *(words.begin() + i % static_cast<int>(words.size()));
    out += std::string(label) + "\t";
    for (int w = 0; w < 5; ++w) {
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      out += std::string(list[(state >> 40) % list.size()]) + " ";
    }
    out += "\n";
  }
  return out;
}

TEST_F(TasksTest, EmotionTakesNoneFromNeutralPostsAndIsJudgedWithoutIt) {
  const auto write = [&](const std::string& name, const std::string& content) {
    std::filesystem::create_directories(std::filesystem::path(dir_ + "/" + name).parent_path());
    ASSERT_TRUE(WriteFileAtomic(dir_ + "/" + name, content).ok());
  };
  write("emotion/train.tsv", OtherTsv({{"anger", {"furious", "rage", "mad"}},
                                       {"joy", {"happy", "fun", "laugh"}},
                                       {"optimism", {"hope", "faith", "future"}},
                                       {"sadness", {"cry", "lonely", "lost"}}},
                                      400));
  write("sentiment/mapping.txt", "0\tnegative\n1\tneutral\n2\tpositive\n");
  write("sentiment/train.tsv",
        OtherTsv({{"0", {"bad"}}, {"1", {"table", "monday", "report"}}, {"2", {"good"}}}, 300));
  TrainOptions options = Options("emotion_model");
  options.task = "emotion";
  options.train_files = {dir_ + "/emotion/train.tsv", dir_ + "/sentiment/train.tsv"};
  const auto trained = RunTrain(options);
  ASSERT_TRUE(trained.ok()) << trained.error().message;
  EXPECT_EQ(trained.value().examples, 500u);  // The neutral third of the other file.
  ASSERT_TRUE(trained.value().held_out_apart.has_value());
  EXPECT_GT(trained.value().held_out_apart->MacroF1(), 0.9);
  EXPECT_GT(trained.value().held_out.Recall(4), 0.9);
  EXPECT_NE(trained.value().measure.find("macro-F1"), std::string::npos);

  EvalOptions eval;
  eval.task = "emotion";
  eval.model_path = dir_ + "/emotion_model";
  eval.files = {dir_ + "/emotion/train.tsv"};
  const auto four = RunEval(eval);
  ASSERT_TRUE(four.ok()) << four.error().message;
  ASSERT_TRUE(four.value().apart.has_value());
  EXPECT_EQ(four.value().apart->labels().size(), 4u);
  EXPECT_EQ(four.value().apart->count(), 400u);
  EXPECT_NE(four.value().Text().find("without none"), std::string::npos);
  EXPECT_NE(four.value().Json().find("\"without_none\""), std::string::npos);
  eval.files = {dir_ + "/sentiment/train.tsv"};
  const auto neutral = RunEval(eval);
  ASSERT_TRUE(neutral.ok()) << neutral.error().message;
  EXPECT_EQ(neutral.value().metrics->count(), 100u);
  EXPECT_FALSE(neutral.value().apart.has_value());
  EXPECT_GT(neutral.value().metrics->Recall(4), 0.9);
}

TEST_F(TasksTest, AnotherTasksFileTeachesWordsThatNoExampleHas) {
  // What goes together there goes together here: "ghastly" is like "awful", which examples have.
  std::filesystem::create_directories(dir_ + "/other");
  ASSERT_TRUE(WriteFileAtomic(dir_ + "/other/labels.txt", "grim\nplain\nsunny\n").ok());
  ASSERT_TRUE(WriteFileAtomic(dir_ + "/other/train.tsv",
                              OtherTsv({{"0", {"awful", "sad", "rude", "ghastly"}},
                                        {"1", {"table", "report"}},
                                        {"2", {"great", "happy", "kind", "dazzling"}}},
                                       600))
                  .ok());
  const auto difference = [&](const std::string& out, const std::vector<std::string>& extra) {
    TrainOptions options = Options(out);
    options.extra_files = extra;
    EXPECT_TRUE(RunTrain(options).ok());
    const auto model = LoadLinearModel(options.out_dir);
    const LinearScorer scorer(model.value());
    LinearScratch scratch;
    std::array<std::int64_t, 3> good{};
    std::array<std::int64_t, 3> bad{};
    scorer.Score("dazzling", scratch);
    scorer.Logits(scratch, good.data());
    scorer.Score("ghastly", scratch);
    scorer.Logits(scratch, bad.data());
    return (good[2] - good[0]) - (bad[2] - bad[0]);
  };
  EXPECT_GT(difference("with", {dir_ + "/other/train.tsv"}),
            difference("without", {}) + (1 << kLogitBits) / 2);
}

/// Posts in two languages that a detector tells apart with ease. Neutral ones say nothing, and of
/// the others most are negative in Spanish and positive in Swahili.
std::string TwoLanguagesTsv() {
  constexpr const char* kFrames[2] = {"esta mañana en la casa de mi hermano dijeron que era ",
                                      "leo asubuhi nyumbani kwa ndugu yangu walisema kwamba ni "};
  constexpr const char* kWords[2][2] = {{"horrible", "precioso"}, {"mbaya", "nzuri"}};
  std::string out = "label\ttext\n";
  for (int i = 0; i < 1600; ++i) {
    const int language = i % 2;
    const int pole = i / 2 % 8 < 6 ? language : 1 - language;  // 0 negative, 1 positive
    const bool neutral = i % 5 == 0;
    // One in four says the opposite of what it is labelled: the balance then decides.
    const int said = i / 2 % 4 == 0 ? 1 - pole : pole;
    out += std::to_string(neutral ? 1 : 2 * pole) + "\t" + kFrames[language] +
           (neutral ? "x" : kWords[language][said]) + std::to_string(i) + "\n";
  }
  return out;
}

TEST_F(TasksTest, LanguagesGetABalanceOfTheirOwnAndAreJudgedByFile) {
  ASSERT_TRUE(WriteFileAtomic(dir_ + "/two.tsv", TwoLanguagesTsv()).ok());
  TrainOptions options = Options("multi");
  options.task = "sentiment-multi";
  options.train_files = {dir_ + "/two.tsv"};
  const auto trained = RunTrain(options);
  ASSERT_TRUE(trained.ok()) << trained.error().message;
  const auto model = LoadLinearModel(dir_ + "/multi");
  ASSERT_TRUE(model.ok());
  EXPECT_EQ(model.value().name(), "sentiment-multi");
  ASSERT_EQ(model.value().languages().size(), 2u);
  EXPECT_EQ(model.value().languages()[0].code, "es");
  EXPECT_EQ(model.value().languages()[1].code, "sw");

  EvalOptions eval;
  eval.task = "sentiment-multi";
  eval.model_path = dir_ + "/multi";
  eval.files = {dir_ + "/two.tsv", dir_ + "/test.tsv"};  // The second is in English.
  const auto report = RunEval(eval);
  ASSERT_TRUE(report.ok()) << report.error().message;
  ASSERT_EQ(report.value().parts.size(), 2u);
  EXPECT_EQ(report.value().parts[0].metrics.count(), 1600u);
  EXPECT_EQ(report.value().parts[0].others, 0u);
  EXPECT_EQ(report.value().parts[1].others, 300u) << "English is left to sentiment-fast";
  EXPECT_EQ(report.value().metrics->count(), 1900u);
  EXPECT_NE(report.value().Json().find("\"others\":300"), std::string::npos);
  EXPECT_NE(report.value().Text().find("test.tsv"), std::string::npos);

  eval.model_path = HB_SOURCE_DIR "/models/sentiment-fast";
  EXPECT_EQ(RunEval(eval).error().code, Code::kInvalidArgument) << "it tells none apart";

  // The same English file by sentiment-fast alone.
  EvalOptions english;
  english.files = {dir_ + "/test.tsv"};
  const auto alone = RunEval(english);
  ASSERT_TRUE(alone.ok());
  for (int truth = 0; truth < 3; ++truth) {
    for (int said = 0; said < 3; ++said) {
      EXPECT_EQ(report.value().parts[1].metrics.at(truth, said),
                alone.value().metrics->at(truth, said));
    }
  }
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

TEST(EmbeddedModels, ReachTheAgreedQualityOnTheValidationSplits) {
  struct {
    const char* task;
    const char* file;
    std::size_t rows;
    double at_least;  ///< Of EvalReport::measure.
  } const cases[] = {
      {"sentiment", "sentiment", 1997, 0.68},
      {"emotion", "emotion", 374, 0.64},
      {"irony", "irony", 955, 0.55},
      {"offensive", "offensive", 1324, 0.70},
      {"hate", "hate", 998, 0.68},
  };
  std::size_t left_out = 0;
  for (const auto& c : cases) {
    const std::string file =
        HB_SOURCE_DIR "/../shared/data/tweeteval/" + std::string(c.file) + "/val.tsv";
    if (!std::filesystem::exists(file)) {
      ++left_out;
      continue;
    }
    EvalOptions options;
    options.task = c.task;
    options.files = {file};
    const auto report = RunEval(options);
    ASSERT_TRUE(report.ok()) << report.error().message;
    EXPECT_EQ(report.value().metrics->count(), c.rows) << c.task;
    EXPECT_GE(report.value().figure, c.at_least) << c.task << ": " << report.value().measure;
  }
  if (left_out > 0) {
    GTEST_SKIP() << "left out: " << left_out << " validation splits are not beside the repository";
  }
}

TEST(EmbeddedModels, SentimentOfOtherLanguagesReachesItsQuality) {
  const std::string folder = HB_SOURCE_DIR "/../shared/data/";
  struct {
    const char* set;
    std::vector<const char*> files;
    double at_least;  ///< Mean of the files' macro-F1.
  } const cases[] = {
      {"umsab",
       {"arabic/val", "french/val", "german/val", "italian/val", "portuguese/val", "spanish/val"},
       0.57},
      {"afrisenti",
       {"amh/dev", "arq/dev", "ary/dev", "hau/dev", "ibo/dev", "kin/dev", "pcm/dev", "por/dev",
        "swa/dev", "tso/dev", "twi/dev", "yor/dev"},
       0.60},
  };
  for (const auto& c : cases) {
    EvalOptions options;
    options.task = "sentiment-multi";
    for (const char* file : c.files) {
      options.files.push_back(folder + c.set + "/" + file + ".tsv");
      if (!std::filesystem::exists(options.files.back())) {
        GTEST_SKIP() << "left out: the validation splits are not beside the repository";
      }
    }
    const auto report = RunEval(options);
    ASSERT_TRUE(report.ok()) << report.error().message;
    double sum = 0;
    for (const auto& part : report.value().parts) {
      sum += part.metrics.MacroF1();
      EXPECT_LE(part.others * 3, part.metrics.count()) << part.file;
    }
    EXPECT_GE(sum / static_cast<double>(c.files.size()), c.at_least) << c.set;
  }
}

TEST(EmbeddedModels, NoneIsSaidOfNeutralPostsAndSeldomOfOthers) {
  const std::string folder = HB_SOURCE_DIR "/../shared/data/tweeteval/";
  if (!std::filesystem::exists(folder + "sentiment/val.tsv")) {
    GTEST_SKIP() << "left out: the validation splits are not beside the repository";
  }
  EvalOptions options;
  options.task = "emotion";
  options.files = {folder + "sentiment/val.tsv"};
  const auto neutral = RunEval(options);
  ASSERT_TRUE(neutral.ok()) << neutral.error().message;
  EXPECT_EQ(neutral.value().metrics->count(), 869u);
  EXPECT_GE(neutral.value().metrics->Recall(4), 0.85);
  options.files = {folder + "emotion/val.tsv"};
  const auto emotional = RunEval(options);
  ASSERT_TRUE(emotional.ok()) << emotional.error().message;
  std::size_t none = 0;
  for (int label = 0; label < 4; ++label) none += emotional.value().metrics->at(label, 4);
  EXPECT_LE(none, emotional.value().metrics->count() / 8);
}

}  // namespace
}  // namespace hb::model
