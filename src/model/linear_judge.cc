#include "model/linear_judge.h"

#include "model/embedded.h"

namespace hb::model {
namespace {

/// The language that the pipeline would find, "" if it cannot tell.
std::string_view LanguageOf(std::string_view text, LanguageScratch& scratch) {
  const LanguageVerdict verdict = LanguageScorer(EmbeddedLanguage()).Score(text, "", scratch);
  return verdict.sure() ? verdict.code : std::string_view();
}

}  // namespace

void FindLanguages(std::vector<Example>& examples) {
  LanguageScratch scratch;
  for (Example& example : examples) {
    const std::string_view language = LanguageOf(example.text, scratch);
    if (language != "en") example.language = language;
  }
}

LinearJudge::LinearJudge(const LinearModel& model, const LinearModel* others)
    : scorer_(model), logits_(model.labels().size()) {
  if (others != nullptr) others_.emplace(*others);
}

bool LinearJudge::Score(std::string_view text, std::vector<Micro>& scores) {
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

}  // namespace hb::model
