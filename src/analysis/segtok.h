// analysis/segtok.h - sentences and words as the Python package segtok 1.5.11 finds them.
//
// Its rules (F. Leitner, https://github.com/fnl/segtok, MIT) as scanners of our own, since a
// regular expression engine is not linear on them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hb::segtok {

struct Range {
  std::uint32_t begin = 0, end = 0;
};

/// What the rules ask of a code point.
enum ClassBit : std::uint16_t {
  kSpace = 1u << 0,    ///< White_Space
  kPySpace = 1u << 1,  ///< what Python's strip() takes off: kSpace and U+001C .. U+001F
  kWord = 1u << 2,     ///< \w
  kLu = 1u << 3,
  kLt = 1u << 4,
  kLl = 1u << 5,
  kLm = 1u << 6,
  kNd = 1u << 7,
  kAlnum = 1u << 8,  ///< Ll, Lm, Lt, Lu, Nd, Nl
  kLetter = 1u << 9,
  kTerminal = 1u << 10,
  kHyphen = 1u << 11,
  kPrime = 1u << 12,    ///< apostrophes but the ASCII one
  kUpper = 1u << 13,    ///< Uppercase
  kPyDigit = 1u << 14,  ///< Python's isdigit()
  kBlank = 1u << 15,    ///< Zs and tab
};
/// The same for every code point, by ICU's tables.
std::uint16_t ClassByUnicode(char32_t code) noexcept;

/// Those of ASCII, known at compile time: nearly all that posts are made of.
inline constexpr auto kAsciiClasses = [] {
  std::array<std::uint16_t, 128> classes{};
  const auto set = [&classes](std::string_view characters, std::uint16_t bits) {
    for (const char c : characters) {
      std::uint16_t& own = classes[static_cast<unsigned char>(c)];
      own = static_cast<std::uint16_t>(own | bits);
    }
  };
  set(" \t\n\v\f\r", kSpace | kPySpace);
  set("\x1C\x1D\x1E\x1F", kPySpace);
  set(" \t", kBlank);
  set("ABCDEFGHIJKLMNOPQRSTUVWXYZ", kWord | kLu | kAlnum | kLetter | kUpper);
  set("abcdefghijklmnopqrstuvwxyz", kWord | kLl | kAlnum | kLetter);
  set("0123456789", kWord | kNd | kAlnum | kPyDigit);
  set("_", kWord);
  set(".!?", kTerminal);
  set("-", kHyphen);
  return classes;
}();

inline std::uint16_t ClassOf(char32_t code) noexcept {
  return code < kAsciiClasses.size() ? kAsciiClasses[code] : ClassByUnicode(code);
}

/// Sentences of `text` (split_multi), without white space at their ends; some may be empty.
/// Cost: linear.
void SplitSentences(std::u32string_view text, std::vector<Range>& out);

/// Words of one sentence: web_tokenizer, then split_contractions. Memory grows to the longest
/// sentence and is kept. One thread at a time.
class Tokenizer {
 public:
  /// Of a word with more apostrophes (letters that look like one), only the last one counts.
  static constexpr std::size_t kMaxApostrophes = 16;

  /// Appends the words' characters to `arena` (which must not be that of `sentence`) and their
  /// places there to `tokens`. Cost: linear.
  void Run(std::u32string_view sentence, std::u32string& arena, std::vector<Range>& tokens);

 private:
  void Words(std::u32string_view span);
  void Piece(std::u32string_view piece);
  void AddContracted(std::u32string_view token);
  void Add(std::u32string_view token);

  std::u32string unescaped_, joined_;
  std::vector<std::u32string_view> words_;
  std::u32string* arena_ = nullptr;
  std::vector<Range>* tokens_ = nullptr;
};

}  // namespace hb::segtok
