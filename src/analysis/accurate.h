// analysis/accurate.h - what a transformer says of posts, in the terms of the fast models.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/emotion.h"
#include "analysis/tag_evidence.h"
#include "base/result.h"
#include "base/units.h"
#include "neural/transformer.h"
#include "record/analysis_batch.h"

namespace hb {

/// Shares of the three classes; neg + neu + pos == kMicro.
struct SentimentShares {
  Micro neg = 0, neu = 0, pos = 0;
};

/// How a post stands to a target; the three sum to kMicro.
struct StanceScore {
  Micro favour = 0, none = 0, against = 0;
  /// "favour", "none", "against": the largest; of equal ones none.
  [[nodiscard]] std::string_view Label() const;
};

/// A transformer with a head for sentiment and maybe others: emotion, irony, offensive, hate,
/// stance; and maybe a tagger of names.
///
/// Lifecycle  Loaded once, destroyed after its Scratches.
/// Threads    Const methods from any thread, each with its own Scratch; `concurrent` of them
///            compute at once.
/// Errors     Load: as neural::Transformer::Load, and kInvalidArgument for a model that says
///            nothing of sentiment. Score: kInternal if the runtime fails.
class AccurateModel {
 public:
  class Scratch {
    friend class AccurateModel;
    std::unique_ptr<neural::Transformer::Scratch> own_;
    neural::TransformerScores scores_, stances_;
  };
  struct Options {
    std::size_t concurrent = 1;
    bool names = false;   ///< Score is given words: see has_names
    bool topics = false;  ///< Meaning is asked for: see has_meaning
  };

  /// `folder` holds config.json, model.onnx and a tokenizer. Labels of sentiment are found by name
  /// in any case (negative, neutral, positive; also Hugging Face's LABEL_0 to LABEL_2 in this
  /// order); a classifier without named heads is one of sentiment.
  static Result<std::unique_ptr<AccurateModel>> Load(const std::string& folder,
                                                     const Options& options);

  /// For the rows that it makes: "minilm-heads/1".
  [[nodiscard]] const std::string& name() const { return transformer_->name(); }
  [[nodiscard]] bool has_emotion() const { return emotion_.has_value(); }
  /// Whether the fast model has a say in EmotionOf's emotions although there is a head of it.
  [[nodiscard]] bool asks_fast_emotion() const {
    return emotion_ && emotion_->head->fast_share > 0;
  }
  [[nodiscard]] bool has_tone() const { return irony_ && offensive_ && hate_; }
  [[nodiscard]] bool has_names() const { return tags_.has_value(); }
  [[nodiscard]] bool has_stance() const { return stance_.has_value(); }
  [[nodiscard]] bool has_meaning() const { return transformer_->has_meaning(); }
  /// Its head of topics; null if it has none.
  [[nodiscard]] const neural::Head* topics() const { return topics_; }

  /// Languages that it was trained on; all if its folder names none.
  [[nodiscard]] bool Reads(std::string_view lang) const;

  [[nodiscard]] Result<std::unique_ptr<Scratch>> MakeScratch() const;
  /// Reads `texts`; the results stay in `scratch` until the next call.
  Status Score(std::span<const std::string_view> texts, Scratch& scratch) const {
    return Score(texts, {}, scratch);
  }
  /// The same, and judges the words of each text, parts of it in their order. Requires:
  /// has_names().
  Status Score(std::span<const std::string_view> texts,
               std::span<const std::vector<std::string_view>> words, Scratch& scratch) const;
  /// Reads how `texts` stand to `target`, apart from what Score left in `scratch`.
  /// kInvalidArgument: the model has no such head, or the target is empty.
  Status ScoreToward(std::span<const std::string_view> texts, std::string_view target,
                     Scratch& scratch) const;
  /// Results of a text of the last Score. Requires of the second: has_emotion().
  [[nodiscard]] SentimentShares Sentiment(const Scratch& scratch, std::size_t text) const;
  /// The shares of `fast` where a head is missing. Where its share in the head says so, emotions
  /// are a weighted geometric mean of both models' chances, brought to a sum of one (a logarithmic
  /// opinion pool; Heskes, "Selecting weighting factors in logarithmic opinion pools", NIPS 1997).
  [[nodiscard]] EmotionScore EmotionOf(const Scratch& scratch, std::size_t text,
                                       EmotionScore fast) const;
  /// Replaces `out` by what each of the text's words is likely to be.
  void Evidence(const Scratch& scratch, std::size_t text, model::EntityView view,
                std::vector<model::StateScores>& out) const;
  /// Of a text of the last Score: what it is about, of length 1. Requires: has_meaning().
  [[nodiscard]] std::span<const float> Meaning(const Scratch& scratch, std::size_t text) const {
    return scratch.scores_.Meaning(text);
  }
  /// How likely each label of topics() is.
  [[nodiscard]] std::span<const float> TopicShares(const Scratch& scratch, std::size_t text) const {
    return scratch.scores_.Probabilities(text, *topics_);
  }
  /// Of a text of the last ScoreToward.
  [[nodiscard]] StanceScore Stance(const Scratch& scratch, std::size_t text) const;

 private:
  struct Labels {
    const neural::Head* head;
    std::array<std::size_t, kEmotions> place{};  ///< in the head's labels, of ours in their order
  };
  AccurateModel() = default;
  [[nodiscard]] static std::optional<Labels> Find(const neural::Head* head,
                                                  std::span<const std::string_view> ours);

  std::unique_ptr<neural::Transformer> transformer_;
  std::optional<Labels> sentiment_, emotion_, irony_, offensive_, hate_, stance_;
  std::optional<TagEvidence> tags_;
  const neural::Head* topics_ = nullptr;
};

}  // namespace hb
