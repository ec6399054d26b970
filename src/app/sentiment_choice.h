// app/sentiment_choice.h - analysis.sentiment: which model judges sentiment, ours or another's.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/sentiment_model.h"
#include "app/config.h"
#include "base/result.h"
#include "env/env.h"

namespace hb {

/// "model" (ours), "vader", "vader-repaired", "textblob", "textblob-repaired", "http",
/// "comprehend".
const std::vector<std::string>& SentimentNames();

/// What the configuration asks for; null: our own models, of the tier. kInvalidArgument: a list of
/// words where nothing reads one, or a bad line in it; a service without its URL, region or
/// credentials. Of a service what was spent is kept in the data folder, which must be there.
Result<std::shared_ptr<const SentimentModel>> MakeSentiment(const Config& config, Clock& clock);

/// The same for a command with --sentiment NAME and --words PATH, which go before the
/// configuration at `config_path`. With neither, null: what a command says of texts is not what
/// some data folder is configured to.
Result<std::shared_ptr<const SentimentModel>> MakeSentiment(const std::string& name,
                                                            const std::string& words,
                                                            const std::string& config_path);

}  // namespace hb
