// text/words.h - a post reduced to its words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/text_walk.h"

namespace hb {

/// Appends the post without links, mentions and special characters: letters, marks, digits and
/// single blanks stay, in their case; a hashtag stays as its words ("#Fresh_start" gives "Fresh
/// start"); everything else, apostrophes and emoji included, is a blank. No blank at either end.
/// This is the column `word` of the view `sentiment_labels`.
void CleanWord(const TextWalk& walk, std::string& out);
/// The same from a text, with a walk of its own: for single posts.
std::string CleanWord(std::string_view text);

/// A word worth counting; offsets are bytes of TextWalk::folded.
struct TopWord {
  std::uint64_t hash;  ///< Hash64 of the folded word.
  std::uint32_t folded_begin, folded_end;
  std::string_view In(const TextWalk& walk) const {
    return std::string_view(walk.folded).substr(folded_begin, folded_end - folded_begin);
  }
};

inline constexpr std::size_t kMaxTopWords = 16;
inline constexpr std::size_t kMinTopWordCodePoints = 3;

/// Replaces `out` by the words of the post for counting frequent words, in order of first sight:
/// folded, at least 3 code points, not a number, no stop word of `lang` (stopwords.h), not (part
/// of) a link, mention, hashtag or emoji, each once, at most 16. Contractions count as stop words
/// when their whole form does
/// ("don't"); else each part is looked at alone ("trump's" gives "trump").
/// Without blanks there are no words to see: of Han text each pair of neighbours counts (most
/// Chinese words have two characters), of Katakana each whole run of three or more, of Hiragana,
/// Thai, Lao, Khmer and Myanmar nothing.
void TopWords(const TextWalk& walk, std::string_view lang, std::vector<TopWord>& out);

}  // namespace hb
