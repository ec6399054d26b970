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
    if ((hashes_.size() + 1) * 4 > slots_.size() * 3) Grow();
    const std::uint64_t hash = Hash64(text);
    std::size_t at = hash & (slots_.size() - 1);
    for (; slots_[at] != kFree; at = (at + 1) & (slots_.size() - 1)) {
      const std::uint32_t id = slots_[at];
      if (hashes_[id] == hash && strings_[id] == text) return id;
    }
    const auto id = static_cast<std::uint32_t>(hashes_.size());
    slots_[at] = id;
    hashes_.push_back(hash);
    strings_.Append(text);
    return id;
  }
  /// Lives until the next Intern or Clear.
  [[nodiscard]] std::string_view operator[](std::uint32_t id) const { return strings_[id]; }
  [[nodiscard]] std::size_t size() const { return hashes_.size(); }
  void Clear() {
    strings_.Clear();
    hashes_.clear();
    slots_.clear();
  }

 private:
  static constexpr std::uint32_t kFree = 0xFFFFFFFF;

  void Grow() {
    slots_.assign(slots_.empty() ? 64 : slots_.size() * 2, kFree);
    for (std::uint32_t id = 0; id < hashes_.size(); ++id) {
      std::size_t at = hashes_[id] & (slots_.size() - 1);
      while (slots_[at] != kFree) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = id;
    }
  }

  StringColumn strings_;
  std::vector<std::uint64_t> hashes_;  ///< of each string
  std::vector<std::uint32_t> slots_;   ///< open addressing: ids by hash
};

}  // namespace hb
