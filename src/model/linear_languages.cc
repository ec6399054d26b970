#include "model/linear_languages.h"

#include <algorithm>
#include <numeric>
#include <string_view>

namespace hb::model {

HeldOut HeldOutLanguages::Of(const std::string& language) const {
  HeldOut out;
  out.classes = held.classes;
  for (std::size_t i = 0; i < languages.size(); ++i) {
    if (languages[i] != language) continue;
    out.labels.push_back(held.labels[i]);
    for (std::size_t c = 0; c < held.classes; ++c) {
      out.logits.push_back(held.logits[i * held.classes + c]);
    }
  }
  return out;
}

std::vector<std::string> HeldOutLanguagesOf(const Rows& rows,
                                            const std::vector<Example>& examples) {
  std::vector<std::string> out;
  for (std::size_t e = 0; e < rows.size(); ++e) {
    if (rows.fold[e] != kNeverHeldOut) out.push_back(examples[e].language);
  }
  return out;
}

void BalanceLanguages(const std::vector<Example>& examples, Rows& rows) {
  std::map<std::string_view, std::vector<double>> masses;
  double before = 0;
  for (std::size_t e = 0; e < rows.size(); ++e) {
    auto& mass = masses[examples[e].language];
    mass.resize(rows.classes);
    mass[static_cast<std::size_t>(rows.labels[e])] += rows.weights[e];
    before += rows.weights[e];
  }
  std::vector<double> balanced(rows.size());
  double after = 0;
  for (std::size_t e = 0; e < rows.size(); ++e) {
    const auto& mass = masses[examples[e].language];
    const double all = std::accumulate(mass.begin(), mass.end(), 0.0);
    const double share = mass[static_cast<std::size_t>(rows.labels[e])] / all;
    balanced[e] =
        rows.weights[e] * std::min(kMostOfAClass, 1 / (static_cast<double>(rows.classes) * share));
    after += balanced[e];
  }
  for (std::size_t e = 0; e < rows.size(); ++e) {
    rows.weights[e] = static_cast<float>(balanced[e] * before / after);
  }
}

LanguageShifts FitLanguageShifts(const LinearOptions& options, const HeldOutLanguages& all) {
  LanguageShifts shifts;
  if (options.language_examples == 0) return shifts;
  std::map<std::string, std::size_t> counts;
  for (const std::string& language : all.languages) ++counts[language];
  for (const auto& [language, count] : counts) {
    if (language.empty() || count < options.language_examples) continue;
    std::vector<double> shift = FitPriors(all.Of(language), options.labels, options.goal);
    for (double& value : shift) value *= options.prior_strength;
    shifts.emplace(language, std::move(shift));
  }
  return shifts;
}

HeldOut WithShifts(const HeldOutLanguages& all, const LanguageShifts& shifts,
                   const std::vector<double>& other) {
  HeldOut out = all.held;
  for (std::size_t i = 0; i < out.labels.size(); ++i) {
    const auto own = shifts.find(all.languages[i]);
    const std::vector<double>& shift = own == shifts.end() ? other : own->second;
    for (std::size_t c = 0; c < out.classes; ++c) out.logits[i * out.classes + c] += shift[c];
  }
  return out;
}

}  // namespace hb::model
