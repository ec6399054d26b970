// model/features.h - which features a walk has. Trainer and scorer both go through here, so that
// they cannot drift apart. Internal to src/model.
#pragma once

#include <cstddef>
#include <cstdint>

#include "model/feature_hash.h"
#include "model/token_walk.h"

namespace hb::model {

/// Which n-grams a model looks at; part of its file.
struct FeatureSpec {
  std::uint8_t char_min = 2;             ///< Shortest character n-gram, 1..6.
  std::uint8_t char_max = 5;             ///< Longest, char_min..6.
  std::uint8_t phrases = 1 | 2;          ///< Bits: 1 word pairs, 2 triples, 4 pairs with a gap.
  std::uint8_t context = 1 | 2 | 4 | 8;  ///< Bits: 1 negated, 2 capitals, 4 hashtag, 8 elongated.
  friend bool operator==(const FeatureSpec&, const FeatureSpec&) = default;
};
inline constexpr int kMaxCharGram = 6;

/// The flags that a token's own features depend on.
inline constexpr std::uint16_t kFeatureFlags =
    kNegated | kCaps | kHashtag | kElongated | kPunctuation | kSymbol | kWholeTag;

/// Calls emit(Family, hash) for each feature of the token alone. Same hash and kFeatureFlags, same
/// features: that is what lets the scorer remember them. Requires: `symbols` are the token's own.
template <typename Emit>
void ForTokenFeatures(const Token& token, const std::uint32_t* symbols, const FeatureSpec& spec,
                      Emit&& emit) {
  if ((token.flags & kWholeTag) == 0) emit(Family::kWord, HashMix(token.hash ^ kSaltWord));
  if ((token.flags & kNegated) != 0 && (spec.context & 1) != 0) {
    emit(Family::kWord, HashMix(token.hash ^ kSaltNegated));
  }
  if ((token.flags & kCaps) != 0 && (spec.context & 2) != 0) {
    emit(Family::kWord, HashMix(token.hash ^ kSaltCaps));
  }
  if ((token.flags & kHashtag) != 0 && (spec.context & 4) != 0) {
    emit(Family::kWord, HashMix(token.hash ^ kSaltHashtag));
  }
  if ((token.flags & kElongated) != 0 && (spec.context & 8) != 0) {
    emit(Family::kWord, HashMix(token.hash ^ kSaltElongated));
  }
  const std::size_t n = token.symbol_count;
  if (n == 0) return;
  // The word with a mark at each end: position -1 and n.
  const auto symbol_at = [symbols, n](std::size_t i) -> std::uint32_t {
    return i == 0 ? 2 : i == n + 1 ? 3 : symbols[i - 1];
  };
  for (std::size_t i = 0; i + spec.char_min <= n + 2; ++i) {
    std::uint64_t h = kSaltChar;
    for (std::size_t length = 1; length <= spec.char_max && i + length <= n + 2; ++length) {
      h = HashStep(h, symbol_at(i + length - 1));
      if (length >= spec.char_min) emit(Family::kChar, HashMix(h));
    }
  }
}

/// The last words that may form a phrase with the next one.
class PhraseWindow {
 public:
  /// Calls emit(kind, hash) for each phrase that ends with `token`; kind is its FeatureSpec bit.
  template <typename Emit>
  void Next(const Token& token, const FeatureSpec& spec, Emit&& emit) {
    if ((token.flags & kLoose) != 0) return;
    if (count_ >= 1 && (spec.phrases & 1) != 0) {
      emit(1, HashMix(Join(last_, token.hash) ^ kSaltBigram));
    }
    if (count_ >= 2) {
      if ((spec.phrases & 2) != 0) {
        emit(2, HashMix(Join(Join(before_, last_), token.hash) ^ kSaltTrigram));
      }
      if ((spec.phrases & 4) != 0) {
        emit(4, HashMix(Join(before_, token.hash) ^ kSaltSkip));
      }
    }
    before_ = last_;
    last_ = token.hash;
    ++count_;
  }

 private:
  static constexpr std::uint64_t Join(std::uint64_t a, std::uint64_t b) {
    return (a * 0xD6E8FEB86659FD93ull) ^ (b + 0x9E3779B97F4A7C15ull + (a >> 29));
  }
  std::uint64_t last_ = 0;
  std::uint64_t before_ = 0;
  std::size_t count_ = 0;
};

}  // namespace hb::model
