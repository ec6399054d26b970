#include "analysis/language.h"

#include <cstdio>  // cld2's header uses FILE without saying so: it must come first.

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>

#include <algorithm>
#include <array>

#include "model/symbols.h"

namespace hb {
namespace {

using model::DecodeSymbol;
using model::FoldSymbol;
using model::IsApostrophe;
using model::IsAsciiAlnum;
using model::SymbolKind;

/// CLD2's best-effort flag: answer on short text too. Its headers do not export the name.
constexpr int kBestEffort = 0x4000;

bool StartsLink(std::string_view rest) {
  const auto is = [&](std::string_view head) {
    if (rest.size() < head.size()) return false;
    for (std::size_t i = 0; i < head.size(); ++i) {
      const char c = rest[i];
      if (c != head[i] && static_cast<char>(c | 0x20) != head[i]) return false;
    }
    return true;
  };
  return is("http://") || is("https://") || is("www.");
}

// English function words that are not also words of another language in Latin letters ("was", "is",
// "of" and many more are). Eight letters at most: a word is compared as one number.
constexpr std::string_view kEnglishWords[] = {
    "the",    "and",    "you",     "your",  "that",    "this",  "with",   "they",   "what",
    "from",   "but",    "just",    "about", "when",    "who",   "his",    "she",    "would",
    "their",  "there",  "which",   "how",   "our",     "these", "should", "could",  "where",
    "were",   "been",   "because", "its",   "than",    "then",  "them",   "into",   "after",
    "before", "why",    "said",    "says",  "being",   "does",  "only",   "those",  "through",
    "while",  "other",  "don't",   "it's",  "i'm",     "can't", "isn't",  "that's", "you're",
    "won't",  "didn't", "he's",    "we're", "doesn't", "never", "every",  "might",  "must",
    "still",  "really", "very",    "some",  "has",     "had",   "not"};

constexpr std::uint64_t Packed(std::string_view word) {
  std::uint64_t value = 0;
  for (const char c : word) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}
constexpr std::size_t kWordSlots = 256;
constexpr std::size_t SlotOf(std::uint64_t packed) {
  return static_cast<std::size_t>(packed * 0x9E3779B97F4A7C15ull >> 56);
}
constexpr std::array<std::uint64_t, kWordSlots> MakeWordTable() {
  std::array<std::uint64_t, kWordSlots> table{};
  for (const std::string_view word : kEnglishWords) {
    std::size_t slot = SlotOf(Packed(word));
    while (table[slot] != 0) slot = (slot + 1) % kWordSlots;
    table[slot] = Packed(word);
  }
  return table;
}
constexpr auto kWordTable = MakeWordTable();

bool IsEnglishWord(std::uint64_t packed) {
  for (std::size_t slot = SlotOf(packed); kWordTable[slot] != 0; slot = (slot + 1) % kWordSlots) {
    if (kWordTable[slot] == packed) return true;
  }
  return false;
}

/// What a post's prose looks like.
struct Prose {
  int letters = 0;
  int words = 0;
  int english = 0;    ///< Of the words, those in kEnglishWords.
  int kana = 0;       ///< Of the letters, those of the Japanese syllabaries.
  bool ascii = true;  ///< All letters are.
};

/// Copies what is prose into `out`: no links, mentions, hashtags, emoji or broken bytes.
class ProseCopier {
 public:
  ProseCopier(std::string_view text, std::string& out)
      : p_(text.data()), end_(p_ + text.size()), out_(out) {
    out_.clear();
  }

  Prose Run() {
    while (p_ < end_) {
      const auto byte = static_cast<unsigned char>(*p_);
      if (byte < 0x80 && byte != '&' && byte != '\\') {
        Ascii(static_cast<char>(byte));
      } else {
        Other();
      }
    }
    EndWord();
    return prose_;
  }

 private:
  void EndWord() {
    if (length_ == 0) return;
    ++prose_.words;
    prose_.english += length_ <= 8 && IsEnglishWord(packed_);
    length_ = 0;
    packed_ = 0;
  }

  // True if it is the third in a row: "sooooo", "......".
  bool Repeated(std::uint32_t symbol) {
    repeats_ = symbol == last_ ? repeats_ + 1 : 0;
    last_ = symbol;
    return repeats_ >= 2;
  }

  void Ascii(char c) {
    const auto lower = static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    if (length_ == 0) {
      if ((lower == 'h' || lower == 'w') &&
          StartsLink(std::string_view(p_, static_cast<std::size_t>(end_ - p_)))) {
        while (p_<end_&& static_cast<unsigned char>(*p_)> ' ') ++p_;
        return;
      }
      if (c == '@' || c == '#') {
        ++p_;
        while (p_ < end_ &&
               (static_cast<unsigned char>(*p_) >= 0x80 || IsAsciiAlnum(*p_) || *p_ == '_')) {
          ++p_;
        }
        out_.push_back(' ');
        return;
      }
    }
    ++p_;
    if (Repeated(static_cast<unsigned char>(lower))) return;
    out_.push_back(c);
    const bool letter = lower >= 'a' && lower <= 'z';
    prose_.letters += letter;
    if (letter || (c == '\'' && length_ > 0)) {
      packed_ = packed_ << 8 | static_cast<unsigned char>(lower);
      ++length_;
    } else {
      EndWord();
    }
  }

  void Other() {
    const char* const start = p_;
    const auto [symbol, length] = DecodeSymbol(p_, end_);
    p_ += length;
    if (IsApostrophe(symbol) && length_ > 0) {
      packed_ = packed_ << 8 | '\'';
      ++length_;
      out_.push_back('\'');
      return;
    }
    if (Repeated(symbol)) return;
    const SymbolKind kind = FoldSymbol(symbol).kind;
    if (kind == SymbolKind::kLetter || kind == SymbolKind::kIdeograph) {
      ++prose_.letters;
      prose_.kana += symbol >= 0x3041 && symbol <= 0x30FF;
      ++length_;
      packed_ = 0;
      prose_.ascii = false;
    } else {
      EndWord();
    }
    // Vowel signs and joiners are no letters to us, but belong to the writing: they are kept.
    const bool as_is = static_cast<unsigned char>(*start) >= 0x80;
    if (!as_is || symbol == 0xFFFD || kind == SymbolKind::kSign) {
      out_.push_back(' ');
    } else {
      out_.append(start, length);
    }
  }

  const char* p_;
  const char* const end_;
  std::string& out_;
  Prose prose_;
  std::uint64_t packed_ = 0;  // The word at hand, its last eight letters.
  int length_ = 0;            // Its letters.
  std::uint32_t last_ = 0;
  int repeats_ = 0;
};

struct Alias {
  std::string_view from;
  std::string_view to;
};
// Old ISO names that platforms still send, and CLD2's names that nobody else uses.
constexpr Alias kAliases[] = {{"iw", "he"}, {"in", "id"}, {"ji", "yi"}, {"jw", "jv"},
                              {"mo", "ro"}, {"nb", "no"}, {"nn", "no"}, {"fil", "tl"},
                              {"sh", "sr"}, {"sco", "en"}};
constexpr std::string_view kNoLanguage[] = {"und", "zxx", "mis", "mul", "un", "xxx"};

std::string_view Canonical(std::string_view code) {
  for (const Alias& alias : kAliases) {
    if (code == alias.from) return alias.to;
  }
  return code;
}

/// CLD2's code as ours; a string of static storage.
std::string_view CodeOf(CLD2::Language language) {
  if (language == CLD2::UNKNOWN_LANGUAGE || language == CLD2::TG_UNKNOWN_LANGUAGE) return "und";
  if (language == CLD2::CHINESE) return "zh";
  if (language == CLD2::CHINESE_T) return "zh-TW";
  const std::string_view code = CLD2::LanguageCode(language);
  // "xx-Qaai" and the like stand for a script without a language.
  if (code.empty() || code.starts_with("xx") || code.starts_with("zz") || code == "un" ||
      code == "tlh") {
    return "und";
  }
  return Canonical(code.substr(0, code.find('-')));
}

CLD2::Language HintOf(std::string_view hint) {
  if (hint.empty()) return CLD2::UNKNOWN_LANGUAGE;
  const std::string code = NormalizeLanguage(hint);
  if (code.empty() || code == "und" || code == "en") return CLD2::UNKNOWN_LANGUAGE;
  if (code == "zh-TW") return CLD2::CHINESE_T;
  if (code == "he") return CLD2::HEBREW;  // CLD2 itself still says iw.
  return CLD2::GetLanguageFromName(code.c_str());
}

}  // namespace

LanguageGuess LanguageAnalyzer::Detect(std::string_view text, std::string_view hint,
                                       Scratch& scratch) const {
  const Prose prose = ProseCopier(text.substr(0, kMaxBytes), scratch.clean_).Run();
  if (prose.letters == 0) return {};
  // Plainly English: most of a stream, and a tenth of the detector's price.
  if (prose.ascii && prose.letters >= kSureLetters && prose.english >= 2 &&
      prose.english * 8 >= prose.words) {
    return {"en", true};
  }
  const auto ask = [&](int flags) {
    CLD2::CLDHints hints{nullptr, nullptr, CLD2::UNKNOWN_ENCODING, HintOf(hint)};
    std::array<CLD2::Language, 3> languages{};
    std::array<int, 3> percents{};
    std::array<double, 3> scores{};
    int text_bytes = 0;
    LanguageGuess guess;
    CLD2::ExtDetectLanguageSummary(scratch.clean_.data(), static_cast<int>(scratch.clean_.size()),
                                   true, &hints, flags, languages.data(), percents.data(),
                                   scores.data(), nullptr, &text_bytes, &guess.reliable);
    guess.code = CodeOf(languages[0]);
    if (guess.code == "ja" && prose.kana == 0) guess.code = "zh";
    return guess;
  };
  if (prose.letters >= kSureLetters) return ask(kBestEffort);
  const LanguageGuess sure = ask(0);
  if (sure.code != "und" && sure.reliable) return sure;
  if (hint.empty()) return {};
  const LanguageGuess guess = ask(kBestEffort);
  return NormalizeLanguage(hint) == guess.code ? LanguageGuess{guess.code, false} : LanguageGuess{};
}

std::string NormalizeLanguage(std::string_view code) {
  std::string lower;
  for (const char c : code.substr(0, 16)) {
    lower.push_back(c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c);
  }
  if (lower.empty()) return lower;
  if (lower == "zh-tw" || lower == "zh-hant" || lower.starts_with("zh-hant-") || lower == "zh-hk") {
    return "zh-TW";
  }
  const std::string base = lower.substr(0, lower.find('-'));
  if (std::find(std::begin(kNoLanguage), std::end(kNoLanguage), base) != std::end(kNoLanguage)) {
    return "und";
  }
  if (base.size() > 3) {  // "English", "Farsi (Persian)": old data sets write names.
    std::string name = base.substr(0, base.find(' '));
    for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 0x20) : c;
    return std::string(CodeOf(CLD2::GetLanguageFromName(name.c_str())));
  }
  if (base.size() == 3 && base[0] == 'q') return "und";  // X: qme, qht, qam, qct, qst, ...
  return std::string(Canonical(base));
}

std::string_view ToXLanguage(std::string_view code) {
  if (code == "he") return "iw";
  if (code == "id") return "in";
  if (code == "zh") return "zh-CN";
  return code;
}

}  // namespace hb
