#include "record/aggregate.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

namespace hb {

namespace {

constexpr int kRegisterBits = 12;
constexpr std::size_t kRegisters = std::size_t{1} << kRegisterBits;
constexpr int kMaxRank = 64 - kRegisterBits + 1;

// Sums may have been read from foreign bytes, so they wrap instead of being undefined.
void AddWrapping(std::int64_t& sum, std::int64_t value) {
  sum = static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) +
                                  static_cast<std::uint64_t>(value));
}

template <std::size_t N>
void AddEach(std::array<std::uint64_t, N>& sums, const std::array<std::uint64_t, N>& values) {
  for (std::size_t i = 0; i < N; ++i) sums[i] += values[i];
}

bool LargerFirst(const KeyCount& a, const KeyCount& b) {
  return a.count != b.count ? a.count > b.count : a.key < b.key;
}

// sigma and tau of Ertl 2017, algorithm 6: the shares of the empty and of the saturated registers.
double Sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double y = 1, z = x, before;
  do {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  } while (z != before);
  return z;
}

double Tau(double x) {
  if (x == 0 || x == 1) return 0;
  double y = 1, z = 1 - x, before;
  do {
    x = std::sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  } while (z != before);
  return z / 3;
}

// Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017): without the bias
// that the estimator of 2007 has where it changes from linear counting, which is just where we
// begin.
std::uint64_t Estimate(const std::vector<std::uint8_t>& registers) {
  std::array<std::uint32_t, kMaxRank + 1> histogram{};
  for (const std::uint8_t rank : registers) ++histogram[std::min<std::size_t>(rank, kMaxRank)];
  constexpr double m = static_cast<double>(kRegisters);
  double z = m * Tau(1 - histogram[kMaxRank] / m);
  for (int rank = kMaxRank - 1; rank >= 1; --rank) {
    z = 0.5 * (z + histogram[static_cast<std::size_t>(rank)]);
  }
  z += m * Sigma(histogram[0] / m);
  constexpr double kAlphaInfinity = 0.721347520444481703680;  // 1 / (2 ln 2)
  const double estimate = kAlphaInfinity * m * m / z;
  return estimate < 1e18 ? static_cast<std::uint64_t>(estimate + 0.5) : 1'000'000'000'000'000'000;
}

}  // namespace

void CountMap::Merge(const CountMap& other) {
  approximate = approximate || other.approximate;
  if (other.counts.empty()) return;
  std::pmr::vector<KeyCount> merged(counts.get_allocator());
  merged.reserve(counts.size() + other.counts.size());
  auto mine = counts.begin();
  auto theirs = other.counts.begin();
  while (mine != counts.end() || theirs != other.counts.end()) {
    if (theirs == other.counts.end() || (mine != counts.end() && mine->key < theirs->key)) {
      merged.push_back(std::move(*mine++));
    } else if (mine == counts.end() || theirs->key < mine->key) {
      merged.push_back(*theirs++);
    } else {
      merged.push_back(std::move(*mine++));
      merged.back().count += (theirs++)->count;
    }
  }
  if (merged.size() > kMaxKeys) {
    approximate = true;
    std::nth_element(merged.begin(), merged.begin() + kMaxKeys, merged.end(), LargerFirst);
    merged.resize(kMaxKeys);
    std::sort(merged.begin(), merged.end());
  }
  counts = std::move(merged);
}

std::vector<KeyCount> CountMap::Top(std::size_t n) const {
  std::vector<const KeyCount*> order;
  order.reserve(counts.size());
  for (const KeyCount& count : counts) order.push_back(&count);
  n = std::min(n, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(n), order.end(),
                    [](const KeyCount* a, const KeyCount* b) { return LargerFirst(*a, *b); });
  std::vector<KeyCount> top;
  top.reserve(n);
  for (std::size_t i = 0; i < n; ++i) top.push_back(*order[i]);
  return top;
}

void AddToRegisters(std::uint64_t hash, std::vector<std::uint8_t>& registers) {
  registers.resize(kRegisters);
  const std::size_t index = hash >> (64 - kRegisterBits);
  // The marker bit bounds the rank at 53 when the rest of the hash is zero.
  const std::uint64_t rest = (hash << kRegisterBits) | (std::uint64_t{1} << (kRegisterBits - 1));
  const auto rank = static_cast<std::uint8_t>(std::countl_zero(rest) + 1);
  registers[index] = std::max(registers[index], rank);
}

void AuthorSet::Merge(const AuthorSet& other) {
  if (registers.empty() && other.registers.empty()) {
    std::pmr::vector<Author> merged(exact.get_allocator());
    merged.reserve(exact.size() + other.exact.size());
    auto mine = exact.begin();
    auto theirs = other.exact.begin();
    while (mine != exact.end() || theirs != other.exact.end()) {
      if (theirs == other.exact.end() || (mine != exact.end() && mine->hash < theirs->hash)) {
        merged.push_back(*mine++);
      } else if (mine == exact.end() || theirs->hash < mine->hash) {
        merged.push_back(*theirs++);
      } else {
        const std::uint64_t posts = std::uint64_t{mine->posts} + theirs->posts;
        merged.push_back({mine->hash, static_cast<std::uint32_t>(std::min<std::uint64_t>(
                                          posts, std::numeric_limits<std::uint32_t>::max()))});
        ++mine;
        ++theirs;
      }
    }
    exact = std::move(merged);
    if (exact.size() <= kMaxExact) return;
  }
  for (const Author& author : exact) AddToRegisters(author.hash, registers);
  exact.clear();
  for (const Author& author : other.exact) AddToRegisters(author.hash, registers);
  for (std::size_t i = 0; i < std::min(registers.size(), other.registers.size()); ++i) {
    registers[i] = std::max(registers[i], other.registers[i]);
  }
  if (registers.empty()) registers = other.registers;
}

std::uint64_t AuthorSet::Count() const {
  return registers.empty() ? exact.size() : Estimate(registers);
}

void Aggregate::Merge(const Aggregate& other) {
  key.partition = std::min(key.partition, other.key.partition);
  revision += other.revision;
  is_final = is_final && other.is_final;
  frozen = frozen || other.frozen;
  posts += other.posts;
  authors.Merge(other.authors);
  AddWrapping(neg, other.neg);
  AddWrapping(neu, other.neu);
  AddWrapping(pos, other.pos);
  AddWrapping(mixed, other.mixed);
  AddWrapping(polarity, other.polarity);
  AddWrapping(subjectivity, other.subjectivity);
  AddEach(labels, other.labels);
  AddEach(labels4, other.labels4);
  AddEach(kinds, other.kinds);
  for (std::size_t i = 0; i < emotion_sums.size(); ++i) {
    AddWrapping(emotion_sums[i], other.emotion_sums[i]);
  }
  AddEach(emotions, other.emotions);
  for (const AggregateMap& map : kAggregateMaps) (this->*map.counts).Merge(other.*map.counts);
}

}  // namespace hb
