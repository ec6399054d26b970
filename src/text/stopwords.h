// text/stopwords.h - words too common to count, by language.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace hb {

/// The stop words of one language (stopwords-iso, 58 languages), as hashes. A small value.
class StopWords {
 public:
  /// `lang` as posts carry it: "en", "pt-BR", "zh-CN", and the old "iw", "in"; "" and "und" mean
  /// English. A language without a list gives an empty set.
  static StopWords Of(std::string_view lang) noexcept;

  /// `hash` is Hash64 of the folded word. 1 in 3 million other words is taken for one.
  /// Cost: O(log(words of the language)).
  bool Contains(std::uint64_t hash) const noexcept;
  bool empty() const noexcept { return hashes_.empty(); }

 private:
  explicit StopWords(std::span<const std::uint32_t> hashes) : hashes_(hashes) {}
  std::span<const std::uint32_t> hashes_;  ///< Upper halves, sorted.
};

}  // namespace hb
