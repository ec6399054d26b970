// window/interner.h - strings to small numbers and back.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
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
    const std::uint64_t hash = Hash64(text);
    const auto range = ids_.equal_range(hash);
    for (auto at = range.first; at != range.second; ++at) {
      if (strings_[at->second] == text) return at->second;
    }
    const auto id = static_cast<std::uint32_t>(strings_.size());
    strings_.Append(text);
    ids_.emplace(hash, id);
    return id;
  }
  /// Lives until the next Intern or Clear.
  [[nodiscard]] std::string_view operator[](std::uint32_t id) const { return strings_[id]; }
  [[nodiscard]] std::size_t size() const { return strings_.size(); }
  void Clear() {
    strings_.Clear();
    ids_.clear();
  }

 private:
  struct Same {
    std::size_t operator()(std::uint64_t hash) const { return hash; }
  };
  StringColumn strings_;
  std::unordered_multimap<std::uint64_t, std::uint32_t, Same> ids_;
};

}  // namespace hb
