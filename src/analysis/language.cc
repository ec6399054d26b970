#include "analysis/language.h"

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>

#include <algorithm>
#include <array>

#include "model/symbols.h"

namespace hb {
namespace {

using model::DecodeSymbol;
using model::FoldSymbol;
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

/// Copies what is prose: no links, mentions, hashtags, emoji or broken bytes. Returns the letters.
int CopyProse(std::string_view text, std::string& out) {
  out.clear();
  const char* p = text.data();
  const char* const end = p + text.size();
  int letters = 0;
  bool in_word = false;
  std::uint32_t last = 0;
  int repeats = 0;
  while (p < end) {
    const char c = *p;
    const auto rest = std::string_view(p, static_cast<std::size_t>(end - p));
    if (!in_word && ((c | 0x20) == 'h' || (c | 0x20) == 'w') && StartsLink(rest)) {
      while (p<end&& static_cast<unsigned char>(*p)> ' ') ++p;
      continue;
    }
    if (!in_word && (c == '@' || c == '#')) {
      ++p;
      while (p < end && (static_cast<unsigned char>(*p) >= 0x80 || IsAsciiAlnum(*p) || *p == '_'))
        ++p;
      out.push_back(' ');
      continue;
    }
    const auto [symbol, length] = DecodeSymbol(p, end);
    const char* const start = p;
    p += length;
    if (symbol == last) {
      if (++repeats >= 2) continue;  // "sooooo", "hahahaaaa", "......"
    } else {
      last = symbol;
      repeats = 0;
    }
    const model::Folded folded = FoldSymbol(symbol);
    const bool letter = folded.kind == SymbolKind::kLetter || folded.kind == SymbolKind::kIdeograph;
    in_word = letter || folded.kind == SymbolKind::kDigit;
    letters += letter;
    const bool plain = length == 1 || *start != '&';
    // Vowel signs and joiners are not letters to us, but belong to the writing.
    if (symbol == 0xFFFD || folded.kind == SymbolKind::kSign || !plain) {
      out.push_back(plain ? ' ' : symbol == '\'' ? '\'' : ' ');
    } else if (*start == '\\') {
      out.push_back(' ');
    } else {
      out.append(start, length);
    }
  }
  return letters;
}

struct Alias {
  std::string_view from;
  std::string_view to;
};
// Old ISO names that platforms still send, and CLD2's names that nobody else uses.
constexpr Alias kAliases[] = {{"iw", "he"}, {"in", "id"}, {"ji", "yi"},  {"jw", "jv"}, {"mo", "ro"},
                              {"nb", "no"}, {"nn", "no"}, {"fil", "tl"}, {"sh", "sr"}};
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
  if (code.empty() || code.starts_with("xx") || code == "un" || code.starts_with("zz"))
    return "und";
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
  const int letters = CopyProse(text.substr(0, kMaxBytes), scratch.clean_);
  if (letters == 0) return {};
  CLD2::CLDHints hints{nullptr, nullptr, CLD2::UNKNOWN_ENCODING, HintOf(hint)};
  std::array<CLD2::Language, 3> languages{};
  std::array<int, 3> percents{};
  std::array<double, 3> scores{};
  int text_bytes = 0;
  bool reliable = false;
  CLD2::ExtDetectLanguageSummary(scratch.clean_.data(), static_cast<int>(scratch.clean_.size()),
                                 true, &hints, kBestEffort, languages.data(), percents.data(),
                                 scores.data(), nullptr, &text_bytes, &reliable);
  LanguageGuess guess{.code = CodeOf(languages[0]), .reliable = reliable};
  if (guess.code == "und") return {};
  if (letters < kSureLetters && !reliable && NormalizeLanguage(hint) != guess.code) return {};
  return guess;
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
