// window/interner.h - strings to small numbers and back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
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
  /// A string on its way to its number. Making many first, each with Expect, hides the time of
  /// memory.
  struct Sought {
    std::string_view text;
    std::uint64_t prefix;
    std::uint64_t hash;
  };
  static Sought Seek(std::string_view text) {
    const std::uint64_t prefix = PrefixOf(text);
    return {text, prefix,
            text.size() > 8 ? Hash64(text) : Mix(prefix + text.size() * 0x9E3779B97F4A7C15ull)};
  }
  void Expect(const Sought& sought) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[sought.hash & (slots_.size() - 1)]);
  }
  std::uint32_t Intern(std::string_view text) { return Intern(Seek(text)); }
  std::uint32_t Intern(const Sought& sought) {
    if ((known_.size() + 1) * 4 > slots_.size() * 3) Grow();
    std::size_t at = sought.hash & (slots_.size() - 1);
    for (; slots_[at].id != kFree; at = (at + 1) & (slots_.size() - 1)) {
      // Half of the hash lies beside the id: nearly always one string is looked at.
      if (slots_[at].tag == Tag(sought.hash) && Is(slots_[at].id, sought)) return slots_[at].id;
    }
    const auto id = static_cast<std::uint32_t>(known_.size());
    slots_[at] = {id, Tag(sought.hash)};
    known_.push_back(
        {sought.prefix, bytes_.size(), static_cast<std::uint32_t>(sought.text.size())});
    hashes_.push_back(sought.hash);
    bytes_.append(sought.text);
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
    if (text.size() >= 8) {
      std::memcpy(&prefix, text.data(), 8);
      return __builtin_bswap64(prefix);  // little-endian machines only, as the rest
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
      prefix |= std::uint64_t{static_cast<unsigned char>(text[i])} << (56 - 8 * i);
    }
    return prefix;
  }
  /// The finalizer of MurmurHash3: each bit of the input moves all of the output.
  static std::uint64_t Mix(std::uint64_t x) {
    x = (x ^ x >> 33) * 0xFF51AFD7ED558CCDull;
    x = (x ^ x >> 33) * 0xC4CEB9FE1A85EC53ull;
    return x ^ x >> 33;
  }
  [[nodiscard]] bool Is(std::uint32_t id, const Sought& sought) const {
    const Known& known = known_[id];
    if (known.prefix != sought.prefix || known.size != sought.text.size()) return false;
    return known.size <= 8 || (*this)[id].substr(8) == sought.text.substr(8);
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
