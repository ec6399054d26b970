// model/many_trainer.h - makes a LinearModel whose labels do not exclude one another.
#pragma once

#include <cstddef>

#include "base/result.h"
#include "model/linear_model.h"
#include "model/linear_trainer.h"
#include "model/multi_label.h"

namespace hb::model {

struct TrainedMany {
  LinearModel model;
  /// On the folds' held-out parts, with the fitted thresholds; no text if options.folds is 0.
  LabelScores held_out;
  double true_from = kTrueFrom;  ///< The target from which a label counts as true.
  LabelScores gold;              ///< On the gold texts, held out.
  std::size_t features;          ///< Known to training.
  std::size_t stored;            ///< That found a place in the table.
};

/// Trains one logit a label on the cross-entropy with the targets, which may be a teacher's
/// probabilities (distillation: Hinton et al., 2015). A label holds where its logit is above 0: its
/// bias holds the threshold that makes the label's F1 largest on held-out texts, so sigmoid(logit)
/// is how surely it holds in the sense of that threshold, no frequency.
///
/// `gold`: texts that people have labelled, maybe none; each weighs as much as ten others. On them,
/// held out, it is chosen from what target on a label of the others counts as true, for the mean of
/// micro- and macro-F1: a teacher that has seen few examples of a label is never very sure of it.
/// A label with enough gold texts has its own, for its own F1. Without gold texts it is kTrueFrom.
///
/// Requires: options.many, options.labels equal to the sets'. Errors and cost as TrainLinear.
Result<TrainedMany> TrainMany(const LinearOptions& options, const MultiLabelSet& set,
                              const MultiLabelSet& gold);

}  // namespace hb::model
