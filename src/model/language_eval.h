// model/language_eval.h - how well a language model does on labelled texts.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "model/language_corpus.h"
#include "model/language_model.h"
#include "model/metrics.h"

namespace hb::model {

/// The model's answers; those it is not sure of are "und", and zh-TW counts as zh. Adds the time
/// that scoring alone took to `busy`.
Metrics ScoreLanguages(const LanguageModel& model, const std::vector<LabelledText>& texts,
                       std::chrono::steady_clock::duration& busy);

}  // namespace hb::model
