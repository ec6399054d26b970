// source/demo/grammar.h - sentences made from a small grammar.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/split_mix.h"

namespace hb {

class DemoRandom : public SplitMix64 {
 public:
  using SplitMix64::SplitMix64;
  /// 0 .. n-1. Requires: n > 0.
  std::uint64_t Below(std::uint64_t n) { return Next() % n; }
  bool Chance(double p) { return Unit() < p; }
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
