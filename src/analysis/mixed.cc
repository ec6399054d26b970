#include "analysis/mixed.h"

#include <algorithm>

namespace hb {
namespace {

/// The strongest of each pole over the stretches seen so far, and which stretch it was.
struct Poles {
  Micro negative = 0;
  Micro positive = 0;
  int most_negative = 0;
  int most_positive = 0;
  int stretches = 0;

  void Take(const model::LinearScorer& scorer, const model::LinearScorer::Stretch& stretch) {
    std::array<std::int64_t, 3> logits{};
    std::array<Micro, 3> scores{};
    scorer.Logits(stretch, logits.data());
    model::SoftmaxMicro(logits, scores);
    if (scores[0] > negative) {
      negative = scores[0];
      most_negative = stretches;
    }
    if (scores[2] > positive) {
      positive = scores[2];
      most_positive = stretches;
    }
    ++stretches;
  }
};

}  // namespace

Micro MixedDegree(const model::LinearScorer& scorer, const model::LinearScratch& scratch) {
  const std::size_t clauses = scorer.Clauses(scratch);
  if (clauses < 2) return 0;
  Poles poles;
  model::LinearScorer::Stretch open;
  model::LinearScorer::Stretch ready;
  for (std::size_t i = 0; i < clauses; ++i) {
    scorer.AddClause(scratch, i, open);
    if (open.words < kClauseWords) continue;
    if (ready.tokens > 0) poles.Take(scorer, ready);
    ready = open;
    open = {};
  }
  // What is left over at the end ("... :)") belongs to the last clause.
  for (std::size_t c = 0; c < ready.sums.size(); ++c) ready.sums[c] += open.sums[c];
  ready.tokens += open.tokens;
  if (ready.tokens > 0) poles.Take(scorer, ready);
  const Micro weaker = std::min(poles.negative, poles.positive);
  if (poles.most_negative == poles.most_positive || weaker <= kMixedFloor) return 0;
  return static_cast<Micro>(std::int64_t{weaker - kMixedFloor} * kMicro / (kMicro - kMixedFloor));
}

std::array<Micro, 4> FourWay(Micro neg, Micro neu, Micro pos, Micro mixed) {
  const auto scaled = [mixed](Micro score) {
    return static_cast<Micro>(std::int64_t{score} * (kMicro - mixed) / kMicro);
  };
  const Micro n = scaled(neg);
  const Micro u = scaled(neu);
  const Micro p = scaled(pos);
  return {n, u, p, kMicro - n - u - p};
}

Label LargestOf(Micro neg, Micro neu, Micro pos) {
  if (neg >= neu && neg >= pos) return Label::kNegative;
  return neu >= pos ? Label::kNeutral : Label::kPositive;
}

Label LargestOf(const std::array<Micro, 4>& scores) {
  return static_cast<Label>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

}  // namespace hb
