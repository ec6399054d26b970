// record/source_meter.h - what a source has read that is paid by the post.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"

namespace hb {

/// A source's meter as it stands. Months are as the network counts them; forecasts are rounded to
/// two digits.
struct SourceMeter {
  struct Rule {
    std::string task{};
    std::uint64_t month = 0;  ///< posts that it brought this month
    std::uint64_t forecast = 0;
  };
  std::uint64_t today = 0, month = 0;  ///< posts read
  double dollars = 0;                  ///< what those of the month cost at most
  std::uint64_t cap = 0;               ///< posts of a month that may be read; 0: no limit
  EventTime month_end{};
  std::optional<std::uint64_t> forecast{};  ///< posts when the month ends; nothing before the first
  std::vector<Rule> most{};                 ///< rules that bring most, the greatest first; a few
  std::uint64_t network_month = 0, network_cap = 0;  ///< as the network counts; cap 0: not known
  std::string budget{};  ///< what is done so that the month's posts last: "cats to 25 %"; or ""
};

}  // namespace hb
