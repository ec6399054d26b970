// record/near_duplicates.h - which posts are copies, by their fingerprints.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace hb {

/// Two posts are near-duplicates when at most so many bits of their SimHashes differ. Measured on
/// pairs of posts of 25 large hashtags that are not the same words: of those that share 70 % of
/// their words 73 % are found, of those that share less than 40 % three in a million
/// (bench/near_duplicates.py). The 3 bits that are usual for web pages find 6 %: a post has
/// few words, and each weighs much.
inline constexpr int kNearDuplicateBits = 10;

inline bool AreNearDuplicates(std::uint64_t a, std::uint64_t b) {
  return std::popcount(a ^ b) <= kNearDuplicateBits;
}

/// How many texts remain when near-duplicates count once: a fingerprint within reach of one that
/// stands for others joins it, else stands for itself. 0 (no words) is never a copy. Reorders
/// `fingerprints`; the answer depends on what they are, not on their order.
/// Cost: texts x those that remain; after kMaxTexts remain, only equal ones are still joined.
std::size_t CountDistinctTexts(std::vector<std::uint64_t>& fingerprints);
inline constexpr std::size_t kMaxTexts = 4096;

}  // namespace hb
