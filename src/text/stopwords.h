// text/stopwords.h - words too common to count, by language.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hb {

/// The stop words of one language (stopwords-iso, 58 languages), as hashes. A small value.
class StopWords {
 public:
  /// `lang` as posts carry it: "en", "pt-BR", "zh-CN", and the old "iw", "in"; "" and "und" mean
  /// English. A language without a list gives an empty set.
  static StopWords Of(std::string_view lang) noexcept;

  /// `hash` is Hash64 of the folded word. Of other words 1 in 3 million is taken for one.
  bool Contains(std::uint64_t hash) const noexcept {
    const auto upper = static_cast<std::uint32_t>(hash >> 32);
    const std::uint16_t* bucket = buckets_ + (upper >> 24);
    for (std::size_t i = bucket[0]; i < bucket[1]; ++i) {
      if (hashes_[i] == upper) return true;
    }
    return false;
  }
  bool empty() const noexcept { return buckets_[kBuckets] == 0; }

  static constexpr std::size_t kBuckets = 256;  ///< By the first byte of the hash.

 private:
  StopWords(const std::uint32_t* hashes, const std::uint16_t* buckets)
      : hashes_(hashes), buckets_(buckets) {}
  const std::uint32_t* hashes_;   ///< Upper halves, sorted.
  const std::uint16_t* buckets_;  ///< kBuckets + 1 borders in hashes_.
};

}  // namespace hb
