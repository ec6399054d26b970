// analysis/tag_evidence.h - what a transformer says of single words, in the terms of the fast
// tagger.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/sequence_model.h"
#include "neural/transformer_config.h"

namespace hb {

/// Turns the log-probabilities of a transformer's tags into scores for the states of SequenceModel,
/// which adds its own and looks for the best sequence: the transformer knows the context, the fast
/// tagger shapes, capitals and name lists, and what may follow what.
///
/// Threads  Immutable.
class TagEvidence {
 public:
  /// kInvalidArgument: labels other than O, B-... and I-..., or no O. Types that we do not have
  /// count as O.
  static Result<TagEvidence> Of(const neural::Tagger& tagger);

  /// `out` for one word; zeros if all of `tags` are 0 (the word was not read). States that the view
  /// does not give out leave their share to O. Requires: a number for each label.
  void Scores(std::span<const float> tags, model::EntityView view, model::StateScores& out) const;

  /// Scores a nat of the transformer is worth, and what is added to those of O. Fitted on folds of
  /// the training sets that neither model had seen (docs/decisions/0015).
  static constexpr float kWeight = 140.0F, kOutside = -280.0F;

 private:
  TagEvidence() = default;
  std::vector<std::uint8_t> states_;  // Of each label; 0 for what counts as O.
};

}  // namespace hb
