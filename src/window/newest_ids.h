// window/newest_ids.h - ids of the newest posts, for the examples of a trend.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace hb {

/// Ids of the newest posts, by number of the post: a ring that needs no heap object a post.
class NewestIds {
 public:
  static constexpr std::uint32_t kKept = 1 << 16;
  void Set(std::uint32_t post, std::string_view id) {
    const std::size_t at = post % kKept;
    if (at >= slots_.size()) slots_.resize(at + 1);
    Slot& slot = slots_[at];
    if (slot.size == kLong) long_.erase(static_cast<std::uint32_t>(at));
    if (id.size() < kLong) {
      slot.size = static_cast<std::uint8_t>(id.size());
      std::copy(id.begin(), id.end(), slot.text.begin());
    } else {
      slot.size = kLong;
      long_.emplace(static_cast<std::uint32_t>(at), id);
    }
  }
  [[nodiscard]] std::string_view operator[](std::uint32_t post) const {
    const std::size_t at = post % kKept;
    if (at >= slots_.size()) return {};
    const Slot& slot = slots_[at];
    if (slot.size == kLong) return long_.at(static_cast<std::uint32_t>(at));
    return {slot.text.data(), slot.size};
  }
  void Clear() {
    slots_.clear();
    long_.clear();
  }

 private:
  static constexpr std::uint8_t kLong = 79;  ///< a URI of the AT protocol has about 70
  struct Slot {
    std::array<char, kLong> text;
    std::uint8_t size = 0;
  };
  std::vector<Slot> slots_;
  std::unordered_map<std::uint32_t, std::string> long_;
};

}  // namespace hb
