// model/linear_scorer.h - applies a LinearModel to texts, a clause at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "model/linear_model.h"
#include "model/token_walk.h"

namespace hb::model {

/// Caller-owned working memory of a LinearScorer; grows to what the largest text needed.
///
/// Threads  One thread at a time. Holds remembered words of the model it was last used with.
class LinearScratch {
 public:
  /// Of the text that was scored last without a walk of its own.
  const Walk& walk() const { return walk_; }

 private:
  friend class LinearScorer;
  Walk walk_;
  std::vector<std::int64_t> sums_;     // classes of the text, then classes a clause.
  std::vector<std::uint32_t> tokens_;  // Tokens of the text, then of each clause.
  std::vector<std::uint32_t> words_;   // Those of them that are words.
  struct Phrase {
    std::uint64_t hash;
    const std::int8_t* weights;
    std::uint32_t row;
  };
  std::vector<Phrase> phrases_;
  // Slots of remembered words: a key's two halves, then a sum a class. Side by side, so that a word
  // is one wait for memory.
  std::vector<std::int32_t> remembered_;
  std::size_t language_ = 0;
  std::uint64_t model_ = 0;  // Checksum of the model that remembered_ is of.
};

/// Sums the weights of a text's features.
///
/// A word's own features (the word, its flags, its character n-grams) depend on nothing around it,
/// so their sum is remembered in the scratch, by the word's 64-bit hash; posts repeat words, which
/// makes most of the work one look-up. Sums are of integers: remembered or not, the same.
///
/// Threads    Immutable; each thread brings its own LinearScratch.
/// Ownership  Borrows the model.
class LinearScorer {
 public:
  explicit LinearScorer(const LinearModel& model) : model_(&model) {}
  explicit LinearScorer(LinearModel&&) = delete;

  const LinearModel& model() const { return *model_; }

  /// Walks and sums `text`; the results stay in `scratch` until the next call. `language`: its
  /// number in the model (LinearModel::NumberOf), 0 for none. Allocates nothing once the scratch
  /// has grown. Cost: O(bytes).
  void Score(std::string_view text, LinearScratch& scratch, std::size_t language = 0) const {
    WalkText(text, scratch.walk_);
    Score(scratch.walk_, scratch, language);
  }
  /// The same of a text that WalkText has walked. Cost: O(tokens).
  void Score(const Walk& walk, LinearScratch& scratch, std::size_t language = 0) const;

  /// Of the text scored last: logits of the whole text, model().classes() of them.
  void Logits(const LinearScratch& scratch, std::int64_t* out) const {
    LogitsOf(scratch.sums_.data(), scratch.tokens_[0], scratch.language_, out);
  }
  /// Number of clauses of the text scored last; 0 if it had no token.
  std::size_t Clauses(const LinearScratch& scratch) const { return scratch.tokens_.size() - 1; }
  /// A stretch of the text: what its features sum to, its tokens, and those of them that are words.
  struct Stretch {
    std::array<std::int64_t, kMaxClasses> sums{};
    std::uint32_t tokens = 0;
    std::uint32_t words = 0;
    std::size_t language = 0;
  };
  /// Adds a clause of the text scored last to `stretch`. Requires: clause < Clauses(scratch).
  void AddClause(const LinearScratch& scratch, std::size_t clause, Stretch& stretch) const;
  /// Logits as if the stretch were a text of its own.
  void Logits(const Stretch& stretch, std::int64_t* out) const {
    LogitsOf(stretch.sums.data(), stretch.tokens, stretch.language, out);
  }

  /// One word's part in the answer, for people.
  struct Contribution {
    std::uint32_t source_begin;  ///< Bytes of the text.
    std::uint32_t source_end;
    std::array<std::int64_t, kMaxClasses> logits;  ///< Signed, kLogitBits fractional bits.
  };
  /// What each word added to each class's logit, in the order of the text; phrases are shared out
  /// evenly among their words. With the bias they sum to Logits, up to rounding. Not for the hot
  /// path.
  void Explain(std::string_view text, LinearScratch& scratch, std::vector<Contribution>& out) const;

 private:
  void LogitsOf(const std::int64_t* sums, std::size_t tokens, std::size_t language,
                std::int64_t* out) const;
  void TokenSum(const Token& token, const std::uint32_t* symbols, std::int32_t* sum) const;
  void AddWords(const Walk& walk, LinearScratch& scratch) const;
  void AddPhrases(LinearScratch& scratch) const;

  const LinearModel* model_;
};

}  // namespace hb::model
