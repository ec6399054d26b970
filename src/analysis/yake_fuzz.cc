// Any bytes: both modes give at most `top` phrases, best first, each with a count.
#include <cstdint>
#include <string_view>
#include <vector>

#include "analysis/yake.h"
#include "base/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy without room to spare, so that a sanitizer sees a read past the end.
  const std::vector<char> bytes(data, data + size);
  const std::string_view text(bytes.data(), bytes.size());
  static hb::KeywordDocument document;
  for (const bool repaired : {false, true}) {
    hb::KeywordExtractor::Options options;
    options.repaired = repaired;
    if (size % 2 == 1) options.dedup = hb::KeywordExtractor::Similarity::kLevenshtein;
    std::vector<hb::Keyword> found;
    hb::KeywordExtractor(options, hb::StopWords::Of("en")).Extract(text, document, found);
    hb::Require(found.size() <= options.top, "too many phrases");
    for (std::size_t i = 0; i < found.size(); ++i) {
      hb::Require(found[i].count > 0 && !found[i].text.empty(), "an empty phrase");
      hb::Require(i == 0 || found[i - 1].score <= found[i].score, "not in order");
    }
  }
  return 0;
}
