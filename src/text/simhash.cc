#include "text/simhash.h"

#include <array>

#include "base/split_mix.h"

namespace hb {
namespace {

constexpr int kBits = 64, kBitsAByte = 8;

/// For each byte, its bits as -1 and 1: eight counters are raised with one addition.
using Signs = std::array<std::int16_t, kBitsAByte>;
constexpr auto kSigns = [] {
  std::array<Signs, 256> table{};
  for (unsigned byte = 0; byte < table.size(); ++byte) {
    for (unsigned bit = 0; bit < kBitsAByte; ++bit) {
      table[byte][bit] = static_cast<std::int16_t>(((byte >> bit) & 1U) != 0 ? 1 : -1);
    }
  }
  return table;
}();

/// Each bit's votes. Two a word, at most: far from what 16 bits hold.
class Votes {
 public:
  void Add(std::uint64_t hash) {
    for (std::size_t byte = 0; byte < kBits / kBitsAByte; ++byte) {
      const Signs& signs = kSigns[(hash >> (byte * kBitsAByte)) & 0xFFU];
      for (std::size_t bit = 0; bit < kBitsAByte; ++bit) {
        const std::size_t at = byte * kBitsAByte + bit;
        votes_[at] = static_cast<std::int16_t>(votes_[at] + signs[bit]);
      }
    }
  }

  [[nodiscard]] std::uint64_t Majority() const {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < kBits; ++i) {
      bits |= static_cast<std::uint64_t>(votes_[i] > 0 ? 1 : 0) << i;
    }
    return bits;
  }

 private:
  std::array<std::int16_t, kBits> votes_{};
};
static_assert(2 * kSimHashWords < INT16_MAX);

/// Of two neighbours, in this order.
std::uint64_t PairHash(std::uint64_t first, std::uint64_t second) {
  return Mix64(first * kSplitMixStep + second);
}

}  // namespace

std::uint64_t SimHash(const TextWalk& walk) {
  constexpr std::uint16_t kLeftOut = kTokenUrl | kTokenMention | kTokenEmoji;
  Votes votes;
  std::uint64_t before = 0;
  std::size_t words = 0;
  for (const Token& token : walk.tokens) {
    if ((token.flags & kLeftOut) != 0) continue;
    // "RT @name: " is how a copy begins, not what it says.
    if (words == 0 && walk.repost_form && &token == walk.tokens.data()) continue;
    votes.Add(token.hash);
    if (words > 0) votes.Add(PairHash(before, token.hash));
    before = token.hash;
    if (++words == kSimHashWords) break;
  }
  if (words == 0) return 0;
  const std::uint64_t bits = votes.Majority();
  return bits != 0 ? bits : 1;  // 0 says that there is no word.
}

std::uint64_t SimHash(std::string_view text) {
  TextWalk walk;
  WalkText(text, walk);
  return SimHash(walk);
}

}  // namespace hb
