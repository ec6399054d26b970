// Any bytes as a post: the walk and the embedded model must take them.
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "model/embedded.h"
#include "model/linear_scorer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hb::model;
  static const LinearScorer scorer(EmbeddedSentiment());
  static LinearScratch scratch;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<LinearScorer::Contribution> words;
  scorer.Explain(text, scratch, words);
  for (const auto& word : words) {
    if (word.source_begin >= word.source_end || word.source_end > size) __builtin_trap();
  }
  return 0;
}
