#include "source/x/budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <utility>

#include "base/logging.h"
#include "record/analysis_batch.h"

namespace hb {

namespace {

constexpr std::chrono::hours kLookEvery{1};
constexpr std::chrono::seconds kTellEvery{30};
constexpr std::array<int, 6> kPercents = {50, 25, 10, 5, 2, 1};
using Days = std::chrono::duration<double, std::ratio<86'400>>;

}  // namespace

Budget::Percents Budget::Thin(const std::vector<Demand>& demands, double left) {
  Percents percents;
  std::size_t others = demands.size();
  for (const Demand& demand : demands) {
    const double part = left / static_cast<double>(others--);
    left -= std::min(demand.posts, part);
    if (demand.posts <= part) continue;
    const double percent = 100 * part / demand.posts;
    const auto* const step =
        std::find_if(kPercents.begin(), kPercents.end(), [&](int each) { return each <= percent; });
    percents[demand.name] = step == kPercents.end() ? kPercents.back() : *step;
  }
  return percents;
}

Budget::Percents Budget::Pause(const std::vector<Demand>& demands, double left) const {
  Percents percents;
  for (const Demand& demand : demands) {
    // What is paused stays so: else it came back as soon as some time had passed without it.
    if (PercentOf(demand.name) == 0 || demand.posts > left) {
      percents[demand.name] = 0;
    } else {
      left -= demand.posts;
    }
  }
  return percents;
}

void Budget::Share(const std::vector<Demand>& demands) {
  double all = 0, asked = 0;
  for (const Demand& demand : demands) {
    all += demand.posts;
    asked += demand.posts * PercentOf(demand.name) / 100;
  }
  const double part = everything_ ? 0 : all > 0 ? asked / all : 1;
  part_ = static_cast<std::uint32_t>(std::llround(part * kMicro));
}

bool Budget::Review(const Meter& meter, EventTime now, const std::vector<std::string>& rules) {
  const auto cap = static_cast<double>(meter.Cap());
  const auto used = static_cast<double>(meter.Used());
  if (options_.policy == Policy::kWarn || cap <= 0 || used < options_.share * cap) {
    return std::exchange(everything_, false) | !std::exchange(percents_, {}).empty();
  }
  const bool full = used >= cap;
  const bool same_month = std::exchange(month_end_, meter.MonthEnd()) == meter.MonthEnd();
  const double left = cap - used;
  if (same_month && full == everything_ && now < next_ && (full || left > left_ / 2)) return false;
  if (!same_month) percents_.clear();
  next_ = now + kLookEvery;
  left_ = left;
  const double days = std::max(0.0, Days(meter.MonthEnd() - now).count());
  std::vector<Demand> demands;
  for (const std::string& rule : rules) demands.push_back({rule, meter.RateOf(now, rule) * days});
  std::sort(demands.begin(), demands.end(),
            [](const Demand& a, const Demand& b) { return a.posts < b.posts; });
  Percents percents = options_.policy == Policy::kThin ? Thin(demands, left) : Pause(demands, left);
  const bool changed = full != everything_ || percents != percents_;
  everything_ = full;
  percents_ = std::move(percents);
  Share(demands);
  return changed;
}

int Budget::PercentOf(std::string_view rule) const {
  if (everything_) return 0;
  const auto percent = percents_.find(rule);
  return percent == percents_.end() ? 100 : percent->second;
}

std::string Budget::Words() const {
  if (everything_) return "all rules paused";
  constexpr std::size_t kShown = 5;
  std::string words;
  std::size_t shown = 0;
  for (const auto& [name, percent] : percents_) {
    if (shown++ == kShown) return words + fmt::format(" and {} more", percents_.size() - kShown);
    if (!words.empty()) words += ", ";
    words += percent == 0 ? name + " paused" : fmt::format("{} to {} %", name, percent);
  }
  return words;
}

bool BudgetGap::Review(std::string_view source, Meter& meter, Budget& budget, EventTime now,
                       const std::vector<std::string>& rules, std::vector<Gap>& out) {
  meter.TurnTo(now);
  const bool changed = budget.Review(meter, now, rules);
  if (changed) {
    Change(budget, now, out);
    if (budget.tight()) {
      LogWarning("{}: to keep to the month's budget: {}", source, budget.Words());
    }
  }
  Grow(now, out);
  return changed;
}

void BudgetGap::Change(const Budget& budget, EventTime now, std::vector<Gap>& out) {
  if (open_) {
    open_->to = now;
    out.push_back(*open_);
  }
  open_.reset();
  if (!budget.tight()) return;
  open_ = Gap{.from = now,
              .to = now,
              .cause = "budget: " + budget.Words(),
              .refilled = budget.part(),
              .exact = false};
}

void BudgetGap::Grow(EventTime now, std::vector<Gap>& out) {
  if (!open_ || now - open_->to < kTellEvery) return;
  open_->to = now;
  out.push_back(*open_);
}

}  // namespace hb
