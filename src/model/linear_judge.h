// model/linear_judge.h - the linear model that a text's language asks for.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "model/dataset.h"
#include "model/language_scorer.h"
#include "model/linear_model.h"
#include "model/linear_scorer.h"

namespace hb::model {

/// Says which language each text is in, but for English, which has a model of its own.
void FindLanguages(std::vector<Example>& examples);

/// Scores texts with a model or, where it tells languages apart, with the one that judges theirs.
///
/// Threads    One at a time.
/// Ownership  Borrows the models.
class LinearJudge {
 public:
  /// `others`: judges texts in languages that `model` was not trained on; null: it tells none
  /// apart.
  LinearJudge(const LinearModel& model, const LinearModel* others);

  /// Fills `scores` with the classes' probabilities. True if the model itself gave them.
  bool Score(std::string_view text, std::vector<Micro>& scores);

 private:
  LinearScorer scorer_;
  std::optional<LinearScorer> others_;
  LinearScratch scratch_, others_scratch_;
  LanguageScratch language_scratch_;
  std::vector<std::int64_t> logits_;
};

}  // namespace hb::model
