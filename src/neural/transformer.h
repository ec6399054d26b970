// neural/transformer.h - a model folder that classifies texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "neural/runtime.h"
#include "neural/tokenizer.h"
#include "neural/transformer_config.h"

namespace hb::neural {

/// What Transformer::Score found: tables with a row a text, in the texts' order.
struct TransformerScores {
  std::size_t rows = 0, outputs = 0, width = 0, meaning_width = 0, tags = 0;
  std::vector<float> logits;         ///< rows x outputs
  std::vector<float> probabilities;  ///< rows x outputs: Head::Probabilities of each head
  std::vector<float> pooled;         ///< rows x width: each text's vector; empty if width is 0
  std::vector<float> meanings;       ///< rows x meaning_width, each of length 1; empty likewise
  std::vector<float> words;          ///< words of all texts x tags; empty if no words were given
  std::vector<std::size_t> word_begins;  ///< of each row, in words
  std::uint64_t tokens = 0;              ///< of all texts
  std::uint64_t computed = 0;            ///< tokens, and what filled the batches up

  [[nodiscard]] std::span<const float> Logits(std::size_t row, const Head& head) const {
    return {logits.data() + row * outputs + head.begin, head.labels.size()};
  }
  [[nodiscard]] std::span<const float> Probabilities(std::size_t row, const Head& head) const {
    return {probabilities.data() + row * outputs + head.begin, head.labels.size()};
  }
  [[nodiscard]] std::span<const float> Meaning(std::size_t row) const {
    return {meanings.data() + row * meaning_width, meaning_width};
  }
  /// Log-probabilities of the tags of a row's word; all 0 where the network has not read it.
  [[nodiscard]] std::span<const float> Word(std::size_t row, std::size_t word) const {
    return {words.data() + (word_begins[row] + word) * tags, tags};
  }
  [[nodiscard]] std::span<const float> Pooled(std::size_t row) const {
    return {pooled.data() + row * width, width};
  }
};

/// A trained network with its tokenizer and the meaning of its outputs.
///
/// Lifecycle  Loaded once (0.2 to 1 s), used by all threads, destroyed after its Scratches.
/// Threads    Const methods from any thread, each with a Scratch of its own. Options::concurrent of
///            them compute at the same time, others wait.
/// Memory     The network's weights once or twice, about 60 MB of libraries, and for each
///            `concurrent` about 4 MB for every shape of a batch that has come; shapes are few (at
///            most 3 x 13 up to 128 tokens). A Scratch holds the ids of one Score.
/// Errors     Load: kNotFound (the folder, a file of it, the runtime), kCorrupt and
///            kInvalidArgument (what does not fit is named). Score: kInternal if the runtime fails;
///            every text has a result, also an empty one, one of 1 MiB or one that is no UTF-8.
class Transformer {
 public:
  class Scratch;

  struct Options {
    std::size_t concurrent = 1;  ///< Scratches that compute at the same time
    std::size_t threads = 1;     ///< of each; 1 is the caller's own
    /// Unset: the fastest that gives what fp32 gives (see Load).
    std::optional<Arithmetic> arithmetic = std::nullopt;
    std::size_t max_tokens = 512;  ///< a text's end beyond it is not read; the model may say less
    bool pooled = false;           ///< fill TransformerScores::pooled if the model gives it
    bool meaning = false;          ///< fill TransformerScores::meanings likewise
    bool words = false;            ///< judge Reading::words if the model has a tagger
  };
  /// What is read beside the texts.
  struct Reading {
    /// For heads that are Head::targeted: put before each text; the other heads then mean nothing.
    std::string_view target = {};
    /// Empty, or of each text its words, in their order, parts of it: their tags are wanted. A text
    /// whose words are not what the whole text is read as costs a second row.
    std::span<const std::vector<std::string_view>> words = {};
  };

  /// Reads `folder`: config.json, model.onnx, and what LoadTokenizer reads. When no arithmetic is
  /// asked for, the built-in texts are scored in fp32 and in what this CPU is fast at, and the fast
  /// one is taken only if no probability differs by more than kTolerance.
  static Result<std::unique_ptr<Transformer>> Load(const std::string& folder,
                                                   const Options& options);
  /// The same with a tokenizer of the caller's.
  static Result<std::unique_ptr<Transformer>> Load(const std::string& folder,
                                                   std::unique_ptr<Tokenizer> tokenizer,
                                                   const Options& options);
  static constexpr float kTolerance = 0.1F;

  virtual ~Transformer() = default;
  Transformer(const Transformer&) = delete;
  Transformer& operator=(const Transformer&) = delete;

  /// For the rows that it makes: "name" of config.json, else the folder's.
  [[nodiscard]] virtual const std::string& name() const = 0;
  [[nodiscard]] virtual const std::vector<Head>& heads() const = 0;
  /// TransformerConfig::languages.
  [[nodiscard]] virtual const std::vector<std::string>& languages() const = 0;
  /// Null if there is none of that name.
  [[nodiscard]] const Head* head(std::string_view name) const;
  /// Null if the model has none, or Options did not ask for it.
  [[nodiscard]] virtual const Tagger* tagger() const = 0;
  [[nodiscard]] virtual bool has_meaning() const = 0;
  [[nodiscard]] virtual Arithmetic arithmetic() const = 0;
  /// What Load found when it chose: the largest difference of a probability to fp32; 0 if it did
  /// not compare.
  [[nodiscard]] virtual float difference() const = 0;
  [[nodiscard]] virtual std::size_t max_tokens() const = 0;

  [[nodiscard]] virtual Result<std::unique_ptr<Scratch>> MakeScratch() const = 0;
  /// Replaces `out` by the results of `texts`. Texts of like length are computed together, so many
  /// at once are faster than one by one; results of a text depend on its neighbours in the last
  /// bits only (but see tools/train/README.md on the form `int8`).
  virtual Status Score(std::span<const std::string_view> texts, const Reading& reading,
                       Scratch& scratch, TransformerScores& out) const = 0;
  Status Score(std::span<const std::string_view> texts, Scratch& scratch,
               TransformerScores& out) const {
    return Score(texts, Reading{}, scratch, out);
  }

 protected:
  Transformer() = default;
};

/// Base of the implementation's scratch.
///
/// Threads  One at a time.
class Transformer::Scratch {
 public:
  virtual ~Scratch() = default;
};

}  // namespace hb::neural
