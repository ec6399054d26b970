#include "model/linear_scorer.h"

#include <algorithm>
#include <cstring>

namespace hb::model {
namespace {

// Words remembered: 32,768 of 8 + 4 * classes bytes, 768 KiB for three classes. Posts in many
// languages have more words than posts in one: with half of that they took a fifth longer.
constexpr std::size_t kRemembered = 32768;
// Halves of a key.
constexpr std::size_t kKeyHalves = 2;

/// Numbers of a slot; even, so that keys stay aligned.
constexpr std::size_t SlotSize(std::size_t classes) { return (kKeyHalves + classes + 1) / 2 * 2; }

/// What a token's own features are remembered by; never 0.
std::uint64_t KeyOf(const Token& token) {
  const std::uint64_t key =
      token.hash + static_cast<std::uint64_t>(token.flags & kFeatureFlags) * kHashMultiplier;
  return key + (key == 0 ? 1 : 0);
}

/// Number of the key's slot.
std::size_t SlotOf(std::uint64_t key) {
  return static_cast<std::size_t>((key ^ key >> 32) % kRemembered);
}
// Features of one token at most: the word with its flags, and its character n-grams.
constexpr std::size_t kTokenFeatures = 8 + (kMaxTokenSymbols + 2) * kMaxCharGram;

}  // namespace

void LinearScorer::TokenSum(const Token& token, const std::uint32_t* symbols,
                            std::int32_t* sum) const {
  // Collected first and looked up afterwards, so that the waits for memory overlap.
  std::array<std::uint64_t, kTokenFeatures> hashes;
  std::size_t words = 0;
  std::size_t all = kTokenFeatures;
  ForTokenFeatures(token, symbols, model_->spec(), [&](Family family, std::uint64_t hash) {
    model_->Prefetch(hash);
    hashes[family == Family::kWord ? words++ : --all] = hash;  // Words from the front.
  });
  const auto find = [&](std::size_t begin, std::size_t end, const std::int8_t** found) {
    std::size_t count = 0;
    for (std::size_t i = begin; i < end; ++i) {
      found[count] = model_->Find(hashes[i]);
      __builtin_prefetch(found[count]);
      count += found[count] != nullptr;
    }
    return count;
  };
  std::array<const std::int8_t*, kTokenFeatures> found;
  const std::size_t word_count = find(0, words, found.data());
  const std::size_t char_count = find(all, kTokenFeatures, found.data() + word_count);
  const int classes = model_->classes();
  for (int c = 0; c < classes; ++c) {
    std::int32_t word_sum = 0;
    std::int32_t char_sum = 0;
    for (std::size_t i = 0; i < word_count; ++i) word_sum += found[i][c];
    for (std::size_t i = word_count; i < word_count + char_count; ++i) char_sum += found[i][c];
    sum[c] =
        word_sum * model_->scale(Family::kWord, c) + char_sum * model_->scale(Family::kChar, c);
  }
}

void LinearScorer::AddWords(const Walk& walk, LinearScratch& scratch) const {
  const auto classes = static_cast<std::size_t>(model_->classes());
  const std::size_t slot_size = SlotSize(classes);
  for (const Token& token : walk.tokens) {
    const std::uint64_t key = KeyOf(token);
    std::int32_t* const slot = scratch.remembered_.data() + SlotOf(key) * slot_size;
    std::int32_t* const remembered = slot + kKeyHalves;
    std::uint64_t known = 0;
    std::memcpy(&known, slot, sizeof known);
    if (known != key) {
      TokenSum(token, walk.symbols.data() + token.symbol_begin, remembered);
      std::memcpy(slot, &key, sizeof key);
    }
    const std::size_t row = token.clause + 1;
    std::int64_t* sums = scratch.sums_.data() + row * classes;
    for (std::size_t c = 0; c < classes; ++c) sums[c] += remembered[c];
    scratch.tokens_[row] += 1;
    scratch.words_[row] += (token.flags & (kPunctuation | kSymbol | kWholeTag)) == 0;
  }
}

void LinearScorer::AddPhrases(LinearScratch& scratch) const {
  const auto classes = static_cast<std::size_t>(model_->classes());
  std::size_t known = 0;
  for (LinearScratch::Phrase& phrase : scratch.phrases_) {
    const std::int8_t* weights = model_->Find(phrase.hash);
    __builtin_prefetch(weights);
    scratch.phrases_[known].weights = weights;
    scratch.phrases_[known].row = phrase.row;
    known += weights != nullptr;
  }
  for (std::size_t i = 0; i < known; ++i) {
    const LinearScratch::Phrase& phrase = scratch.phrases_[i];
    std::int64_t* sums = scratch.sums_.data() + phrase.row * classes;
    for (std::size_t c = 0; c < classes; ++c) {
      sums[c] += phrase.weights[c] * model_->scale(Family::kPhrase, static_cast<int>(c));
    }
  }
}

void LinearScorer::Score(const Walk& walk, LinearScratch& scratch, std::size_t language) const {
  const auto classes = static_cast<std::size_t>(model_->classes());
  if (scratch.model_ != model_->checksum()) {
    scratch.model_ = model_->checksum();
    scratch.remembered_.assign(kRemembered * SlotSize(classes), 0);
  }
  scratch.language_ = language;
  const std::size_t rows = walk.clauses + 1;
  scratch.sums_.assign(rows * classes, 0);
  scratch.tokens_.assign(rows, 0);
  scratch.words_.assign(rows, 0);
  // Words and phrases are asked for before the words are summed, and phrases looked up after it: by
  // then they have arrived in the cache.
  scratch.phrases_.clear();
  PhraseWindow window;
  for (const Token& token : walk.tokens) {
    __builtin_prefetch(scratch.remembered_.data() + SlotOf(KeyOf(token)) * SlotSize(classes));
    window.Next(token, model_->spec(), [&](int, std::uint64_t hash) {
      model_->Prefetch(hash);
      scratch.phrases_.push_back({hash, nullptr, token.clause + 1});
    });
  }
  AddWords(walk, scratch);
  AddPhrases(scratch);
  for (std::size_t row = 1; row < rows; ++row) {
    scratch.tokens_[0] += scratch.tokens_[row];
    for (std::size_t c = 0; c < classes; ++c) scratch.sums_[c] += scratch.sums_[row * classes + c];
  }
}

void LinearScorer::AddClause(const LinearScratch& scratch, std::size_t clause,
                             Stretch& stretch) const {
  const auto classes = static_cast<std::size_t>(model_->classes());
  const std::int64_t* sums = scratch.sums_.data() + (clause + 1) * classes;
  for (std::size_t c = 0; c < classes; ++c) stretch.sums[c] += sums[c];
  stretch.tokens += scratch.tokens_[clause + 1];
  stretch.words += scratch.words_[clause + 1];
  stretch.language = scratch.language_;
}

void LinearScorer::LogitsOf(const std::int64_t* sums, std::size_t tokens, std::size_t language,
                            std::int64_t* out) const {
  const auto classes = static_cast<std::size_t>(model_->classes());
  const std::int64_t factor = model_->length_factor(tokens);
  for (std::size_t c = 0; c < classes; ++c) {
    // Right shift of a negative number rounds down: defined since C++20.
    out[c] = model_->bias(static_cast<int>(c), language) + ((sums[c] * factor) >> 16);
  }
}

void LinearScorer::Explain(std::string_view text, LinearScratch& scratch,
                           std::vector<Contribution>& out) const {
  Score(text, scratch);
  const Walk& walk = scratch.walk_;
  const auto classes = static_cast<std::size_t>(model_->classes());
  out.assign(walk.tokens.size(), Contribution{});
  PhraseWindow window;
  std::array<std::size_t, 3> last{};  // Indices of the words that phrases are made of.
  std::size_t held = 0;
  for (std::size_t i = 0; i < walk.tokens.size(); ++i) {
    const Token& token = walk.tokens[i];
    out[i].source_begin = token.source_begin;
    out[i].source_end = token.source_end;
    std::array<std::int32_t, kMaxClasses> sum{};
    TokenSum(token, walk.symbols.data() + token.symbol_begin, sum.data());
    for (std::size_t c = 0; c < classes; ++c) out[i].logits[c] += sum[c];
    if ((token.flags & kLoose) == 0) {
      last = {last[1], last[2], i};
      held = std::min<std::size_t>(held + 1, 3);
    }
    window.Next(token, model_->spec(), [&](int kind, std::uint64_t hash) {
      const std::int8_t* weights = model_->Find(hash);
      if (weights == nullptr) return;
      const std::array<bool, 3> takes{kind != 1, kind != 4, true};
      const auto share = std::count(takes.begin(), takes.end(), true);
      for (std::size_t k = 0; k < 3; ++k) {
        if (!takes[k]) continue;
        for (std::size_t c = 0; c < classes; ++c) {
          out[last[k]].logits[c] +=
              weights[c] * model_->scale(Family::kPhrase, static_cast<int>(c)) / share;
        }
      }
    });
  }
  const std::int64_t factor = model_->length_factor(walk.tokens.size());
  for (Contribution& word : out) {
    for (std::size_t c = 0; c < classes; ++c) word.logits[c] = (word.logits[c] * factor) >> 16;
  }
}

}  // namespace hb::model
