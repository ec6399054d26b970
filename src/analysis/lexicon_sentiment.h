// analysis/lexicon_sentiment.h - VADER and TextBlob as sentiment models. Rules: docs/lexicons.md.
#pragma once

#include <memory>
#include <string_view>

#include "analysis/polarity.h"
#include "analysis/sentiment_model.h"
#include "analysis/vader.h"
#include "analysis/word_list.h"
#include "base/result.h"

namespace hb {

/// Shares as VADER gives them (what rounding leaves of 1 goes to neutral), the label by its
/// compound, mixed by the weaker of its two poles beside the stronger.
SentimentScore FromVader(const VaderScore& score);
/// Shares: what the positive and the negative stretches add to the polarity, and the rest; the
/// label by `label`, TextBlob's; mixed as with VADER.
SentimentScore FromPolarity(const PolarityScore& score, PolarityLabel label);

/// True for "vader", "vader-repaired", "textblob", "textblob-repaired".
bool IsLexicon(std::string_view name);
/// Requires: IsLexicon(name). `words` may be null; with them the model's name ends in
/// "+words-" and the list's digest.
std::shared_ptr<const SentimentModel> MakeLexiconSentiment(std::string_view name,
                                                           std::shared_ptr<const WordList> words);

}  // namespace hb
