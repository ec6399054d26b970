#include "serve/params.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace hb {

namespace {

Error Bad(std::string_view name, std::string_view text, std::string_view wanted) {
  return {Code::kInvalidArgument, "parameter " + std::string(name) + ": '" +
                                      std::string(text.substr(0, 60)) + "' is not usable; give " +
                                      std::string(wanted)};
}

/// Reads `digits` decimal digits at the front of `text` and drops them.
std::optional<int> TakeDigits(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool Take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string_view Param(const HttpRequest& request, std::string_view name) {
  const auto at = request.query.find(std::string(name));
  return at == request.query.end() ? std::string_view() : std::string_view(at->second);
}

std::vector<std::string> SplitComma(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (comma > 0) parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

Status CheckOneOf(std::string_view name, std::string_view value,
                  std::span<const std::string_view> allowed) {
  if (value.empty() || std::find(allowed.begin(), allowed.end(), value) != allowed.end())
    return Ok();
  std::string list;
  for (const std::string_view one : allowed) list += (list.empty() ? "" : ", ") + std::string(one);
  return Error{Code::kInvalidArgument, "parameter " + std::string(name) + ": '" +
                                           std::string(value.substr(0, 60)) +
                                           "' is not known; use one of " + list};
}

Status CheckEventKinds(std::string_view list) {
  constexpr std::string_view kKinds[] = {"stats", "post", "window", "trend", "status"};
  for (const std::string& kind : SplitComma(list)) HB_TRY(CheckOneOf("events", kind, kKinds));
  return Ok();
}

Result<std::int64_t> IntParam(const HttpRequest& request, std::string_view name,
                              std::int64_t fallback, std::int64_t low, std::int64_t high) {
  const std::string_view text = Param(request, name);
  if (text.empty()) return fallback;
  std::int64_t value = 0;
  const auto [at, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || at != text.data() + text.size() || value < low || value > high) {
    return Bad(name, text,
               "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  }
  return value;
}

bool IsWritable(EventTime time) {
  return ToMillis(time) >= -62'135'596'800'000 && ToMillis(time) <= 253'402'300'799'999;
}

Result<EventTime> ParseTime(std::string_view text) {
  const std::string_view whole = text;
  const auto bad = [&] {
    return Error{Code::kInvalidArgument,
                 "'" + std::string(whole) +
                     "' is not a time; write 2026-11-21T03:00:00Z or milliseconds since 1970"};
  };
  std::int64_t ms = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), ms);
  const auto bounded = [&](EventTime time) -> Result<EventTime> {
    return IsWritable(time) ? Result<EventTime>(time) : Result<EventTime>(bad());
  };
  if (fault == std::errc() && end == text.data() + text.size()) return bounded(FromMillis(ms));
  const auto year = TakeDigits(text, 4);
  const bool dash = Take(text, '-');
  const auto month = TakeDigits(text, 2);
  const bool dash2 = Take(text, '-');
  const auto day = TakeDigits(text, 2);
  if (!year || !month || !day || !dash || !dash2) return bad();
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return bad();
  EventTime time = std::chrono::sys_days(date);
  if (text.empty()) return bounded(time);
  if (!Take(text, 'T') && !Take(text, ' ')) return bad();
  const auto hour = TakeDigits(text, 2);
  const bool colon = Take(text, ':');
  const auto minute = TakeDigits(text, 2);
  if (!hour || !colon || !minute || *hour > 23 || *minute > 59) return bad();
  time += std::chrono::hours(*hour) + std::chrono::minutes(*minute);
  if (Take(text, ':')) {
    const auto second = TakeDigits(text, 2);
    if (!second || *second > 60) return bad();
    time += std::chrono::seconds(*second);
    if (Take(text, '.')) {
      int scale = 100;
      while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        time += std::chrono::milliseconds((text.front() - '0') * scale);
        scale /= 10;
        text.remove_prefix(1);
      }
    }
  }
  if (text.empty() || text == "Z" || text == "z") return bounded(time);
  const bool minus = text.front() == '-';
  // An unescaped '+' of an address arrives as a blank.
  if (!minus && text.front() != '+' && text.front() != ' ') return bad();
  text.remove_prefix(1);
  const auto off_hour = TakeDigits(text, 2);
  Take(text, ':');
  const auto off_minute = TakeDigits(text, 2);
  if (!off_hour || !off_minute || !text.empty()) return bad();
  const auto offset = std::chrono::hours(*off_hour) + std::chrono::minutes(*off_minute);
  return bounded(minus ? time + offset : time - offset);
}

Result<std::optional<EventTime>> TimeParam(const HttpRequest& request, std::string_view name) {
  const std::string_view text = Param(request, name);
  if (text.empty()) return std::optional<EventTime>();
  const auto time = ParseTime(text);
  if (!time.ok())
    return Error{Code::kInvalidArgument,
                 "parameter " + std::string(name) + ": " + time.error().message};
  return std::optional<EventTime>(time.value());
}

Result<TimeBounds> TimeBoundParams(const HttpRequest& request) {
  TimeBounds bounds;
  HB_ASSIGN(bounds.from, TimeParam(request, "from"));
  HB_ASSIGN(bounds.to, TimeParam(request, "to"));
  if (bounds.from && bounds.to && *bounds.from > *bounds.to)
    return Error{Code::kInvalidArgument, "parameter from lies after to; exchange them"};
  return bounds;
}

std::string SqlTime(EventTime time) {
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss clock(time - days);
  char text[48];
  std::snprintf(
      text, sizeof text, "%04d-%02u-%02u %02d:%02d:%02d.%03d", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text;
}

std::string IsoTime(EventTime time) {
  std::string text = SqlTime(time);
  text[text.find(' ')] = 'T';
  return text + "Z";
}

Status JsonBody::Parse(const HttpRequest& request) {
  const auto parsed = parser_.parse(request.body);
  if (parsed.error() != simdjson::SUCCESS) {
    return Error{Code::kInvalidArgument,
                 std::string("the body is not JSON: ") + simdjson::error_message(parsed.error())};
  }
  root_ = parsed.value_unsafe();
  if (!root_.is_object()) return Error{Code::kInvalidArgument, "the body is not a JSON object"};
  return Ok();
}

std::optional<std::string> JsonBody::Text(std::string_view name) const {
  std::string_view text;
  if (root_[name].get(text) != simdjson::SUCCESS) return std::nullopt;
  return std::string(text);
}

std::optional<std::int64_t> JsonBody::Int(std::string_view name) const {
  std::int64_t value = 0;
  if (root_[name].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

bool JsonBody::Flag(std::string_view name) const {
  bool value = false;
  return root_[name].get(value) == simdjson::SUCCESS && value;
}

}  // namespace hb
