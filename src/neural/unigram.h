// neural/unigram.h - Unigram, the tokenizer of XLM-R and of other models made with sentencepiece.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "neural/tokenizer.h"
#include "neural/tokenizer_added.h"
#include "neural/tokenizer_json.h"
#include "neural/tokenizer_scratch.h"
#include "neural/tokenizer_trie.h"
#include "neural/unigram_normalizer.h"

namespace hb::neural {

/// How a text is parted before the model sees it: blanks become U+2581, which begins each word.
struct Metaspace {
  enum class Prepend : std::uint8_t { kAlways, kFirst, kNever };
  std::string replacement = "\u2581";
  Prepend prepend = Prepend::kAlways;  ///< Whether what begins with no blank gets one.
  bool split = true;                   ///< Each U+2581 begins a word; else all is one.
  bool at_blanks = false;              ///< Parted at white space first, which is dropped.

  static Result<Metaspace> FromJson(const JsonNode& node);
};

/// Of all ways to part a word into pieces of the vocabulary, the most probable one (Viterbi).
///
/// Source  T. Kudo, "Subword Regularization", ACL 2018; ids equal those of the package
///         `tokenizers` 0.23.2 (its method encode_optimized).
class Unigram final : public Tokenizer {
 public:
  /// A tokenizer.json whose model is Unigram.
  static Result<std::unique_ptr<Tokenizer>> FromJson(const JsonNode& root);

  void Encode(std::string_view text, std::size_t max_tokens,
              std::vector<std::int32_t>& out) const override;
  [[nodiscard]] std::int32_t pad() const override { return parts_.pad; }
  [[nodiscard]] std::int32_t size() const override { return parts_.size; }

 private:
  /// The best way to part what ends here.
  struct Node {
    double score = 0;
    std::int32_t id = -1;  ///< Of its last piece; -1 while no way is known.
    std::uint32_t begin = 0;
  };
  struct Piece {
    std::uint32_t begin, end;
    std::int32_t id;
  };
  struct Scratch {
    std::string repaired, text, spare, words;
    std::vector<Node> nodes;
    std::vector<Piece> pieces;
  };

  Unigram() = default;
  Status ReadModel(const JsonNode& model, Vocabulary& words);
  void AppendPart(std::string_view part, bool first, std::size_t limit, Scratch& scratch,
                  std::vector<std::int32_t>& out) const;
  void AppendRun(std::string_view run, bool first, std::size_t limit, Scratch& scratch,
                 std::vector<std::int32_t>& out) const;
  void AppendWord(std::string_view word, Scratch& scratch, std::vector<std::int32_t>& out) const;
  void Forward(std::string_view word, std::vector<Node>& nodes) const;

  TokenizerParts parts_;
  AddedTokens raw_, normalized_;
  UnigramNormalizer normalizer_;
  Metaspace metaspace_;
  Trie trie_;
  std::vector<double> scores_;  ///< By id: logarithms of probabilities.
  double unknown_score_ = 0;
  std::int32_t unknown_ = 0;
  bool byte_fallback_ = false;
  std::array<std::int32_t, 256> byte_ids_{};
  PerThread<Scratch> scratch_;
};

}  // namespace hb::neural
