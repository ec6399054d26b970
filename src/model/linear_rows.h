// model/linear_rows.h - texts as numbered features. Part of the linear trainer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/dataset.h"
#include "model/feature_hash.h"
#include "model/linear_trainer.h"

namespace hb::model {

/// Rows::fold of examples that are never held out.
inline constexpr std::uint8_t kNeverHeldOut = 255;

/// Examples as feature numbers.
struct Rows {
  std::size_t classes = 0;
  std::size_t dense = 0;              ///< Dense features an example.
  std::vector<std::uint64_t> hashes;  ///< Of feature number i.
  std::vector<Family> families;
  std::vector<std::uint32_t> counts;  ///< Examples that have it.
  std::vector<std::size_t> begins;    ///< Example e: features [begins[e], begins[e + 1]).
  std::vector<std::uint32_t> features;
  std::vector<float> dense_values;  ///< Example e: [e * dense, (e + 1) * dense).
  std::vector<float> length;
  std::vector<int> labels;
  std::vector<float> targets;  ///< Example e: [e * classes, ...); empty: `labels` says all.
  std::vector<float> weights;
  std::vector<std::uint8_t> fold;  ///< Or kNeverHeldOut.

  std::size_t size() const { return labels.size(); }
};

/// What a text of `tokens` tokens counts; the table in a model file holds the same numbers.
double LengthFactor(std::size_t tokens, double exponent);

/// Valences by word: for each lexicon its positive and its negative part, `gain` included.
using LexiconMap = std::unordered_map<std::uint64_t, std::vector<float>>;
LexiconMap MergeLexicons(const std::vector<Lexicon>& lexicons, float gain);

/// What a linear model learnt from an auxiliary set, as weights by feature. Its logits for a text
/// are dense features of that text; being linear in the same n-grams, they are folded into the
/// n-grams' own weights after training and cost nothing when scoring.
struct Transfer {
  std::size_t classes = 0;
  std::unordered_map<std::uint64_t, std::uint32_t> numbers;  ///< Of a hash.
  std::vector<std::uint64_t> hashes;
  std::vector<Family> families;
  std::vector<std::uint32_t> counts;
  std::vector<float> weights;  ///< [number][class], gains included, the mean of the classes is 0.
  float scale = 1;             ///< Makes its logits as large as other features; SetScales.
};

/// Dense features of an example: for each lexicon {positive, negative}, the same inside of
/// negation, then the classes of each transfer (times its scale).
Rows MakeRows(const LinearOptions& options, const std::vector<Example>& examples,
              const LexiconMap& lexicon, const std::vector<Transfer>& transfers);

/// Sets each transfer's scale so that its logits have a root mean square of `gain` on `examples`.
void SetScales(const LinearOptions& options, const std::vector<Example>& examples, float gain,
               std::vector<Transfer>& transfers);

}  // namespace hb::model
