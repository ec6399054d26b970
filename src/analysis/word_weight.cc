#include "analysis/word_weight.h"

#include <algorithm>
#include <cmath>

namespace hb {

std::vector<WordWeight> HeaviestWords(const model::LinearScorer& scorer, std::string_view text,
                                      model::LinearScratch& scratch, std::size_t limit) {
  std::vector<model::LinearScorer::Contribution> words;
  scorer.Explain(text, scratch, words);
  const auto classes = static_cast<std::size_t>(scorer.model().classes());
  std::vector<WordWeight> out;
  out.reserve(words.size());
  for (const auto& word : words) {
    WordWeight& weight = out.emplace_back();
    weight.text = text.substr(word.source_begin, word.source_end - word.source_begin);
    weight.begin = word.source_begin;
    weight.end = word.source_end;
    for (std::size_t c = 0; c < classes; ++c) {
      weight.weights.push_back(std::ldexp(static_cast<double>(word.logits[c]), -model::kLogitBits));
    }
  }
  const auto size = [](const WordWeight& word) {
    double largest = 0;
    for (const double weight : word.weights) largest = std::max(largest, std::abs(weight));
    return largest;
  };
  std::stable_sort(out.begin(), out.end(),
                   [&](const WordWeight& a, const WordWeight& b) { return size(a) > size(b); });
  if (out.size() > limit) out.resize(limit);
  return out;
}

}  // namespace hb
