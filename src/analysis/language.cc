#include "analysis/language.h"

#include "model/embedded.h"
#include "model/language_codes.h"

namespace hb {
namespace {

/// CanonicalLanguage without its cost for what nearly every post brings: two lower-case letters.
class Hint {
 public:
  explicit Hint(std::string_view hint) {
    const bool plain = hint.size() == 2 && IsLower(hint[0]) && IsLower(hint[1]);
    if (plain && hint != "iw" && hint != "in" && hint != "ji" && hint != "jw" && hint != "mo" &&
        hint != "nb" && hint != "nn" && hint != "sh" && hint != "un") {
      code_ = hint;
    } else if (!hint.empty()) {
      own_ = model::CanonicalLanguage(hint);
      code_ = own_ == "zh-TW" ? std::string_view("zh") : std::string_view(own_);
    }
  }
  Hint(const Hint&) = delete;
  Hint& operator=(const Hint&) = delete;
  std::string_view code() const { return code_; }

 private:
  static bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
  std::string own_;
  std::string_view code_;
};

}  // namespace

LanguageAnalyzer::LanguageAnalyzer()
    : scorer_(model::EmbeddedLanguage()),
      name_(std::string(scorer_.model().name()) + "/" + std::string(scorer_.model().version())) {}

LanguageGuess LanguageAnalyzer::Detect(std::string_view text, std::string_view hint,
                                       Scratch& scratch) const {
  const Hint favoured(hint);
  const model::LanguageVerdict verdict = scorer_.Score(text, favoured.code(), scratch.scratch_);
  return {verdict.sure() ? verdict.code : std::string_view("und"), verdict.probability};
}

std::string NormalizeLanguage(std::string_view code) { return model::CanonicalLanguage(code); }

std::string_view ToXLanguage(std::string_view code) {
  if (code == "he") return "iw";
  if (code == "id") return "in";
  if (code == "zh") return "zh-CN";
  return code;
}

}  // namespace hb
