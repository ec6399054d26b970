// model/feature_hash.h - how n-grams become 64-bit numbers.
//
// Every model file holds fingerprints made by these functions: changing a constant or the order of
// an operation here makes all trained models meaningless. A change needs a new kFeatureVersion.
#pragma once

#include <cstdint>
#include <string_view>

namespace hb::model {

/// Version of the walk and of the hashes; a model file of another version is refused.
inline constexpr std::uint32_t kFeatureVersion = 1;

inline constexpr std::uint64_t kHashSeed = 0x243F6A8885A308D3ull;  // Digits of pi.
inline constexpr std::uint64_t kHashMultiplier =
    0x9E3779B97F4A7C15ull;  // 2^64 / golden ratio, odd.

/// Takes one more symbol (a code point) into a running hash.
constexpr std::uint64_t HashStep(std::uint64_t h, std::uint32_t symbol) {
  h = (h ^ symbol) * kHashMultiplier;
  return h ^ (h >> 32);
}

/// Spreads every input bit over the whole word (finaliser of MurmurHash3, public domain).
constexpr std::uint64_t HashMix(std::uint64_t h) {
  h ^= h >> 33;
  h *= 0xFF51AFD7ED558CCDull;
  h ^= h >> 33;
  h *= 0xC4CEB9FE1A85EC53ull;
  return h ^ (h >> 33);
}

/// Hash of an ASCII word as the walk would make it from text.
constexpr std::uint64_t HashWord(std::string_view word) {
  std::uint64_t h = kHashSeed;
  for (const char c : word) h = HashStep(h, static_cast<unsigned char>(c));
  return h;
}

/// Family of a feature; models hold one scale a family and class. Values are in model files.
enum class Family : std::uint8_t { kWord = 0, kPhrase = 1, kChar = 2 };
inline constexpr int kFamilies = 3;

// Salts keep the same symbols in different roles apart.
inline constexpr std::uint64_t kSaltWord = 0x13198A2E03707344ull;
inline constexpr std::uint64_t kSaltNegated = 0xA4093822299F31D0ull;
inline constexpr std::uint64_t kSaltCaps = 0x082EFA98EC4E6C89ull;
inline constexpr std::uint64_t kSaltHashtag = 0x452821E638D01377ull;
inline constexpr std::uint64_t kSaltElongated = 0xBE5466CF34E90C6Cull;
inline constexpr std::uint64_t kSaltBigram = 0xC0AC29B7C97C50DDull;
inline constexpr std::uint64_t kSaltTrigram = 0x3F84D5B5B5470917ull;
inline constexpr std::uint64_t kSaltSkip = 0x9216D5D98979FB1Bull;
inline constexpr std::uint64_t kSaltChar = 0xD1310BA698DFB5ACull;
inline constexpr std::uint64_t kSaltLast = 0x2FFD72DBD01ADFB7ull;

}  // namespace hb::model
