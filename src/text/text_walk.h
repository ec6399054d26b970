// text/text_walk.h - one walk over a post's text that serves every analyzer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/entities.h"

namespace hb {

/// Bits of Token::flags. Stored data does not hold them.
enum TokenFlag : std::uint16_t {
  kTokenAllCaps = 1u << 0,     ///< At least two upper-case letters and no lower-case one.
  kTokenInitialCap = 1u << 1,  ///< Begins with an upper-case letter.
  kTokenHasDigit = 1u << 2,
  kTokenNumber = 1u << 3,  ///< Digits only.
  kTokenNonAscii = 1u << 4,
  kTokenUnspaced = 1u << 5,    ///< One character of a script written without blanks.
  kTokenAdjacent = 1u << 6,    ///< Begins where the token before it ends.
  kTokenApostrophe = 1u << 7,  ///< Only an apostrophe lies between it and the token before: don|t.
  kTokenHashtag = 1u << 8,     ///< The token is this entity's value, not a word of the sentence.
  kTokenMention = 1u << 9,
  kTokenCashtag = 1u << 10,
  kTokenUrl = 1u << 11,
  kTokenEmoji = 1u << 12,
};
inline constexpr std::uint16_t kTokenEntity =
    kTokenHashtag | kTokenMention | kTokenCashtag | kTokenUrl | kTokenEmoji;

/// A word, or the value of an entity.
///
/// A word is a run of letters, marks and numbers, so everything else parts words: "Trump's" is
/// Trump and s (kTokenApostrophe), "coca-cola" coca and cola, "3.5" 3 and 5; marks stay with their
/// letter, and the zero-width joiners inside a word are part of it. Han, Kana, Thai, Lao, Khmer and
/// Myanmar are written without blanks: each letter with its marks is a token (kTokenUnspaced,
/// kTokenAdjacent), so a keyword of several is a run of adjacent tokens and is found wherever it
/// occurs, without a dictionary. The name in a character reference (&amp;) is no word.
struct Token {
  /// Hash64 of Folded(); of a link 0, of an emoji EmojiHash.
  std::uint64_t hash;
  std::uint32_t begin, end;                ///< Bytes of the text; an entity's sign is not in it.
  std::uint32_t folded_begin, folded_end;  ///< The same in TextWalk::folded.
  std::uint16_t flags;                     ///< TokenFlag bits.

  bool IsWord() const { return (flags & kTokenEntity) == 0; }
  friend bool operator==(const Token&, const Token&) = default;
};

/// How many entities of each kind, and words.
struct TextCounts {
  std::uint32_t hashtags, mentions, cashtags, urls, emoji, words;
  friend bool operator==(const TextCounts&, const TextCounts&) = default;
};

/// What one walk found. Reuse one object for many posts: nothing is allocated once its buffers have
/// grown to the longest post.
///
/// Threads    One thread at a time.
/// Ownership  Borrows the text of the last WalkText: it must outlive what is read here.
/// Memory     About 5 times the longest text walked, and kept.
struct TextWalk {
  std::string_view text;
  std::string folded;  ///< The text case-folded (utf8.h); valid UTF-8 even if the text is not.
  std::vector<Token> tokens;     ///< In order of their place in the text.
  std::vector<Entity> entities;  ///< In order; each has its token.
  TextCounts counts{};
  bool valid_utf8 = true;
  bool ascii = true;
  bool reply_form = false;   ///< Begins with a mention: "@name ...".
  bool repost_form = false;  ///< Begins as old reposts do: "RT @name".

  std::string_view Folded(const Token& token) const {
    return std::string_view(folded).substr(token.folded_begin,
                                           token.folded_end - token.folded_begin);
  }
  std::string_view Original(const Token& token) const {
    return text.substr(token.begin, token.end - token.begin);
  }
  const Token& TokenOf(const Entity& entity) const { return tokens[entity.token]; }

  /// Used by WalkText only: where folding changed a length (text offset, folded minus text so far).
  struct Shift {
    std::uint32_t at;
    std::int32_t by;
  };
  std::vector<Shift> shifts;
};

/// Walks `text`, replacing what `walk` held. Same entities as ExtractEntities. Any bytes are
/// allowed; parts that are not UTF-8 belong to no token. Requires: text.size() < 2^30. Cost:
/// O(text.size()).
void WalkText(std::string_view text, TextWalk& walk);

}  // namespace hb
