// neural/tokenizer_added.h - tokens that are looked for in a text before anything else is done.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "neural/tokenizer_trie.h"

namespace hb::neural {

/// One of `added_tokens` in tokenizer.json.
struct AddedToken {
  std::string content;
  std::int32_t id = 0;
  bool single_word = false;  ///< Only where no letter or digit stands beside it.
  bool lstrip = false;       ///< Takes the blanks before it.
  bool rstrip = false;       ///< Takes the blanks after it.
  bool normalized = false;   ///< Looked for after normalisation, not before.
};

/// Finds such tokens, the leftmost first and of those the longest.
///
/// Threads  Never changes once made.
class AddedTokens {
 public:
  struct Found {
    std::size_t begin, end;  ///< With the blanks that it takes; both text.size() if none is found.
    std::int32_t id;         ///< -1 if none is found.
  };

  AddedTokens() = default;
  /// Those with an empty content are left out. Requires: no content twice.
  explicit AddedTokens(std::vector<AddedToken> tokens);

  [[nodiscard]] bool empty() const { return tokens_.empty(); }
  /// The first token in `text` that begins at `at` or later.
  /// Cost: O(bytes looked at x bytes of the longest token).
  [[nodiscard]] Found Next(std::string_view text, std::size_t at) const;

 private:
  std::vector<AddedToken> tokens_;
  Trie trie_;  ///< Content to index into tokens_.
  std::array<bool, 256> first_{};
};

/// Calls part(piece) for what lies between tokens and token(id) for each, in order, until one of
/// them returns false.
template <typename Part, typename Token>
bool ForEachPart(const AddedTokens& added, std::string_view text, Part&& part, Token&& token) {
  if (added.empty()) return text.empty() || part(text);
  for (std::size_t at = 0; at < text.size();) {
    const AddedTokens::Found found = added.Next(text, at);
    if (found.begin > at && !part(text.substr(at, found.begin - at))) return false;
    if (found.id >= 0 && !token(found.id)) return false;
    at = found.end;
  }
  return true;
}

/// White space as Unicode has it (the property White_Space).
bool IsBlankPoint(char32_t code);

}  // namespace hb::neural
