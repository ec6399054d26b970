// app/chain_classifier.h - the analysis chain as a classifier that `eval` can score.
#pragma once

#include <string>

#include "analysis/chain.h"
#include "base/result.h"
#include "model/evaluation.h"

namespace hb {

/// Scores texts as the pipeline would: language first, then the tier's models. In a cascade the
/// transformer reads at most `share` of each batch of texts.
/// kInvalidArgument: a task other than sentiment, emotion, irony, offensive and hate.
Result<model::Classifier> ChainClassifier(const std::string& task,
                                          const AnalysisChain::Options& options, double share);

/// What the transformer in `folder` says of names, as the tier accurate takes it.
/// kInvalidArgument: it has no tagger.
Result<model::EntityEvidence> AccurateEntities(const std::string& folder);

}  // namespace hb
