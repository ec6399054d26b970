// model/linear_bundle.h - several linear models over the same text with one look-up a feature.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/linear_model.h"
#include "model/token_walk.h"

namespace hb::model {

/// Columns of weights in a bundle: as many as one 8-byte load brings.
inline constexpr std::size_t kBundleColumns = 8;

/// Caller-owned working memory of a LinearBundle; grows to what the largest text needed.
///
/// Threads  One thread at a time. Holds remembered words of the bundle it was last used with.
class BundleScratch {
 public:
  /// Walks `text`; the walk lives until the next call.
  const Walk& WalkOf(std::string_view text) {
    WalkText(text, walk_);
    return walk_;
  }

 private:
  friend class LinearBundle;
  struct Word {
    std::uint64_t key = 0;
    std::array<std::int32_t, kBundleColumns> sums{};
  };
  std::vector<Word> words_;
  struct Phrase {
    std::uint64_t hash;
    std::uint32_t row;
  };
  std::vector<Phrase> phrases_;
  std::array<std::int64_t, kBundleColumns> sums_{};
  std::size_t tokens_ = 0;
  std::uint64_t bundle_ = 0;  // Identity of the bundle that words_ is of.
  Walk walk_;
};

/// Models of one feature choice and table size ("heads") merged into one table: a feature has one
/// row with the weights of all heads, so four heads cost about what one does. Each head's logits
/// are exactly those that LinearScorer gives with its model alone.
///
/// Lifecycle  Made once (some milliseconds).
/// Threads    Immutable; each thread brings its own BundleScratch.
/// Ownership  Borrows the models.
/// Memory     20 bytes a set and 8 a known feature: about 4 MiB for four small models.
class LinearBundle {
 public:
  /// kInvalidArgument: no model, models of different FeatureSpec or table size, or more than
  /// kBundleColumns classes together, where the first of two counts as none if it has no weights.
  static Result<LinearBundle> Make(std::vector<const LinearModel*> heads);

  std::size_t size() const { return heads_.size(); }
  const LinearModel& head(std::size_t i) const { return *heads_[i].model; }

  /// Sums the features of a text that WalkText has walked; the result stays in `scratch` until the
  /// next call. Allocates nothing once the scratch has grown. Cost: O(tokens).
  void Score(const Walk& walk, BundleScratch& scratch) const;

  /// Logits of the text scored last by head(i): head(i).classes() of them.
  void Logits(const BundleScratch& scratch, std::size_t i, std::int64_t* out) const;

 private:
  static constexpr std::size_t kBundleWays = 16;
  struct Head {
    const LinearModel* model;
    std::array<int, kMaxClasses> column;  // Of each class; -1: has no weights.
  };

  LinearBundle() = default;
  void Merge();
  void Prefetch(std::uint64_t hash) const {
    const auto set = static_cast<std::size_t>(hash >> set_shift_);
    __builtin_prefetch(tags_.data() + set * kBundleWays);
    __builtin_prefetch(rows_.data() + set);
  }
  /// Number of a feature's row; 0 if no head knows it.
  std::uint32_t RowOf(std::uint64_t hash) const;
  const std::int8_t* Row(std::uint32_t row) const {
    return weights_.data() + std::size_t{row} * kBundleColumns;
  }
  void TokenSum(const Token& token, const std::uint32_t* symbols, std::int32_t* sums) const;

  std::vector<Head> heads_;
  FeatureSpec spec_;
  int set_shift_ = 0;
  std::uint64_t identity_ = 0;
  std::array<std::array<std::int32_t, kBundleColumns>, kFamilies> scales_{};
  std::vector<std::uint8_t> tags_;    // kBundleWays a set, filled from the front; 0 is empty.
  std::vector<std::uint32_t> rows_;   // A set's first row.
  std::vector<std::int8_t> weights_;  // kBundleColumns a row; row 0 is of unknown features.
};

}  // namespace hb::model
