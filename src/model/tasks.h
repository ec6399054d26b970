// model/tasks.h - what `heartbeat train` and `heartbeat eval` do.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "model/metrics.h"
#include "model/sequence_data.h"

namespace hb::model {

/// Names that --task takes ("sentiment", "emotion", ...), for help texts.
std::vector<std::string> TaskNames();

struct TrainOptions {
  std::string task = "sentiment";
  std::vector<std::string> train_files;  ///< `label<TAB>text` with a header line; at least one.
  /// Likewise, from other sources: never held out. A file of another task's labels (mapping.txt or
  /// labels.txt beside it) is learnt from too: see LinearOptions::auxiliaries.
  std::vector<std::string> extra_files;
  double extra_weight = 0.9;               ///< How much one of their rows counts, above 0, below 1.
  std::vector<std::string> lexicon_files;  ///< See ParseLexicon; emoji descriptions after words.
  std::vector<std::string> name_files;     ///< Entities: name lists (AddNameLists).
  std::vector<std::string> unlabelled_files;  ///< Entities: texts, one a line (LearnWords).
  std::string out_dir;                        ///< Gets model.bin and train.json; made if missing.
  std::string version = "1";
  std::uint64_t seed = 1;
  int folds = 5;      ///< To fit class priors and temperature; 0 leaves them.
  int epochs = 0;     ///< 0: the task's default.
  int log2_sets = 0;  ///< Table of 4 * 2^n features; 0: the task's default.
  int threads = 1;
  std::function<void(std::string_view line)> progress;  ///< May be empty.
};

struct TrainReport {
  std::string model_path;
  std::size_t examples = 0;
  std::size_t features = 0;    ///< Seen often enough to be trained.
  std::size_t stored = 0;      ///< That the file holds.
  std::size_t bytes = 0;       ///< Of the file.
  Metrics held_out{{"none"}};  ///< By cross-validation; empty when folds is 0.
  std::optional<Metrics> held_out_apart =
      std::nullopt;          ///< Emotion: of the texts that have one, without none.
  std::string measure = {};  ///< What the task is judged by, on them: "macro-F1 0.71".
  double seconds = 0;

  std::string Text() const;
  std::string Json() const;
};

/// Trains and writes a model. kInvalidArgument: unknown task, unusable file or option; kNotFound:
/// no such file; kExhausted or kUnavailable: the model cannot be written.
Result<TrainReport> RunTrain(const TrainOptions& options);

/// A classifier that is no linear model.
struct Classifier {
  std::string name;  ///< For the report: "minilm-heads/1".
  /// Replaces `out` by the probability of each of `labels`, in their order, text by text.
  std::function<Status(std::span<const std::string_view> texts, std::span<const std::string> labels,
                       std::vector<Micro>& out)>
      classify;
};

struct EvalOptions {
  std::string task = "sentiment";
  std::vector<std::string> files;  ///< `label<TAB>text` with a header line; at least one.
  std::string model_path;  ///< A model.bin or the folder that holds it; "": the embedded one.
  /// If set, scored in place of a model; not for entities and language.
  std::optional<Classifier> classifier = std::nullopt;
};

struct EvalReport {
  std::string task;
  std::string model;    ///< Name and version: "sentiment-fast/1".
  std::string measure;  ///< What the task is judged by: "macro-F1 0.65"; empty for entities.
  std::vector<std::string> files;
  std::size_t skipped = 0;  ///< Lines without a text.
  Metrics metrics;
  /// Emotion: of the texts that have one, the largest score but none's against the label.
  std::optional<Metrics> apart;
  /// One file's texts, where a model tells languages apart.
  struct Part {
    std::string file;
    Metrics metrics;
    std::size_t others = 0;  ///< Texts in a language that the model was not trained on.
  };
  std::vector<Part> parts = {};
  std::optional<EntityScores> entities;  ///< Of the task "entities", instead of `metrics`.
  double texts_per_second = 0;           ///< Wall clock, from a cold start: small files look slow.

  std::string Text() const;
  std::string Json() const;
};

/// Scores labelled files with a model. Errors as RunTrain; kCorrupt: a broken model file.
Result<EvalReport> RunEval(const EvalOptions& options);

}  // namespace hb::model
