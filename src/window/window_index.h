// window/window_index.h - which windows an engine holds, and where.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hb {

/// A window of an engine: (task, start, size), with small numbers for task and size.
struct WindowId {
  std::int64_t start_ms = 0;
  std::uint32_t task = 0;
  std::uint32_t size = 0;
  bool operator==(const WindowId&) const = default;
  [[nodiscard]] std::uint64_t Hash() const {
    std::uint64_t x = static_cast<std::uint64_t>(start_ms) * 0x9E3779B97F4A7C15ull;
    x ^= (static_cast<std::uint64_t>(task) << 8 | size) * 0xC2B2AE3D27D4EB4Full;
    return x ^ x >> 29;
  }
};

/// Place of each window, by its id. Open addressing; windows leave all at once, by making it anew.
///
/// Threads  One thread at a time.
class WindowIndex {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  [[nodiscard]] std::uint32_t Find(const WindowId& id) const {
    return slots_.empty() ? kNone : slots_[SlotOf(id)].place;
  }
  /// Requires: `id` is not there.
  void Insert(const WindowId& id, std::uint32_t place) {
    if ((used_ + 1) * 4 > slots_.size() * 3) Grow();
    slots_[SlotOf(id)] = {id, place};
    ++used_;
  }
  [[nodiscard]] std::size_t size() const { return used_; }
  void Clear() {
    slots_.clear();
    used_ = 0;
  }

 private:
  struct Slot {
    WindowId id;
    std::uint32_t place = kNone;
  };
  /// Of `id`, or the free one where it belongs. Requires: a free slot.
  [[nodiscard]] std::size_t SlotOf(const WindowId& id) const {
    std::size_t at = id.Hash() & (slots_.size() - 1);
    while (slots_[at].place != kNone && !(slots_[at].id == id)) at = (at + 1) & (slots_.size() - 1);
    return at;
  }
  void Grow() {
    std::vector<Slot> old(slots_.empty() ? 64 : slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.place != kNone) slots_[SlotOf(slot.id)] = slot;
    }
  }

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

}  // namespace hb
