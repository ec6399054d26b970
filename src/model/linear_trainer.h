// model/linear_trainer.h - makes a LinearModel from labelled texts.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/calibration.h"
#include "model/dataset.h"
#include "model/features.h"
#include "model/lexicon.h"
#include "model/linear_model.h"
#include "model/metrics.h"

namespace hb::model {

/// Labelled texts of another task, from which to learn what words have to do with each other.
struct Auxiliary {
  std::string name;                 ///< For messages.
  std::vector<std::string> labels;  ///< 2..kMaxClasses
  std::vector<Example> examples;
};

struct LinearOptions {
  std::string name;
  std::string version;
  std::vector<std::string> labels;  ///< 2..kMaxClasses names.
  FeatureSpec spec;
  std::vector<Lexicon> lexicons;
  int log2_sets = 18;            ///< Table of 4 * 2^n features; 4..20.
  int epochs = 8;                ///< Passes over the examples, >= 1.
  double learning_rate = 0.5;    ///< AdaGrad's, > 0.
  double l2 = 1e-6;              ///< Weight decay a step, >= 0.
  double smoothing = 0.05;       ///< Share of each target spread over all classes, 0..1.
  double length_exponent = 0.5;  ///< A text of n tokens counts n^-this, 0..1.
  double balance = 0.5;          ///< Classes weigh frequency^-this, 0 (as they are) to 1 (equal).
  std::array<float, kFamilies> gains{1.0f, 0.7f, 0.4f};  ///< Value of a word, phrase, char n-gram.
  float lexicon_gain = 1.0f;
  /// A model is trained on each; its logits are dense features of this one (linear_rows.h,
  /// Transfer). Must share no text with the examples, or the folds see what they hold out.
  std::vector<Auxiliary> auxiliaries;
  float auxiliary_gain = 1.0f;  ///< Root mean square of an auxiliary's logits as features.
  int auxiliary_epochs = 6;
  int min_count = 2;  ///< Features of fewer examples are not used.
  int folds = 5;      ///< To fit class priors and temperature; 0: leave them.
  /// Share of the fitted class priors that is used, 0..1. All of them is best for macro-recall on
  /// posts like those of the training set; half keeps most of that and suits other sources better.
  double prior_strength = 1;
  Goal goal = Goal::kMacroRecall;  ///< What the priors make largest.
  /// Languages with so many held-out examples get class shifts of their own; 0: none does.
  /// Example::language tells them apart. In training the classes of each language then count
  /// equally, and `balance` comes on top.
  std::size_t language_examples = 0;
  /// Labels do not exclude one another: examples have targets, and each logit is one label's own
  /// (TrainMany). `smoothing`, `balance` and `goal` then mean nothing.
  bool many = false;
  int none = -1;  ///< Class of texts that no other class fits; -1: there is none.
  std::uint64_t seed = 1;
  int threads = 1;  ///< Folds are trained side by side; the result does not depend on it.
  /// Called now and then with a line for people; may be empty. From one thread at a time.
  std::function<void(std::string_view)> progress;
};

/// How well the texts of one language are judged.
struct LanguageScores {
  std::string language;
  Metrics held_out;      ///< With its own shifts.
  Metrics held_out_raw;  ///< Without any.
};

struct TrainedLinear {
  LinearModel model;
  Metrics held_out;      ///< On the folds' held-out parts, with the fitted priors (if folds >= 2).
  Metrics held_out_raw;  ///< The same without them.
  /// Of the held-out examples of the other classes, with `none` not among the answers; as
  /// `held_out` where there is no such class.
  Metrics held_out_apart;
  std::vector<LanguageScores> by_language;  ///< Those with shifts of their own.
  std::size_t features;                     ///< Known to training.
  std::size_t stored;                       ///< That found a place in the table.
};

/// Trains. Same options and examples, same bytes on the same build; examples are not reordered.
/// Only examples with weight >= 1 are held out by folds: lighter ones (other sources) only train.
/// kInvalidArgument: an option out of range, a label out of range, fewer than two classes present.
/// Cost: O(epochs * features of all examples) a fold; about a minute for 50,000 posts.
Result<TrainedLinear> TrainLinear(const LinearOptions& options,
                                  const std::vector<Example>& examples);

}  // namespace hb::model
