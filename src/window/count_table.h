// window/count_table.h - a small hash table of counts, made for millions of tiny windows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hb {

/// Counts by key. Open addressing with linear probing; the table doubles at three quarters.
///
/// Threads  A plain value.
/// Memory   Nothing while empty; then 1.3 to 2.7 entries of room a key.
template <typename Key>
class CountTable {
 public:
  struct Entry {
    Key key;
    std::uint32_t count;  ///< 0: free
  };

  /// Adds `by` to the count of `key`, unless it is new and there are `max_keys` already: then false.
  bool Add(Key key, std::uint32_t by, std::size_t max_keys) {
    if (Entry* entry = FindUsed(key)) {
      entry->count += by;
      return true;
    }
    if (used_ >= max_keys) return false;
    if ((used_ + 1) * 4 > slots_.size() * 3) Grow();
    *FindSlot(key) = {key, by};
    ++used_;
    return true;
  }
  /// Takes one away; false if the key is not there. A key at 0 is gone.
  bool Remove(Key key) {
    Entry* entry = FindUsed(key);
    if (entry == nullptr) return false;
    if (--entry->count == 0) Rebuild(slots_.size());
    return true;
  }
  /// nullptr: not there.
  [[nodiscard]] const Entry* Find(Key key) const {
    return const_cast<CountTable*>(this)->FindUsed(key);
  }
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const Entry& entry : slots_) {
      if (entry.count > 0) visit(entry.key, entry.count);
    }
  }
  [[nodiscard]] std::size_t size() const { return used_; }
  void Clear() {
    slots_ = {};
    used_ = 0;
  }

 private:
  // Fibonacci hashing: keys are small ids in sequence, or hashes already.
  [[nodiscard]] std::size_t Home(Key key) const {
    return (static_cast<std::uint64_t>(key) * 0x9E3779B97F4A7C15ull >> 20) & (slots_.size() - 1);
  }
  Entry* FindUsed(Key key) {
    if (slots_.empty()) return nullptr;
    Entry* entry = FindSlot(key);
    return entry->count > 0 ? entry : nullptr;
  }
  /// The slot of `key`, or the free one where it belongs. Requires: a free slot.
  Entry* FindSlot(Key key) {
    std::size_t at = Home(key);
    while (slots_[at].count > 0 && slots_[at].key != key) at = (at + 1) & (slots_.size() - 1);
    return &slots_[at];
  }
  void Grow() { Rebuild(slots_.empty() ? 8 : slots_.size() * 2); }
  void Rebuild(std::size_t size) {
    std::vector<Entry> old(size, Entry{Key{}, 0});
    old.swap(slots_);
    used_ = 0;
    for (const Entry& entry : old) {
      if (entry.count == 0) continue;
      *FindSlot(entry.key) = entry;
      ++used_;
    }
  }

  std::vector<Entry> slots_;
  std::size_t used_ = 0;
};

}  // namespace hb
