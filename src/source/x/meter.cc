#include "source/x/meter.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <iterator>
#include <utility>
#include <vector>

#include "base/hash.h"

namespace hb {

namespace {

using std::chrono::milliseconds;
constexpr std::size_t kKeptRules = 10;
constexpr std::size_t kShownRules = 3;
constexpr std::size_t kMaxName = 64;
constexpr int kLastResetDay = 28;  // every month has one
using Days = std::chrono::duration<double, std::ratio<86'400>>;

/// The month, counted from year 0, to which `day` belongs if months begin on `reset_day`.
std::int64_t MonthOf(std::chrono::sys_days day, int reset_day) {
  const std::chrono::year_month_day date(day);
  const std::int64_t month =
      static_cast<int>(date.year()) * 12 + static_cast<std::int64_t>(unsigned{date.month()});
  return static_cast<int>(unsigned{date.day()}) < reset_day ? month - 1 : month;
}

std::string DateOf(EventTime time) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(time));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), unsigned{date.month()},
                     unsigned{date.day()});
}

std::string Grouped(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string grouped;
  for (std::size_t at = 0; at < digits.size(); ++at) {
    if (at > 0 && (digits.size() - at) % 3 == 0) grouped += ',';
    grouped += digits[at];
  }
  return grouped;
}

/// To two digits: a forecast is no count.
std::uint64_t About(double number) {
  double step = 1;
  while (number / step >= 100) step *= 10;
  return static_cast<std::uint64_t>(std::llround(number / step) * std::llround(step));
}

std::uint16_t HashOf(std::string_view name) { return static_cast<std::uint16_t>(Hash64(name)); }

/// A number in eight bits: exact to 8, from there on to 4 %, up to 1.7 thousand millions.
constexpr double kCodesAnE = 12;
std::uint8_t CodeOf(std::uint64_t number) {
  const double code = std::round(std::log1p(static_cast<double>(number)) * kCodesAnE);
  return static_cast<std::uint8_t>(std::min(code, 255.0));
}
std::uint64_t NumberOf(std::uint8_t code) {
  return static_cast<std::uint64_t>(std::llround(std::expm1(code / kCodesAnE)));
}

constexpr char kUnnamed = '+';  // begins their line
constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kDigitsARule = 4;  // of six bits: a hash and a code

bool TakeUnnamed(std::string_view digits, std::map<std::uint16_t, std::uint64_t>& unnamed) {
  if (digits.size() % kDigitsARule != 0 || digits.size() / kDigitsARule > Meter::kMaxRules) {
    return false;
  }
  for (; !digits.empty(); digits.remove_prefix(kDigitsARule)) {
    std::uint32_t bits = 0;
    for (const char c : digits.substr(0, kDigitsARule)) {
      const std::size_t digit = kDigits.find(c);
      if (digit == std::string_view::npos) return false;
      bits = bits << 6 | static_cast<std::uint32_t>(digit);
    }
    unnamed[static_cast<std::uint16_t>(bits >> 8)] = NumberOf(static_cast<std::uint8_t>(bits));
  }
  return true;
}

/// Of those that are too many the smallest go.
void KeepGreatest(std::map<std::uint16_t, std::uint64_t>& unnamed) {
  if (unnamed.size() <= Meter::kMaxRules) return;
  std::vector<std::pair<std::uint64_t, std::uint16_t>> smallest;
  for (const auto& [hash, whole] : unnamed) smallest.emplace_back(whole, hash);
  const auto end =
      smallest.begin() + static_cast<std::ptrdiff_t>(unnamed.size() - Meter::kMaxRules);
  std::nth_element(smallest.begin(), end, smallest.end());
  for (auto each = smallest.begin(); each != end; ++each) unnamed.erase(each->second);
}

bool TakeNumber(std::string_view& text, std::int64_t& number) {
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return false;
  text.remove_prefix(static_cast<std::size_t>(at - text.data()));
  if (!text.empty()) {
    if (text.front() != ' ') return false;
    text.remove_prefix(1);
  }
  return true;
}

}  // namespace

void Meter::TurnTo(EventTime now) {
  const auto days = std::chrono::floor<std::chrono::days>(now);
  const std::int64_t day = days.time_since_epoch().count();
  if (day == day_) return;
  const std::int64_t month = MonthOf(days, reset_day_);
  const bool same_month = month == month_;
  day_ = day;
  month_ = month;
  all_.day = 0;
  for (auto& [name, posts] : rules_) posts.day = 0;
  if (same_month) return;
  all_ = {};
  since_ms_ = 0;
  account_.used = 0;
  rules_.clear();
  unnamed_.clear();
}

void Meter::Count(EventTime now, std::uint64_t posts) {
  TurnTo(now);
  if (since_ms_ == 0 && posts > 0) since_ms_ = ToMillis(now);
  all_.day += posts;
  all_.month += posts;
}

void Meter::CountRule(EventTime now, std::string_view name, int percent) {
  TurnTo(now);
  auto rule = rules_.find(name);
  if (rule == rules_.end()) {
    if (rules_.size() >= kMaxRules) return;
    rule = rules_.emplace(std::string(name), Posts{}).first;
    if (const auto before = unnamed_.find(HashOf(name)); before != unnamed_.end()) {
      rule->second.whole = before->second;  // which stays: it may be that of another of this hash
    }
  }
  ++rule->second.day;
  ++rule->second.month;
  rule->second.whole += 100 / static_cast<std::uint64_t>(std::clamp(percent, 1, 100));
}

void Meter::SetAccount(EventTime now, const XUsage& usage) {
  TurnTo(now);
  account_ = usage;
  if (usage.reset_day < 1 || usage.reset_day == reset_day_) return;
  // What was counted stays: we know better now when it ends, not that it was another month's.
  reset_day_ = std::min<int>(static_cast<int>(usage.reset_day), kLastResetDay);
  month_ = MonthOf(std::chrono::floor<std::chrono::days>(now), reset_day_);
}

std::uint64_t Meter::Used() const { return std::max(all_.month, account_.used); }

std::uint64_t Meter::Cap() const {
  if (account_.cap == 0) return prices_.month_posts;
  return prices_.month_posts == 0 ? account_.cap : std::min(account_.cap, prices_.month_posts);
}

EventTime Meter::MonthEnd() const {
  const std::int64_t next = month_;  // of twelve counted from 0: this month is one less
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(next / 12)),
                                         std::chrono::month(static_cast<unsigned>(next % 12) + 1),
                                         std::chrono::day(static_cast<unsigned>(reset_day_)));
  return std::chrono::time_point_cast<milliseconds>(std::chrono::sys_days(date));
}

double Meter::DaysSoFar(EventTime now) const {
  return std::max(Days(std::chrono::hours(1)), Days(now - FromMillis(since_ms_))).count();
}

double Meter::RateOf(EventTime now, std::string_view name) const {
  const auto rule = rules_.find(name);
  const auto unnamed = unnamed_.find(HashOf(name));
  const std::uint64_t whole = rule != rules_.end()        ? rule->second.whole
                              : unnamed != unnamed_.end() ? unnamed->second
                                                          : 0;
  return static_cast<double>(whole) / DaysSoFar(now);
}

SourceMeter Meter::Told(EventTime now) const {
  SourceMeter told{.today = all_.day,
                   .month = all_.month,
                   .dollars = static_cast<double>(all_.month) * prices_.post,
                   .cap = prices_.month_posts,
                   .month_end = MonthEnd(),
                   .network_month = account_.used,
                   .network_cap = account_.cap};
  if (since_ms_ == 0) return told;
  const double left = std::max(0.0, Days(MonthEnd() - now).count());
  const auto by_end = [&](std::uint64_t month) {
    const auto posts = static_cast<double>(month);
    return About(posts + posts / DaysSoFar(now) * left);
  };
  told.forecast = by_end(all_.month);
  std::vector<std::pair<std::string_view, std::uint64_t>> most;
  for (const auto& [name, posts] : rules_) most.emplace_back(name, posts.month);
  const std::size_t shown = std::min(kShownRules, most.size());
  std::partial_sort(most.begin(), most.begin() + static_cast<std::ptrdiff_t>(shown), most.end(),
                    [](const auto& a, const auto& b) { return a.second > b.second; });
  most.resize(shown);
  for (const auto& [name, month] : most) {
    told.most.push_back({std::string(name), month, by_end(month)});
  }
  return told;
}

std::string Meter::Words(const SourceMeter& told) {
  std::string words =
      fmt::format("{} posts read today, {} this month", Grouped(told.today), Grouped(told.month));
  if (told.cap > 0) {
    words += fmt::format(" ({:.0f} % of {})",
                         100.0 * static_cast<double>(told.month) / static_cast<double>(told.cap),
                         Grouped(told.cap));
  }
  words += fmt::format(", at most ${:.2f}", told.dollars);
  if (told.forecast) {
    words += fmt::format("; about {} by {}", Grouped(*told.forecast), DateOf(told.month_end));
  }
  for (const SourceMeter::Rule& rule : told.most) {
    words += fmt::format("{} {} {}", &rule == &told.most.front() ? ", of them" : ",", rule.task,
                         Grouped(rule.forecast));
  }
  if (told.network_cap > 0) {
    words +=
        fmt::format("; X counts {} of {}", Grouped(told.network_month), Grouped(told.network_cap));
  }
  return words;
}

std::string Meter::Warning(EventTime now) const {
  if (Cap() == 0) return {};
  const auto cap = static_cast<double>(Cap());
  const auto used = static_cast<double>(Used());
  if (used < prices_.warn_share * cap) return {};
  // Rounded, so that it is not another warning after each post.
  std::string words = fmt::format("{:.0f} % of the {} posts of this month are read",
                                  100 * used / cap, Grouped(Cap()));
  if (used >= cap) return words + "; it ends on " + DateOf(MonthEnd());
  if (since_ms_ == 0 || all_.month == 0) return words;
  const double days = (cap - used) * DaysSoFar(now) / static_cast<double>(all_.month);
  if (days >= Days(MonthEnd() - now).count()) {
    return words + "; at this rate they are enough until it ends";
  }
  const auto left = std::chrono::duration_cast<milliseconds>(Days(days));
  return words + "; at this rate they are used up on " + DateOf(now + left);
}

std::string Meter::Encode() const {
  std::string text = fmt::format("{} {} {} {} {} {} {} {}", day_, all_.day, month_, all_.month,
                                 reset_day_, since_ms_, account_.used, account_.cap);
  std::vector<std::pair<std::string_view, Posts>> most(rules_.begin(), rules_.end());
  std::sort(most.begin(), most.end(),
            [](const auto& a, const auto& b) { return a.second.whole > b.second.whole; });
  auto unnamed = unnamed_;
  std::size_t kept = 0;
  for (const auto& [name, posts] : most) {
    if (kept < kKeptRules && name.size() <= kMaxName && name.find('\n') == std::string_view::npos) {
      ++kept;
      fmt::format_to(std::back_inserter(text), "\n{} {} {} {}", posts.day, posts.month, posts.whole,
                     name);
    } else {
      std::uint64_t& whole = unnamed[HashOf(name)];
      whole = std::max(whole, posts.whole);
    }
  }
  KeepGreatest(unnamed);
  if (unnamed.empty()) return text;
  text += '\n';
  text += kUnnamed;
  for (const auto& [hash, whole] : unnamed) {
    const std::uint32_t bits = std::uint32_t{hash} << 8 | CodeOf(whole);
    for (std::size_t i = kDigitsARule; i-- > 0;) text += kDigits[bits >> (6 * i) & 63];
  }
  return text;
}

bool Meter::Decode(std::string_view text) {
  std::string_view first = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), first.size() + 1));
  std::int64_t day = 0, day_posts = 0, month = 0, month_posts = 0;
  if (!TakeNumber(first, day) || !TakeNumber(first, day_posts) || !TakeNumber(first, month) ||
      !TakeNumber(first, month_posts)) {
    return false;
  }
  // The oldest positions have neither these two nor the third number of a rule, older ones not
  // what X said of the account.
  const bool oldest = first.empty();
  std::int64_t reset_day = 1, since = 0, used = 0, cap = 0;
  if (!oldest && (!TakeNumber(first, reset_day) || !TakeNumber(first, since) || reset_day < 1 ||
                  reset_day > kLastResetDay)) {
    return false;
  }
  if (!first.empty() && (!TakeNumber(first, used) || !TakeNumber(first, cap) || !first.empty())) {
    return false;
  }
  std::map<std::string, Posts, std::less<>> rules;
  std::map<std::uint16_t, std::uint64_t> unnamed;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.starts_with(kUnnamed)) {
      if (!text.empty() || !TakeUnnamed(line.substr(1), unnamed)) return false;
      break;
    }
    std::int64_t by_day = 0, by_month = 0, whole = 0;
    if (!TakeNumber(line, by_day) || !TakeNumber(line, by_month) || rules.size() == kKeptRules) {
      return false;
    }
    if (oldest) {
      whole = by_month;
    } else if (!TakeNumber(line, whole)) {
      return false;
    }
    rules[std::string(line)] = {static_cast<std::uint64_t>(by_day),
                                static_cast<std::uint64_t>(by_month),
                                static_cast<std::uint64_t>(whole)};
  }
  day_ = day;
  month_ = month;
  reset_day_ = static_cast<int>(reset_day);
  since_ms_ = since;
  account_ = {.used = static_cast<std::uint64_t>(used), .cap = static_cast<std::uint64_t>(cap)};
  all_ = {.day = static_cast<std::uint64_t>(day_posts),
          .month = static_cast<std::uint64_t>(month_posts)};
  rules_ = std::move(rules);
  unnamed_ = std::move(unnamed);
  return true;
}

}  // namespace hb
