// analysis/polarity.h - polarity and subjectivity of a text, equal to TextBlob 0.20.1.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/polarity_tokens.h"
#include "analysis/word_list.h"

namespace hb {

struct PolarityScore {
  double polarity = 0;      ///< -1 (negative) .. 1 (positive).
  double subjectivity = 0;  ///< 0 (a statement of fact) .. 1 (an opinion).
  /// What the positive stretches and the negative ones add to the polarity, both at least 0:
  /// polarity = positive - negative, up to rounding.
  double positive = 0, negative = 0;
};

enum class PolarityLabel : std::uint8_t {
  kNegative = 1,
  kNeutral = 2,
  kPositive = 3
};                                               // append only
std::string_view ToString(PolarityLabel label);  ///< "negative", "neutral" or "positive".

/// What one judged stretch of a text gave. A text's score is the mean over these.
struct PolarityAssessment {
  std::string words;  ///< In lower case, as TextBlob lists them: "not very great", "good !".
  double polarity = 0, subjectivity = 0;
};

/// Scores texts by the "pattern" lexicon: adjectives, adverbs and emoticons with their negations,
/// modifiers and exclamation marks. English only; a text with none of them scores 0, 0.
///
/// kTextBlob gives what TextBlob(text).sentiment gives (to 1e-12; bit for bit as far as we have
/// seen), with its faults: "isn't" is no negation, curly quotes and emoji mean nothing. kRepaired
/// is the same method with those three seen (n't and its spellings without apostrophe negate, a
/// curly quote is a quote, about 90 emoji count as the emoticons they stand for) and without the
/// other faults that docs/lexicons.md lists. Words of a user's list stand in the place of the
/// lexicon's.
/// Bytes that are not UTF-8 count as U+FFFD, as in Python's bytes.decode(errors="replace").
///
/// Lifecycle  A value; making one costs nothing (the lexicon is part of the program).
/// Threads    Const methods may run on several threads at once, each with its own Scratch.
/// Memory     A Scratch grows to the longest text it has seen (about 10 bytes a byte at worst) and
///            is not shrunk; once it has grown, Score does not allocate.
/// Errors     None: every byte string has a score. Text beyond 4 GiB is not looked at.
/// Source     T. De Smedt and W. Daelemans, "Pattern for Python", JMLR 13, 2012; behaviour as
///            observed in TextBlob 0.20.1. Lexicon: models/pattern-en/README.md.
class PolarityAnalyzer {
 public:
  using Mode = polarity::Mode;
  using Scratch = polarity::TokenBuffer;

  explicit PolarityAnalyzer(Mode mode = Mode::kTextBlob,
                            std::shared_ptr<const WordList> words = nullptr)
      : mode_(mode), words_(std::move(words)) {}

  /// Cost: O(text).
  PolarityScore Score(std::string_view text, Scratch& scratch) const;
  /// As Score; also replaces `assessments` by what the score is the mean of, in the order of the
  /// text. Allocates; for pages, not for streams.
  PolarityScore Explain(std::string_view text, Scratch& scratch,
                        std::vector<PolarityAssessment>& assessments) const;
  /// By the sign of the polarity. The repaired mode calls |polarity| <= 1e-9 neutral, because sums
  /// that should cancel leave noise ("not good, not bad" gives -2.8e-17).
  PolarityLabel Label(PolarityScore score) const;

  Mode mode() const { return mode_; }
  /// Name and version to write beside a result: "textblob-0.20.1" or "textblob-0.20.1+repaired-2".
  std::string_view version() const;

 private:
  Mode mode_;
  std::shared_ptr<const WordList> words_;  ///< null: none of the user's
};

/// Moves the assessments that weigh most (|polarity|, then subjectivity) to the front and cuts the
/// list to `limit`. Those of equal weight keep the order of the text.
void KeepHeaviest(std::size_t limit, std::vector<PolarityAssessment>& assessments);

}  // namespace hb
