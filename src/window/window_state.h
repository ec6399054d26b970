// window/window_state.h - one open window while it is being counted.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "record/aggregate.h"
#include "record/analysis_batch.h"
#include "window/count_table.h"
#include "window/interner.h"

namespace hb {

/// A row of an AnalysisBatch with its strings as numbers, made once for all windows it counts in.
struct CountedRow {
  const AnalysisBatch* batch = nullptr;
  std::size_t row = 0;
  std::uint64_t author = 0;  ///< hash; 0: unknown
  std::uint32_t language = 0;
  std::uint32_t country = 0;
  bool has_country = false;
  std::vector<std::uint32_t> hashtags, words;
};

/// An aggregate in a form that counts fast. All operations commute, so the order of posts is not seen.
///
/// Threads  One thread at a time.
class WindowState {
 public:
  void Add(const CountedRow& row);
  void Subtract(const CountedRow& row);
  /// Continues from a committed aggregate.
  void LoadFrom(const Aggregate& aggregate, Interner& interner);
  /// Everything but key, revision and is_final.
  void FillAggregate(const Interner& interner, Aggregate& out) const;

  std::uint32_t revision = 0;
  bool is_final = false;
  bool dirty = false;
  std::uint64_t touched = 0;  ///< the engine's tick of the last change

 private:
  /// A table of counts and whether it has met its bound.
  struct Counts {
    CountTable<std::uint32_t> table;
    bool approximate = false;
    void Add(std::uint32_t key) {
      approximate = !table.Add(key, 1, CountMap::kMaxKeys) || approximate;
    }
    void Remove(std::uint32_t key) { approximate = !table.Remove(key) || approximate; }
    void Load(const CountMap& map, Interner& interner);
    void Fill(const Interner& interner, CountMap& out) const;
  };

  void AddScalars(const AnalysisBatch& batch, std::size_t row, std::int64_t sign);
  void AddAuthor(std::uint64_t hash);
  void RemoveAuthor(std::uint64_t hash);

  Aggregate sums_;  ///< the scalar members only
  CountTable<std::uint64_t> authors_;
  std::vector<std::uint8_t> registers_;  ///< once there are too many authors
  Counts languages_, countries_, hashtags_, words_;
};

}  // namespace hb
