// neural/tokenizer_trie.h - a vocabulary as a trie over bytes, to find the longest word at a place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hb::neural {

/// Maps words to numbers, byte by byte.
///
/// Threads  Never changes once made.
/// Memory   12 bytes a node, a node a different beginning of a word.
/// Source   J. Aoe, "An efficient digital search algorithm by using a double-array structure",
///          IEEE Transactions on Software Engineering 15(9), 1989; children are found by exclusive
///          or, as in Darts-clone (S. Yata), so that all of a node's lie in one block of 256.
class Trie {
 public:
  using State = std::uint32_t;
  static constexpr State kRoot = 0;
  static constexpr State kNowhere = 0xFFFFFFFF;

  /// Holds no word.
  Trie() : Trie(std::vector<std::pair<std::string_view, std::int32_t>>()) {}
  /// Requires: no word twice, no empty word, no number below 0. Sorts `words`.
  /// Cost: about O(bytes of all words).
  explicit Trie(std::vector<std::pair<std::string_view, std::int32_t>> words);

  /// Where `byte` leads from `state`; kNowhere if no word goes on so. Requires: a state.
  [[nodiscard]] State Step(State state, unsigned char byte) const {
    const State child = units_[state].base ^ byte;
    return units_[child].parent == state ? child : kNowhere;
  }
  /// The number of the word that ends here, -1 if none does.
  [[nodiscard]] std::int32_t Value(State state) const { return units_[state].value; }

  /// Where `bytes` lead from `state`.
  [[nodiscard]] State Walk(State state, std::string_view bytes) const;
  /// The number of `word`, -1 if it is none.
  [[nodiscard]] std::int32_t Find(std::string_view word) const;

 private:
  struct Unit {
    std::uint32_t base = 0;
    std::uint32_t parent = kNowhere;
    std::int32_t value = -1;
  };
  class Builder;

  std::vector<Unit> units_;
};

}  // namespace hb::neural
