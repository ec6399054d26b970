// neural/tokenizer.h - what a transformer reads: the ids of a text's pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hb::neural {

/// Cuts a text into the pieces a model was trained on, and numbers them.
///
/// Lifecycle  Made by LoadTokenizer; never changes.
/// Threads    Every method may run on several threads at once. Each thread keeps its own working
///            memory, which grows to what its longest text needs; a steady state allocates nothing.
/// Errors     None: any bytes are a text. Parts that are not UTF-8 read as U+FFFD.
class Tokenizer {
 public:
  Tokenizer() = default;
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;
  virtual ~Tokenizer() = default;

  /// Replaces `out` by the ids of `text`, the marks of its beginning and end included, at most
  /// `max_tokens`: what is too much at the end of the text is left out, never a mark. Nothing when
  /// `max_tokens` does not even hold the marks. Cost: O(text.size()), but for a word of n bytes
  /// that byte-level BPE must merge: O(n log n).
  virtual void Encode(std::string_view text, std::size_t max_tokens,
                      std::vector<std::int32_t>& out) const = 0;
  /// The id that fills up the shorter rows of a batch.
  [[nodiscard]] virtual std::int32_t pad() const = 0;
  /// One more than the largest id that Encode or pad() may give; a model needs as many embeddings.
  [[nodiscard]] virtual std::int32_t size() const = 0;
};

/// Reads the tokenizer of a model's folder, the first of these that is there:
/// - tokenizer.json, as the package `tokenizers` writes it: WordPiece, byte-level BPE or Unigram;
/// - vocab.json and merges.txt: byte-level BPE as in RoBERTa;
/// - vocab.txt: WordPiece as in BERT, lower case, without accents.
/// Its ids equal those of `tokenizers`.
///
/// kNotFound: none of them is there. kInvalidArgument: a setting that is not supported (the message
/// names it and what is). kCorrupt: a file that breaks its format; the message says where and why.
Result<std::unique_ptr<Tokenizer>> LoadTokenizer(const std::string& folder);
/// As LoadTokenizer, of the bytes of a tokenizer.json.
Result<std::unique_ptr<Tokenizer>> ParseTokenizerJson(std::string_view bytes);

}  // namespace hb::neural
