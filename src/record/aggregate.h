// record/aggregate.h - one window's partial result: whole, mergeable, the same in any order.
#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"

namespace hb {

struct AggregateKey {
  std::string task;  ///< tag, or kAllTasks
  EventTime window_start{};
  std::int64_t window_ms = 0;
  Partition partition{};
  auto operator<=>(const AggregateKey&) const = default;
};

/// One counted key.
struct KeyCount {
  std::string key;
  std::uint64_t count = 0;
  auto operator<=>(const KeyCount&) const = default;
};

/// Exact map of key to count, ascending by key, with a bound: at most `kMaxKeys` keys are kept
/// exactly; beyond it `approximate` is set and the smallest counts may be missing.
struct CountMap {
  static constexpr std::size_t kMaxKeys = 50'000;
  std::pmr::vector<KeyCount> counts;  ///< pmr: a batch of small windows shares one arena
  bool approximate = false;
  /// Adds the counts of `other`. Associative and commutative while neither passes the bound.
  void Merge(const CountMap& other);
  /// The `n` largest, by count descending, then key ascending.
  [[nodiscard]] std::vector<KeyCount> Top(std::size_t n) const;
  auto operator<=>(const CountMap&) const = default;
};

/// Distinct authors: exact up to kMaxExact (as 64-bit hashes with their posts, so that a delete can
/// be subtracted), HyperLogLog with 2^12 registers beyond (Flajolet et al. 2007; error 1.6 %).
struct AuthorSet {
  static constexpr std::size_t kMaxExact = 4096;
  struct Author {
    std::uint64_t hash;
    std::uint32_t posts;
    auto operator<=>(const Author&) const = default;
  };
  std::pmr::vector<Author> exact;       ///< ascending by hash; empty once registers are used
  std::vector<std::uint8_t> registers;  ///< empty, or 4096 registers
  void Merge(const AuthorSet& other);
  [[nodiscard]] std::uint64_t Count() const;
  [[nodiscard]] bool approximate() const { return !registers.empty(); }
  auto operator<=>(const AuthorSet&) const = default;
};

/// Folds one author hash into HyperLogLog registers (4096 of them).
void AddToRegisters(std::uint64_t hash, std::vector<std::uint8_t>& registers);

/// What a window of one task holds for one partition. All sums are of integers, so the order of the
/// posts does not matter.
struct Aggregate {
  AggregateKey key;
  std::uint32_t revision = 0;  ///< of the emission, from 1
  bool is_final = false;       ///< the watermark has passed end + allowed lateness
  bool frozen = false;         ///< posts of it were already gone when a delete came: not lowered
  std::uint64_t posts = 0;
  AuthorSet authors;
  std::int64_t neg = 0, neu = 0, pos = 0, mixed = 0;  ///< sums, Micro
  std::int64_t polarity = 0, subjectivity = 0;        ///< sums, Micro
  std::array<std::uint64_t, 3> labels{};              ///< negative, neutral, positive
  std::array<std::uint64_t, 4> labels4{};             ///< ... and mixed
  std::array<std::uint64_t, 4> kinds{};               ///< by PostKind
  CountMap languages, countries, hashtags, words;
  std::array<std::int64_t, 4> emotion_sums{};  ///< sums, Micro: anger, joy, optimism, sadness
  std::array<std::uint64_t, 5> emotions{};     ///< posts, by Emotion; all 0: not computed
  CountMap names;                              ///< by NameKey
  CountMap topics;
  auto operator<=>(const Aggregate&) const = default;

  /// Adds `other` of the same task, start and size (another partition): sums and maps are added,
  /// `revision` adds up, `is_final` only if both are.
  void Merge(const Aggregate& other);
};

/// What the maps of an aggregate count. Stored: append only.
enum class KeyKind : std::uint32_t {
  kLanguage = 0,
  kCountry = 1,
  kHashtag = 2,
  kWord = 3,
  kName = 4,
  kTopic = 5
};
struct AggregateMap {
  std::string_view name;  ///< of the field in schemas/aggregate.avsc and of the column in stores
  CountMap Aggregate::*counts;
};
/// Every map of an aggregate, at its KeyKind: whoever writes, reads, adds or bounds them goes
/// through this table.
inline constexpr std::array kAggregateMaps = {AggregateMap{"languages", &Aggregate::languages},
                                              AggregateMap{"countries", &Aggregate::countries},
                                              AggregateMap{"hashtags", &Aggregate::hashtags},
                                              AggregateMap{"words", &Aggregate::words},
                                              AggregateMap{"entities", &Aggregate::names},
                                              AggregateMap{"topics", &Aggregate::topics}};
inline constexpr std::size_t kMaps = kAggregateMaps.size();
/// Maps that the first version of an aggregate had. The others were added behind the sums of
/// emotions: bytes of an older version end before one of them.
inline constexpr std::size_t kFirstMaps = 4;

}  // namespace hb
