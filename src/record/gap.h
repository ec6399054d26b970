// record/gap.h - spans of time in which a source was not listened to, and what that makes of
// windows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/units.h"

namespace hb {

/// A source was not heard in [from, to). Its identity is (source, from): a later record of the same
/// replaces it, with what was refilled meanwhile, or another end.
struct Gap {
  std::string source{};  ///< as /api/v1/status names it: ingest fills it where it is empty
  EventTime from{}, to{};
  std::string cause{};         ///< for people: "connection lost"
  std::uint32_t refilled = 0;  ///< millionths of it that came later, at most kMicro
  bool exact = true;           ///< false: the ends are a guess
};

/// All gaps together.
///
/// Threads  A plain value: one writer, or any number of readers.
class GapSet {
 public:
  /// Adds the gap, or replaces the one it is. One without length, or refilled whole, takes nothing
  /// from any window. Gives the span of time whose windows may have changed.
  std::pair<EventTime, EventTime> Put(const Gap& gap);
  void Clear();
  [[nodiscard]] bool empty() const { return gaps_.empty(); }
  [[nodiscard]] std::size_t size() const { return gaps_.size(); }

  /// 1 - time not covered / length, of the source that covers least; overlapping gaps of a source
  /// count once. Requires: window_ms > 0. Cost: O(gaps that reach into it).
  [[nodiscard]] double Completeness(EventTime window_start, std::int64_t window_ms) const;

 private:
  struct Span {
    std::int64_t to = 0;
    std::uint32_t refilled = 0;
  };
  /// By begin, then source: those that can reach into a window lie together.
  std::map<std::pair<std::int64_t, std::string>, Span> gaps_;
  std::int64_t longest_ms_ = 0;  ///< of any gap there ever was
};

}  // namespace hb
