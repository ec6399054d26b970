// `heartbeat train` and `heartbeat eval`.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <string>

#include <fmt/format.h>

#include "app/chain_classifier.h"
#include "app/commands.h"
#include "app/eval_all.h"
#include "app/sentiment_choice.h"
#include "app/transformer_folder.h"
#include "model/evaluation.h"
#include "model/tasks.h"

namespace hb {

namespace {

/// Which part of the chain is judged.
struct TierChoice {
  std::string tier, sentiment, words, config_path;
  double share = 1;
};

/// What --tier, --sentiment and a transformer's folder mean: the chain in place of one linear
/// model.
Status ChooseTier(const TierChoice& choice, model::EvalOptions& options) {
  const std::string& tier = choice.tier;
  AnalysisChain::Options chain;
  HB_ASSIGN(chain.sentiment, MakeSentiment(choice.sentiment, choice.words, choice.config_path));
  if (chain.sentiment && options.task != "sentiment") {
    return Error{Code::kInvalidArgument, "--sentiment says nothing of the task " + options.task};
  }
  const bool transformer =
      !options.model_path.empty() &&
      std::filesystem::exists(std::filesystem::path(options.model_path) / "model.onnx");
  if (tier.empty() && !transformer && choice.sentiment.empty() && !chain.sentiment) return Ok();
  HB_ASSIGN(chain.tier, AnalysisChain::ParseTier(!tier.empty() ? tier
                                                 : transformer ? "accurate"
                                                               : "fast"));
  chain.model = TransformerFolder(options.model_path);
  HB_TRY(JudgeByChain(chain, choice.share, options));
  if (transformer) options.model_path.clear();  // No linear model's.
  return Ok();
}

/// Lets each text that is judged append a line to `table`.
void WriteScoresTo(std::string& table, model::EvalOptions& options) {
  options.judged = [&table](std::span<const std::string> labels, int label,
                            std::span<const Micro> scores) {
    if (table.empty()) {
      table = "label";
      for (const std::string& name : labels) table += "\t" + name;
      table += "\n";
    }
    table += labels[static_cast<std::size_t>(label)];
    for (const Micro score : scores) table += fmt::format("\t{:.6f}", FromMicro(score));
    table += "\n";
  };
}

/// Nothing is written without a path.
Status SaveScores(const std::string& path, const std::string& table) {
  if (path.empty()) return Ok();
  if (table.empty())
    return Error{Code::kInvalidArgument, "--scores is for tasks of which one class holds"};
  std::ofstream file(path, std::ios::binary);
  file << table;
  file.close();
  if (!file) return Error{Code::kUnavailable, path + ": cannot be written"};
  return Ok();
}

int PrintAll(const std::string& folder, bool json) {
  const auto table = EvalAll(folder, [](std::string_view line) {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
  });
  if (!table.ok()) return Fail(table.error());
  std::puts((json ? table.value().Json() : table.value().Text()).c_str());
  return kExitDone;
}

}  // namespace

void AddModelCommands(CLI::App& app, CommandContext& context) {
  auto* train = app.add_subcommand(
      "train",
      "train a model from label<TAB>text files (entities: CoNLL; topics: JSON lines or a column a label)");
  auto train_options = std::make_shared<model::TrainOptions>();
  train->add_option("files", train_options->train_files, "training files (TSV with a header line)")
      ->required();
  train->add_option("--task", train_options->task, "what to learn")
      ->check(CLI::IsMember(model::TaskNames()));
  train->add_option("--out", train_options->out_dir, "folder that gets model.bin")->required();
  train->add_option("--extra", train_options->extra_files,
                    "labelled files of other sources, never held out (topics: labelled by people)");
  train->add_option("--extra-weight", train_options->extra_weight,
                    "how much one of their rows counts");
  train->add_option("--lexicon", train_options->lexicon_files, "lexicon files");
  train->add_option("--names", train_options->name_files, "entities: NUMBER<TAB>name lists");
  train->add_option("--unlabelled", train_options->unlabelled_files,
                    "entities: texts to learn word classes from, one a line");
  train->add_option("--model-version", train_options->version, "written into the model");
  train->add_option("--seed", train_options->seed, "of the shuffling");
  train->add_option("--folds", train_options->folds, "folds that fit class priors; 0 leaves them");
  train->add_option("--epochs", train_options->epochs,
                    "passes over the training files; 0: the task's default");
  train->add_option("--threads", train_options->threads, "threads");
  auto train_json = std::make_shared<bool>(false);
  train->add_flag("--json", *train_json, "the report as JSON");
  train->callback([train_options, train_json, &context] {
    train_options->progress = [](std::string_view line) {
      std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
    };
    const auto report = model::RunTrain(*train_options);
    if (!report.ok()) {
      context.exit_code = Fail(report.error());
      return;
    }
    std::puts((*train_json ? report.value().Json() : report.value().Text()).c_str());
  });

  auto* eval = app.add_subcommand("eval", "score a model on labelled files");
  auto eval_options = std::make_shared<model::EvalOptions>();
  auto eval_json = std::make_shared<bool>(false);
  auto scores = std::make_shared<std::string>();
  auto* files =
      eval->add_option("files", eval_options->files, "labelled files (TSV with a header line)");
  auto all = std::make_shared<std::string>();
  auto* every = eval->add_option("--all", *all,
                                 "all shipped models on the validation files of this folder "
                                 "(docs/evaluation.md says which)");
  eval->add_option("--task", eval_options->task, "what is labelled")
      ->check(CLI::IsMember(model::TaskNames()));
  eval->add_option("--model", eval_options->model_path,
                   "model.bin or its folder, or that of a transformer; default: the built-in one");
  auto choice = std::make_shared<TierChoice>();
  eval->add_option("--tier", choice->tier, "as the pipeline would: fast, accurate or cascade")
      ->check(CLI::IsMember({"fast", "accurate", "cascade"}));
  eval->add_option("--share", choice->share,
                   "cascade: the transformer reads at most this share of the texts")
      ->check(CLI::Range(0.0, 1.0));
  eval->add_option("--sentiment", choice->sentiment,
                   "sentiment as the pipeline would, judged by this one")
      ->check(CLI::IsMember(SentimentNames()));
  eval->add_option("--words", choice->words,
                   "your own words for vader and textblob: a file of WORD<TAB>VALENCE");
  eval->add_flag("--json", *eval_json, "the report as JSON");
  eval->add_option("--scores", *scores,
                   "a file for each text's label and the score of every class (TSV)");
  every->excludes(files);
  for (const char* one :
       {"--task", "--model", "--tier", "--share", "--sentiment", "--words", "--scores"}) {
    every->excludes(eval->get_option(one));
  }
  eval->callback([eval_options, choice, eval_json, all, scores, &context] {
    if (!all->empty()) {
      context.exit_code = PrintAll(*all, *eval_json);
      return;
    }
    choice->config_path = context.config_path;
    if (const Status chosen = ChooseTier(*choice, *eval_options); !chosen.ok()) {
      context.exit_code = Fail(chosen.error());
      return;
    }
    std::string table;
    if (!scores->empty()) WriteScoresTo(table, *eval_options);
    const auto report = model::RunEval(*eval_options);
    if (!report.ok()) {
      context.exit_code = Fail(report.error());
      return;
    }
    if (const Status saved = SaveScores(*scores, table); !saved.ok()) {
      context.exit_code = Fail(saved.error());
      return;
    }
    std::puts((*eval_json ? report.value().Json() : report.value().Text()).c_str());
  });
}

}  // namespace hb
