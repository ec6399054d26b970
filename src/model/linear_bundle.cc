#include "model/linear_bundle.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "model/features.h"

namespace hb::model {
namespace {

// Words remembered: 16,384 of 40 bytes, 640 KiB.
constexpr std::size_t kRemembered = 16384;
// Features of one token at most: the word with its flags, and its character n-grams.
constexpr std::size_t kTokenFeatures = 8 + (kMaxTokenSymbols + 2) * kMaxCharGram;

Error Unfit(std::string what) {
  return {Code::kInvalidArgument, "models do not go together: " + std::move(what)};
}

/// Place of `tag` among the sixteen at `tags`; 16 if it is not there.
std::uint32_t PlaceOf(const std::uint8_t* tags, std::uint64_t tag) {
#ifdef __SSE2__
  const __m128i sixteen = _mm_loadu_si128(reinterpret_cast<const __m128i*>(tags));
  const __m128i equal = _mm_cmpeq_epi8(sixteen, _mm_set1_epi8(static_cast<char>(tag)));
  const auto marks = static_cast<std::uint32_t>(_mm_movemask_epi8(equal));
  return static_cast<std::uint32_t>(std::countr_zero(marks | 1u << 16));
#else
  for (std::uint32_t half = 0; half < 2; ++half) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, tags + std::size_t{8} * half, 8);
    const std::uint64_t differing = eight ^ (tag * 0x0101010101010101ull);  // LinearModel::Find
    const std::uint64_t marks =
        (differing - 0x0101010101010101ull) & ~differing & 0x8080808080808080ull;
    if (marks != 0) return 8 * half + static_cast<std::uint32_t>(std::countr_zero(marks)) / 8;
  }
  return 16;
#endif
}

/// True if no feature of the class has a weight.
bool IsEmpty(const LinearModel& model, int label) {
  for (const Family family : {Family::kWord, Family::kPhrase, Family::kChar}) {
    if (model.scale(family, label) != 0) return false;
  }
  return true;
}

void AddRow(const std::int8_t* row, std::int32_t* sums) {
  for (std::size_t c = 0; c < kBundleColumns; ++c) sums[c] += row[c];
}

}  // namespace

Result<LinearBundle> LinearBundle::Make(std::vector<const LinearModel*> heads) {
  if (heads.empty()) return Unfit("there is none");
  LinearBundle out;
  out.spec_ = heads[0]->spec();
  out.set_shift_ = 64 - heads[0]->log2_sets();
  int columns = 0;
  for (const LinearModel* model : heads) {
    const std::string name(model->name());
    if (model->spec() != out.spec_) return Unfit(name + " has other features");
    if (model->log2_sets() != heads[0]->log2_sets()) return Unfit(name + " has another table size");
    Head head{.model = model, .column = {}};
    head.column.fill(-1);
    for (int label = 0; label < model->classes(); ++label) {
      if (IsEmpty(*model, label)) continue;
      if (columns == static_cast<int>(kBundleColumns)) return Unfit("too many classes");
      for (std::size_t family = 0; family < kFamilies; ++family) {
        out.scales_[family][static_cast<std::size_t>(columns)] =
            model->scale(static_cast<Family>(family), label);
      }
      head.column[static_cast<std::size_t>(label)] = columns++;
    }
    out.identity_ = HashMix(out.identity_ ^ model->checksum());
    out.heads_.push_back(head);
  }
  if (out.heads_.size() * kWays > kBundleWays) return Unfit("too many models");
  out.Merge();
  return out;
}

void LinearBundle::Merge() {
  const std::size_t sets = std::size_t{1} << (64 - set_shift_);
  tags_.assign(sets * kBundleWays, 0);
  rows_.assign(sets, 0);
  weights_.assign(kBundleColumns, 0);  // Row 0: of unknown features.
  for (std::size_t set = 0; set < sets; ++set) {
    std::uint8_t* tags = tags_.data() + set * kBundleWays;
    rows_[set] = static_cast<std::uint32_t>(weights_.size() / kBundleColumns);
    std::size_t used = 0;
    for (const Head& head : heads_) {
      for (std::size_t way = 0; way < kWays; ++way) {
        const std::uint8_t tag = head.model->tags(set)[way];
        // Of two ways with one tag a look-up takes the first.
        if (tag == 0 || std::find(head.model->tags(set), head.model->tags(set) + way, tag) !=
                            head.model->tags(set) + way) {
          continue;
        }
        const auto at = static_cast<std::size_t>(std::find(tags, tags + used, tag) - tags);
        if (at == used) {
          tags[used++] = tag;
          weights_.resize(weights_.size() + kBundleColumns, 0);
        }
        std::int8_t* row = weights_.data() + (rows_[set] + at) * kBundleColumns;
        for (std::size_t c = 0; c < static_cast<std::size_t>(head.model->classes()); ++c) {
          if (head.column[c] < 0) continue;
          row[head.column[c]] = head.model->weights(set, way)[c];
        }
      }
    }
  }
  weights_.shrink_to_fit();
}

// Whether a feature is known is as good as random: a branch on it would be foretold wrongly half
// the time, so an unknown one has row 0, which is all zeros.
std::uint32_t LinearBundle::RowOf(std::uint64_t hash) const {
  const auto set = static_cast<std::size_t>(hash >> set_shift_);
  const std::uint32_t way = PlaceOf(tags_.data() + set * kBundleWays, LinearModel::TagOf(hash));
  return (rows_[set] + way) & (0u - static_cast<std::uint32_t>(way < kBundleWays));
}

void LinearBundle::TokenSum(const Token& token, const std::uint32_t* symbols,
                            std::int32_t* sums) const {
  // Collected first, then looked up, then added, so that the waits for memory overlap.
  std::array<std::uint64_t, kTokenFeatures> hashes;
  std::size_t words = 0;
  std::size_t chars = kTokenFeatures;
  ForTokenFeatures(token, symbols, spec_, [&](Family family, std::uint64_t hash) {
    Prefetch(hash);
    hashes[family == Family::kWord ? words++ : --chars] = hash;  // Words from the front.
  });
  std::array<std::uint32_t, kTokenFeatures> rows;
  const auto find = [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      rows[i] = RowOf(hashes[i]);
      __builtin_prefetch(Row(rows[i]));
    }
  };
  find(0, words);
  find(chars, kTokenFeatures);
  std::array<std::int32_t, kBundleColumns> word_sums{};
  std::array<std::int32_t, kBundleColumns> char_sums{};
  for (std::size_t i = 0; i < words; ++i) AddRow(Row(rows[i]), word_sums.data());
  for (std::size_t i = chars; i < kTokenFeatures; ++i) AddRow(Row(rows[i]), char_sums.data());
  for (std::size_t c = 0; c < kBundleColumns; ++c) {
    sums[c] = word_sums[c] * scales_[static_cast<std::size_t>(Family::kWord)][c] +
              char_sums[c] * scales_[static_cast<std::size_t>(Family::kChar)][c];
  }
}

void LinearBundle::Score(const Walk& walk, BundleScratch& scratch) const {
  if (scratch.bundle_ != identity_ || scratch.words_.empty()) {
    scratch.bundle_ = identity_;
    scratch.words_.assign(kRemembered, {});
  }
  // As in LinearScorer: phrases are asked for before the words are summed, so that their tags have
  // arrived in the cache when they are looked up.
  scratch.phrases_.clear();
  PhraseWindow window;
  for (const Token& token : walk.tokens) {
    window.Next(token, spec_, [&](int, std::uint64_t hash) {
      Prefetch(hash);
      scratch.phrases_.push_back({hash, 0});
    });
  }
  scratch.sums_.fill(0);
  scratch.tokens_ = walk.tokens.size();
  for (const Token& token : walk.tokens) {
    std::uint64_t key =
        token.hash + static_cast<std::uint64_t>(token.flags & kFeatureFlags) * kHashMultiplier;
    key += key == 0;
    BundleScratch::Word& word = scratch.words_[(key ^ key >> 32) % kRemembered];
    if (word.key != key) {
      TokenSum(token, walk.symbols.data() + token.symbol_begin, word.sums.data());
      word.key = key;
    }
    for (std::size_t c = 0; c < kBundleColumns; ++c) scratch.sums_[c] += word.sums[c];
  }
  std::array<std::int32_t, kBundleColumns> phrase_sums{};
  for (BundleScratch::Phrase& phrase : scratch.phrases_) {
    phrase.row = RowOf(phrase.hash);
    __builtin_prefetch(Row(phrase.row));
  }
  for (const BundleScratch::Phrase& phrase : scratch.phrases_) {
    AddRow(Row(phrase.row), phrase_sums.data());
  }
  for (std::size_t c = 0; c < kBundleColumns; ++c) {
    scratch.sums_[c] +=
        std::int64_t{phrase_sums[c]} * scales_[static_cast<std::size_t>(Family::kPhrase)][c];
  }
}

void LinearBundle::Logits(const BundleScratch& scratch, std::size_t i, std::int64_t* out) const {
  const Head& head = heads_[i];
  const std::int64_t factor = head.model->length_factor(scratch.tokens_);
  for (std::size_t c = 0; c < static_cast<std::size_t>(head.model->classes()); ++c) {
    const int column = head.column[c];
    const std::int64_t sum = column < 0 ? 0 : scratch.sums_[static_cast<std::size_t>(column)];
    out[c] = head.model->bias(static_cast<int>(c)) + ((sum * factor) >> 16);
  }
}

}  // namespace hb::model
