// app/chain_classifier.h - the analysis chain as what `eval` scores.
#pragma once

#include <string>

#include "analysis/chain.h"
#include "base/result.h"
#include "model/evaluation.h"

namespace hb {

/// Makes `eval` judge options.task as the pipeline would: language first, then the models of the
/// chain's tier. In a cascade the transformer reads at most `share` of each batch of texts.
/// Entities in the fast tier stay with the linear tagger of `eval`, which has its say in every
/// tier.
/// kInvalidArgument: a task other than sentiment, emotion, irony, offensive, hate, topics and
/// entities, or one that the transformer cannot answer.
Status JudgeByChain(const AnalysisChain::Options& chain, double share, model::EvalOptions& options);

}  // namespace hb
