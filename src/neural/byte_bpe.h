// neural/byte_bpe.h - byte-level BPE, the tokenizer of GPT-2 and RoBERTa.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "neural/tokenizer.h"
#include "neural/tokenizer_added.h"
#include "neural/tokenizer_json.h"
#include "neural/tokenizer_scratch.h"
#include "neural/tokenizer_trie.h"

namespace hb::neural {

/// Where the word that begins at byte `at` ends, by GPT-2's expression
/// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
/// Requires: at < text.size(), valid UTF-8. Words that follow each other cost O(text.size()).
std::size_t Gpt2WordEnd(std::string_view text, std::size_t at);

/// Which pairs of pieces become one, and which first.
///
/// Threads  Never changes once made.
class BpeMerges {
 public:
  struct Merge {
    std::int32_t left, right, made;
  };
  struct Found {
    std::uint32_t rank;  ///< kNone where the pair stays two.
    std::int32_t made;
  };
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  BpeMerges() = default;
  /// In order of rank. Requires: no pair twice.
  explicit BpeMerges(const std::vector<Merge>& merges);
  [[nodiscard]] Found Of(std::int32_t left, std::int32_t right) const;

 private:
  struct Slot {
    std::uint64_t pair = ~std::uint64_t{0};
    Found found{kNone, -1};
  };
  std::vector<Slot> slots_;
  std::size_t mask_ = 0;
};

/// Words as GPT-2 parts them; the bytes of each are joined pair by pair, the pair of lowest rank
/// first.
///
/// Memory  For each thread 1 MiB of words and their ids.
/// Source  A. Radford et al., "Language Models are Unsupervised Multitask Learners", 2019;
///         R. Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units",
///         ACL 2016. Ids equal those of the package `tokenizers` 0.23.2.
class ByteBpe final : public Tokenizer {
 public:
  struct Options {
    bool add_prefix_space = false;  ///< Each part of a text begins with a blank.
    bool part_words = true;         ///< By GPT-2's expression.
    bool whole_words = false;       ///< A word of the vocabulary is taken whole, merges or not.
    bool join_unknown = false;      ///< Unknown bytes in a row are one unknown piece.
    std::string unknown{};          ///< Empty: bytes that the vocabulary lacks are left out.
  };
  using Pairs = std::vector<std::pair<std::string_view, std::string_view>>;

  /// `words` are checked already; words and merges are spelled in GPT-2's alphabet for bytes.
  /// kCorrupt: a merge of, or to, what is no word; a pair twice.
  static Result<std::unique_ptr<Tokenizer>> Create(const Vocabulary& words, const Pairs& merges,
                                                   const Options& options, TokenizerParts parts);
  /// RoBERTa's vocab.json and merges.txt.
  static Result<std::unique_ptr<Tokenizer>> FromFiles(const JsonNode& vocabulary,
                                                      std::string_view merges,
                                                      bool add_prefix_space);
  /// A tokenizer.json whose model is BPE and whose pre-tokenizer is ByteLevel.
  static Result<std::unique_ptr<Tokenizer>> FromJson(const JsonNode& root);

  void Encode(std::string_view text, std::size_t max_tokens,
              std::vector<std::int32_t>& out) const override;
  [[nodiscard]] std::int32_t pad() const override { return parts_.pad; }
  [[nodiscard]] std::int32_t size() const override { return parts_.size; }

 private:
  struct Symbol {
    std::int32_t id;
    std::uint32_t next;      ///< Index; kEnd after the last.
    std::uint32_t previous;  ///< Index; kEnd before the first.
    bool gone;
  };
  struct Candidate {
    std::uint32_t rank;
    std::uint32_t at;  ///< Index of the left symbol.
    std::int32_t made;
  };
  /// A word that was met before; short ones only, so that all have one size.
  struct Known {
    static constexpr std::size_t kMaxBytes = 26;
    static constexpr std::size_t kMaxIds = 7;
    std::uint64_t hash = 0;
    std::uint8_t bytes = 0;
    std::uint8_t ids = 0;
    std::array<char, kMaxBytes> word;
    std::array<std::int32_t, kMaxIds> id;
  };
  struct Scratch {
    std::vector<Symbol> symbols;
    std::vector<Candidate> heap;
    std::vector<std::int32_t> ids;
    std::string text, repaired;
    std::vector<Known> known;
  };

  ByteBpe(const Options& options, TokenizerParts parts);
  void AppendPart(std::string_view part, std::size_t limit, Scratch& scratch,
                  std::vector<std::int32_t>& out) const;
  void AppendWord(std::string_view word, Scratch& scratch, std::vector<std::int32_t>& out) const;
  void Merge(std::string_view word, Scratch& scratch) const;
  void Start(std::string_view word, Scratch& scratch) const;

  Options options_;
  TokenizerParts parts_;
  AddedTokens raw_, normalized_;
  std::array<std::int32_t, 256> byte_ids_{};
  std::int32_t unknown_ = -1;
  BpeMerges merges_;
  Trie words_;  ///< Empty unless whole_words.
  PerThread<Scratch> scratch_;
};

}  // namespace hb::neural
