// analysis/sentiment_by_language.h - each text to the sentiment model of its language.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/sentiment.h"
#include "model/token_walk.h"

namespace hb {

/// Sentiment by two models: sentiment-multi for the languages that it was trained on, and
/// sentiment-fast for English and everything else. What English texts get is what
/// SentimentAnalyzer gives them, to the last digit.
///
/// Threads    Const methods may run on several threads at once, each with its own Scratch.
/// Memory     A Scratch holds one of SentimentAnalyzer's for each model that was needed.
/// Errors     None: every byte string has a score.
class SentimentByLanguage {
 public:
  class Scratch {
   public:
    /// Of the text scored last.
    const model::Walk& walk() const { return (multi_last_ ? multi_ : fast_).walk(); }

   private:
    friend class SentimentByLanguage;
    SentimentAnalyzer::Scratch fast_, multi_;
    bool multi_last_ = false;
  };

  SentimentByLanguage() : multi_(SentimentAnalyzer::Multilingual()) {}

  /// `language`: as LanguageAnalyzer names it. Cost: O(bytes).
  SentimentScore Score(std::string_view text, std::string_view language, Scratch& scratch) const;
  /// The words that weigh most: see SentimentAnalyzer.
  std::vector<WordWeight> Explain(std::string_view text, std::string_view language,
                                  Scratch& scratch, std::size_t limit) const;

  /// Name and version of the model that judges texts of `language`.
  const std::string& model(std::string_view language) const { return Of(language).model(); }
  const SentimentAnalyzer& fast() const { return fast_; }
  const SentimentAnalyzer& multilingual() const { return multi_; }

 private:
  const SentimentAnalyzer& Of(std::string_view language) const {
    return multi_.NumberOf(language) != 0 ? multi_ : fast_;
  }

  SentimentAnalyzer fast_;
  SentimentAnalyzer multi_;
};

}  // namespace hb
