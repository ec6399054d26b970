// neural/unigram_normalizer.h - what sentencepiece's models do to a text before they part it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "neural/tokenizer_json.h"

namespace hb::neural {

/// The end of the user-perceived character that begins at `at` (extended grapheme cluster, UAX #29,
/// without rule GB9c, whose clusters have at least 9 bytes: see Charsmap).
/// Requires: at < text.size(), valid UTF-8. Cost: O(bytes of the cluster).
std::size_t GraphemeEnd(std::string_view text, std::size_t at);

/// sentencepiece's precompiled map from characters to what they become (nmt_nfkc and others).
///
/// Threads  Never changes once made.
/// Source   sentencepiece's normalizer.cc (the format), Darts-clone by S. Yata (the trie), and the
///          crate spm_precompiled, whose two habits are kept because models are used with them: of
///          several entries the shortest counts, and a cluster of fewer than 6 bytes is replaced
///          whole when an entry matches its beginning.
class Charsmap {
 public:
  /// Bytes that a character may become; nmt_nfkc has 33 (U+FDFA).
  static constexpr std::size_t kMaxText = 64;

  /// kCorrupt: cut short, not base64, or a text longer than kMaxText.
  static Result<Charsmap> FromBase64(const JsonNode& node);

  /// Appends what `text` becomes, until `out` has `limit` bytes or more. Requires: valid UTF-8.
  /// Cost: O(text.size() + bytes appended).
  void Apply(std::string_view text, std::size_t limit, std::string& out) const;

 private:
  /// What the shortest entry at the beginning of `chunk` becomes; false if there is none.
  [[nodiscard]] bool Find(std::string_view chunk, std::string_view& becomes) const;

  std::vector<std::uint32_t> trie_;
  std::string texts_;  ///< What characters become, each ended by a 0.
};

/// A sequence of the steps that tokenizer.json may name.
///
/// Threads  Never changes once made.
class UnigramNormalizer {
 public:
  static constexpr std::size_t kMaxGrowth = 64;

  /// kInvalidArgument: a step that is not supported. A null node is no step.
  static Result<UnigramNormalizer> FromJson(const JsonNode& node);

  /// Replaces `text`, using `spare` as room to work. A text that some step would make kMaxGrowth
  /// times as long is cut there: no honest model does that.
  /// False if its beginning was dropped or joined with what followed: `tokenizers` then takes the
  /// text for one that begins later.
  bool Apply(std::string& text, std::string& spare) const;

 private:
  enum class Kind : std::uint8_t {
    kCharsmap,
    kReplace,
    kBlanks,
    kStripLeft,
    kStripRight,
    kNmt,
    kNfkc
  };
  struct Step {
    Kind kind;
    std::size_t charsmap = 0;
    std::string what, with;
  };

  Status Add(const JsonNode& node, int depth);
  Status AddReplace(const JsonNode& node);

  std::vector<Step> steps_;
  std::vector<Charsmap> charsmaps_;
};

}  // namespace hb::neural
