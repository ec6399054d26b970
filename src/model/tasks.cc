#include "model/tasks.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/json.h"
#include "env/env.h"
#include "model/dataset.h"
#include "model/language_corpus.h"
#include "model/language_trainer.h"
#include "model/linear_judge.h"
#include "model/linear_tasks.h"
#include "model/linear_trainer.h"
#include "model/many_trainer.h"
#include "model/multi_label.h"
#include "model/sequence_data.h"
#include "model/sequence_trainer.h"
#include "model/sequence_words.h"

namespace hb::model {
namespace {

double Seconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

/// Adds the rows of `files` that have one of the task's labels to `out`. A file of another task's
/// labels becomes an auxiliary with the rest of its rows, if `auxiliaries` asks for them.
Status AddExamples(const LinearTask& task, const std::vector<std::string>& files, float weight,
                   std::vector<Auxiliary>* auxiliaries, std::vector<Example>& out) {
  for (const std::string& file : files) {
    HB_ASSIGN(ForeignDataset data, ReadForeign(file, task.defaults.labels, task.aliases));
    for (Example& example : data.own.examples) {
      example.weight = weight;
      out.push_back(std::move(example));
    }
    if (auxiliaries != nullptr && !data.others.empty()) {
      auxiliaries->push_back({file, std::move(data.other_labels), std::move(data.others)});
    }
  }
  return Ok();
}

Status AddLexicons(const std::vector<std::string>& files, std::vector<Lexicon>& out) {
  for (const std::string& file : files) {
    HB_ASSIGN(const std::string content, ReadFile(file));
    auto lexicon = ParseLexicon(content, out.empty() ? Lexicon{} : out.front());
    if (!lexicon.ok()) return Error{lexicon.error().code, file + ": " + lexicon.error().message};
    out.push_back(std::move(lexicon).value());
  }
  return Ok();
}

Status CheckPaths(const TrainOptions& options) {
  if (options.train_files.empty()) return Error{Code::kInvalidArgument, "no training file given"};
  if (options.out_dir.empty()) return Error{Code::kInvalidArgument, "no output folder given"};
  return Ok();
}

/// Writes what was learnt from `examples` since `start` into the output folder.
template <typename Trained>
Result<TrainReport> WriteTrained(const TrainOptions& options, const Trained& trained,
                                 std::size_t examples,
                                 std::chrono::steady_clock::time_point start) {
  std::error_code error;
  std::filesystem::create_directories(options.out_dir, error);
  if (error) return Error{Code::kUnavailable, options.out_dir + ": " + error.message()};
  TrainReport report{.model_path = (std::filesystem::path(options.out_dir) / "model.bin").string(),
                     .examples = examples,
                     .features = trained.features,
                     .stored = trained.stored,
                     .bytes = trained.model.bytes().size(),
                     .seconds = Seconds(std::chrono::steady_clock::now() - start)};
  HB_TRY(WriteFileAtomic(report.model_path, trained.model.bytes()));
  return report;
}

Status WriteReport(const TrainOptions& options, const TrainReport& report) {
  return WriteFileAtomic((std::filesystem::path(options.out_dir) / "train.json").string(),
                         report.Json() + "\n");
}

Result<TrainReport> TrainEntities(const TrainOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  HB_TRY(CheckPaths(options));
  SequenceOptions sequence;
  sequence.version = options.version;
  sequence.seed = options.seed;
  sequence.progress = options.progress;
  if (options.epochs != 0) sequence.epochs = options.epochs;
  if (options.log2_sets != 0) sequence.log2_sets = options.log2_sets;
  std::vector<TaggedData> data;
  std::size_t posts = 0;
  for (const std::string& file : options.train_files) {
    HB_ASSIGN(TaggedData set, ReadConll(file));
    posts += set.posts.size();
    data.push_back(std::move(set));
  }
  std::string texts;
  for (const std::string& file : options.unlabelled_files) {
    HB_ASSIGN(const std::string content, ReadFile(file));
    texts += content + "\n";
  }
  WordOptions word_options;
  word_options.progress = options.progress;
  std::vector<WordEntry> words;
  if (!texts.empty()) words = LearnWords(texts, word_options);
  for (const std::string& file : options.name_files) {
    HB_ASSIGN(const std::string content, ReadFile(file));
    HB_TRY(AddNameLists(content, words));
  }
  HB_ASSIGN(const TrainedSequence trained, TrainSequence(sequence, data, words));
  return WriteTrained(options, trained, posts, start);
}

Result<TrainReport> TrainLanguages(const TrainOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  HB_TRY(CheckPaths(options));
  LanguageOptions language;
  language.version = options.version;
  language.seed = options.seed;
  language.progress = options.progress;
  if (options.epochs != 0) language.passes = options.epochs;
  LanguageCorpus corpus;
  for (const std::string& file : options.train_files) HB_TRY(corpus.AddFile(file));
  corpus.DropRare();
  HB_ASSIGN(const TrainedLanguage trained, TrainLanguage(language, corpus));
  return WriteTrained(options, trained, corpus.texts(), start);
}

/// What the command line says of a linear model's training.
void SetOptions(const TrainOptions& options, LinearOptions& linear) {
  linear.version = options.version;
  linear.seed = options.seed;
  linear.folds = options.folds;
  linear.threads = std::max(1, options.threads);
  linear.progress = options.progress;
  if (options.epochs != 0) linear.epochs = options.epochs;
  if (options.log2_sets != 0) linear.log2_sets = options.log2_sets;
}

/// A model whose labels do not exclude one another.
Result<TrainReport> TrainLabels(const TrainOptions& options, const LinearTask& task) {
  const auto start = std::chrono::steady_clock::now();
  MultiLabelSet all{.labels = task.defaults.labels, .texts = {}, .targets = {}};
  MultiLabelSet gold = all;
  for (const auto& [files, to] :
       {std::pair{&options.train_files, &all}, {&options.extra_files, &gold}}) {
    for (const std::string& file : *files) {
      HB_ASSIGN(const MultiLabelSet set, ReadMultiLabel(file, task.defaults.labels));
      to->texts.insert(to->texts.end(), set.texts.begin(), set.texts.end());
      to->targets.insert(to->targets.end(), set.targets.begin(), set.targets.end());
    }
  }
  HB_ASSIGN(const TrainedMany trained, TrainMany(task.defaults, all, gold));
  HB_ASSIGN(TrainReport report, WriteTrained(options, trained, all.texts.size(), start));
  if (trained.held_out.texts() > 0) {
    report.measure = fmt::format("macro-F1 {:.4f}", trained.held_out.MacroF1());
    report.held_out_labels = trained.held_out;
  }
  HB_TRY(WriteReport(options, report));
  return report;
}

}  // namespace

std::vector<std::string> TaskNames() {
  std::vector<std::string> names = LinearTaskNames();
  names.emplace_back(kEntitiesTask);
  names.emplace_back(kLanguageTask);
  return names;
}

Result<TrainReport> RunTrain(const TrainOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  if (options.task == kEntitiesTask) return TrainEntities(options);
  if (options.task == kLanguageTask) return TrainLanguages(options);
  HB_ASSIGN(LinearTask task, FindLinearTask(options.task));
  HB_TRY(CheckPaths(options));
  SetOptions(options, task.defaults);
  if (task.defaults.many) return TrainLabels(options, task);
  if (!(options.extra_weight > 0 && options.extra_weight < 1)) {
    return Error{Code::kInvalidArgument, "extra_weight must be above 0 and below 1"};
  }
  LinearOptions& linear = task.defaults;
  std::vector<Example> examples;
  std::vector<Auxiliary>& auxiliaries = linear.auxiliaries;
  HB_TRY(AddExamples(task, options.train_files, 1.0f, nullptr, examples));
  HB_TRY(AddExamples(task, options.extra_files, static_cast<float>(options.extra_weight),
                     &auxiliaries, examples));
  const auto empty =
      static_cast<std::size_t>(task.empty_share * static_cast<double>(examples.size()));
  const std::size_t given = examples.size();
  for (std::size_t i = 0; i < empty; ++i) {
    examples.push_back({task.empty_texts[i % task.empty_texts.size()], task.empty_label,
                        static_cast<float>(options.extra_weight)});
  }
  if (task.others != nullptr) FindLanguages(examples);
  HB_TRY(AddLexicons(options.lexicon_files, linear.lexicons));
  HB_ASSIGN(const TrainedLinear trained, TrainLinear(linear, examples));

  HB_ASSIGN(TrainReport report, WriteTrained(options, trained, given, start));
  report.held_out = trained.held_out;
  if (linear.none >= 0) report.held_out_apart = trained.held_out_apart;
  report.measure =
      fmt::format("{} {:.4f}", task.measure, Value(trained.held_out_apart, task.judged_by));
  HB_TRY(WriteReport(options, report));
  return report;
}

std::string TrainReport::Text() const {
  std::string out =
      fmt::format("wrote {} ({} bytes): {} examples, {} features trained, {} stored, {:.1f} s\n",
                  model_path, bytes, examples, features, stored, seconds);
  if (held_out.count() > 0) {
    out += "\nby cross-validation: " + measure + "\n" + held_out.Text();
    if (held_out_apart) out += "\nwithout none:\n" + held_out_apart->Text();
  }
  if (held_out_labels) {
    out +=
        "\nby cross-validation, against the targets: " + measure + "\n" + held_out_labels->Text();
  }
  return out;
}

std::string TrainReport::Json() const {
  return fmt::format(
      R"({{"model_path":{},"bytes":{},"examples":{},"features":{},"stored":{},"seconds":{:.3f},)"
      R"("held_out":{}}})",
      JsonQuote(model_path), bytes, examples, features, stored, seconds,
      held_out_labels        ? held_out_labels->Json()
      : held_out.count() > 0 ? held_out.Json()
                             : "null");
}

}  // namespace hb::model
