// window/window_state.h - one open window while it is being counted.
#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "record/aggregate.h"
#include "record/analysis_batch.h"
#include "window/count_table.h"
#include "window/interner.h"

namespace hb {

/// What is added up over the posts of a window, in one array so that a post costs a few
/// instructions.
class WindowSums {
 public:
  /// Of one post.
  static WindowSums Of(const AnalysisBatch& batch, std::size_t row);
  static WindowSums From(const Aggregate& aggregate);
  void Fill(Aggregate& out) const;
  void Add(const WindowSums& other) {
    for (std::size_t i = 0; i < kSums; ++i) sums_[i] += other.sums_[i];
  }
  void Subtract(const WindowSums& other) {
    for (std::size_t i = 0; i < kSums; ++i) sums_[i] -= other.sums_[i];
  }
  [[nodiscard]] std::uint64_t posts() const { return sums_[0]; }

 private:
  static constexpr std::size_t kSums = 27;
  /// posts, neg, neu, pos, mixed, polarity, subjectivity (signed ones wrap), labels, labels4,
  /// kinds, the sums of the four emotions, posts an emotion
  std::array<std::uint64_t, kSums> sums_{};
};

inline constexpr unsigned kStringBits = 29;  ///< of a MapKey; the map takes the others

/// A key of a map: which map, and the number of the string.
constexpr std::uint32_t MapKey(KeyKind kind, std::uint32_t string) {
  static_assert(kMaps <= std::size_t{1} << (32 - kStringBits));
  return static_cast<std::uint32_t>(kind) << kStringBits | string;
}

/// A row of an AnalysisBatch with its strings as numbers, made once for all windows it counts in.
struct CountedRow {
  WindowSums sums;
  std::uint64_t author = 0;         ///< hash; 0: unknown
  std::vector<std::uint32_t> keys;  ///< MapKeys, each once
};

/// An aggregate in a form that counts fast. All operations commute, so the order of posts is not
/// seen. A window whose last post was taken back is as if it had never had one.
///
/// Threads  One thread at a time.
class WindowState {
 public:
  void Add(const CountedRow& row);
  void Subtract(const CountedRow& row);
  /// Continues from a committed aggregate. Requires: Clear, or new.
  void LoadFrom(const Aggregate& aggregate, Interner& interner);
  /// Everything but key, revision and is_final, in vectors from `memory`.
  [[nodiscard]] Aggregate ToAggregate(const Interner& interner,
                                      std::pmr::memory_resource* memory) const;
  /// As new, but for memory that is kept.
  void Clear();
  /// About the bytes of its aggregate when it is written.
  [[nodiscard]] std::size_t Weight() const {
    return 100 + 9 * authors_.size() + registers_.size() + 12 * keys_.size();
  }

  static constexpr std::int64_t kNothing = INT64_MAX, kNever = INT64_MIN;

  std::uint32_t revision = 0;
  bool is_final = false;
  bool frozen = false;
  bool dirty = false;
  bool due = false;                   ///< the next flush must write it
  std::uint64_t touched = 0;          ///< the engine's tick of the last change
  std::int64_t included = 0;          ///< the last writing holds the records before this offset
  std::int64_t missing = kNothing;    ///< it lacks none before this
  std::int64_t waits_since = kNever;  ///< by the owner's clock, ms: of the last writing, or new

 private:
  void ClearCounts();
  void AddAuthor(std::uint64_t hash);

  WindowSums sums_;
  CountTable<std::uint64_t> authors_;
  std::vector<std::uint8_t> registers_;          ///< once there are too many authors
  CountTable<std::uint32_t> keys_;               ///< of all maps: most windows are tiny
  std::array<std::uint32_t, kMaps> distinct_{};  ///< keys a map
  std::array<bool, kMaps> approximate_{};        ///< the map has met its bound
};

}  // namespace hb
