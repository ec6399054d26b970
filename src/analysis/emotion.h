// analysis/emotion.h - which emotion a post shows, and whether it is ironic, offensive or hateful.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/word_weight.h"
#include "base/result.h"
#include "base/units.h"
#include "model/linear_bundle.h"
#include "model/linear_model.h"
#include "model/token_walk.h"
#include "record/analysis_batch.h"

namespace hb {

/// What one text says.
struct EmotionScore {
  std::array<Micro, kEmotions> emotions{};   ///< In the order of Emotion; they sum to kMicro.
  Emotion label = Emotion::kNone;            ///< The largest of the five; of equal ones the first.
  Micro irony = 0, offensive = 0, hate = 0;  ///< 0 .. kMicro: how probable each is.

  Micro Of(Emotion emotion) const { return emotions[static_cast<std::size_t>(emotion)]; }
};

/// Scores texts with four fast linear models (models/emotion-fast, irony-fast, offensive-fast,
/// hate-fast), all from one look-up a feature. From the same text and models every machine gives
/// the same numbers: integer arithmetic throughout.
///
/// Lifecycle  Default-constructed with the models that are part of the program, or FromFiles.
/// Threads    Const methods may run on several threads at once, each with its own Scratch.
/// Memory     A Scratch holds about 640 KiB of remembered words; once it has grown, nothing is
///            allocated a post. The merged table is shared by all default-constructed ones.
/// Errors     None when scoring: every byte string has scores. Beyond kMaxTokens a text is not
///            looked at.
class EmotionAnalyzer {
 public:
  using Scratch = model::BundleScratch;
  enum class Head : std::uint8_t { kEmotion = 0, kIrony = 1, kOffensive = 2, kHate = 3 };
  static constexpr std::size_t kHeads = 4;

  EmotionAnalyzer();
  /// A model.bin or its folder for each head, in the order of Head; "" for the program's own.
  /// kNotFound, kCorrupt, or kInvalidArgument: other labels, or models that do not go together.
  static Result<EmotionAnalyzer> FromFiles(const std::array<std::string, kHeads>& paths);

  /// Of a text that model::WalkText has walked: SentimentAnalyzer's scratch holds that walk after
  /// its Score. Cost: O(tokens).
  EmotionScore Score(const model::Walk& walk, Scratch& scratch) const;
  /// The same, walking the text first. Cost: O(bytes).
  EmotionScore Score(std::string_view text, Scratch& scratch) const;
  /// Name and version to write beside a result: "emotion-fast/1".
  const std::string& model(Head head) const { return names_[static_cast<std::size_t>(head)]; }
  /// The head's classes in the order of their weights: {"not-hate", "hate"}.
  const std::vector<std::string>& labels(Head head) const;

  /// Weights of the head's labels.
  std::vector<WordWeight> Explain(Head head, std::string_view text, std::size_t limit) const;

 private:
  struct Own;
  EmotionAnalyzer(const model::LinearBundle& bundle, std::shared_ptr<const Own> own);

  std::shared_ptr<const Own> own_;  ///< Empty: the program's own models.
  const model::LinearBundle* bundle_;
  std::array<std::string, kHeads> names_;
};

}  // namespace hb
