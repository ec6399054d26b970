// model/token_walk.h - turns a post into the tokens that the linear models look at.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "model/feature_hash.h"

namespace hb::model {

/// What is known about a token besides its letters. Bits; stored nowhere.
enum TokenFlag : std::uint16_t {
  kNegated = 1,    ///< Inside the reach of "not", "never", "n't", ...
  kCaps = 2,       ///< Two or more letters, all capitals.
  kHashtag = 4,    ///< A hashtag or a part of one (#GoodMorning gives good, morning and the whole).
  kElongated = 8,  ///< Had a letter three or more times in a row; those beyond two are dropped.
  kNegator = 16,   ///< Itself a negation word.
  kContrast = 32,  ///< "but", "however", "pero", ...: begins a new clause.
  kPunctuation = 64,  ///< A mark or an emoticon's piece, not a word.
  kSymbol = 128,      ///< An emoji, an emoticon or another sign.
  kWholeTag = 256,    ///< The whole of a hashtag whose parts came before; no characters of its own.
  kLoose = 512,       ///< Comma, quote, bracket: takes no part in word pairs.
};

struct Token {
  std::uint64_t hash = 0;          ///< Over the folded symbols; equal words have equal hashes.
  std::uint32_t symbol_begin = 0;  ///< Into Walk::symbols.
  std::uint32_t source_begin = 0;  ///< Byte offsets into the text as given, for people.
  std::uint32_t source_end = 0;
  std::uint16_t symbol_count = 0;
  std::uint16_t flags = 0;
  std::uint32_t clause = 0;  ///< Number of the clause, from 0, never falling.
};

/// The result of a walk. Reused from post to post so that a steady state allocates nothing.
struct Walk {
  std::vector<Token> tokens;
  std::vector<std::uint32_t> symbols;  ///< Folded code points of all tokens, one after the other.
  std::uint32_t clauses = 0;
};

/// Posts are short; of a longer text only the first tokens count, so that time and sums are
/// bounded.
inline constexpr std::size_t kMaxTokens = 2048;
/// Symbols kept of one token.
inline constexpr std::size_t kMaxTokenSymbols = 64;

/// Walks over `text` once and fills `out`. Never fails: invalid UTF-8 becomes U+FFFD, which is
/// skipped.
///
/// Decoded on the way: `\u2019`-like escapes (also surrogate pairs), `\n`, `\"`, HTML entities.
/// Folded: case, full-width and mathematical letters, curly quotes, digits (each run becomes one
/// 0), letters repeated three times or more. Dropped: links, variation selectors, skin tones.
/// Masked: @names become one `@user`.
///
/// Depends on nothing but the bytes: no locale, no library's Unicode version.
/// Cost: O(bytes), at most kMaxTokens tokens.
void WalkText(std::string_view text, Walk& out);

}  // namespace hb::model
