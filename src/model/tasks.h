// model/tasks.h - what `heartbeat train` does.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/metrics.h"
#include "model/multi_label.h"

namespace hb::model {

inline constexpr std::string_view kEntitiesTask = "entities", kLanguageTask = "language";

/// Names that --task takes ("sentiment", "emotion", ...), for help texts.
std::vector<std::string> TaskNames();

struct TrainOptions {
  std::string task = "sentiment";
  std::vector<std::string> train_files;  ///< `label<TAB>text` with a header line; at least one.
  /// Likewise, from other sources: never held out. A file of another task's labels (mapping.txt or
  /// labels.txt beside it) is learnt from too: see LinearOptions::auxiliaries. Of the task
  /// "topics": what people have labelled, beside a teacher's opinions (TrainMany, `gold`).
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
      std::nullopt;  ///< Emotion: of the texts that have one, without none.
  /// Where labels do not exclude one another, in place of the others.
  std::optional<LabelScores> held_out_labels = std::nullopt;
  std::string measure = {};  ///< What the task is judged by, on them: "macro-F1 0.71".
  double seconds = 0;

  std::string Text() const;
  std::string Json() const;
};

/// Trains and writes a model. kInvalidArgument: unknown task, unusable file or option; kNotFound:
/// no such file; kExhausted or kUnavailable: the model cannot be written.
Result<TrainReport> RunTrain(const TrainOptions& options);

}  // namespace hb::model
