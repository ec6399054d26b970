// model/symbols.h - single characters: decoding, folding and what kind they are.
//
// Deliberately small tables of our own instead of a Unicode library: the same text must give the
// same features on every machine, whatever version of that library it has. Internal to src/model.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hb::model {

enum class CharClass : std::uint8_t { kOther = 0, kLetter, kDigit, kSpace };

constexpr std::array<CharClass, 128> MakeAsciiClass() {
  std::array<CharClass, 128> table{};
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = CharClass::kLetter;
  for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = CharClass::kLetter;
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = CharClass::kDigit;
  for (const char c : {' ', '\t', '\n', '\r', '\v', '\f'}) {
    table[static_cast<unsigned char>(c)] = CharClass::kSpace;
  }
  return table;
}
inline constexpr auto kAsciiClass = MakeAsciiClass();

constexpr bool IsAsciiAlnum(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x80 &&
         (kAsciiClass[byte] == CharClass::kLetter || kAsciiClass[byte] == CharClass::kDigit);
}

/// U+2018, U+2019, U+02BC, U+00B4, U+0060 and the ASCII one.
constexpr bool IsApostrophe(std::uint32_t symbol) {
  return symbol == 0x2019 || symbol == 0x2018 || symbol == '\'' || symbol == 0x2BC ||
         symbol == 0xB4 || symbol == '`';
}

enum class SymbolKind : std::uint8_t {
  kLetter,
  kDigit,
  kIdeograph,  ///< Han, kana: a word of its own.
  kSign,       ///< Emoji and other pictures.
  kAscii,      ///< A full-width or curly form of an ASCII mark.
  kEllipsis,
  kStop,         ///< Ends a sentence in its script.
  kPunctuation,  ///< Other marks; they separate words and say nothing.
  kSpace,
  kIgnored,  ///< Joiners, variation selectors, skin tones: as if they were not there.
};

struct Folded {
  std::uint32_t symbol;
  SymbolKind kind;
  bool capital;
};

struct Decoded {
  std::uint32_t symbol;
  std::size_t length;  ///< Bytes of the text that it took, >= 1.
};

/// Reads the symbol at `p`: UTF-8, a `\u2019`-like escape, `\n`, `\"`, or an HTML entity. Bytes
/// that are none give U+FFFD, one byte long. Requires: p < end.
Decoded DecodeSymbol(const char* p, const char* end);

/// Lower-cases and classifies a symbol from U+0080 up.
Folded FoldSymbol(std::uint32_t symbol);

}  // namespace hb::model
