// model/linear_sgd.h - gradient descent on a softmax, or a sigmoid a label, over rows. Part of the
// linear trainer.
#pragma once

#include <cstdint>
#include <vector>

#include "model/calibration.h"
#include "model/linear_rows.h"
#include "model/linear_trainer.h"

namespace hb::model {

struct Weights {
  std::vector<float> sparse;  ///< [feature][class]
  std::vector<float> dense;   ///< [dense feature][class]
  std::vector<float> bias;
};

/// AdaGrad (Duchi et al., JMLR 12, 2011) on the softmax loss, or where rows have targets on the
/// cross-entropy of each label, with the weights of the second half of the epochs averaged. Leaves
/// out the rows of `held_out_fold`; -1: none.
Weights TrainWeights(const LinearOptions& options, const Rows& rows, int held_out_fold,
                     std::uint64_t seed);

/// Logits of the rows that folds hold out, each by a model that has not seen its row.
HeldOut RunFolds(const LinearOptions& options, const Rows& rows);

}  // namespace hb::model
