// analysis/accurate_topics.h - which topics posts are about, by what the transformer has read.
#pragma once

#include <memory>
#include <vector>

#include "analysis/accurate.h"
#include "analysis/topics.h"
#include "base/result.h"

namespace hb {

/// The same topics as a TopicModel's: those of a trained one by the transformer's head of the same
/// labels, those of a user's words by its vectors of meaning, as TopicModel does with words'.
///
/// Lifecycle  Made once: reads all sentences and examples (3 ms each). The model outlives it.
/// Threads    Const methods from any thread.
class AccurateTopics {
 public:
  /// Null: the model has neither such a head nor vectors of meaning. kInternal: it cannot read.
  static Result<std::unique_ptr<AccurateTopics>> Make(const AccurateModel& model,
                                                      const TopicModel& topics);

  /// Replaces `out` by the topics of a text of the last AccurateModel::Score, likeliest first, at
  /// most TopicModel::kMost.
  void Score(const AccurateModel::Scratch& scratch, std::size_t text,
             std::vector<TopicScore>& out) const;

 private:
  AccurateTopics(const AccurateModel& model, std::size_t topics)
      : model_(&model), topics_(topics) {}
  Status Read(const TopicModel& topics);

  const AccurateModel* model_;
  std::size_t topics_;
  std::vector<std::size_t> ends_;  ///< Of each topic's vectors, in vectors_; empty: by the head.
  std::vector<std::vector<float>> vectors_;  ///< Of each topic its texts, then their middle.
};

}  // namespace hb
