// analysis/mixed.h - when a text says good and bad at once. The definition: docs/mixed.md.
#pragma once

#include <array>
#include <cstdint>

#include "base/units.h"
#include "model/linear_scorer.h"
#include "record/analysis_batch.h"

namespace hb {

/// How strongly both poles must be present before a text counts as mixed at all.
inline constexpr Micro kMixedFloor = 450'000;
/// Clauses of fewer words than this are joined to the next one: "Sadly, ..." is no statement.
inline constexpr std::uint32_t kClauseWords = 2;

/// Degree to which the text scored last is mixed, 0 .. kMicro: the weaker of its most positive
/// clause's pos and its most negative clause's neg, from kMixedFloor (0) to 1 (kMicro).
/// Requires: a model with the labels negative, neutral, positive. Integers only; no allocation.
Micro MixedDegree(const model::LinearScorer& scorer, const model::LinearScratch& scratch);

/// Negative, neutral, positive, mixed in the order of Label, summing to exactly kMicro: the three
/// are scaled by 1 - mixed and rounded down, mixed takes the rest. Requires: neg + neu + pos ==
/// kMicro, 0 <= mixed <= kMicro.
std::array<Micro, 4> FourWay(Micro neg, Micro neu, Micro pos, Micro mixed);

/// The largest; of equal ones the first in the order of Label.
Label LargestOf(Micro neg, Micro neu, Micro pos);
Label LargestOf(const std::array<Micro, 4>& scores);

}  // namespace hb
