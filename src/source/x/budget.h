// source/x/budget.h - how much of each rule is asked for, so that the month's posts last.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/units.h"
#include "record/gap.h"
#include "record/task.h"
#include "source/x/meter.h"

namespace hb {

/// What is done once a share of the month's posts is used: rules are thinned or paused, the greedy
/// ones first, so that what is left lasts until the month ends. In the next month all is undone.
///
/// Thinning   What is left is divided evenly; what a rule does not need goes to the others (max-min
///            fairness). Who needs more than its part is thinned to one of a few percentages, so
///            that rules do not change all the time.
/// Pausing    Rules are kept from the smallest on, as long as what is left is enough for them all.
/// Refusals   A rule that X will not thin is paused for the month instead, or stays whole, by the
///            policy.
/// Time       Looked at again every hour, since forecasts change, whenever half of what was left is
///            used, and when X has refused.
/// Threads    One at a time.
class Budget {
 public:
  enum class Policy : std::uint8_t {
    kWarn,        ///< nothing: X itself refuses once the cap is reached
    kThin,        ///< fewer posts of greedy rules; none once the cap is reached
    kThinOrWarn,  ///< the same, but rules that X will not thin stay whole
    kPause,       ///< none of greedy rules
  };
  struct Options {
    Policy policy = Policy::kWarn;
    double share = 0.9;  ///< of the month's posts from which on it acts
  };
  explicit Budget(Options options) : options_(options) {}

  /// Looks at `meter` for the rules of `tasks`, which are named by their tags. True if a percentage
  /// changed. Cost: O(1) as a rule, O(rules) when it looks again.
  bool Review(const Meter& meter, EventTime now, const std::vector<Task>& tasks);
  /// X will not thin these. True if that is news; then they are decided about by the next Review.
  bool Refuse(const std::vector<std::string>& rules);
  /// They may be tried again, as when rules are not what they were.
  void ForgetRefusals();
  /// How many of a hundred posts of the rule are asked for: 100 is all, 0 is none.
  [[nodiscard]] int PercentOf(std::string_view rule) const;
  /// True while any rule is not asked for whole.
  [[nodiscard]] bool tight() const;
  /// "cats to 25 %, dogs paused, birds whole since X does not thin it"; "" if nothing is done.
  [[nodiscard]] std::string Words() const;
  /// Millionths of the posts that still come, at the rates of the month so far.
  [[nodiscard]] std::uint32_t part() const { return part_; }

 private:
  using Percents = std::map<std::string, int, std::less<>>;
  struct Demand {
    std::string name;
    double posts = 0;  ///< until the month ends
  };
  Percents Thin(const std::vector<Demand>& demands, double left) const;
  Percents Pause(const std::vector<Demand>& demands, double left) const;
  void Share(const std::vector<Demand>& demands);

  const Options options_;
  bool everything_ = false;  ///< all is paused, also rules that brought nothing yet
  Percents percents_;        ///< of those that want more than there is
  std::set<std::string, std::less<>> refused_;
  std::uint32_t part_ = 0;
  EventTime next_{};  ///< when it looks again
  double left_ = 0;   ///< posts of the month, when it looked last
  EventTime month_end_{};
};

/// The gap that a budget makes: what is not asked for does not come.
///
/// Threads  One at a time.
class BudgetGap {
 public:
  explicit BudgetGap(std::string source) : source_(std::move(source)) {}

  /// Lets `budget` look at the month, and tells its gap: when the percentages change, the open one
  /// ends and another begins if `budget` is tight (which is logged as the source's); else it is
  /// told now and then, as it grows. `asked`: what was said up to then was asked for as before; it
  /// never goes back. True: they changed, so ask by them.
  bool Review(Meter& meter, Budget& budget, EventTime now, EventTime asked,
              const std::vector<Task>& tasks, std::vector<Gap>& out);
  /// The percentages of the open gap never held, those of the gap before did. It is told as one
  /// without length if it was told, and the one before is open again. Nothing if that one is kept.
  void Undo(std::vector<Gap>& out);
  /// The percentages of the open gap hold, as far as anybody knows: Undo is not about them.
  void Keep();

 private:
  void Change(const Budget& budget, EventTime asked, std::vector<Gap>& out);
  void Grow(EventTime asked, std::vector<Gap>& out);

  const std::string source_;
  std::optional<Gap> open_, before_;
  bool told_ = false, before_told_ = false;
  bool kept_ = false;  ///< the open one
};

}  // namespace hb
