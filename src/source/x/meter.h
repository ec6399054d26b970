// source/x/meter.h - posts read from X, which cost money.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/units.h"
#include "record/source_meter.h"
#include "wire/x_answers.h"

namespace hb {

/// Counts posts by day and month (UTC), altogether and by the name of the rule that brought them.
/// A post read twice counts twice, though X bills it once a day: what it says is an upper bound. A
/// month begins on the day on which X resets the account's count, the first until X has said it.
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
  /// One post that the rule `name` brought, of which X gives `percent` of its posts; Count has
  /// counted it already.
  void CountRule(EventTime now, std::string_view name, int percent = 100);
  /// What X itself has counted for the account.
  void SetAccount(EventTime now, const XUsage& usage);
  /// Begins a new day or month if it is time.
  void TurnTo(EventTime now);

  [[nodiscard]] std::uint64_t today() const { return all_.day; }
  [[nodiscard]] std::uint64_t this_month() const { return all_.month; }
  /// Ours or X's count of the month, whichever is more.
  [[nodiscard]] std::uint64_t Used() const;
  /// The lower of what the settings and X allow in a month; 0: no limit.
  [[nodiscard]] std::uint64_t Cap() const;
  /// When the count begins anew.
  [[nodiscard]] EventTime MonthEnd() const;
  /// Posts a day that the rule `name` would bring if all of its posts were asked for, at the rate
  /// of the month so far.
  [[nodiscard]] double RateOf(EventTime now, std::string_view name) const;

  /// All that it tells; `budget` is left empty.
  [[nodiscard]] SourceMeter Told(EventTime now) const;
  /// The same in words, `budget` aside: "1,234 posts read today, 45,678 this month (2 % of
  /// 3,000,000), at most $228.39; about 90,000 by 2026-02-01, of them cats 80,000, dogs 9,000; X
  /// counts 45,000 of 2,000,000".
  static std::string Words(const SourceMeter& told);
  /// What to be told, "" while all is well.
  [[nodiscard]] std::string Warning(EventTime now) const;

  /// Lines of text, at most 5 KiB: the names that count most, and of the others what RateOf needs,
  /// to some 4 % and without their names.
  [[nodiscard]] std::string Encode() const;
  /// False if that is damaged; then nothing has changed.
  bool Decode(std::string_view text);

 private:
  struct Posts {
    std::uint64_t day = 0, month = 0;
    std::uint64_t whole = 0;  ///< in the month, had each rule been asked for whole
  };
  /// Days over which the month's counts were made, at least an hour.
  [[nodiscard]] double DaysSoFar(EventTime now) const;

  const Prices prices_;
  std::int64_t day_ = 0, month_ = 0;  ///< days since 1970; months since year 0
  int reset_day_ = 1;                 ///< of a month, 1 to 28
  std::int64_t since_ms_ = 0;         ///< of the first post of the month
  XUsage account_;
  Posts all_;
  std::map<std::string, Posts, std::less<>> rules_;
  /// Posts::whole of rules that were counted before a restart, by hash of the name: where those
  /// begin that are counted again. Of two with one hash it is the greater.
  std::map<std::uint16_t, std::uint64_t> unnamed_;
};

}  // namespace hb
