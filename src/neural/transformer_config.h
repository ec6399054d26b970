// neural/transformer_config.h - what a model folder's config.json says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hb::neural {

/// One question that a network answers: which of its logits are the answer, and how they read.
struct Head {
  enum class Kind : std::uint8_t {
    kOne,   ///< one label holds: probabilities sum to 1
    kMany,  ///< each label holds or not
  };
  std::string name;  ///< "sentiment"
  Kind kind = Kind::kOne;
  std::vector<std::string> labels;
  std::size_t begin = 0;     ///< its first logit
  double temperature = 1;    ///< divisor of the logits that makes probabilities match frequencies
  std::vector<float> shift;  ///< of each label; makes rare labels count as much as frequent ones
  bool targeted = false;     ///< answers for a text with a target before it: "TARGET: TEXT"
  /// 0 .. 1: how much a fast model of the same labels counts beside it, by held-out posts.
  double fast_share = 0;

  /// Place of a label, whatever its case; labels.size() if it is none of them.
  [[nodiscard]] std::size_t Find(std::string_view label) const;
  /// Probabilities of the labels from this head's logits: softmax(logits / temperature + shift), or
  /// 1 / (1 + exp(-(...))) of each where many may hold. Without `shifted` they match the
  /// frequencies of the training set; with it, the largest is the label. A logit that is no number
  /// counts as 0. Requires: both have labels.size() numbers.
  void Probabilities(std::span<const float> logits, std::span<float> out,
                     bool shifted = true) const;
};

/// What becomes of a text before the tokenizer.
enum class TextForm : std::uint8_t {
  kAsIs,
  kHeartbeat1,  ///< TextCleaner: what tools/train does
  kUserHttp,    ///< words that begin with @ to @user, with http to http: MaskUsersAndLinks
};

/// An output that judges each token: which tags there are.
struct Tagger {
  std::string output;  ///< the network's name for [rows, tokens, tags]
  std::vector<std::string> labels;
  double temperature = 1;  ///< divisor of the logits
};

/// An output that says what a text is about: texts about the same point the same way.
struct MeaningOutput {
  std::string output;  ///< the network's name for [rows, width]
  std::size_t width = 0;
};

struct TransformerConfig {
  std::string name;  ///< "" if the file has none
  std::vector<Head> heads;
  std::size_t outputs = 0;     ///< logits of all heads together
  std::size_t max_tokens = 0;  ///< marks included
  std::size_t vocabulary = 0;  ///< embeddings that the network has; 0 if the file does not say
  TextForm text = TextForm::kAsIs;
  std::vector<std::string> languages;  ///< codes of those it was trained on; empty: not said
  std::optional<Tagger> tagger;
  std::optional<MeaningOutput> meaning;
};

/// Reads config.json: ours, with "heads" (tools/train/README.md), or that of a sequence classifier
/// of Hugging Face's transformers, with "id2label", which becomes one head: "sentiment" if its
/// labels are negative, neutral and positive, else "labels". `tokenizer_config` is
/// tokenizer_config.json or
/// "". kCorrupt: no JSON object. kInvalidArgument: what is missing, or does not fit together.
Result<TransformerConfig> ParseTransformerConfig(std::string_view json,
                                                 std::string_view tokenizer_config);

/// The preparation that the models cardiffnlp/twitter-* ask for in their cards: of the words
/// between blanks, those that begin with @ and go on become @user, those that begin with http
/// become http. Replaces `out`; must not alias `text`.
void MaskUsersAndLinks(std::string_view text, std::string& out);

}  // namespace hb::neural
