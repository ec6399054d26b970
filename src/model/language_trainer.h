// model/language_trainer.h - makes a LanguageModel from labelled texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/language_corpus.h"
#include "model/language_model.h"

namespace hb::model {

/// How much more often than another a language is met in posts, as a logarithm.
struct LanguagePrior {
  std::string code;
  Script script;
  double nats;
};

struct LanguageOptions {
  std::string name = "language-fast";
  std::string version = "1";
  std::size_t sets = 58'000;     ///< Of the table: kLanguageWays n-grams each.
  std::size_t grams = 600'000;   ///< Candidates for it; not all find a place.
  int passes = 5;                ///< Over `draws` texts a language, >= 1.
  std::size_t draws = 10'000;    ///< Texts, or stretches of them, a language and pass.
  std::size_t choice = 15'000;   ///< Words a language that n-grams are chosen by.
  double learning_rate = 0.3;    ///< AdaGrad's, > 0.
  double length_exponent = 0.5;  ///< A text of n n-grams counts n^-this, 0..1.
  /// Training draws all languages equally often. Streams do not: most posts are English, few are in
  /// a creole of it or in Hindi in Latin letters, which doubtful English posts would else become;
  /// and a Japanese post without kana is rare.
  std::vector<LanguagePrior> priors = {{"en", Script::kLatin, 2},
                                       {"pcm", Script::kLatin, -2},
                                       {"hi", Script::kLatin, -2},
                                       {"zh", Script::kHan, 1}};
  std::uint64_t seed = 1;
  std::function<void(std::string_view)> progress;
};

struct TrainedLanguage {
  LanguageModel model;
  std::size_t features;  ///< N-grams that were worth considering.
  std::size_t stored;    ///< That its table holds.
};

/// Trains. Same options and corpus, same bytes on the same build. kInvalidArgument: an option out
/// of range, fewer than two languages, more than kMaxLanguageClasses. Cost: O(passes * draws *
/// languages); minutes.
Result<TrainedLanguage> TrainLanguage(const LanguageOptions& options, const LanguageCorpus& corpus);

/// The n-grams that tell languages apart best, the best first; at most `options.grams`. Their
/// hashes, the lowest byte cleared.
std::vector<std::uint64_t> ChooseLanguageGrams(const LanguageOptions& options,
                                               const LanguageCorpus& corpus);

}  // namespace hb::model
