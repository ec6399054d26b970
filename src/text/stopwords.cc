#include "text/stopwords.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>

namespace hb {
namespace {

struct StopRun {
  std::string_view lang;
  std::uint32_t first, count;
};

#include "text/stop_word_table.inc"

using Buckets = std::array<std::uint16_t, StopWords::kBuckets + 1>;

/// Where each bucket of each language begins, counted from the language's first hash.
constexpr std::array<Buckets, std::size(kStopRuns)> MakeBuckets() {
  std::array<Buckets, std::size(kStopRuns)> all{};
  for (std::size_t lang = 0; lang < all.size(); ++lang) {
    std::size_t i = 0;
    for (std::size_t bucket = 0; bucket <= StopWords::kBuckets; ++bucket) {
      while (i < kStopRuns[lang].count && (kStopHashes[kStopRuns[lang].first + i] >> 24) < bucket)
        ++i;
      all[lang][bucket] = static_cast<std::uint16_t>(i);
    }
  }
  return all;
}
constexpr std::array<Buckets, std::size(kStopRuns)> kBucketsOf = MakeBuckets();
constexpr Buckets kNoBuckets{};

struct Alias {
  std::string_view from, to;
};
// Codes that networks use for languages the lists name otherwise.
constexpr Alias kAliases[] = {{"iw", "he"},  {"in", "id"},  {"nb", "no"}, {"nn", "no"},
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
  const auto* run =
      std::lower_bound(std::begin(kStopRuns), std::end(kStopRuns), lang,
                       [](const StopRun& a, std::string_view b) { return a.lang < b; });
  if (run == std::end(kStopRuns) || run->lang != lang) return {kStopHashes, kNoBuckets.data()};
  return {kStopHashes + run->first, kBucketsOf[static_cast<std::size_t>(run - kStopRuns)].data()};
}

}  // namespace hb
