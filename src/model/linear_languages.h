// model/linear_languages.h - class shifts by language. Part of the linear trainer.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/calibration.h"
#include "model/dataset.h"
#include "model/linear_rows.h"
#include "model/linear_trainer.h"

namespace hb::model {

/// Held-out logits and the languages of their texts.
struct HeldOutLanguages {
  HeldOut held;
  std::vector<std::string> languages;  ///< One a row.

  /// The rows of one language.
  HeldOut Of(const std::string& language) const;
};

/// The held-out `rows` of `examples` (RunFolds gives their logits in this order) with their
/// languages.
std::vector<std::string> HeldOutLanguagesOf(const Rows& rows, const std::vector<Example>& examples);

/// Weighs the rows of each language so that its classes count equally, a rare class at most
/// kMostOfAClass times as much as it is; what all rows weigh together stays.
void BalanceLanguages(const std::vector<Example>& examples, Rows& rows);
inline constexpr double kMostOfAClass = 5;

/// By language: the shifts that its own rows ask for (FitPriors), times options.prior_strength.
using LanguageShifts = std::map<std::string, std::vector<double>>;
LanguageShifts FitLanguageShifts(const LinearOptions& options, const HeldOutLanguages& all);

/// The same rows with the shift of its language added to each row's logits, or `other` where it has
/// none.
HeldOut WithShifts(const HeldOutLanguages& all, const LanguageShifts& shifts,
                   const std::vector<double>& other);

}  // namespace hb::model
