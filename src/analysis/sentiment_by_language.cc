#include "analysis/sentiment_by_language.h"

namespace hb {

SentimentScore SentimentByLanguage::Score(std::string_view text, std::string_view language,
                                          Scratch& scratch) const {
  const std::size_t number = multi_.NumberOf(language);
  scratch.multi_last_ = number != 0;
  return number != 0 ? multi_.Score(text, scratch.multi_, number)
                     : fast_.Score(text, scratch.fast_);
}

std::vector<WordWeight> SentimentByLanguage::Explain(std::string_view text,
                                                     std::string_view language, Scratch& scratch,
                                                     std::size_t limit) const {
  scratch.multi_last_ = multi_.NumberOf(language) != 0;
  return scratch.multi_last_ ? multi_.Explain(text, scratch.multi_, limit)
                             : fast_.Explain(text, scratch.fast_, limit);
}

}  // namespace hb
