#include "model/language_scorer.h"

#include <algorithm>

namespace hb::model {
namespace {

// Words remembered: 32,768 of 80 bytes, 2.5 MiB. Of a stream of English posts one word in eight is
// not among them; of a quarter as many one in five is not.
constexpr std::size_t kRemembered = 32768;
constexpr std::size_t SlotOf(std::uint64_t hash) { return hash >> 49; }
static_assert(kRemembered == 1 << (64 - 49));
// N-grams of one word at most.
constexpr std::size_t kWordGrams = (kMaxLanguageWord + 2) * kMaxLanguageGram + 1;

/// The only language of a script, as far as posts go.
constexpr std::string_view OnlyLanguageOf(Script script) {
  switch (script) {
    case Script::kHan: return "zh";
    case Script::kHebrew: return "he";
    case Script::kBengali: return "bn";
    case Script::kGreek: return "el";
    case Script::kArmenian: return "hy";
    case Script::kGeorgian: return "ka";
    case Script::kHangul: return "ko";
    case Script::kThai: return "th";
    case Script::kLao: return "lo";
    case Script::kKhmer: return "km";
    case Script::kMyanmar: return "my";
    case Script::kTibetan: return "bo";
    case Script::kGurmukhi: return "pa";
    case Script::kGujarati: return "gu";
    case Script::kOriya: return "or";
    case Script::kTamil: return "ta";
    case Script::kTelugu: return "te";
    case Script::kKannada: return "kn";
    case Script::kMalayalam: return "ml";
    case Script::kSinhala: return "si";
    case Script::kThaana: return "dv";
    case Script::kSyriac: return "syr";
    case Script::kCherokee: return "chr";
    case Script::kInuktitut: return "iu";
    default: return "";
  }
}

// A syllable or an ideograph says as much as two or three letters: "RT" and a name in Latin letters
// beside a Japanese sentence do not outweigh it.
constexpr std::uint32_t WeightOf(Script script) {
  return script == Script::kHan ? 3 : script == Script::kHangul ? 2 : 1;
}

// exp(-i / 16) with 24 fractional bits, as a plain series: basic IEEE operations only, so every
// compiler folds it to the same numbers.
constexpr int kExpBits = 24;
constexpr std::size_t kExpEntries = 16 * 16;
constexpr std::array<std::uint32_t, kExpEntries> MakeExp() {
  double step = 1;
  double term = 1;
  for (int n = 1; n < 24; ++n) {
    term *= -1.0 / 16 / n;
    step += term;
  }
  std::array<std::uint32_t, kExpEntries> table{};
  double value = 1;
  for (std::uint32_t& entry : table) {
    entry = static_cast<std::uint32_t>(value * (1 << kExpBits) + 0.5);
    value *= step;
  }
  return table;
}
constexpr auto kExp = MakeExp();

// exp(-distance); distance >= 0 has kLanguageLogitBits fractional bits. Linear between entries.
std::uint64_t ExpOfMinus(std::int64_t distance) {
  const auto at = static_cast<std::size_t>(distance >> (kLanguageLogitBits - 4));
  if (at + 1 >= kExpEntries) return 0;
  const auto rest = static_cast<std::uint64_t>(distance & ((1 << (kLanguageLogitBits - 4)) - 1));
  return kExp[at] - ((kExp[at] - kExp[at + 1]) * rest >> (kLanguageLogitBits - 4));
}

// Common characters that only one of the two ways of writing Chinese has, side by side.
constexpr std::u32string_view kTraditional =
    U"\u500b\u5011\u4f86\u6703\u8aaa\u9019\u6642\u570b\u5c0d\u904e\u5f8c\u9084\u6c92\u70ba\u958b\u5b78"
    U"\u554f\u9ede\u898b\u8b93\u5f9e\u9577\u73fe\u7576\u52d5\u4e26\u7d66\u9ebc\u611b\u8acb\u8b1d\u5beb"
    U"\u8f49\u83ef\u96fb\u696d\u5834\u8eca\u9580\u99ac\u98a8\u8a71\u8b80\u66f8\u8cb7\u8ce3\u9322\u932f"
    U"\u61c9\u8a72\u8a8d\u8b58\u8b70\u6b61\u89ba\u807d\u8072\u5bf6\u88e1\u9ad4\u99d0\u7a31\u7368";
constexpr std::u32string_view kSimplified =
    U"\u4e2a\u4eec\u6765\u4f1a\u8bf4\u8fd9\u65f6\u56fd\u5bf9\u8fc7\u8fd8\u6ca1\u4e3a\u5f00\u5b66"
    U"\u95ee\u70b9\u89c1\u8ba9\u4ece\u957f\u73b0\u5f53\u52a8\u5e76\u7ed9\u4e48\u7231\u8bf7\u8c22\u5199"
    U"\u8f6c\u534e\u7535\u4e1a\u573a\u8f66\u95e8\u9a6c\u98ce\u8bdd\u8bfb\u4e66\u4e70\u5356\u94b1\u9519"
    U"\u5e94\u8be5\u8ba4\u8bc6\u8bae\u6b22\u89c9\u542c\u58f0\u4f53\u79f0\u72ec";

template <std::size_t N>
constexpr auto Sorted(std::u32string_view text) {
  std::array<char32_t, N> out{};
  std::copy(text.begin(), text.end(), out.begin());
  std::sort(out.begin(), out.end());
  return out;
}
constexpr auto kTraditionalSet = Sorted<kTraditional.size()>(kTraditional);
constexpr auto kSimplifiedSet = Sorted<kSimplified.size()>(kSimplified);

}  // namespace

void LanguageScorer::CountSigns(const LanguageWord& word, LanguageScratch::Signs& signs) {
  for (std::size_t i = 1; i + 1 < word.count; ++i) {
    const std::uint32_t c = word.symbols[i];
    if (word.script == Script::kHebrew) {
      signs.yiddish +=
          (c >= 0x5F0 && c <= 0x5F2) || c == 0x5B7 || c == 0xFB1F || c == 0xFB2E || c == 0xFB2F;
    } else if (word.script == Script::kBengali) {
      signs.assamese += c == 0x9F0 || c == 0x9F1;
    } else if ((c >= 0x3041 && c <= 0x30FF) || (c >= 0x31F0 && c <= 0x31FF) ||
               (c >= 0xFF66 && c <= 0xFF9D)) {
      ++signs.kana;
    } else if (c >= 0x3105 && c <= 0x312F) {
      ++signs.bopomofo;
    } else {
      signs.traditional += std::binary_search(kTraditionalSet.begin(), kTraditionalSet.end(), c);
      signs.simplified += std::binary_search(kSimplifiedSet.begin(), kSimplifiedSet.end(), c);
    }
  }
}

void LanguageScorer::HeedSigns(const LanguageScratch::Signs& signs, LanguageVerdict& verdict) {
  switch (verdict.script) {
    case Script::kHan:
      // Chinese posts borrow a kana now and then; no Japanese sentence has one in ten or fewer.
      if (signs.kana * 10 > verdict.letters) {
        verdict.code = "ja";
        verdict.probability = kMicro;
      } else if (verdict.code == "zh" && signs.traditional + signs.bopomofo > signs.simplified) {
        verdict.code = "zh-TW";
      }
      return;
    case Script::kHebrew:
      if (signs.yiddish * 20 > verdict.letters) verdict.code = "yi";
      return;
    case Script::kBengali:
      if (signs.assamese > 0) verdict.code = "as";
      return;
    default: return;
  }
}

void LanguageScorer::SumOf(const LanguageWord& word, LanguageScratch::Word& out) const {
  // Collected first and looked up afterwards, so that the waits for memory overlap.
  std::array<std::uint64_t, kWordGrams> hashes;
  std::size_t count = 0;
  ForLanguageGrams(word, [&](std::uint64_t hash) {
    model_->Prefetch(hash);
    hashes[count++] = hash;
  });
  std::array<const std::uint8_t*, kWordGrams> rows;
  std::size_t known = 0;
  for (std::size_t i = 0; i < count; ++i) {
    // Without a branch: which n-grams are known is not to be guessed.
    rows[known] = model_->Find(hashes[i]);
    __builtin_prefetch(rows[known]);
    known += rows[known] != nullptr;
  }
  // At most 171 n-grams of at most 15: far below the bounds of 16 bits.
  std::array<std::int16_t, kLanguageDim> sum{};
  for (std::size_t r = 0; r < known; ++r) {
    const std::uint8_t* const row = rows[r];
    for (std::size_t i = 0; i < kLanguageRowBytes; ++i) {
      sum[i] = static_cast<std::int16_t>(sum[i] + (row[i] & 15));
    }
    for (std::size_t i = 0; i < kLanguageRowBytes; ++i) {
      sum[i + kLanguageRowBytes] =
          static_cast<std::int16_t>(sum[i + kLanguageRowBytes] + (row[i] >> 4));
    }
  }
  const auto zero = static_cast<std::int16_t>(kLanguageZero * static_cast<int>(known));
  for (std::int16_t& value : sum) value = static_cast<std::int16_t>(value - zero);
  out.sum = sum;
  out.grams = static_cast<std::uint32_t>(known);
}

void LanguageScorer::AddWord(const LanguageWord& word, LanguageScratch& scratch) const {
  LanguageScratch::Sums& sums = scratch.scripts_[static_cast<std::size_t>(word.script)];
  sums.letters += static_cast<std::uint32_t>(word.count - 2);
  if (word.script == Script::kHan || word.script == Script::kHebrew ||
      word.script == Script::kBengali) {
    CountSigns(word, scratch.signs_);
  }
  const auto [first, last] = model_->ClassesOf(word.script);
  if (last - first < 2) return;
  LanguageScratch::Word& known = scratch.words_[SlotOf(word.hash)];
  if (known.hash != word.hash) {
    SumOf(word, known);
    known.hash = word.hash;
  }
  sums.grams += known.grams;
  for (std::size_t d = 0; d < kLanguageDim; ++d) sums.sum[d] += known.sum[d];
}

LanguageVerdict LanguageScorer::Score(std::string_view text, std::string_view favoured,
                                      LanguageScratch& scratch) const {
  if (scratch.words_.empty() || scratch.model_ != model_->checksum()) {
    scratch.words_.assign(kRemembered, {});
    scratch.model_ = model_->checksum();
  }
  if (text.starts_with("RT @")) text.remove_prefix(2);  // Old reposts: of no language.
  std::uint32_t seen = 0;                               // A bit a script.
  static_assert(kScripts <= 32);
  // Words are asked for while the text is walked and summed afterwards: by then what is remembered
  // of them has arrived in the cache.
  scratch.met_.clear();
  scratch.symbols_.clear();
  WalkLanguage(text.substr(0, kMaxBytes), [&](const LanguageWord& word) {
    seen |= 1u << static_cast<unsigned>(word.script);
    const LanguageScratch::Word* const known = &scratch.words_[SlotOf(word.hash)];
    __builtin_prefetch(known);
    __builtin_prefetch(reinterpret_cast<const char*>(known + 1) - 1);  // It may lie in two lines.
    scratch.met_.push_back({word.hash, static_cast<std::uint32_t>(scratch.symbols_.size()),
                            static_cast<std::uint32_t>(word.count), word.script});
    scratch.symbols_.insert(scratch.symbols_.end(), word.symbols, word.symbols + word.count);
  });
  for (const LanguageScratch::Met& met : scratch.met_) {
    AddWord({scratch.symbols_.data() + met.begin, met.count, met.hash, met.script}, scratch);
  }
  LanguageVerdict verdict;
  std::uint64_t most = 0;
  for (std::uint32_t rest = seen; rest != 0; rest &= rest - 1) {
    const auto s = static_cast<std::size_t>(std::countr_zero(rest));
    const LanguageScratch::Sums& sums = scratch.scripts_[s];
    const std::uint64_t weight = std::uint64_t{sums.letters} * WeightOf(static_cast<Script>(s));
    if (weight <= most) continue;
    most = weight;
    verdict.script = static_cast<Script>(s);
    verdict.letters = sums.letters;
    verdict.grams = sums.grams;
  }
  if (most > 0) {
    Decide(scratch.scripts_[static_cast<std::size_t>(verdict.script)], favoured, verdict);
    HeedSigns(scratch.signs_, verdict);
  }
  scratch.signs_ = {};
  for (; seen != 0; seen &= seen - 1) {
    scratch.scripts_[static_cast<std::size_t>(std::countr_zero(seen))] = {};
  }
  return verdict;
}

void LanguageScorer::Decide(const LanguageScratch::Sums& sums, std::string_view favoured,
                            LanguageVerdict& verdict) const {
  const auto [first, last] = model_->ClassesOf(verdict.script);
  if (last - first < 2) {
    verdict.code = last > first ? std::string_view(model_->classes()[first].code)
                                : OnlyLanguageOf(verdict.script);
    verdict.probability = verdict.code.empty() ? 0 : kMicro;
    return;
  }
  const auto factor = static_cast<std::int64_t>(model_->length_factor(sums.grams));
  std::array<std::int16_t, kLanguageDim> vector;
  for (std::size_t d = 0; d < kLanguageDim; ++d) {
    const std::int64_t value = sums.sum[d] * factor >> 16;
    vector[d] = static_cast<std::int16_t>(
        std::clamp<std::int64_t>(value, -kMaxLanguageValue, kMaxLanguageValue));
  }
  std::array<std::int64_t, kMaxLanguageClasses> logits;
  std::size_t best = first;
  for (std::size_t c = first; c < last; ++c) {
    const LanguageClass& entry = model_->classes()[c];
    std::int32_t dot = 0;
    for (std::size_t d = 0; d < kLanguageDim; ++d) dot += vector[d] * entry.weights[d];
    logits[c] = std::int64_t{dot} + entry.bias;
    // The first letter by itself: most classes end there, without a call.
    if (!favoured.empty() && entry.code[0] == favoured[0] && entry.code == favoured)
      logits[c] += kFavour;
    if (logits[c] > logits[best]) best = c;
  }
  std::uint64_t total = 0;
  for (std::size_t c = first; c < last; ++c) total += ExpOfMinus(logits[best] - logits[c]);
  verdict.code = model_->classes()[best].code;
  verdict.probability = static_cast<Micro>((std::uint64_t{1} << kExpBits) *
                                           static_cast<std::uint64_t>(kMicro) / total);
}

}  // namespace hb::model
