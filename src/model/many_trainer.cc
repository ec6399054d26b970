#include "model/many_trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model/linear_rows.h"
#include "model/linear_sgd.h"
#include "model/linear_table.h"

namespace hb::model {
namespace {

/// How much of a text that people have labelled counts: there are few, and they are right.
constexpr float kGoldWeight = 10;

Status Check(const LinearOptions& options, const MultiLabelSet& set, const MultiLabelSet& gold) {
  const auto bad = [](std::string what) { return Error{Code::kInvalidArgument, std::move(what)}; };
  if (!options.many || options.labels != set.labels || options.labels != gold.labels)
    return bad("labels do not fit the texts");
  if (options.labels.size() < 2 || options.labels.size() > kMaxClasses) {
    return bad("need 2 to 32 labels");
  }
  if (options.epochs < 1 || options.log2_sets < 4 || options.log2_sets > 20 || options.folds < 0 ||
      options.folds > 50 || options.folds == 1) {
    return bad("epochs must be 1 or more, log2_sets 4 to 20, folds 0 or 2 to 50");
  }
  return Ok();
}

/// The shift of a label's logits that makes its F1 largest when all above 0 are said to have it.
double FitThreshold(std::vector<std::pair<double, bool>>& logits) {
  std::sort(logits.begin(), logits.end(),
            [](const auto& a, const auto& b) { return a.first > b.first; });
  const auto gold = static_cast<double>(
      std::count_if(logits.begin(), logits.end(), [](const auto& one) { return one.second; }));
  double best = 0, threshold = logits.empty() ? 0 : logits[0].first;
  std::size_t right = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    right += logits[i].second ? 1 : 0;
    const double f1 = 2 * static_cast<double>(right) / (static_cast<double>(i + 1) + gold);
    if (f1 <= best) continue;
    best = f1;
    // Half way to the next, so that neither stands on the edge.
    const double next = i + 1 < logits.size() ? logits[i + 1].first : logits[i].first;
    threshold = (logits[i].first + next) / 2;
  }
  return -threshold;
}

/// Logits of texts, texts x labels.
using Logits = std::vector<double>;

/// The shift of each label that separates the texts with a target of `true_from` or more best.
std::vector<double> FitThresholds(const MultiLabelSet& set, const Logits& logits,
                                  double true_from) {
  const std::size_t k = set.labels.size();
  std::vector<double> shifts(k);
  std::vector<std::pair<double, bool>> of_label(set.texts.size());
  for (std::size_t c = 0; c < k; ++c) {
    for (std::size_t i = 0; i < set.texts.size(); ++i) {
      of_label[i] = {logits[i * k + c], set.Targets(i)[c] >= true_from};
    }
    shifts[c] = FitThreshold(of_label);
  }
  return shifts;
}

LabelScores Judge(const MultiLabelSet& set, const Logits& logits, double true_from,
                  const std::vector<double>& shifts) {
  LabelScores scores(set.labels);
  const std::size_t k = set.labels.size();
  for (std::size_t i = 0; i < set.texts.size(); ++i) {
    for (std::size_t c = 0; c < k; ++c) {
      scores.Add(c, set.Targets(i)[c] >= true_from, logits[i * k + c] + shifts[c] > 0);
    }
    scores.AddText();
  }
  return scores;
}

/// Label thresholds, fitted on held-out texts: `gold` says what counts as true there.
struct Thresholds {
  double true_from = kTrueFrom;  ///< Of labels that have too few gold texts for a say of their own.
  std::vector<double> shifts;
};

/// Gold texts that a label needs for that.
constexpr std::size_t kEnoughGold = 20;

Thresholds Choose(const MultiLabelSet& set, const Logits& held, const MultiLabelSet& gold,
                  const Logits& gold_logits) {
  if (gold.texts.empty()) return {kTrueFrom, FitThresholds(set, held, kTrueFrom)};
  constexpr double kStep = 0.05, kNearly = 0.01;
  struct Tried {
    Thresholds thresholds;
    LabelScores scores;
  };
  std::vector<Tried> all;  // The strictest first.
  for (double true_from = 0.9; true_from > kStep / 2; true_from -= kStep) {
    Thresholds one{true_from, FitThresholds(set, held, true_from)};
    LabelScores scores = Judge(gold, gold_logits, kTrueFrom, one.shifts);
    all.push_back({std::move(one), std::move(scores)});
  }
  const auto value = [](const Tried& one) { return one.scores.MicroF1() + one.scores.MacroF1(); };
  Thresholds chosen = std::max_element(all.begin(), all.end(), [&](const Tried& a, const Tried& b) {
                        return value(a) < value(b);
                      })->thresholds;
  for (std::size_t c = 0; c < set.labels.size(); ++c) {
    if (all[0].scores.at(c).gold < kEnoughGold) continue;
    double best = 0;
    for (const Tried& one : all) best = std::max(best, one.scores.at(c).F1());
    // Of those that are nearly as good, the strictest: too many topics are worse than too few.
    chosen.shifts[c] = std::find_if(all.begin(), all.end(), [&](const Tried& one) {
                         return one.scores.at(c).F1() >= best - kNearly;
                       })->thresholds.shifts[c];
  }
  return chosen;
}

void AddExamples(const MultiLabelSet& set, float weight, std::vector<Example>& out) {
  for (std::size_t i = 0; i < set.texts.size(); ++i) {
    const auto targets = set.Targets(i);
    out.push_back(
        {.text = set.texts[i], .weight = weight, .targets = {targets.begin(), targets.end()}});
  }
}

}  // namespace

Result<TrainedMany> TrainMany(const LinearOptions& options, const MultiLabelSet& set,
                              const MultiLabelSet& gold) {
  HB_TRY(Check(options, set, gold));
  std::vector<Example> examples;
  AddExamples(set, 1, examples);
  AddExamples(gold, kGoldWeight, examples);
  const Rows rows = MakeRows(options, examples, {}, {});
  const Weights w = TrainWeights(options, rows, -1, options.seed);
  std::vector<double> bias(w.bias.begin(), w.bias.end());
  LinearParts parts = MakeHeader(options, bias);
  const std::size_t stored = FillTable(options, MakeCandidates(options, rows, w, {}, {}), 1, parts);
  HB_ASSIGN(LinearModel model, LinearModel::FromBytes(EncodeLinearModel(parts)));
  TrainedMany trained{.model = std::move(model),
                      .held_out = LabelScores(set.labels),
                      .gold = LabelScores(set.labels),
                      .features = rows.hashes.size(),
                      .stored = stored};
  if (options.folds == 0) return trained;

  // No row weighs less than 1, so each is held out once, and in order.
  Logits held = RunFolds(options, rows).logits;
  const auto first_gold = held.begin() + static_cast<std::ptrdiff_t>(set.targets.size());
  const Logits gold_logits(first_gold, held.end());
  held.erase(first_gold, held.end());
  const Thresholds chosen = Choose(set, held, gold, gold_logits);
  trained.true_from = chosen.true_from;
  trained.held_out = Judge(set, held, chosen.true_from, chosen.shifts);
  trained.gold = Judge(gold, gold_logits, kTrueFrom, chosen.shifts);
  for (std::size_t c = 0; c < bias.size(); ++c)
    parts.bias[c] = ToFixedLogit(bias[c] + chosen.shifts[c]);
  HB_ASSIGN(trained.model, LinearModel::FromBytes(EncodeLinearModel(parts)));
  if (options.progress) {
    options.progress(fmt::format(
        "held out, true from {:.2f}: micro-F1 {:.4f}, macro-F1 {:.4f}; gold: {:.4f}, {:.4f}",
        trained.true_from, trained.held_out.MicroF1(), trained.held_out.MacroF1(),
        trained.gold.MicroF1(), trained.gold.MacroF1()));
  }
  return trained;
}

}  // namespace hb::model
