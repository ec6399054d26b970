// model/sequence_words.h - what can be learnt about words from posts without labels and from lists.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/sequence_model.h"

namespace hb::model {

struct WordOptions {
  std::vector<int> clusters{48, 240, 800};  ///< Three sizes, the first two at most 255.
  int rounds = 4;                           ///< Of the exchange algorithm.
  std::size_t min_count = 8;                ///< Rarer words get no cluster.
  std::size_t max_words = 48000;
  std::function<void(std::string_view)> progress;
};

/// Word classes by the exchange algorithm over class bigrams (Kneser and Ney, "Improved clustering
/// techniques for class-based statistical language modelling", Eurospeech 1993; the objective is
/// that of Brown et al. 1992), and how often each word is capitalised in mid-sentence. `texts`: one
/// post a line; equal lines count once. Deterministic. Cost: minutes for ten million words.
std::vector<WordEntry> LearnWords(std::string_view texts, const WordOptions& options);

/// Adds name lists: `list<TAB>name` lines, list a number 0 to 7, name of one to three words.
/// kInvalidArgument: a line of another form.
Status AddNameLists(std::string_view lines, std::vector<WordEntry>& words);

}  // namespace hb::model
