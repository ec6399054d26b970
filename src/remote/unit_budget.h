// remote/unit_budget.h - what may be spent in a month.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/mutex.h"
#include "base/result.h"
#include "env/env.h"

namespace hb {

/// Counts units against a bound for each calendar month (UTC), in a file that outlives the program.
///
/// What is asked for is written down before it is spent, so that a crash may waste units and never
/// spends one twice. A file that cannot be read or written spends nothing.
///
/// Threads  Any.
class UnitBudget {
 public:
  /// `path`: "" keeps the count in memory alone. `monthly`: 0 is no bound.
  UnitBudget(std::string path, std::uint64_t monthly, Clock& clock)
      : path_(std::move(path)), monthly_(monthly), clock_(clock) {}

  /// Takes `units`, all or none. kExhausted: the month's are spent; kUnavailable, kCorrupt: the
  /// file.
  Status Take(std::uint64_t units);
  /// Gives back what was taken and not spent.
  void Return(std::uint64_t units);

  [[nodiscard]] std::uint64_t spent() const;  ///< this month, as far as this program knows
  [[nodiscard]] std::uint64_t monthly() const { return monthly_; }

 private:
  /// 2026 * 12 + 10 of November 2026.
  [[nodiscard]] std::int64_t Month() const;
  Status Load() HB_REQUIRES(mutex_);
  Status Save() HB_REQUIRES(mutex_);

  const std::string path_;
  const std::uint64_t monthly_;
  Clock& clock_;
  mutable Mutex mutex_;
  bool loaded_ HB_GUARDED_BY(mutex_) = false;
  std::int64_t month_ HB_GUARDED_BY(mutex_) = 0;
  std::uint64_t spent_ HB_GUARDED_BY(mutex_) = 0;
};

}  // namespace hb
