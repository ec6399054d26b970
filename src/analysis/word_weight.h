// analysis/word_weight.h - which words of a text weigh most in a linear model's answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/linear_scorer.h"

namespace hb {

/// One word and what it adds to the logit of each of the model's classes: above 0 speaks for it.
struct WordWeight {
  std::string text;         ///< As it stands in the post.
  std::uint32_t begin = 0;  ///< Bytes of the post.
  std::uint32_t end = 0;
  std::vector<double> weights;
};

/// The `limit` words with the largest absolute weight for any class, heaviest first. Allocates; for
/// pages, not for streams.
std::vector<WordWeight> HeaviestWords(const model::LinearScorer& scorer, std::string_view text,
                                      model::LinearScratch& scratch, std::size_t limit);

}  // namespace hb
