// model/language_scorer.h - applies a LanguageModel to texts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "model/language_model.h"

namespace hb::model {

/// What a text's language looks like.
struct LanguageVerdict {
  /// The likeliest, "zh-TW" for traditional Chinese; "" if no letter is of a known script. Lives as
  /// long as the model.
  std::string_view code;
  Micro probability = 0;          ///< Of `code` among the languages of its script.
  Script script = Script::kNone;  ///< That most of the letters are written in.
  std::uint32_t letters = 0;      ///< Of that script.
  std::uint32_t grams = 0;        ///< N-grams of it that the model knows.

  /// Below these the answer is better left open: models/language-fast/README.md has the curve. Of
  /// up to three letters ("ok", "lol") many languages have the same word; a Han word has no more.
  bool sure() const {
    const bool brief = letters < kShort && script != Script::kHan;
    return probability >= (brief ? kSureOfShort : kSure);
  }
  static constexpr Micro kSure = 350'000;
  static constexpr Micro kSureOfShort = 600'000;
  static constexpr std::uint32_t kShort = 4;
};

/// Caller-owned working memory of a LanguageScorer.
///
/// Threads  One thread at a time. Holds remembered words of the model it was last used with.
class LanguageScratch {
 private:
  friend class LanguageScorer;
  struct Word {
    std::uint64_t hash = 0;
    std::uint32_t grams = 0;
    std::array<std::int16_t, kLanguageDim> sum{};
  };
  struct Sums {
    std::uint32_t letters = 0;
    std::uint32_t grams = 0;
    std::array<std::int32_t, kLanguageDim> sum{};
  };
  /// Signs inside a script that tell more than n-grams.
  struct Signs {
    std::uint32_t kana = 0, bopomofo = 0, traditional = 0, simplified = 0;
    std::uint32_t yiddish = 0, assamese = 0;
  };
  /// A word of the text at hand, until its turn comes.
  struct Met {
    std::uint64_t hash;
    std::uint32_t begin, count;  ///< in symbols_
    Script script;
  };
  std::vector<Word> words_;
  std::vector<Met> met_;
  std::vector<std::uint32_t> symbols_;  ///< of the words in met_, one after the other
  Signs signs_;
  std::array<Sums, kScripts> scripts_{};
  std::uint64_t model_ = 0;  // Checksum of the model that words_ is of.
};

/// Tells which language a text is in.
///
/// The script with most letters decides which languages come into question; most scripts have only
/// one. Else the vectors of the known n-grams of its words are added up and meet each language's
/// weights. A word's sum is remembered in the scratch: posts repeat words. Sums are of integers:
/// remembered or not, the same.
///
/// Threads    Immutable; each thread brings its own scratch.
/// Ownership  Borrows the model.
class LanguageScorer {
 public:
  explicit LanguageScorer(const LanguageModel& model) : model_(&model) {}
  explicit LanguageScorer(LanguageModel&&) = delete;

  const LanguageModel& model() const { return *model_; }

  /// `favoured`: a code that gets kFavour added to its logit, or "". Allocates nothing once the
  /// scratch is warm. Cost: O(bytes), of the first kMaxBytes.
  LanguageVerdict Score(std::string_view text, std::string_view favoured,
                        LanguageScratch& scratch) const;

  /// What is looked at of a text.
  static constexpr std::size_t kMaxBytes = 2048;
  /// What a source's own label is worth: a factor of about twelve in the odds.
  static constexpr std::int32_t kFavour = 5 << (kLanguageLogitBits - 1);

 private:
  void AddWord(const LanguageWord& word, LanguageScratch& scratch) const;
  void SumOf(const LanguageWord& word, LanguageScratch::Word& out) const;
  static void CountSigns(const LanguageWord& word, LanguageScratch::Signs& signs);
  static void HeedSigns(const LanguageScratch::Signs& signs, LanguageVerdict& verdict);
  void Decide(const LanguageScratch::Sums& sums, std::string_view favoured,
              LanguageVerdict& verdict) const;

  const LanguageModel* model_;
};

}  // namespace hb::model
