// model/evaluation.h - what `heartbeat eval` does: models against labelled files.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "model/metrics.h"
#include "model/multi_label.h"
#include "model/sequence_data.h"

namespace hb::model {

/// A classifier that is no linear model.
struct Classifier {
  std::string name;  ///< For the report: "minilm-heads/1".
  /// Replaces `out` by the probability of each of `labels`, in their order, text by text.
  std::function<Status(std::span<const std::string_view> texts, std::span<const std::string> labels,
                       std::vector<Micro>& out)>
      classify;
};

/// Another tagger of names, whose word counts beside the model's.
struct EntityEvidence {
  std::string name;  ///< For the report: "minilm-heads/2".
  /// Replaces `out` by what it says of each post's tokens (SequenceModel::Tag).
  std::function<Status(std::span<const TaggedPost> posts, EntityView view,
                       std::vector<std::vector<StateScores>>& out)>
      judge;
};

struct EvalOptions {
  std::string task = "sentiment";
  /// `label<TAB>text` with a header line (entities: CoNLL; topics: see multi_label.h); at least
  /// one.
  std::vector<std::string> files;
  std::string model_path;  ///< A model.bin or the folder that holds it; "": the embedded one.
  /// If set, scored in place of a model; not for entities and language.
  std::optional<Classifier> classifier = std::nullopt;
  std::optional<EntityEvidence> beside = std::nullopt;  ///< For entities.
  /// If set, told of each text: the classes, which of them is its label, and their scores. Only for
  /// tasks of which one class holds.
  std::function<void(std::span<const std::string> labels, int label, std::span<const Micro> scores)>
      judged{};
};

struct EvalReport {
  std::string task;
  std::string model;        ///< Name and version: "sentiment-fast/1".
  std::string figure_name;  ///< What the task is judged by: "macro-F1".
  double figure = 0;        ///< And how much of it there is.
  std::string measure;      ///< Both for people, with what belongs to them; empty for entities.
  std::vector<std::string> files;
  std::size_t skipped = 0;  ///< Lines without a text.
  std::optional<Metrics> metrics = {};
  /// Emotion: of the texts that have one, the largest score but none's against the label.
  std::optional<Metrics> apart = {};
  /// One file's texts, where a model tells languages apart.
  struct Part {
    std::string file;
    Metrics metrics;
    std::size_t others = 0;  ///< Texts in a language that the model was not trained on.
  };
  std::vector<Part> parts = {};
  /// In place of `metrics`: of the task "entities", and where labels do not exclude one another.
  std::optional<EntityScores> entities = {};
  std::optional<LabelScores> labels = {};
  double texts_per_second = 0;  ///< Wall clock, from a cold start: small files look slow.

  [[nodiscard]] std::string Text() const;
  [[nodiscard]] std::string Json() const;
};

/// Scores labelled files with a model. kInvalidArgument: unknown task, unusable file or option;
/// kNotFound: no such file; kCorrupt: a broken model file.
Result<EvalReport> RunEval(const EvalOptions& options);

}  // namespace hb::model
