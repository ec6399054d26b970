// model/linear_table.h - from trained weights to the table of a model file. Part of the linear
// trainer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/linear_model.h"
#include "model/linear_rows.h"
#include "model/linear_sgd.h"
#include "model/linear_trainer.h"

namespace hb::model {

/// A feature that wants a place in the table.
struct Candidate {
  std::uint64_t hash;
  Family family;
  float importance;
  std::array<float, kMaxClasses> weights;
};

/// Every feature with its final weights (lexicons and transfers folded in), most important first.
std::vector<Candidate> MakeCandidates(const LinearOptions& options, const Rows& rows,
                                      const Weights& w, const LexiconMap& lexicon,
                                      const std::vector<Transfer>& transfers);

/// A model file's parts without its table: one bias a class.
LinearParts MakeHeader(const LinearOptions& options, const std::vector<double>& bias);

/// Quantises and places the features, the most important first; returns how many found a place.
std::size_t FillTable(const LinearOptions& options, const std::vector<Candidate>& candidates,
                      double temperature, LinearParts& parts);

/// `value` with `bits` fractional bits, rounded.
std::int32_t ToFixed(double value, int bits);
/// `logit` as model files hold them.
std::int32_t ToFixedLogit(double logit);

}  // namespace hb::model
