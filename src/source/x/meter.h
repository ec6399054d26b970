// source/x/meter.h - posts read from X, which cost money.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/units.h"

namespace hb {

/// Counts posts by day and month (UTC), altogether and by the name of the rule that brought them.
/// A post read twice counts twice, though X bills it once a day: what it says is an upper bound.
///
/// Threads  A plain value.
/// Memory   At most kMaxRules names; what other rules brought counts for the whole alone.
class Meter {
 public:
  static constexpr std::size_t kMaxRules = 1000;

  struct Prices {
    double post = 0.005;                    ///< in dollars
    std::uint64_t month_posts = 3'000'000;  ///< that the account may read; 0: no limit
    double warn_share = 0.8;                ///< of month_posts
  };
  explicit Meter(Prices prices) : prices_(prices) {}

  void Count(EventTime now, std::uint64_t posts);
  /// One post that the rule `name` brought; Count has counted it already.
  void CountRule(EventTime now, std::string_view name);
  [[nodiscard]] std::uint64_t today() const { return all_.day; }
  [[nodiscard]] std::uint64_t this_month() const { return all_.month; }
  /// "1,234 posts read today, 45,678 this month (2 % of 3,000,000), at most $228.39; most by cats
  /// (40,000)".
  [[nodiscard]] std::string Words() const;
  /// What to be told, "" while all is well.
  [[nodiscard]] std::string Warning(EventTime now) const;

  /// Lines of text, at most 1 KiB: the names that count most.
  [[nodiscard]] std::string Encode() const;
  /// False if that is damaged; then nothing has changed.
  bool Decode(std::string_view text);

 private:
  struct Posts {
    std::uint64_t day = 0, month = 0;
  };
  void TurnTo(EventTime now);

  const Prices prices_;
  std::int64_t day_ = 0, month_ = 0;  ///< days since 1970; months since year 0
  Posts all_;
  std::map<std::string, Posts, std::less<>> rules_;
};

}  // namespace hb
