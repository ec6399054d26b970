#include "source/x/meter.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>
#include <utility>
#include <vector>

namespace hb {

namespace {

constexpr std::size_t kKeptRules = 10;
constexpr std::size_t kMaxName = 64;

std::string Grouped(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string grouped;
  for (std::size_t at = 0; at < digits.size(); ++at) {
    if (at > 0 && (digits.size() - at) % 3 == 0) grouped += ',';
    grouped += digits[at];
  }
  return grouped;
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
  const std::chrono::year_month_day date(days);
  const std::int64_t month =
      static_cast<int>(date.year()) * 12 + static_cast<std::int64_t>(unsigned{date.month()});
  const bool same_month = month == month_;
  day_ = day;
  month_ = month;
  all_.day = 0;
  for (auto& [name, posts] : rules_) posts.day = 0;
  if (same_month) return;
  all_.month = 0;
  rules_.clear();
}

void Meter::Count(EventTime now, std::uint64_t posts) {
  TurnTo(now);
  all_.day += posts;
  all_.month += posts;
}

void Meter::CountRule(EventTime now, std::string_view name) {
  TurnTo(now);
  auto rule = rules_.find(name);
  if (rule == rules_.end()) {
    if (rules_.size() >= kMaxRules) return;
    rule = rules_.emplace(std::string(name), Posts{}).first;
  }
  ++rule->second.day;
  ++rule->second.month;
}

std::string Meter::Words() const {
  std::string words =
      fmt::format("{} posts read today, {} this month", Grouped(all_.day), Grouped(all_.month));
  if (prices_.month_posts > 0) {
    words += fmt::format(
        " ({:.0f} % of {})",
        100.0 * static_cast<double>(all_.month) / static_cast<double>(prices_.month_posts),
        Grouped(prices_.month_posts));
  }
  words += fmt::format(", at most ${:.2f}", static_cast<double>(all_.month) * prices_.post);
  const auto most = std::max_element(
      rules_.begin(), rules_.end(),
      [](const auto& a, const auto& b) { return a.second.month < b.second.month; });
  if (most != rules_.end()) {
    words += fmt::format("; most by {} ({})", most->first, Grouped(most->second.month));
  }
  return words;
}

std::string Meter::Warning(EventTime now) const {
  if (prices_.month_posts == 0) return {};
  const double used = static_cast<double>(all_.month) / static_cast<double>(prices_.month_posts);
  if (used < prices_.warn_share) return {};
  // At the rate of the month so far.
  const auto days = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date(days);
  const double passed =
      std::chrono::duration<double, std::ratio<86'400>>(
          now - std::chrono::sys_days(date.year() / date.month() / std::chrono::day(1)))
          .count();
  const double month = passed / used;  // the days for which they are enough
  // Rounded, so that it is not another warning after each post.
  return fmt::format(
      "{:.0f} % of the {} posts of this month are read; at this rate they are enough "
      "for {:.0f} of its days",
      100 * used, Grouped(prices_.month_posts), month);
}

std::string Meter::Encode() const {
  std::string text = fmt::format("{} {} {} {}", day_, all_.day, month_, all_.month);
  std::vector<std::pair<std::string_view, Posts>> most(rules_.begin(), rules_.end());
  std::sort(most.begin(), most.end(),
            [](const auto& a, const auto& b) { return a.second.month > b.second.month; });
  most.resize(std::min(most.size(), kKeptRules));
  for (const auto& [name, posts] : most) {
    if (name.size() > kMaxName || name.find('\n') != std::string_view::npos) continue;
    fmt::format_to(std::back_inserter(text), "\n{} {} {}", posts.day, posts.month, name);
  }
  return text;
}

bool Meter::Decode(std::string_view text) {
  std::string_view first = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), first.size() + 1));
  std::int64_t day = 0, day_posts = 0, month = 0, month_posts = 0;
  if (!TakeNumber(first, day) || !TakeNumber(first, day_posts) || !TakeNumber(first, month) ||
      !TakeNumber(first, month_posts) || !first.empty()) {
    return false;
  }
  std::map<std::string, Posts, std::less<>> rules;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    std::int64_t by_day = 0, by_month = 0;
    if (!TakeNumber(line, by_day) || !TakeNumber(line, by_month) || rules.size() == kKeptRules) {
      return false;
    }
    rules[std::string(line)] = {static_cast<std::uint64_t>(by_day),
                                static_cast<std::uint64_t>(by_month)};
  }
  day_ = day;
  month_ = month;
  all_ = {static_cast<std::uint64_t>(day_posts), static_cast<std::uint64_t>(month_posts)};
  rules_ = std::move(rules);
  return true;
}

}  // namespace hb
