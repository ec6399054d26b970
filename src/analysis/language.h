// analysis/language.h - which language a post is in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hb {

/// What one text's language is.
struct LanguageGuess {
  std::string_view code = "und";  ///< Static storage. "en", "pt", "zh", "zh-TW"; "und" if unsure.
  bool reliable = false;          ///< The detector itself was sure.
};

/// Finds the language of a text with CLD2 (Compact Language Detector 2, Apache-2.0; 80 languages
/// and more by their script).
///
/// Codes are ISO 639-1, ISO 639-2 where there is none, with a region only for traditional Chinese.
/// Links, @mentions, #hashtags and emoji are left out before detection, and letters repeated three
/// times or more are cut to two. Texts of fewer than kSureLetters letters are "und" unless
/// the detector calls its guess reliable, or the guess and the source's own label agree, or the
/// script has only one language.
///
/// Threads    Const; any number of threads, each with its own Scratch.
/// Memory     Looks at the first kMaxBytes bytes. A Scratch holds that much.
/// Errors     None: bytes that are not UTF-8 are passed over.
class LanguageAnalyzer {
 public:
  static constexpr int kSureLetters = 20;
  static constexpr std::size_t kMaxBytes = 2048;

  class Scratch {
    friend class LanguageAnalyzer;
    std::string clean_;
  };

  /// `hint`: the language that the source names, in any spelling ("en", "iw", "pt-BR"), or "". It
  /// only tips the balance; it is never taken over unseen.
  LanguageGuess Detect(std::string_view text, std::string_view hint, Scratch& scratch) const;

  /// Name and version to write beside a result: "cld2/1".
  static std::string_view model() { return "cld2/1"; }
};

/// Our code for a platform's or an English name ("Portuguese"): lower case, X's old names mapped
/// (iw -> he, in -> id, ji -> yi), region dropped except zh-TW, "" for none, "und" for und, zxx and
/// the q-codes (qme, qht, ...).
std::string NormalizeLanguage(std::string_view code);
/// X's code for ours: he -> iw, id -> in, zh -> zh-CN; others as they are.
std::string_view ToXLanguage(std::string_view code);

}  // namespace hb
