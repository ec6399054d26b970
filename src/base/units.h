// base/units.h - identifiers and quantities that must not be mixed up.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace hb {

/// A post's own time, milliseconds since 1970-01-01Z. Arrival times use the same clock.
using EventTime = std::chrono::sys_time<std::chrono::milliseconds>;

constexpr EventTime FromMillis(std::int64_t ms) { return EventTime(std::chrono::milliseconds(ms)); }
constexpr std::int64_t ToMillis(EventTime time) { return time.time_since_epoch().count(); }

/// Position of a record in one partition of one topic. The first is 0.
enum class Offset : std::int64_t {};
/// Partition of a topic, 0 .. count-1.
enum class Partition : std::int32_t {};
/// 64-bit identity of a post: X's id itself, else a hash with the top bit set (record/identity.h).
enum class PostKey : std::uint64_t {};

constexpr std::int64_t ToInt(Offset offset) { return static_cast<std::int64_t>(offset); }
constexpr std::int32_t ToInt(Partition p) { return static_cast<std::int32_t>(p); }
constexpr std::uint64_t ToInt(PostKey key) { return static_cast<std::uint64_t>(key); }
constexpr Offset Advance(Offset offset, std::int64_t records) {
  return Offset{ToInt(offset) + records};
}

/// Scores travel as integers in millionths, so that sums do not depend on their order.
using Micro = std::int32_t;
inline constexpr Micro kMicro = 1'000'000;
constexpr double FromMicro(std::int64_t micro) { return static_cast<double>(micro) / kMicro; }
/// Rounds half away from zero. Requires: |x| <= 2000.
constexpr Micro ToMicro(double x) { return static_cast<Micro>(x * kMicro + (x < 0 ? -0.5 : 0.5)); }

}  // namespace hb
