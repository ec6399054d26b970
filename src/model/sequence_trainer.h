// model/sequence_trainer.h - makes a SequenceModel from posts with labelled entities.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/sequence_data.h"
#include "model/sequence_model.h"

namespace hb::model {

struct SequenceOptions {
  std::string name = "entities-fast", version = "1";
  int epochs = 10;              ///< Passes over the posts.
  double learning_rate = 0.05;  ///< AdaGrad's.
  double l2 = 3e-3;             ///< Weight decay a touch of a feature.
  double general = 0.34;        ///< Share of posts seen without the features of their view.
  int min_count = 2;            ///< Features of fewer tokens are not used.
  int log2_sets = 16;           ///< Table of 4 * 2^n features.
  std::uint64_t seed = 1;
  std::function<void(std::string_view)> progress;
};

struct TrainedSequence {
  SequenceModel model;
  std::size_t features = 0;  ///< Trained.
  std::size_t stored = 0;    ///< That found a place in the table.
};

/// Trains a linear-chain conditional random field (Lafferty, McCallum, Pereira, ICML 2001) by
/// AdaGrad on the likelihood of what the labels leave open (partial labels). Same input, same
/// bytes on the same build. kInvalidArgument: no post.
Result<TrainedSequence> TrainSequence(const SequenceOptions& options,
                                      const std::vector<TaggedData>& data,
                                      const std::vector<WordEntry>& words);

/// Scores a model on posts, each data set in its own view. `beside`: empty, or of each post what
/// SequenceModel::Tag takes.
EntityScores ScoreEntities(const SequenceModel& model, const TaggedData& data,
                           std::span<const std::vector<StateScores>> beside = {});

}  // namespace hb::model
