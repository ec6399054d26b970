// analysis/sentiment.h - negative, neutral, positive, and whether a post is mixed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/mixed.h"
#include "analysis/word_weight.h"
#include "base/result.h"
#include "base/units.h"
#include "model/linear_model.h"
#include "model/linear_scorer.h"
#include "record/analysis_batch.h"

namespace hb {

/// What one text says. neg + neu + pos == kMicro exactly.
struct SentimentScore {
  Micro neg = 0, neu = 0, pos = 0;
  Micro mixed = 0;                 ///< 0 .. kMicro, beside the three; defined in docs/mixed.md.
  Label label = Label::kNeutral;   ///< The largest of the three; of equal ones the first of
                                   ///< negative, neutral, positive.
  Label label4 = Label::kNeutral;  ///< The largest of FourWay(); may be kMixed.
};

/// Scores texts with a fast linear model. From the same text and model every machine gives the
/// same numbers: integer arithmetic from the first hash to the last micro-unit.
///
/// Lifecycle  Default-constructed with the model that is part of the program, or FromFile.
/// Threads    Const methods may run on several threads at once, each with its own Scratch.
/// Memory     A Scratch grows to the longest text it has seen and holds about 768 KiB of remembered
///            words; once it has grown, nothing is allocated a post.
/// Errors     None when scoring: every byte string has a score. Beyond kMaxTokens a text is not
///            looked at.
class SentimentAnalyzer {
 public:
  using Scratch = model::LinearScratch;

  SentimentAnalyzer();
  /// The program's own model for languages other than English (models/sentiment-multi).
  static SentimentAnalyzer Multilingual();
  /// A model.bin or the folder that holds it. kNotFound, kCorrupt, or kInvalidArgument if its
  /// labels are not negative, neutral, positive.
  static Result<SentimentAnalyzer> FromFile(const std::string& path);

  /// Number of a language for Score: 0 if the model was not trained on it, or tells none apart.
  std::size_t NumberOf(std::string_view language) const {
    return scorer_.model().NumberOf(language);
  }
  /// Cost: O(bytes), about 1 us for a short post.
  SentimentScore Score(std::string_view text, Scratch& scratch, std::size_t language = 0) const;
  /// Name and version to write beside a result: "sentiment-fast/1".
  const std::string& model() const { return name_; }

  /// Weights of negative, neutral and positive.
  std::vector<WordWeight> Explain(std::string_view text, Scratch& scratch,
                                  std::size_t limit) const {
    return HeaviestWords(scorer_, text, scratch, limit);
  }

 private:
  explicit SentimentAnalyzer(const model::LinearModel& embedded);
  explicit SentimentAnalyzer(std::shared_ptr<const model::LinearModel> owned);

  std::shared_ptr<const model::LinearModel> owned_;  ///< Empty when the model is the program's own.
  model::LinearScorer scorer_;
  std::string name_;
};

}  // namespace hb
