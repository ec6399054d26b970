// analysis/polarity_tokens.h - splits a text into tokens as pattern's tokenizer does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hb::polarity {

/// kTextBlob: token for token the original's. kRepaired: straight and curly quotes are the same,
/// "n't" is one token, and each emoji of the lexicon is one.
enum class Mode : std::uint8_t { kTextBlob = 1, kRepaired = 2 };

/// A piece of the buffer's text; no bytes: the end of a paragraph, which is no token.
struct Token {
  std::uint32_t begin = 0, bytes = 0;
};

/// Tokens of one text, and the memory to find them in. One thread at a time.
/// The tokens lie in the text given to Tokenize or in the buffer, and die with either.
class TokenBuffer {
 public:
  /// Replaces the tokens by those of `text`. Cost: O(text), no allocation once grown.
  void Tokenize(std::string_view text, Mode mode);
  /// As Tokenize, by the plain way that also puts split emoticons together; Tokenize takes it only
  /// when there may be any. The same tokens, apart from ends of paragraphs: tests compare the two.
  void TokenizePlain(std::string_view text, Mode mode);

  const std::vector<Token>& tokens() const { return tokens_; }
  std::string_view View(Token token) const { return {base_ + token.begin, token.bytes}; }
  /// Bytes from the start of the token to the end of what it lies in: so many may be read.
  std::size_t BytesFrom(Token token) const { return bytes_ - token.begin; }

 private:
  class Splitter;

  void Split(std::string_view text, Mode mode, bool& may_have_split_emoticons);
  void Rejoin();

  const char* base_ = "";
  std::size_t bytes_ = 0;
  std::vector<Token> tokens_;
  std::vector<Token> tail_;   // Marks cut from the end of the present piece, last one first.
  std::string straightened_;  // The text with straight quotes (kRepaired).
  std::string rejoined_;      // Sentences, when emoticons had to be put together.
};

/// True if `token` has more than `limit` characters once in lower case, where Python would count:
/// U+0130 becomes two, an ill-formed stretch counts as one U+FFFD. Cost: O(limit).
bool LongerThan(std::string_view token, std::size_t limit);

}  // namespace hb::polarity
