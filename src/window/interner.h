// window/interner.h - strings to small numbers and back.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "record/columns.h"

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
      if (slots_[at].tag == Tag(hash) && strings_[slots_[at].id] == text) return slots_[at].id;
    }
    const auto id = static_cast<std::uint32_t>(known_.size());
    slots_[at] = {id, Tag(hash)};
    known_.push_back({hash, PrefixOf(text)});
    strings_.Append(text);
    return id;
  }
  /// Lives until the next Intern or Clear.
  [[nodiscard]] std::string_view operator[](std::uint32_t id) const { return strings_[id]; }
  /// The first eight bytes as a number: where two differ, they stand as the strings do.
  [[nodiscard]] std::uint64_t Prefix(std::uint32_t id) const { return known_[id].prefix; }
  [[nodiscard]] std::size_t size() const { return known_.size(); }
  void Clear() {
    strings_.Clear();
    known_.clear();
    slots_.clear();
  }

 private:
  static constexpr std::uint32_t kFree = 0xFFFFFFFF;
  struct Slot {
    std::uint32_t id = kFree;
    std::uint32_t tag = 0;
  };
  struct Known {
    std::uint64_t hash, prefix;
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
      std::size_t at = known_[id].hash & (slots_.size() - 1);
      while (slots_[at].id != kFree) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = {id, Tag(known_[id].hash)};
    }
  }

  StringColumn strings_;
  std::vector<Known> known_;  ///< by id
  std::vector<Slot> slots_;   ///< open addressing
};

}  // namespace hb
