// neural/wordpiece.h - WordPiece, the tokenizer of BERT and MiniLM.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "neural/bert_words.h"
#include "neural/tokenizer.h"
#include "neural/tokenizer_added.h"
#include "neural/tokenizer_json.h"
#include "neural/tokenizer_scratch.h"
#include "neural/tokenizer_trie.h"

namespace hb::neural {

/// Words as BERT parts them, each cut into the longest pieces that the vocabulary has. A word of
/// which any part is unknown, or of more characters than max_word_characters, is one unknown piece.
///
/// Source  Y. Wu et al., "Google's Neural Machine Translation System", 2016 (section 4.1), in the
///         greedy form of BERT; ids equal those of the package `tokenizers` 0.23.2.
class WordPiece final : public Tokenizer {
 public:
  struct Options {
    BertRules rules;
    std::string unknown = "[UNK]";
    std::string continued = "##";  ///< Before a piece that does not begin its word.
    std::size_t max_word_characters = 100;
  };

  /// `words` are checked already (CheckVocabulary). kCorrupt: the unknown word is not among them.
  static Result<std::unique_ptr<Tokenizer>> Create(const Vocabulary& words, Options options,
                                                   TokenizerParts parts);
  /// BERT's vocab.txt: a word a line, its id is the line's number.
  static Result<std::unique_ptr<Tokenizer>> FromVocabulary(std::string_view file, BertRules rules);
  /// A tokenizer.json whose model is WordPiece.
  static Result<std::unique_ptr<Tokenizer>> FromJson(const JsonNode& root);

  void Encode(std::string_view text, std::size_t max_tokens,
              std::vector<std::int32_t>& out) const override;
  [[nodiscard]] std::int32_t pad() const override { return parts_.pad; }
  [[nodiscard]] std::int32_t size() const override { return parts_.size; }

 private:
  WordPiece(const Vocabulary& words, Options options, TokenizerParts parts);
  void Append(const BertWord& word, std::vector<std::int32_t>& out) const;

  Options options_;
  TokenizerParts parts_;
  AddedTokens added_;
  const BertTable& table_;
  Trie trie_;
  Trie::State continued_;
  std::int32_t unknown_;
  PerThread<BertReader> readers_;
};

}  // namespace hb::neural
