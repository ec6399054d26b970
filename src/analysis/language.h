// analysis/language.h - which language a post is in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/language_scorer.h"

namespace hb {

/// What one text's language is.
struct LanguageGuess {
  std::string_view code = "und";  ///< Static storage. "en", "pt", "zh", "zh-TW"; "und" if unsure.
  Micro probability = 0;          ///< Of the likeliest language, also where `code` is "und".
};

/// Finds the language of a text with the embedded n-gram model (models/language-fast/README.md).
///
/// Codes are ISO 639-1, ISO 639-2 where there is none, with a region only for traditional Chinese.
/// Links, @mentions, #hashtags and emoji are left out, and letters repeated three times or more are
/// cut to two. Texts without a letter, and those whose likeliest language is not likely enough, are
/// "und".
///
/// Threads    Const; any number of threads, each with its own Scratch.
/// Memory     Looks at the first kMaxBytes bytes. A Scratch is 2.5 MiB once it has been used.
/// Errors     None: bytes that are not UTF-8 are passed over.
class LanguageAnalyzer {
 public:
  static constexpr std::size_t kMaxBytes = model::LanguageScorer::kMaxBytes;

  class Scratch {
    friend class LanguageAnalyzer;
    model::LanguageScratch scratch_;
  };

  LanguageAnalyzer();

  /// `hint`: the language that the source names, in any spelling ("en", "iw", "pt-BR"), or "". It
  /// only tips the balance; it is never taken over unseen.
  LanguageGuess Detect(std::string_view text, std::string_view hint, Scratch& scratch) const;

  /// Name and version to write beside a result: "language-fast/1".
  std::string_view model() const { return name_; }

 private:
  model::LanguageScorer scorer_;
  std::string name_;
};

/// Our code for a platform's or an English name ("Portuguese"): lower case, X's old names mapped
/// (iw -> he, in -> id, ji -> yi), region dropped except zh-TW, "" for none, "und" for und, zxx and
/// the q-codes (qme, qht, ...).
std::string NormalizeLanguage(std::string_view code);
/// X's code for ours: he -> iw, id -> in, zh -> zh-CN; others as they are.
std::string_view ToXLanguage(std::string_view code);

}  // namespace hb
