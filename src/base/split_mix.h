// base/split_mix.h - a small, fast stream of numbers, and the mixing that makes it.
#pragma once

#include <cstdint>

namespace hb {

/// SplitMix64's constant step between states: 2^64 over the golden ratio.
inline constexpr std::uint64_t kSplitMixStep = 0x9E3779B97F4A7C15ull;

/// SplitMix64's finalizer: spreads what two inputs differ in over all bits. One to one.
constexpr std::uint64_t Mix64(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): the same on every machine, which the standard
/// library's distributions are not.
class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next() { return Mix64(state_ += kSplitMixStep); }
  /// 0 .. 1, 1 not included.
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

 private:
  std::uint64_t state_;
};

}  // namespace hb
