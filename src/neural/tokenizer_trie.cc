#include "neural/tokenizer_trie.h"

#include <algorithm>

namespace hb::neural {

/// Places nodes, depth first, in the first open block that has room for all children of one.
class Trie::Builder {
 public:
  explicit Builder(std::vector<Unit>& units) : units_(units) { AddBlock(); }

  void Build(const std::vector<std::pair<std::string_view, std::int32_t>>& words) {
    Use(kRoot);
    std::vector<Range> work{{kRoot, 0, words.size(), 0}};
    std::vector<Range> children;
    // A stack of our own: a word may be long.
    while (!work.empty()) {
      Range range = work.back();
      work.pop_back();
      if (range.begin < range.end && words[range.begin].first.size() == range.depth) {
        units_[range.state].value = words[range.begin].second;
        ++range.begin;
      }
      if (range.begin == range.end) continue;
      children.clear();
      bytes_.clear();
      for (std::size_t i = range.begin; i < range.end;) {
        const char byte = words[i].first[range.depth];
        std::size_t end = i + 1;
        while (end < range.end && words[end].first[range.depth] == byte) ++end;
        bytes_.push_back(static_cast<unsigned char>(byte));
        children.push_back({0, i, end, range.depth + 1});
        i = end;
      }
      const std::uint32_t base = FindBase();
      units_[range.state].base = base;
      for (std::size_t i = 0; i < children.size(); ++i) {
        children[i].state = base ^ bytes_[i];
        Use(children[i].state);
        units_[children[i].state].parent = range.state;
        work.push_back(children[i]);
      }
    }
  }

 private:
  static constexpr std::uint32_t kBlock = 256;
  // Older blocks are nearly full; looking through them again would make the build quadratic.
  static constexpr std::uint32_t kOpenBlocks = 16;
  static constexpr int kTries = 64;

  struct Range {
    State state;
    std::size_t begin, end;  ///< Words, all alike in their first `depth` bytes.
    std::size_t depth;
  };

  void AddBlock() {
    const auto begin = static_cast<std::uint32_t>(units_.size());
    units_.resize(begin + kBlock);
    used_.resize(begin + kBlock, false);
    for (std::uint32_t i = begin; i < begin + kBlock; ++i) free_.push_back(i);
    if (begin / kBlock < kOpenBlocks) return;
    const std::uint32_t closed = begin - (kOpenBlocks - 1) * kBlock;
    std::erase_if(free_, [closed](std::uint32_t unit) { return unit < closed; });
  }
  void Use(std::uint32_t unit) { used_[unit] = true; }
  bool Fits(std::uint32_t base) const {
    return std::all_of(bytes_.begin(), bytes_.end(),
                       [&](unsigned char byte) { return !used_[base ^ byte]; });
  }
  std::uint32_t FindBase() {
    if (++since_sweep_ == kBlock) {
      std::erase_if(free_, [this](std::uint32_t unit) { return used_[unit]; });
      since_sweep_ = 0;
    }
    int tries = 0;
    for (const std::uint32_t unit : free_) {
      if (used_[unit]) continue;
      if (Fits(unit ^ bytes_[0])) return unit ^ bytes_[0];
      if (++tries == kTries) break;
    }
    AddBlock();
    return static_cast<std::uint32_t>(units_.size()) - kBlock;
  }

  std::vector<Unit>& units_;
  std::vector<bool> used_;
  std::vector<std::uint32_t> free_;  ///< Units of the open blocks, some of them used by now.
  std::vector<unsigned char> bytes_;
  std::uint32_t since_sweep_ = 0;
};

Trie::Trie(std::vector<std::pair<std::string_view, std::int32_t>> words) {
  std::sort(words.begin(), words.end());
  Builder(units_).Build(words);
  units_.shrink_to_fit();
}

Trie::State Trie::Walk(State state, std::string_view bytes) const {
  for (const char byte : bytes) {
    if (state == kNowhere) return state;
    state = Step(state, static_cast<unsigned char>(byte));
  }
  return state;
}

std::int32_t Trie::Find(std::string_view word) const {
  const State state = Walk(kRoot, word);
  return state == kNowhere ? -1 : Value(state);
}

}  // namespace hb::neural
