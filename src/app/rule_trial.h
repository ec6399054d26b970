// app/rule_trial.h - what rules find among posts, before anything listens by them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "record/task.h"
#include "source/source.h"

namespace hb {

/// What became of each rule.
struct RuleTrial {
  struct Found {
    std::uint64_t posts = 0;
    std::vector<std::string> examples;  ///< texts of the first of them
  };
  std::vector<Found> rules;         ///< one for each task, in their order
  std::uint64_t posts = 0;          ///< read; one that comes twice counts twice
  std::uint64_t matched = 0;        ///< by any rule: what a platform delivers, and bills, once
  std::uint64_t with_language = 0;  ///< of which the source says it
  std::uint64_t unreadable = 0;     ///< rows that are no posts
  EventTime first{}, last{};        ///< times of the earliest and the latest post, if there is one

  /// Days from the earliest to the latest post; at least `kLeastDays`, so that a moment is not
  /// taken for a rate.
  [[nodiscard]] double Days() const;
  static constexpr double kLeastDays = 1.0 / 24;
};

/// Reads `source` to its end and asks every rule about each post. kInvalidArgument: a rule cannot
/// be used. Requires: a finite source, not yet read.
Result<RuleTrial> TryRules(const std::vector<Task>& tasks, std::size_t examples, Source& source);

}  // namespace hb
