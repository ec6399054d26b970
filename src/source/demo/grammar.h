// source/demo/grammar.h - sentences made from a small grammar.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace hb {

/// A small, fast stream of numbers (SplitMix64, Steele et al. 2014): the same on every machine,
/// which the standard library's distributions are not.
class DemoRandom {
 public:
  explicit DemoRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  /// 0 .. n-1. Requires: n > 0.
  std::uint64_t Below(std::uint64_t n) { return Next() % n; }
  /// 0 .. 1, 1 not included.
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
  bool Chance(double p) { return Unit() < p; }

 private:
  std::uint64_t state_;
};

/// Rules of the form "name = first way | second {other} way", one a line; {other} is replaced by a
/// way of the rule of that name.
///
/// Threads  Immutable once made.
class DemoGrammar {
 public:
  /// `text` must outlive the grammar.
  explicit DemoGrammar(std::string_view text);
  /// Appends a way of `name`; nothing if there is no such rule. {noun} stands for the rule `noun`.
  /// Depth is bounded.
  void Expand(std::string_view name, std::string_view noun, DemoRandom& random,
              std::string& out) const {
    Expand(name, noun, random, out, 0);
  }
  [[nodiscard]] bool Has(std::string_view name) const { return rules_.contains(name); }
  /// Names in braces that no rule has: mistakes of the author, for a test.
  [[nodiscard]] std::vector<std::string> Dangling() const;

 private:
  void Expand(std::string_view name, std::string_view noun, DemoRandom& random, std::string& out,
              int depth) const;
  std::unordered_map<std::string_view, std::vector<std::string_view>> rules_;
};

/// The grammar of a language of kDemoLanguages.
const DemoGrammar& GrammarOf(std::string_view language);

}  // namespace hb
