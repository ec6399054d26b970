// analysis/word_list.h - a user's own words and what they feel like, for VADER and TextBlob.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "analysis/pattern_lexicon.h"
#include "analysis/vader_lexicon.h"
#include "base/result.h"

namespace hb {

/// Words, emoticons and emoji with a valence from -4 to 4, as VADER's lexicon has them. They stand
/// in the place of the lexicon's own; for TextBlob a valence of 4 is a polarity of 1.
///
/// Threads  Immutable.
class WordList {
 public:
  static constexpr std::size_t kMaxWords = 200'000;
  static constexpr double kMaxValence = 4;

  struct Word {
    double valence = 0;
    vader::Entry vader;
    pattern::Entry pattern;
  };

  /// One word a line, a tab, its valence: "meh\t-0.8". Empty lines are left out, and so is one
  /// that begins with # and has no tab. kInvalidArgument names `name`, the line and what is wrong
  /// with it: no tab, a blank within the word, no number, out of range, a word that stands there
  /// twice (case does not count), bytes that are not UTF-8; kExhausted: more than kMaxWords.
  static Result<std::shared_ptr<const WordList>> Parse(std::string_view text,
                                                       const std::string& name);

  [[nodiscard]] std::size_t size() const { return words_.size(); }
  /// Tells lists apart: eight hexadecimal digits over the words and valences, in any order.
  [[nodiscard]] const std::string& digest() const { return digest_; }

  /// nullptr: it is none of them. `lower`: as AppendFolded writes it.
  [[nodiscard]] const Word* Find(std::string_view lower) const {
    const auto found = words_.find(lower);
    return found == words_.end() ? nullptr : &found->second;
  }
  /// The same for a token as it stands in a text. `buffer` is only memory.
  [[nodiscard]] const Word* FindAnyCase(std::string_view token, std::string& buffer) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  Status Add(std::string_view line);

  std::unordered_map<std::string, Word, Hash, std::equal_to<>> words_;
  std::size_t longest_ = 0;  ///< bytes
  std::string digest_;
};

}  // namespace hb
