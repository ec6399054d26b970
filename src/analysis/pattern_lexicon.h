// analysis/pattern_lexicon.h - the pattern sentiment lexicon as a constant hash table.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace hb::pattern {

static_assert(std::endian::native == std::endian::little, "PatternKey packs bytes low end first");

/// What a form is; a form can be several.
enum Flag : std::uint32_t {
  kWord = 1,            ///< Has a polarity of its own in the lexicon.
  kAdverb = 2,          ///< Modifies the word after it.
  kLy = 4,              ///< Ends in "ly".
  kNegation = 8,        ///< no, not, n't, never.
  kEmoticon = 16,       ///< One of pattern's emoticons, or an emoji.
  kExclamation = 32,    ///< "!".
  kIrony = 64,          ///< "(!)".
  kRepairedOnly = 128,  ///< Not one of pattern's forms: the original does not know it.
};

/// Forms have at most this many bytes.
inline constexpr std::size_t kMaxFormBytes = 24;

/// The bytes of a form, padded with zero: comparing keys compares forms.
struct Key {
  std::uint64_t head = 0, middle = 0, tail = 0;
  std::uint32_t bytes = 0;
  bool operator==(const Key&) const = default;
};

struct Entry {
  Key key;
  std::uint32_t flags = 0;
  double polarity = 0, subjectivity = 0, intensity = 1;

  /// The form as text. Allocates beyond 15 bytes.
  std::string Form() const;
};

/// `value` with its bytes 'A'..'Z' in lower case, all others (those of UTF-8 sequences too) as they
/// are. Eight bytes at a time: a byte is upper case when adding 63 sets its top bit and adding 37
/// does not.
constexpr std::uint64_t LowerAscii(std::uint64_t value) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  const std::uint64_t low = value & (0x7f * kOnes);
  const std::uint64_t from_a = low + (128 - 'A') * kOnes;
  const std::uint64_t past_z = low + (128 - 'Z' - 1) * kOnes;
  const std::uint64_t upper = (from_a & ~past_z) & ~value & (0x80 * kOnes);
  return value | (upper >> 2);
}

/// The 1..8 bytes at `bytes` as a number, without touching any other byte.
inline std::uint64_t LoadUpTo8(const char* bytes, std::size_t count) {
  if (count >= 8) {
    std::uint64_t value;
    std::memcpy(&value, bytes, 8);
    return value;
  }
  if (count >= 4) {
    std::uint32_t low, high;
    std::memcpy(&low, bytes, 4);
    std::memcpy(&high, bytes + count - 4, 4);
    return low | (static_cast<std::uint64_t>(high) << (8 * (count - 4)));
  }
  const auto first = static_cast<unsigned char>(bytes[0]);
  const auto mid = static_cast<unsigned char>(bytes[count / 2]);
  const auto last = static_cast<unsigned char>(bytes[count - 1]);
  return first | (static_cast<std::uint64_t>(mid) << (8 * (count / 2))) |
         (static_cast<std::uint64_t>(last) << (8 * (count - 1)));
}

/// Key of `token` with its ASCII letters in lower case. Requires: 1..kMaxFormBytes bytes.
inline Key MakeKey(std::string_view token) {
  const char* bytes = token.data();
  const std::size_t size = token.size();
  Key key;
  key.bytes = static_cast<std::uint32_t>(size);
  key.head = LowerAscii(LoadUpTo8(bytes, size));
  if (size > 8) key.middle = LowerAscii(LoadUpTo8(bytes + 8, size - 8));
  if (size > 16) key.tail = LowerAscii(LoadUpTo8(bytes + 16, size - 16));
  return key;
}

/// As MakeKey, without a branch on the size. Requires: kMaxFormBytes bytes are readable from the
/// start of the token, whatever its size.
inline Key MakeKeyPadded(std::string_view token) {
  const std::size_t size = token.size();
  const auto word = [&](std::size_t from) {
    std::uint64_t value;
    std::memcpy(&value, token.data() + from, 8);
    const std::size_t wanted = size - from;  // At least 1.
    return LowerAscii(wanted >= 8 ? value : value & ((std::uint64_t{1} << (8 * wanted)) - 1));
  };
  Key key;
  key.bytes = static_cast<std::uint32_t>(size);
  key.head = word(0);
  if (size > 8) key.middle = word(8);
  if (size > 16) key.tail = word(16);
  return key;
}

/// The entry of `key`, or nullptr. The table is a constant of the program: no set-up, any thread.
const Entry* Find(const Key& key);

/// All entries, by form.
std::span<const Entry> Entries();

// kEmoticonSpellings: pattern's emoticons.
#include "analysis/pattern_emoticons.inc"

}  // namespace hb::pattern
