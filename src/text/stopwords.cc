#include "text/stopwords.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace hb {
namespace {

struct StopRun {
  std::string_view lang;
  std::uint32_t first, count;
};

#include "text/stop_word_table.inc"

struct Alias {
  std::string_view from, to;
};
// Codes that networks use for languages the lists name otherwise.
constexpr Alias kAliases[] = {{"iw", "he"}, {"in", "id"}, {"nb", "no"}, {"nn", "no"},
                              {"fil", "tl"}, {"und", "en"}, {"", "en"}};

}  // namespace

StopWords StopWords::Of(std::string_view lang) noexcept {
  lang = lang.substr(0, lang.find_first_of("-_"));
  for (const Alias& alias : kAliases) {
    if (lang == alias.from) {
      lang = alias.to;
      break;
    }
  }
  const auto* run = std::lower_bound(std::begin(kStopRuns), std::end(kStopRuns), lang,
                                     [](const StopRun& a, std::string_view b) { return a.lang < b; });
  if (run == std::end(kStopRuns) || run->lang != lang) return StopWords({});
  return StopWords({kStopHashes + run->first, run->count});
}

bool StopWords::Contains(std::uint64_t hash) const noexcept {
  return std::binary_search(hashes_.begin(), hashes_.end(), static_cast<std::uint32_t>(hash >> 32));
}

}  // namespace hb
