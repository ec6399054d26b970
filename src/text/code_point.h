// text/code_point.h - classes of code points, from generated tables. For src/text and what reads
// texts in its own way; everybody else asks WalkText.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hb::text {

/// Bits of CodePointClass; the order is that of BITS in tools/gen_text_tables.py.
enum CodePointBit : std::uint32_t {
  kLetterMark = 1u << 0,      ///< Letter or mark of a hashtag.
  kNumber = 1u << 1,          ///< Decimal digit of any script.
  kHashtagSpecial = 1u << 2,  ///< Other characters that a hashtag may hold ("_", middle dot, ...).
  kSpace = 1u << 3,           ///< White space as twitter-text lists it.
  kDirectional = 1u << 4,     ///< Bidirectional formatting characters.
  kLatinAccent = 1u << 5,     ///< Accented Latin letters allowed in host names without protocol.
  kCyrillic = 1u << 6,        ///< U+0400 .. U+04FF, allowed in paths.
  kUrlHost = 1u << 7,         ///< Allowed in a host name after http://.
  kWordStart = 1u << 8,       ///< Letter or number: a word may begin here.
  kWordMore = 1u << 9,        ///< Letter, number or mark: a word goes on.
  kUnspaced = 1u << 10,       ///< Letter of a script that is written without blanks.
  kUpper = 1u << 11,          ///< Upper or title case.
  kLower = 1u << 12,
  kEmoji = 1u << 13,          ///< Property Emoji, without ASCII.
  kEmojiModifier = 1u << 14,  ///< Skin tone.
  kRegional = 1u << 15,       ///< Regional indicator: half a flag.
  kTextDefault = 1u << 16,    ///< An emoji only when U+FE0F follows.
  kHan = 1u << 17,
  kKana = 1u << 18,   ///< Katakana, with its length mark.
  kClean = 1u << 19,  ///< Kept by CleanWord.
};

inline constexpr std::uint32_t kHashtagChar = kLetterMark | kNumber | kHashtagSpecial;

// The tables, in two stages: blocks of 128 code points that are alike are stored once.
extern const std::uint32_t kClassBits[];
extern const std::uint16_t kClassStage1[];
extern const std::uint8_t kClassStage2[];
extern const std::int32_t kFoldDelta[];
extern const std::uint8_t kFoldStage1[];
extern const std::uint8_t kFoldStage2[];

/// Bits of `code`; 0 for what is not a code point.
inline std::uint32_t CodePointClass(char32_t code) noexcept {
  if (code >= 0x110000) return 0;
  return kClassBits[kClassStage2[(std::size_t{kClassStage1[code >> 7]} << 7) | (code & 127)]];
}

/// See FoldCodePoint (utf8.h).
inline char32_t Fold(char32_t code) noexcept {
  if (code < 0x80) return code - U'A' < 26 ? code + 32 : code;
  if (code >= 0x110000) return code;
  const auto id = kFoldStage2[(std::size_t{kFoldStage1[code >> 7]} << 7) | (code & 127)];
  return static_cast<char32_t>(static_cast<std::int32_t>(code) + kFoldDelta[id]);
}

}  // namespace hb::text
