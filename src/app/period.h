// app/period.h - "FROM..TO" of a command line, and how drift is printed.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "model/drift.h"

namespace hb {

/// A time as people write it: 2024-05-01, 2024-05-01T12:00, with seconds, with Z or an offset; UTC
/// if neither. kInvalidArgument otherwise.
Result<EventTime> ParseMoment(const std::string& text);

/// [from, to); a bound that is not there is open.
struct Period {
  std::optional<EventTime> from, to;

  /// "A..B", "A.." or "..B". kInvalidArgument: neither of those, or A is not before B.
  static Result<Period> Parse(const std::string& text);
  /// A condition on a column of timestamps.
  [[nodiscard]] std::string Sql(std::string_view column) const;
};

/// To standard output: text, or one JSON object with `more` (members, "" or each with a comma after
/// it) before the list "drift". `a`, `b`: "in A", "in B".
void PrintDrifts(std::span<const model::Drift> drifts, std::string_view a, std::string_view b,
                 bool json, const std::string& more);

}  // namespace hb
