#include "model/language_eval.h"

#include <map>
#include <set>
#include <string_view>

#include "model/language_scorer.h"

namespace hb::model {

Metrics ScoreLanguages(const LanguageModel& model, const std::vector<LabelledText>& texts,
                       std::chrono::steady_clock::duration& busy) {
  const auto base = [](std::string_view code) { return code.substr(0, code.find('-')); };
  const LanguageScorer scorer(model);
  LanguageScratch scratch;
  std::vector<LanguageVerdict> verdicts;
  verdicts.reserve(texts.size());
  const auto start = std::chrono::steady_clock::now();
  for (const LabelledText& row : texts) verdicts.push_back(scorer.Score(row.text, "", scratch));
  busy += std::chrono::steady_clock::now() - start;

  std::set<std::string> names{"und"};
  for (const LabelledText& row : texts) names.emplace(base(row.language));
  for (const LanguageVerdict& verdict : verdicts) {
    if (verdict.sure()) names.emplace(base(verdict.code));
  }
  std::map<std::string_view, int> index;
  for (const std::string& name : names) index.emplace(name, static_cast<int>(index.size()));
  Metrics metrics({names.begin(), names.end()});
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string_view said = verdicts[i].sure() ? base(verdicts[i].code) : "und";
    // Leaving it open claims nothing.
    const double confidence = verdicts[i].sure() ? FromMicro(verdicts[i].probability) : 0;
    metrics.Add(index.at(base(texts[i].language)), index.at(said), confidence);
  }
  return metrics;
}

}  // namespace hb::model
