// window/count_table.h - a small hash table of counts, made for millions of tiny windows.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace hb {

/// Counts by key. Open addressing with linear probing; the table doubles at three quarters.
///
/// Threads  A plain value.
/// Memory   Nothing before the first key; then 1.3 to 2.7 entries of room a key.
template <typename Key>
class CountTable {
 public:
  struct Entry {
    Key key;
    std::uint32_t count;  ///< 0: free
  };

  /// Adds `by` (above 0) to the count of `key`, unless it is new and there are `max_keys` already:
  /// then false.
  bool Add(Key key, std::uint32_t by, std::size_t max_keys) {
    if (Entry* entry = FindUsed(key)) {
      entry->count += by;
      return true;
    }
    if (used_ >= max_keys) return false;
    Insert(key, by);
    return true;
  }
  /// Requires: `key` is not there.
  void Insert(Key key, std::uint32_t count) {
    if ((used_ + 1) * 4 > slots_.size() * 3) Rebuild(slots_.empty() ? 16 : slots_.size() * 2);
    slots_[SlotOf(key)] = {key, count};
    ++used_;
  }
  /// Takes one away; false if the key is not there. A key at 0 is gone.
  bool Remove(Key key) {
    Entry* entry = FindUsed(key);
    if (entry == nullptr) return false;
    if (--entry->count == 0) Erase(static_cast<std::size_t>(entry - slots_.data()));
    return true;
  }
  /// nullptr: not there.
  [[nodiscard]] const Entry* Find(Key key) const {
    return const_cast<CountTable*>(this)->FindUsed(key);
  }
  /// nullptr: not there. The count may be raised, not lowered to 0.
  Entry* FindUsed(Key key) {
    if (slots_.empty()) return nullptr;
    Entry* entry = &slots_[SlotOf(key)];
    return entry->count > 0 ? entry : nullptr;
  }
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const Entry& entry : slots_) {
      if (entry.count > 0) visit(entry.key, entry.count);
    }
  }
  [[nodiscard]] std::size_t size() const { return used_; }
  /// Keeps a small room for the next use, and gives a large one back.
  void Clear() {
    if (slots_.size() > kKeptSlots) {
      slots_ = {};
    } else if (used_ > 0) {
      std::fill(slots_.begin(), slots_.end(), Entry{Key{}, 0});
    }
    used_ = 0;
  }

 private:
  static constexpr std::size_t kKeptSlots = 64;

  // Fibonacci hashing: keys are small ids in sequence, or hashes already.
  [[nodiscard]] std::size_t Home(Key key) const {
    return (static_cast<std::uint64_t>(key) * 0x9E3779B97F4A7C15ull >> 20) & (slots_.size() - 1);
  }
  /// Of `key`, or the free one where it belongs. Requires: a free slot.
  [[nodiscard]] std::size_t SlotOf(Key key) const {
    std::size_t at = Home(key);
    while (slots_[at].count > 0 && slots_[at].key != key) at = (at + 1) & (slots_.size() - 1);
    return at;
  }
  /// Frees a slot and moves those up that were pushed past it (Knuth 6.4, algorithm R).
  void Erase(std::size_t hole) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = (hole + 1) & mask; slots_[at].count > 0; at = (at + 1) & mask) {
      if (((at - Home(slots_[at].key)) & mask) < ((at - hole) & mask)) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = {Key{}, 0};
    --used_;
  }
  void Rebuild(std::size_t size) {
    std::vector<Entry> old(size, Entry{Key{}, 0});
    old.swap(slots_);
    for (const Entry& entry : old) {
      if (entry.count > 0) slots_[SlotOf(entry.key)] = entry;
    }
  }

  std::vector<Entry> slots_;
  std::size_t used_ = 0;
};

}  // namespace hb
