// wire/times.h - the ways in which others write a moment.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/units.h"

namespace hb {

/// Moments outside [1970-01-01, 2100-01-01) are refused: they are mistakes, and would open windows
/// that nobody ever closes.
inline constexpr EventTime kMinPostTime = FromMillis(0);
inline constexpr EventTime kMaxPostTime = FromMillis(4'102'444'800'000);

/// Reads a moment; without a zone it is UTC. Understood, with blanks around them ignored:
///   ISO 8601       2016-08-01, 2016-08-01 23:59, 2016-08-01T23:59:58.123456Z, ...+02:00, ...-0130,
///                  ... UTC; "/" instead of "-" in the date
///   X v1.1         Wed Aug 27 13:08:45 +0000 2008
///   RFC 2822       Wed, 27 Aug 2008 13:08:45 +0000
///   US             8/1/2016 23:59, 08/01/2016 11:59:01 PM (month first)
///   Unix           seconds below 1e11, milliseconds below 1e14, else microseconds; a fraction of
///                  seconds is kept to the millisecond
/// Nothing if it is none of these, is no date of the calendar, or lies outside the bounds above.
/// Cost: about 10 ns for the ISO forms.
std::optional<EventTime> ParsePostTime(std::string_view text);

/// As above for a number; nothing outside the bounds.
std::optional<EventTime> TimeOfNumber(std::int64_t number);

/// The moment inside an X id made after 2010-11-04 ("Snowflake": milliseconds since
/// 1288834974657 in the bits from 22 up). Nothing for older ids.
std::optional<EventTime> TimeOfXId(std::string_view id);
/// The last id before those of the moment `time`. Requires: later than 2010-11-04.
std::string XIdBefore(EventTime time);

}  // namespace hb
