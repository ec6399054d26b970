// analysis/vader.h - VADER's sentiment of a text, equal to vaderSentiment 3.3.2.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/vader_lexicon.h"
#include "analysis/word_list.h"

namespace hb {

struct VaderScore {
  double neg = 0, neu = 0, pos = 0;  ///< shares of the text, 3 decimals; all 0 without any token
  double compound = 0;               ///< -1 (negative) .. 1 (positive), 4 decimals
};

/// Scores texts by a lexicon of words, emoticons and emoji, and by rules for what strengthens,
/// weakens and negates them.
///
/// kOriginal gives the four numbers of SentimentIntensityAnalyzer().polarity_scores(text) of
/// vaderSentiment 3.3.2. kRepaired is the same method without its known faults, which
/// docs/lexicons.md lists with the issues in which people met them.
/// Words of a user's list stand in the place of the lexicon's.
/// Bytes that are not UTF-8 count as U+FFFD, as in Python's bytes.decode(errors="replace").
///
/// Lifecycle  A value; making one costs nothing (the lexicon is part of the program).
/// Threads    Const methods may run on several threads at once, each with its own Scratch.
/// Memory     A Scratch grows to the longest text it has seen and is not shrunk; once it has grown,
///            Score does not allocate for texts of up to kFewScored words of feeling.
/// Errors     None: every byte string has a score. Text beyond 4 GiB is not looked at.
/// Source     C. J. Hutto and E. Gilbert, "VADER", ICWSM 2014; behaviour as observed in
///            vaderSentiment 3.3.2 (Python 3.11). Lexicon: models/vader/README.md.
class VaderAnalyzer {
 public:
  enum class Mode : std::uint8_t { kOriginal = 1, kRepaired = 2 };
  struct Token {
    std::uint32_t begin = 0, bytes = 0;
    const vader::Entry* entry = nullptr;  ///< nullptr: no word of the lexicon or the rules
    bool upper = false;                   ///< has letters, all of them upper case
    bool negates = false;
  };
  /// One thread at a time.
  struct Scratch {
    std::string text;   ///< with words for emoji
    std::string lower;  ///< of the present token
    std::string users;  ///< the same, for the user's words
    std::vector<Token> tokens;
    std::vector<double> valences;
  };
  static constexpr std::size_t kFewScored = 64;

  explicit VaderAnalyzer(Mode mode = Mode::kOriginal,
                         std::shared_ptr<const WordList> words = nullptr)
      : mode_(mode), words_(std::move(words)) {}

  /// Cost: O(text), with a logarithm beyond kFewScored words of feeling after a "but".
  VaderScore Score(std::string_view text, Scratch& scratch) const;

  Mode mode() const { return mode_; }
  /// Name and version to write beside a result: "vader-3.3.2" or "vader-3.3.2+repaired-2".
  std::string_view version() const;

 private:
  Mode mode_;
  std::shared_ptr<const WordList> words_;  ///< null: none of the user's
};

/// As the authors propose: compound >= 0.05 is "positive", <= -0.05 "negative", else "neutral".
std::string_view VaderLabel(double compound);

}  // namespace hb
