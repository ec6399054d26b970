// Any bytes: both modes give four numbers within their ranges whose shares sum to 1 (or are all 0).
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "analysis/vader.h"
#include "base/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy without room to spare, so that a sanitizer sees a read past the end.
  const std::vector<char> bytes(data, data + size);
  const std::string_view text(bytes.data(), bytes.size());
  static hb::VaderAnalyzer::Scratch scratch;
  for (const auto mode : {hb::VaderAnalyzer::Mode::kOriginal, hb::VaderAnalyzer::Mode::kRepaired}) {
    const hb::VaderScore score = hb::VaderAnalyzer(mode).Score(text, scratch);
    hb::Require(score.compound >= -1 && score.compound <= 1, "compound out of range");
    const double sum = score.neg + score.neu + score.pos;
    hb::Require(sum == 0 ? scratch.tokens.empty() : std::abs(sum - 1) < 0.0021,
                "shares do not sum to 1");
  }
  return 0;
}
