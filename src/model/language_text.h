// model/language_text.h - a post as the words and n-grams that tell its language.
//
// Every language model file holds hashes made here: a change of the walk, the scripts or the hashes
// needs a new kLanguageFeatureVersion and a newly trained model. Internal to src/model.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "model/feature_hash.h"
#include "model/symbols.h"

namespace hb::model {

inline constexpr std::uint32_t kLanguageFeatureVersion = 1;

/// Writing systems that are told apart. Values are in model files. Han, kana and bopomofo are kHan.
enum class Script : std::uint8_t {
  kNone = 0,
  kLatin,
  kCyrillic,
  kArabic,
  kDevanagari,
  kHan,
  kEthiopic,
  kHebrew,
  kBengali,
  kGreek,
  kArmenian,
  kGeorgian,
  kHangul,
  kThai,
  kLao,
  kKhmer,
  kMyanmar,
  kTibetan,
  kGurmukhi,
  kGujarati,
  kOriya,
  kTamil,
  kTelugu,
  kKannada,
  kMalayalam,
  kSinhala,
  kThaana,
  kSyriac,
  kCherokee,
  kInuktitut,
  kMark,    ///< Belongs to the letter before it, whatever that is written in.
  kIgnore,  ///< As if it were not there.
};
inline constexpr std::size_t kScripts = static_cast<std::size_t>(Script::kMark);

/// A symbol in lower case and what it is written in.
struct Letter {
  std::uint32_t symbol;
  Script script;
};
/// Tables for the first 65,536 code points, built once (about a millisecond).
class LetterTable {
 public:
  static const LetterTable& Get();
  Letter Of(std::uint32_t symbol) const {
    if (symbol < kFolded) return {folded_[symbol], script_[symbol]};
    if (symbol < kPlane) return {symbol, script_[symbol]};
    return Beyond(symbol);
  }

 private:
  static constexpr std::uint32_t kFolded = 0x2000;
  static constexpr std::uint32_t kPlane = 0x10000;
  LetterTable();
  Letter Beyond(std::uint32_t symbol) const;
  std::array<std::uint16_t, kFolded> folded_{};
  std::array<Script, kPlane> script_{};
};

/// Symbols of a word; what is longer goes on as another word.
inline constexpr std::size_t kMaxLanguageWord = 32;
/// Stand before and behind the symbols of a word.
inline constexpr std::uint32_t kWordBegin = 1, kWordEnd = 2;
/// Numbers of an n-gram's vector.
inline constexpr std::size_t kLanguageDim = 32;
/// Longest character n-gram.
inline constexpr std::size_t kMaxLanguageGram = 5;

/// A word as the walk hands it out: its symbols with kWordBegin and kWordEnd around them.
struct LanguageWord {
  const std::uint32_t* symbols;
  std::size_t count;   ///< With the two.
  std::uint64_t hash;  ///< Over the symbols; equal words of a script have equal hashes.
  Script script;
};

/// Calls use(hash) with each n-gram of the word: one to kMaxLanguageGram symbols, and the word as a
/// whole if it is longer.
template <typename Use>
void ForLanguageGrams(const LanguageWord& word, Use use) {
  for (std::size_t begin = 0; begin < word.count; ++begin) {
    std::uint64_t h = kHashSeed;
    const std::size_t left = word.count - begin;
    for (std::size_t n = 0; n < kMaxLanguageGram && n < left; ++n) {
      h = HashStep(h, word.symbols[begin + n]);
      if (n == 0 && (begin == 0 || left == 1)) continue;
      use(h * 0xC4CEB9FE1A85EC53ull);
    }
  }
  if (word.count > kMaxLanguageGram) use(word.hash);
}

/// Walks over a text and calls use(word) with each word of its prose. Left out: links, @mentions,
/// #hashtags, digits, marks, emoji, bytes that are not UTF-8. `\u2019`-like escapes and HTML
/// entities are decoded, letters in lower case, those repeated three times or more cut to two.
/// Cost: O(bytes).
template <typename Use>
class LanguageWalk {
 public:
  LanguageWalk(std::string_view text, Use use)
      : p_(text.data()), end_(p_ + text.size()), use_(use), table_(LetterTable::Get()) {}

  void Run() {
    while (p_ < end_) {
      const auto byte = static_cast<unsigned char>(*p_);
      if (byte < 0x80 && byte != '&' && byte != '\\') {
        Ascii(static_cast<char>(byte));
      } else {
        const auto [symbol, length] = DecodeSymbol(p_, end_);
        p_ += length;
        Take(symbol);
      }
    }
    EndWord();
  }

 private:
  void Ascii(char c) {
    const auto lower = static_cast<unsigned char>(c | 0x20);
    if (lower >= 'a' && lower <= 'z') {
      if (count_ == 1 && (lower == 'h' || lower == 'w') && SkipLink()) return;
      ++p_;
      Push(lower, Script::kLatin);
      Letters();
      return;
    }
    if (c == '\'' || c == '`') {
      ++p_;
      Apostrophe();
      return;
    }
    const bool at_start = count_ == 1;
    EndWord();
    ++p_;
    if (at_start && (c == '@' || c == '#')) SkipName();
  }

  // More ASCII letters of the word: what Push does with each, with everything at hand. The word's
  // last place is left to Push.
  void Letters() {
    const char* p = p_;
    std::size_t count = count_;
    std::uint64_t hash = hash_;
    for (; p < end_ && count <= kMaxLanguageWord; ++p) {
      const std::uint32_t lower = static_cast<unsigned char>(*p) | 0x20u;
      if (lower < 'a' || lower > 'z') break;
      if (count > 2 && symbols_[count - 1] == lower && symbols_[count - 2] == lower) continue;
      symbols_[count++] = lower;
      hash = HashStep(hash, lower);
    }
    p_ = p;
    count_ = count;
    hash_ = hash;
  }

  void Take(std::uint32_t symbol) {
    if (symbol >= 0xFF01 && symbol <= 0xFF5E) symbol -= 0xFF01 - '!';  // Full-width forms.
    if (symbol < 0x80 || IsApostrophe(symbol)) {
      if (IsApostrophe(symbol)) return Apostrophe();
      const auto lower = symbol | 0x20;
      if (lower >= 'a' && lower <= 'z') return Push(lower, Script::kLatin);
      return EndWord();
    }
    const Letter letter = table_.Of(symbol);
    switch (letter.script) {
      case Script::kNone: return EndWord();
      case Script::kIgnore: return;
      case Script::kMark:
        if (count_ > 1) Push(letter.symbol, script_);
        return;
      default: return Push(letter.symbol, letter.script);
    }
  }

  void Push(std::uint32_t symbol, Script script) {
    if (count_ > 1 && (script != script_ || count_ == kMaxLanguageWord + 1)) EndWord();
    if (apostrophe_) {
      apostrophe_ = false;
      Put('\'');
      if (count_ == kMaxLanguageWord + 1) EndWord();
    }
    script_ = script;
    if (count_ > 2 && symbols_[count_ - 1] == symbol && symbols_[count_ - 2] == symbol) return;
    Put(symbol);
  }
  void Put(std::uint32_t symbol) {
    symbols_[count_++] = symbol;
    hash_ = HashStep(hash_, symbol);
  }
  // Kept only where letters follow: "don't", not "'quoted'".
  void Apostrophe() {
    if (count_ > 1 && !apostrophe_) {
      apostrophe_ = true;
    } else {
      EndWord();
    }
  }

  void EndWord() {
    apostrophe_ = false;
    if (count_ == 1) return;
    symbols_[count_++] = kWordEnd;
    use_(LanguageWord{symbols_.data(), count_, HashMix(hash_), script_});
    count_ = 1;
    hash_ = kSaltWord;
  }

  bool SkipLink() {
    const std::string_view rest(p_, static_cast<std::size_t>(end_ - p_));
    const auto is = [&](std::string_view head) {
      if (rest.size() < head.size()) return false;
      for (std::size_t i = 0; i < head.size(); ++i) {
        if (rest[i] != head[i] && static_cast<char>(rest[i] | 0x20) != head[i]) return false;
      }
      return true;
    };
    if (!is("http://") && !is("https://") && !is("www.")) return false;
    while (p_<end_&& static_cast<unsigned char>(*p_)> ' ') ++p_;
    return true;
  }
  void SkipName() {
    while (p_ < end_ &&
           (static_cast<unsigned char>(*p_) >= 0x80 || IsAsciiAlnum(*p_) || *p_ == '_')) {
      ++p_;
    }
  }

  const char* p_;
  const char* const end_;
  Use use_;
  const LetterTable& table_;
  std::array<std::uint32_t, kMaxLanguageWord + 2> symbols_{kWordBegin};
  std::size_t count_ = 1;  // Symbols of the word at hand, with kWordBegin.
  std::uint64_t hash_ = kSaltWord;
  Script script_ = Script::kNone;
  bool apostrophe_ = false;  // One has been read and waits for a letter.
};

template <typename Use>
void WalkLanguage(std::string_view text, Use use) {
  LanguageWalk<Use>(text, use).Run();
}

}  // namespace hb::model
