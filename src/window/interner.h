// window/interner.h - strings to small numbers and back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"

namespace hb {

/// Gives each distinct string a number, in order of first sight.
///
/// Threads  One thread at a time.
/// Memory   Keeps every string until Clear; the owner bounds it by `size`.
class Interner {
 public:
  std::uint32_t Intern(std::string_view text) {
    if ((known_.size() + 1) * 4 > slots_.size() * 3) Grow();
    const std::uint64_t hash = Hash64(text);
    std::size_t at = hash & (slots_.size() - 1);
    for (; slots_[at].id != kFree; at = (at + 1) & (slots_.size() - 1)) {
      // Half of the hash lies beside the id: nearly always one look into memory says all.
      if (slots_[at].tag == Tag(hash) && (*this)[slots_[at].id] == text) return slots_[at].id;
    }
    const auto id = static_cast<std::uint32_t>(known_.size());
    slots_[at] = {id, Tag(hash)};
    known_.push_back({PrefixOf(text), bytes_.size(), static_cast<std::uint32_t>(text.size())});
    hashes_.push_back(hash);
    bytes_.append(text);
    return id;
  }
  /// Lives until the next Intern or Clear.
  [[nodiscard]] std::string_view operator[](std::uint32_t id) const {
    return {bytes_.data() + known_[id].begin, known_[id].size};
  }
  /// The first eight bytes as a number: where two differ, they stand as the strings do.
  [[nodiscard]] std::uint64_t Prefix(std::uint32_t id) const { return known_[id].prefix; }
  /// As operator[], but most words are short, and those need no look at the bytes.
  [[nodiscard]] std::string Copy(std::uint32_t id) const {
    const Known& known = known_[id];
    if (known.size > 8) return std::string((*this)[id]);
    char text[8];
    for (unsigned i = 0; i < 8; ++i) text[i] = static_cast<char>(known.prefix >> (56 - 8 * i));
    return {text, known.size};
  }
  /// Order of two strings with the same prefix.
  [[nodiscard]] bool IsBefore(std::uint32_t a, std::uint32_t b) const {
    // Shorter ones were filled up with zeros.
    if (known_[a].size <= 8 && known_[b].size <= 8) return known_[a].size < known_[b].size;
    return (*this)[a] < (*this)[b];
  }
  [[nodiscard]] std::size_t size() const { return known_.size(); }
  void Clear() {
    bytes_.clear();
    known_.clear();
    hashes_.clear();
    slots_.clear();
  }

 private:
  static constexpr std::uint32_t kFree = 0xFFFFFFFF;
  struct Slot {
    std::uint32_t id = kFree;
    std::uint32_t tag = 0;
  };
  struct Known {
    std::uint64_t prefix;
    std::size_t begin;
    std::uint32_t size;
  };

  static std::uint32_t Tag(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }
  static std::uint64_t PrefixOf(std::string_view text) {
    std::uint64_t prefix = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      prefix = prefix << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0);
    }
    return prefix;
  }
  void Grow() {
    slots_.assign(slots_.empty() ? 64 : slots_.size() * 2, Slot{});
    for (std::uint32_t id = 0; id < known_.size(); ++id) {
      std::size_t at = hashes_[id] & (slots_.size() - 1);
      while (slots_[at].id != kFree) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = {id, Tag(hashes_[id])};
    }
  }

  std::string bytes_;
  std::vector<Known> known_;           ///< by id
  std::vector<std::uint64_t> hashes_;  ///< by id
  std::vector<Slot> slots_;            ///< open addressing
};

}  // namespace hb
