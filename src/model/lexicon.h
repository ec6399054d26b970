// model/lexicon.h - lists of words with a valence.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace hb::model {

/// Words with a valence, for example the VADER lexicon. It enters training as a few dense features
/// (sum of the positive and of the negative valences, inside and outside of negation). They are
/// linear in the words, so at the end each word's share is added to that word's own weights: at
/// scoring time a lexicon costs nothing.
struct Lexicon {
  std::vector<std::pair<std::uint64_t, float>> words;  ///< Token hash, valence in -1..1.
};
/// Reads `word<TAB>number...` lines (VADER, AFINN), or `emoji<TAB>description` lines, in which case
/// an emoji's valence is the mean of those that `words` gives the words of its description; scales
/// to -1..1. Entries of several words are left out. kInvalidArgument if no entry is usable.
Result<Lexicon> ParseLexicon(std::string_view content, const Lexicon& words = {});

}  // namespace hb::model
