#include "model/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/json.h"
#include "model/dataset.h"
#include "model/embedded.h"
#include "model/language_corpus.h"
#include "model/language_eval.h"
#include "model/language_scorer.h"
#include "model/linear_judge.h"
#include "model/linear_tasks.h"
#include "model/model_file.h"
#include "model/sequence_trainer.h"
#include "model/tasks.h"

namespace hb::model {
namespace {

using Time = std::chrono::steady_clock::duration;

std::string JsonList(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? "," : "") + JsonQuote(text);
  return out + "]";
}

template <typename Model>
std::string NameOf(const Model& model) {
  return fmt::format("{}/{}", model.name(), model.version());
}

EvalReport Begin(const EvalOptions& options, std::string model) {
  return {.task = options.task,
          .model = std::move(model),
          .figure_name = {},
          .measure = {},
          .files = options.files};
}

/// The report's figure, said plainly.
void SetFigure(EvalReport& report, std::string name, double value) {
  report.measure = fmt::format("{} {:.4f}", name, value);
  report.figure_name = std::move(name);
  report.figure = value;
}

void SetSpeed(EvalReport& report, std::size_t texts, Time busy) {
  report.texts_per_second =
      static_cast<double>(texts) / std::max(1e-9, std::chrono::duration<double>(busy).count());
}

/// The model of a path, or `embedded` where it is empty.
template <typename Model, typename Load>
Result<const Model*> Choose(const std::string& path, const Model& (*embedded)(), Load load,
                            std::optional<Model>& loaded) {
  if (path.empty()) return &embedded();
  HB_ASSIGN(Model file, load(path));
  return &loaded.emplace(std::move(file));
}

Result<EvalReport> EvalEntities(const EvalOptions& options) {
  std::optional<SequenceModel> loaded;
  HB_ASSIGN(const SequenceModel* model,
            Choose(options.model_path, EmbeddedEntities, LoadSequenceModel, loaded));
  EvalReport report =
      Begin(options, (options.beside ? options.beside->name + "+" : "") + NameOf(*model));
  report.entities.emplace();
  Time busy{};
  std::size_t posts = 0;
  for (const std::string& file : options.files) {
    HB_ASSIGN(const TaggedData data, ReadConll(file));
    posts += data.posts.size();
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::vector<StateScores>> beside;
    if (options.beside) HB_TRY(options.beside->judge(data.posts, data.view, beside));
    report.entities->Add(ScoreEntities(*model, data, beside));
    busy += std::chrono::steady_clock::now() - start;
  }
  report.figure_name = "entity F1";
  report.figure = report.entities->Total().F1();
  SetSpeed(report, posts, busy);
  return report;
}

Result<EvalReport> EvalLanguages(const EvalOptions& options) {
  std::optional<LanguageModel> loaded;
  HB_ASSIGN(const LanguageModel* model,
            Choose(options.model_path, EmbeddedLanguage, LoadLanguageModel, loaded));
  std::vector<LabelledText> texts;
  for (const std::string& file : options.files) HB_TRY(ReadLabelledTexts(file, texts));
  Time busy{};
  EvalReport report = Begin(options, NameOf(*model));
  report.metrics = ScoreLanguages(*model, texts, busy);
  SetFigure(report, "accuracy", report.metrics->Accuracy());
  SetSpeed(report, texts.size(), busy);
  return report;
}

/// The linear model that a task's files are scored with.
Result<const LinearModel*> ChooseLinear(const EvalOptions& options, const LinearTask& task,
                                        std::optional<LinearModel>& loaded) {
  const std::string path = options.classifier ? std::string() : options.model_path;
  HB_ASSIGN(const LinearModel* model, Choose(path, task.embedded, LoadLinearModel, loaded));
  if (model->labels() != task.defaults.labels) {
    return Error{Code::kInvalidArgument, path + ": has other labels than this task"};
  }
  if (task.others != nullptr && model->languages().empty()) {
    return Error{Code::kInvalidArgument, path + ": tells no languages apart"};
  }
  return model;
}

Result<EvalReport> EvalMany(const EvalOptions& options, const LinearTask& task) {
  std::optional<LinearModel> loaded;
  HB_ASSIGN(const LinearModel* model, ChooseLinear(options, task, loaded));
  EvalReport report =
      Begin(options, options.classifier ? options.classifier->name : NameOf(*model));
  LabelScores& scores = report.labels.emplace(task.defaults.labels);
  const std::size_t labels = task.defaults.labels.size();
  const LinearScorer scorer(*model);
  LinearScratch scratch;
  std::vector<std::int64_t> logits(labels);
  std::vector<Micro> classified;
  Time busy{};
  for (const std::string& file : options.files) {
    HB_ASSIGN(const MultiLabelSet set, ReadMultiLabel(file, task.defaults.labels));
    report.skipped += set.skipped;
    const auto start = std::chrono::steady_clock::now();
    if (options.classifier) {
      const std::vector<std::string_view> texts(set.texts.begin(), set.texts.end());
      HB_TRY(options.classifier->classify(texts, task.defaults.labels, classified));
    }
    for (std::size_t i = 0; i < set.texts.size(); ++i) {
      if (!options.classifier) {
        scorer.Score(set.texts[i], scratch);
        scorer.Logits(scratch, logits.data());
      }
      for (std::size_t c = 0; c < labels; ++c) {
        const bool found =
            options.classifier ? classified[i * labels + c] >= kMicro / 2 : logits[c] > 0;
        scores.Add(c, set.Targets(i)[c] >= kTrueFrom, found);
      }
      scores.AddText();
    }
    busy += std::chrono::steady_clock::now() - start;
  }
  SetFigure(report, "macro-F1", scores.MacroF1());
  report.measure += fmt::format(", micro-F1 {:.4f}", scores.MicroF1());
  SetSpeed(report, scores.texts(), busy);
  return report;
}

int Largest(std::span<const Micro> scores) {
  return static_cast<int>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

/// Counts one text's answer among the classes but `none`, if it has one of them.
void AddApart(std::vector<Micro> scores, int label, int none, Metrics& apart) {
  if (none < 0 || label == none) return;
  const Micro left = kMicro - scores[static_cast<std::size_t>(none)];
  scores.erase(scores.begin() + none);
  const int best = Largest(scores);
  apart.Add(label - (label > none ? 1 : 0), best,
            left == 0 ? 0.0 : FromMicro(scores[static_cast<std::size_t>(best)]) / FromMicro(left));
}

/// What a task of classes is judged by. Where a class is that of texts that have none of the
/// others, those that have one are judged without it.
void SetMeasure(const LinearTask& task, const Metrics& apart, EvalReport& report) {
  const int none = task.defaults.none;
  const Metrics& all = *report.metrics;
  if (none < 0) {
    SetFigure(report, task.measure, Value(all, task.judged_by));
  } else if (apart.count() > 0) {
    std::size_t missed = 0;
    for (int c = 0; c < static_cast<int>(all.labels().size()); ++c) {
      missed += c == none ? 0 : all.at(c, none);
    }
    SetFigure(report, task.measure + " without none", Value(apart, task.judged_by));
    report.measure += fmt::format("; none said of {:.4f} of the emotional texts",
                                  static_cast<double>(missed) / static_cast<double>(apart.count()));
    report.apart = apart;
  } else {
    SetFigure(report, "none said rightly", all.Recall(none));
  }
}

Result<EvalReport> EvalClasses(const EvalOptions& options, const LinearTask& task) {
  std::optional<LinearModel> loaded;
  HB_ASSIGN(const LinearModel* model, ChooseLinear(options, task, loaded));
  EvalReport report =
      Begin(options, options.classifier ? options.classifier->name : NameOf(*model));
  report.metrics.emplace(task.defaults.labels);
  const int none = task.defaults.none;
  std::vector<std::string> apart_labels = task.defaults.labels;
  if (none >= 0) apart_labels.erase(apart_labels.begin() + none);
  Metrics apart(apart_labels);
  LinearJudge judge(*model, task.others == nullptr ? nullptr : &task.others());
  const std::size_t classes = task.defaults.labels.size();
  std::vector<Micro> scores(classes), classified;
  std::vector<std::string_view> texts;
  Time busy{};
  for (const std::string& file : options.files) {
    HB_ASSIGN(const ForeignDataset data, ReadForeign(file, task.defaults.labels, task.aliases));
    report.skipped += data.own.skipped;
    EvalReport::Part part{.file = file, .metrics = Metrics(task.defaults.labels)};
    texts.clear();
    for (const Example& example : data.own.examples) texts.push_back(example.text);
    const auto start = std::chrono::steady_clock::now();
    if (options.classifier) {
      HB_TRY(options.classifier->classify(texts, task.defaults.labels, classified));
    }
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const int label = data.own.examples[i].label;
      if (options.classifier) {
        std::copy_n(classified.begin() + static_cast<std::ptrdiff_t>(i * classes), classes,
                    scores.begin());
      } else {
        part.others += judge.Score(texts[i], scores) ? 0 : 1;
      }
      if (options.judged) options.judged(task.defaults.labels, label, scores);
      const int said = Largest(scores);
      const double sure = FromMicro(scores[static_cast<std::size_t>(said)]);
      report.metrics->Add(label, said, sure);
      part.metrics.Add(label, said, sure);
      AddApart(scores, label, none, apart);
    }
    busy += std::chrono::steady_clock::now() - start;
    if (task.others != nullptr) report.parts.push_back(std::move(part));
  }
  if (report.metrics->count() == 0) {
    return Error{Code::kInvalidArgument, "no row has a label of the task " + options.task};
  }
  SetMeasure(task, apart, report);
  SetSpeed(report, report.metrics->count(), busy);
  return report;
}

}  // namespace

Result<EvalReport> RunEval(const EvalOptions& options) {
  if (options.files.empty()) return Error{Code::kInvalidArgument, "no labelled file given"};
  if (options.task == kEntitiesTask) return EvalEntities(options);
  if (options.task == kLanguageTask) return EvalLanguages(options);
  HB_ASSIGN(const LinearTask task, FindLinearTask(options.task));
  return task.defaults.many ? EvalMany(options, task) : EvalClasses(options, task);
}

std::string EvalReport::Text() const {
  std::string out = fmt::format("task {}, model {}\n", task, model);
  for (const std::string& file : files) out += "file " + file + "\n";
  if (skipped > 0) out += fmt::format("{} lines without a text left out\n", skipped);
  out += "\n";
  if (entities) return out + entities->Text();
  if (!measure.empty()) out += measure + "\n\n";
  if (labels) out += labels->Text();
  if (metrics) out += metrics->Text();
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
      entities ? entities->Json()
      : labels ? labels->Json()
               : metrics->Json(),
      apart ? ",\"without_none\":" + apart->Json() : "",
      parts.empty() ? "" : ",\"parts\":[" + by_file + "]");
}

}  // namespace hb::model
