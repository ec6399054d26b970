#include "record/near_duplicates.h"

#include <algorithm>

namespace hb {

std::size_t CountDistinctTexts(std::vector<std::uint64_t>& fingerprints) {
  std::sort(fingerprints.begin(), fingerprints.end());
  const auto first = std::find_if(fingerprints.begin(), fingerprints.end(),
                                  [](std::uint64_t f) { return f != 0; });
  std::size_t distinct = static_cast<std::size_t>(first - fingerprints.begin());
  std::vector<std::uint64_t> standing;
  std::uint64_t before = 0;
  for (auto at = first; at != fingerprints.end(); ++at) {
    if (*at == before) continue;
    before = *at;
    if (standing.size() == kMaxTexts) {
      ++distinct;
      continue;
    }
    const bool copy = std::any_of(standing.begin(), standing.end(), [&](std::uint64_t other) {
      return AreNearDuplicates(*at, other);
    });
    if (!copy) standing.push_back(*at);
  }
  return distinct + standing.size();
}

}  // namespace hb
