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

Budget::Percents Budget::Thin(const std::vector<Demand>& demands, double left) const {
  Percents percents;
  std::size_t others = demands.size();
  for (const Demand& demand : demands) {
    const double part = left / static_cast<double>(others--);
    if (refused_.contains(demand.name)) {
      const auto before = percents_.find(demand.name);
      const bool paused = before != percents_.end() && before->second == 0;
      const bool whole = demand.posts <= part && !paused;  // what is paused stays so, as in Pause
      if (whole || options_.policy == Policy::kThinOrWarn) {
        left = std::max(0.0, left - demand.posts);
      }
      if (!whole) percents[demand.name] = options_.policy == Policy::kThinOrWarn ? 100 : 0;
      continue;
    }
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

bool Budget::Review(const Meter& meter, EventTime now, const std::vector<Task>& tasks) {
  const auto cap = static_cast<double>(meter.Cap());
  const auto used = static_cast<double>(meter.Used());
  if (options_.policy == Policy::kWarn || cap <= 0 || used < options_.share * cap) {
    return std::exchange(everything_, false) | !std::exchange(percents_, {}).empty();
  }
  const bool full = used >= cap;
  const bool same_month = std::exchange(month_end_, meter.MonthEnd()) == meter.MonthEnd();
  const double left = cap - used;
  if (same_month && full == everything_ && now < next_ && (full || left > left_ / 2)) return false;
  if (!same_month) {
    percents_.clear();
    refused_.clear();
  }
  next_ = now + kLookEvery;
  left_ = left;
  const double days = std::max(0.0, Days(meter.MonthEnd() - now).count());
  std::vector<Demand> demands;
  for (const Task& task : tasks) {
    demands.push_back({task.tag, meter.RateOf(now, task.tag) * days});
  }
  std::sort(demands.begin(), demands.end(),
            [](const Demand& a, const Demand& b) { return a.posts < b.posts; });
  Percents percents =
      options_.policy == Policy::kPause ? Pause(demands, left) : Thin(demands, left);
  const bool changed = full != everything_ || percents != percents_;
  everything_ = full;
  percents_ = std::move(percents);
  Share(demands);
  return changed;
}

bool Budget::Refuse(const std::vector<std::string>& rules) {
  bool news = false;
  for (const std::string& rule : rules) news |= refused_.insert(rule).second;
  if (news) next_ = {};
  return news;
}

void Budget::ForgetRefusals() {
  if (refused_.empty()) return;
  refused_.clear();
  next_ = {};
}

bool Budget::tight() const {
  return everything_ || std::any_of(percents_.begin(), percents_.end(),
                                    [](const auto& percent) { return percent.second < 100; });
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
    words += percent == 0     ? name + " paused"
             : percent == 100 ? name + " whole"
                              : fmt::format("{} to {} %", name, percent);
    if (refused_.contains(name)) words += " since X does not thin it";
  }
  return words;
}

bool BudgetGap::Review(Meter& meter, Budget& budget, EventTime now, EventTime asked,
                       const std::vector<Task>& tasks, std::vector<Gap>& out) {
  meter.TurnTo(now);
  const bool changed = budget.Review(meter, now, tasks);
  if (changed) {
    Change(budget, asked, out);
    if (const std::string words = budget.Words(); !words.empty()) {
      LogWarning("{}: to keep to the month's budget: {}", source_, words);
    }
  }
  Grow(asked, out);
  return changed;
}

void BudgetGap::Change(const Budget& budget, EventTime asked, std::vector<Gap>& out) {
  if (open_ && (told_ || asked > open_->from)) {
    open_->to = asked;
    out.push_back(*open_);
    told_ = true;
  }
  before_ = std::exchange(open_, std::nullopt);
  before_told_ = told_;
  told_ = kept_ = false;
  if (!budget.tight()) return;
  open_ = Gap{.from = asked,
              .to = asked,
              .cause = "budget: " + budget.Words(),
              .refilled = budget.part(),
              .exact = false};
}

void BudgetGap::Grow(EventTime asked, std::vector<Gap>& out) {
  if (!open_ || asked - open_->to < kTellEvery) return;
  open_->to = asked;
  out.push_back(*open_);
  told_ = true;
}

void BudgetGap::Keep() {
  kept_ = open_.has_value();
  before_.reset();
}

void BudgetGap::Undo(std::vector<Gap>& out) {
  if (kept_) return;
  if (open_ && told_) {
    open_->to = open_->from;
    out.push_back(*open_);
  }
  open_ = std::exchange(before_, std::nullopt);
  told_ = open_ && before_told_;
  kept_ = open_.has_value();
}

}  // namespace hb
