#include "model/tasks.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

#include "base/json.h"
#include "env/env.h"
#include "model/dataset.h"
#include "model/embedded.h"
#include "model/language_corpus.h"
#include "model/language_eval.h"
#include "model/language_scorer.h"
#include "model/language_trainer.h"
#include "model/linear_scorer.h"
#include "model/linear_tasks.h"
#include "model/linear_trainer.h"
#include "model/model_file.h"
#include "model/sequence_data.h"
#include "model/sequence_trainer.h"
#include "model/sequence_words.h"

namespace hb::model {
namespace {

double Seconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

std::string JsonList(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? "," : "") + JsonQuote(text);
  return out + "]";
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

constexpr std::string_view kEntities = "entities";
constexpr std::string_view kLanguage = "language";

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

Result<EvalReport> EvalEntities(const EvalOptions& options) {
  if (options.files.empty()) return Error{Code::kInvalidArgument, "no labelled file given"};
  std::optional<SequenceModel> loaded;
  if (!options.model_path.empty()) {
    HB_ASSIGN(SequenceModel file, LoadSequenceModel(options.model_path));
    loaded.emplace(std::move(file));
  }
  const SequenceModel& model = loaded ? *loaded : EmbeddedEntities();
  EvalReport report{.task = options.task,
                    .model = fmt::format("{}/{}", model.name(), model.version()),
                    .measure = {},
                    .files = options.files,
                    .metrics = Metrics({std::string(kEntities)}),
                    .apart = std::nullopt,
                    .entities = EntityScores()};
  std::chrono::steady_clock::duration busy{};
  std::size_t posts = 0;
  for (const std::string& file : options.files) {
    HB_ASSIGN(const TaggedData data, ReadConll(file));
    posts += data.posts.size();
    const auto start = std::chrono::steady_clock::now();
    report.entities->Add(ScoreEntities(model, data));
    busy += std::chrono::steady_clock::now() - start;
  }
  report.texts_per_second = static_cast<double>(posts) / std::max(1e-9, Seconds(busy));
  return report;
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

Result<EvalReport> EvalLanguages(const EvalOptions& options) {
  if (options.files.empty()) return Error{Code::kInvalidArgument, "no labelled file given"};
  std::optional<LanguageModel> loaded;
  if (!options.model_path.empty()) {
    HB_ASSIGN(LanguageModel file, LoadLanguageModel(options.model_path));
    loaded.emplace(std::move(file));
  }
  const LanguageModel& model = loaded ? *loaded : EmbeddedLanguage();
  std::vector<LabelledText> texts;
  for (const std::string& file : options.files) HB_TRY(ReadLabelledTexts(file, texts));
  std::chrono::steady_clock::duration busy{};
  Metrics metrics = ScoreLanguages(model, texts, busy);
  EvalReport report{.task = options.task,
                    .model = fmt::format("{}/{}", model.name(), model.version()),
                    .measure = fmt::format("accuracy {:.4f}", metrics.Accuracy()),
                    .files = options.files,
                    .metrics = std::move(metrics),
                    .apart = std::nullopt,
                    .entities = std::nullopt};
  report.texts_per_second = static_cast<double>(texts.size()) / std::max(1e-9, Seconds(busy));
  return report;
}

/// The language that the pipeline would find, "" if it cannot tell.
std::string_view LanguageOf(std::string_view text, LanguageScratch& scratch) {
  const LanguageVerdict verdict = LanguageScorer(EmbeddedLanguage()).Score(text, "", scratch);
  return verdict.sure() ? verdict.code : std::string_view();
}

/// Says which language each text is in, but for English, which has a model of its own.
void FindLanguages(std::vector<Example>& examples) {
  LanguageScratch scratch;
  for (Example& example : examples) {
    const std::string_view language = LanguageOf(example.text, scratch);
    if (language != "en") example.language = language;
  }
}

/// Scores texts with a model or, where it tells languages apart, with the one that judges theirs.
class Judge {
 public:
  Judge(const LinearTask& task, const LinearModel& model)
      : scorer_(model), logits_(task.defaults.labels.size()) {
    if (task.others != nullptr) others_.emplace(task.others());
  }

  /// True if it was the model itself.
  bool Score(std::string_view text, std::vector<Micro>& scores) {
    const bool by_language = others_.has_value();
    const std::size_t number =
        by_language ? scorer_.model().NumberOf(LanguageOf(text, language_scratch_)) : 0;
    const bool own = !by_language || number != 0;
    const LinearScorer& scorer = own ? scorer_ : *others_;
    LinearScratch& scratch = own ? scratch_ : others_scratch_;
    scorer.Score(text, scratch, number);
    scorer.Logits(scratch, logits_.data());
    SoftmaxMicro(logits_, scores);
    return own;
  }

 private:
  LinearScorer scorer_;
  std::optional<LinearScorer> others_;
  LinearScratch scratch_, others_scratch_;
  LanguageScratch language_scratch_;
  std::vector<std::int64_t> logits_;
};

int Largest(const std::vector<Micro>& scores) {
  return static_cast<int>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

}  // namespace

std::vector<std::string> TaskNames() {
  std::vector<std::string> names = LinearTaskNames();
  names.emplace_back(kEntities);
  names.emplace_back(kLanguage);
  return names;
}

Result<TrainReport> RunTrain(const TrainOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  if (options.task == kEntities) return TrainEntities(options);
  if (options.task == kLanguage) return TrainLanguages(options);
  HB_ASSIGN(LinearTask task, FindLinearTask(options.task));
  HB_TRY(CheckPaths(options));
  if (!(options.extra_weight > 0 && options.extra_weight < 1)) {
    return Error{Code::kInvalidArgument, "extra_weight must be above 0 and below 1"};
  }
  LinearOptions& linear = task.defaults;
  linear.version = options.version;
  linear.seed = options.seed;
  linear.folds = options.folds;
  linear.threads = std::max(1, options.threads);
  linear.progress = options.progress;
  if (options.epochs != 0) linear.epochs = options.epochs;
  if (options.log2_sets != 0) linear.log2_sets = options.log2_sets;

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
  HB_TRY(WriteFileAtomic((std::filesystem::path(options.out_dir) / "train.json").string(),
                         report.Json() + "\n"));
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
  return out;
}

std::string TrainReport::Json() const {
  return fmt::format(
      R"({{"model_path":{},"bytes":{},"examples":{},"features":{},"stored":{},"seconds":{:.3f},)"
      R"("held_out":{}}})",
      JsonQuote(model_path), bytes, examples, features, stored, seconds,
      held_out.count() > 0 ? held_out.Json() : "null");
}

Result<EvalReport> RunEval(const EvalOptions& options) {
  if (options.task == kEntities) return EvalEntities(options);
  if (options.task == kLanguage) return EvalLanguages(options);
  HB_ASSIGN(const LinearTask task, FindLinearTask(options.task));
  if (options.files.empty()) return Error{Code::kInvalidArgument, "no labelled file given"};
  std::optional<LinearModel> loaded;
  if (!options.model_path.empty() && !options.classifier) {
    HB_ASSIGN(LinearModel file, LoadLinearModel(options.model_path));
    loaded.emplace(std::move(file));
    if (loaded->labels() != task.defaults.labels) {
      return Error{Code::kInvalidArgument,
                   options.model_path + ": has other labels than this task"};
    }
  }
  const LinearModel& model = loaded ? *loaded : task.embedded();
  if (task.others != nullptr && model.languages().empty()) {
    return Error{Code::kInvalidArgument, options.model_path + ": tells no languages apart"};
  }
  EvalReport report{.task = options.task,
                    .model = options.classifier
                                 ? options.classifier->name
                                 : fmt::format("{}/{}", model.name(), model.version()),
                    .measure = {},
                    .files = options.files,
                    .metrics = Metrics(task.defaults.labels),
                    .apart = std::nullopt,
                    .entities = std::nullopt};
  const int none = task.defaults.none;
  std::vector<std::string> apart_labels = task.defaults.labels;
  if (none >= 0) apart_labels.erase(apart_labels.begin() + none);
  Metrics apart(apart_labels);
  Judge judge(task, model);
  const std::size_t classes = task.defaults.labels.size();
  std::vector<Micro> scores(classes), classified;
  std::vector<std::string_view> texts;
  std::chrono::steady_clock::duration busy{};
  for (const std::string& file : options.files) {
    HB_ASSIGN(const ForeignDataset data, ReadForeign(file, task.defaults.labels, task.aliases));
    report.skipped += data.own.skipped;
    EvalReport::Part part{.file = file, .metrics = Metrics(task.defaults.labels)};
    texts.clear();
    for (const Example& example : data.own.examples) texts.push_back(example.text);
    const auto start = std::chrono::steady_clock::now();
    if (options.classifier)
      HB_TRY(options.classifier->classify(texts, task.defaults.labels, classified));
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const Example& example = data.own.examples[i];
      if (options.classifier) {
        std::copy_n(classified.begin() + static_cast<std::ptrdiff_t>(i * classes), classes,
                    scores.begin());
      } else {
        part.others += judge.Score(example.text, scores) ? 0 : 1;
      }
      const int label = Largest(scores);
      const double sure = FromMicro(scores[static_cast<std::size_t>(label)]);
      report.metrics.Add(example.label, label, sure);
      part.metrics.Add(example.label, label, sure);
      if (none < 0 || example.label == none) continue;
      std::vector<Micro> rest = scores;
      const Micro left = kMicro - rest[static_cast<std::size_t>(none)];
      rest.erase(rest.begin() + none);
      const int best = Largest(rest);
      apart.Add(
          example.label - (example.label > none ? 1 : 0), best,
          left == 0 ? 0.0 : FromMicro(rest[static_cast<std::size_t>(best)]) / FromMicro(left));
    }
    busy += std::chrono::steady_clock::now() - start;
    if (task.others != nullptr) report.parts.push_back(std::move(part));
  }
  if (report.metrics.count() == 0) {
    return Error{Code::kInvalidArgument, "no row has a label of the task " + options.task};
  }
  if (none < 0) {
    report.measure = fmt::format("{} {:.4f}", task.measure, Value(report.metrics, task.judged_by));
  } else if (apart.count() > 0) {
    std::size_t missed = 0;
    for (int c = 0; c < static_cast<int>(scores.size()); ++c) {
      missed += c == none ? 0 : report.metrics.at(c, none);
    }
    report.measure = fmt::format("none said of {:.4f} of the emotional texts; {} without it {:.4f}",
                                 static_cast<double>(missed) / static_cast<double>(apart.count()),
                                 task.measure, Value(apart, task.judged_by));
  } else {
    report.measure = fmt::format("none said rightly {:.4f}", report.metrics.Recall(none));
  }
  if (apart.count() > 0) report.apart = std::move(apart);
  report.texts_per_second =
      static_cast<double>(report.metrics.count()) / std::max(1e-9, Seconds(busy));
  return report;
}

std::string EvalReport::Text() const {
  std::string out = fmt::format("task {}, model {}\n", task, model);
  for (const std::string& file : files) out += "file " + file + "\n";
  if (skipped > 0) out += fmt::format("{} lines without a text left out\n", skipped);
  if (entities) return out + "\n" + entities->Text();
  out += "\n";
  if (!measure.empty()) out += measure + "\n\n";
  out += metrics.Text();
  if (apart) out += "\nwithout none among the answers:\n" + apart->Text();
  if (!parts.empty()) out += "\nmacro-F1  accuracy  texts  of them not by this model\n";
  for (const Part& part : parts) {
    out += fmt::format("{:8.4f}  {:8.4f}  {:5}  {:5}  {}\n", part.metrics.MacroF1(),
                       part.metrics.Accuracy(), part.metrics.count(), part.others, part.file);
  }
  return out;
}

std::string EvalReport::Json() const {
  std::string by_file;
  for (const Part& part : parts) {
    by_file +=
        fmt::format(R"({}{{"file":{},"others":{},"metrics":{}}})", by_file.empty() ? "" : ",",
                    JsonQuote(part.file), part.others, part.metrics.Json());
  }
  return fmt::format(
      R"({{"task":{},"model":{},"files":{},"skipped":{},"texts_per_second":{:.0f},"metrics":{}{}{}}})",
      JsonQuote(task), JsonQuote(model), JsonList(files), skipped, texts_per_second,
      entities ? entities->Json() : metrics.Json(),
      apart ? ",\"without_none\":" + apart->Json() : "",
      parts.empty() ? "" : ",\"parts\":[" + by_file + "]");
}

}  // namespace hb::model
