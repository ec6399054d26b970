#include "wire/times.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>

namespace hb {

namespace {

constexpr std::int64_t kXEpochMs = 1'288'834'974'657;  // of X ids

constexpr std::int64_t kDayMs = 86'400'000;

std::string_view Trim(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Reads from the front of a text, remembering whether all of it was as expected.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  [[nodiscard]] bool ok() const { return ok_; }
  void Fail() { ok_ = false; }
  [[nodiscard]] bool done() const { return text_.empty(); }
  [[nodiscard]] char Peek() const { return text_.empty() ? '\0' : text_.front(); }
  /// A number of `least` to `most` digits.
  int Number(std::size_t least, std::size_t most) {
    int value = 0;
    std::size_t n = 0;
    while (n < most && n < text_.size() && IsDigit(text_[n]))
      value = value * 10 + (text_[n++] - '0');
    if (n < least) ok_ = false;
    text_.remove_prefix(n);
    return value;
  }
  /// Digits of a fraction of a second, as milliseconds; more than three are dropped.
  int Fraction() {
    int value = 0, digits = 0;
    while (!text_.empty() && IsDigit(text_.front())) {
      if (digits < 3) value = value * 10 + (text_.front() - '0');
      ++digits;
      text_.remove_prefix(1);
    }
    if (digits == 0) ok_ = false;
    for (; digits < 3; ++digits) value *= 10;
    return value;
  }
  bool Take(char c) {
    if (Peek() != c || text_.empty()) return false;
    text_.remove_prefix(1);
    return true;
  }
  void Need(char c) {
    if (!Take(c)) ok_ = false;
  }
  bool TakeWord(std::string_view word) {  // `word` in lower case
    if (text_.size() < word.size()) return false;
    for (std::size_t i = 0; i < word.size(); ++i) {
      if ((text_[i] | 0x20) != word[i]) return false;
    }
    text_.remove_prefix(word.size());
    return true;
  }
  void SkipBlanks() {
    while (Peek() == ' ') text_.remove_prefix(1);
  }

 private:
  std::string_view text_;
  bool ok_ = true;
};

struct Civil {
  int year = 0, month = 0, day = 0;
  int hour = 0, minute = 0, second = 0, milli = 0;
  int offset_minutes = 0;
};

std::optional<EventTime> ToTime(const Civil& c) {
  if (c.hour > 23 || c.minute > 59 || c.second > 60) return std::nullopt;  // 60: a leap second
  const std::chrono::year_month_day date{std::chrono::year(c.year),
                                         std::chrono::month(static_cast<unsigned>(c.month)),
                                         std::chrono::day(static_cast<unsigned>(c.day))};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = c.hour * 3600 + (c.minute - c.offset_minutes) * 60 + c.second;
  const EventTime time = FromMillis(days * kDayMs + seconds * 1000 + c.milli);
  if (time < kMinPostTime || time >= kMaxPostTime) return std::nullopt;
  return time;
}

/// "Z", "UTC", "GMT", "+02:00", "-0130", "+02" or nothing.
void Zone(Scanner& scan, Civil& c) {
  scan.SkipBlanks();
  if (scan.done() || scan.TakeWord("utc") || scan.TakeWord("gmt") || scan.TakeWord("z")) return;
  const int sign = scan.Peek() == '-' ? -1 : 1;
  if (!scan.Take('+')) scan.Need('-');
  const int hours = scan.Number(2, 2);
  scan.Take(':');
  const int minutes = IsDigit(scan.Peek()) ? scan.Number(2, 2) : 0;
  if (hours > 15 || minutes > 59) scan.Fail();
  c.offset_minutes = sign * (hours * 60 + minutes);
}

/// "23:59", "23:59:58", "23:59:58.123"
void Clock(Scanner& scan, Civil& c) {
  c.hour = scan.Number(1, 2);
  scan.Need(':');
  c.minute = scan.Number(2, 2);
  if (!scan.Take(':')) return;
  c.second = scan.Number(2, 2);
  if (scan.Take('.') || scan.Take(',')) c.milli = scan.Fraction();
}

std::optional<EventTime> Iso(std::string_view text, char separator) {
  Scanner scan(text);
  Civil c;
  c.year = scan.Number(4, 4);
  scan.Need(separator);
  c.month = scan.Number(1, 2);
  scan.Need(separator);
  c.day = scan.Number(1, 2);
  if (!scan.done()) {
    if (!scan.Take('T') && !scan.Take('t')) scan.Need(' ');
    scan.SkipBlanks();
    Clock(scan, c);
    Zone(scan, c);
  }
  if (!scan.ok() || !scan.done()) return std::nullopt;
  return ToTime(c);
}

std::optional<EventTime> Us(std::string_view text) {
  Scanner scan(text);
  Civil c;
  c.month = scan.Number(1, 2);
  scan.Need('/');
  c.day = scan.Number(1, 2);
  scan.Need('/');
  c.year = scan.Number(4, 4);
  if (!scan.done()) {
    scan.Need(' ');
    scan.SkipBlanks();
    Clock(scan, c);
    scan.SkipBlanks();
    const bool pm = scan.TakeWord("pm");
    if (pm || scan.TakeWord("am")) {
      if (c.hour < 1 || c.hour > 12) return std::nullopt;
      c.hour = c.hour % 12 + (pm ? 12 : 0);
    }
    Zone(scan, c);
  }
  if (!scan.ok() || !scan.done()) return std::nullopt;
  return ToTime(c);
}

int Month(Scanner& scan) {
  static constexpr std::array<std::string_view, 12> kMonths = {
      "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (scan.TakeWord(kMonths[i])) return static_cast<int>(i) + 1;
  }
  return 0;
}

/// "Wed Aug 27 13:08:45 +0000 2008" and "Wed, 27 Aug 2008 13:08:45 +0000".
std::optional<EventTime> Named(std::string_view text) {
  static constexpr std::array<std::string_view, 7> kDays = {"mon", "tue", "wed", "thu",
                                                            "fri", "sat", "sun"};
  Scanner scan(text);
  Civil c;
  bool day_name = false;
  for (const std::string_view day : kDays) day_name = day_name || scan.TakeWord(day);
  if (!day_name) return std::nullopt;
  const bool comma = scan.Take(',');
  scan.Need(' ');
  if (comma) {
    c.day = scan.Number(1, 2);
    scan.Need(' ');
    c.month = Month(scan);
    scan.Need(' ');
    c.year = scan.Number(4, 4);
    scan.Need(' ');
    Clock(scan, c);
    Zone(scan, c);
  } else {
    c.month = Month(scan);
    scan.SkipBlanks();
    c.day = scan.Number(1, 2);
    scan.Need(' ');
    Clock(scan, c);
    Zone(scan, c);
    scan.Need(' ');
    c.year = scan.Number(4, 4);
  }
  if (!scan.ok() || !scan.done()) return std::nullopt;
  return ToTime(c);
}

std::optional<EventTime> Unix(std::string_view text) {
  std::int64_t whole = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, whole);
  if (error != std::errc()) return std::nullopt;
  if (at == end) return TimeOfNumber(whole);
  if (*at != '.' || whole >= 100'000'000'000) return std::nullopt;
  Scanner scan(std::string_view(at + 1, static_cast<std::size_t>(end - at - 1)));
  const int milli = scan.done() ? 0 : scan.Fraction();
  const auto time = TimeOfNumber(whole);
  if (!time || !scan.ok() || !scan.done()) return std::nullopt;
  return *time + std::chrono::milliseconds(milli);
}

}  // namespace

std::optional<EventTime> TimeOfNumber(std::int64_t number) {
  if (number < 0) return std::nullopt;
  std::int64_t ms = number / 1000;
  if (number < 100'000'000'000) {
    ms = number * 1000;
  } else if (number < 100'000'000'000'000) {
    ms = number;
  }
  const EventTime time = FromMillis(ms);
  if (time >= kMaxPostTime) return std::nullopt;
  return time;
}

std::optional<EventTime> ParsePostTime(std::string_view text) {
  text = Trim(text);
  if (text.size() < 1 || text.size() > 40) return std::nullopt;
  if (!IsDigit(text[0])) return Named(text);
  if (text.size() >= 8 && text[4] == '-') return Iso(text, '-');
  if (text.size() >= 8 && text[4] == '/') return Iso(text, '/');
  if (text.size() >= 8 && (text[1] == '/' || text[2] == '/')) return Us(text);
  return Unix(text);
}

std::string XIdBefore(EventTime time) {
  return std::to_string((static_cast<std::uint64_t>(ToMillis(time) - kXEpochMs) << 22) - 1);
}

std::optional<EventTime> TimeOfXId(std::string_view id) {
  constexpr std::uint64_t kFirstSnowflake = 29'700'859'247;  // 2010-11-04
  std::uint64_t value = 0;
  const char* end = id.data() + id.size();
  const auto [at, error] = std::from_chars(id.data(), end, value);
  if (error != std::errc() || at != end || value < kFirstSnowflake || value >> 63 != 0) {
    return std::nullopt;
  }
  const EventTime time = FromMillis(static_cast<std::int64_t>(value >> 22) + kXEpochMs);
  if (time >= kMaxPostTime) return std::nullopt;
  return time;
}

}  // namespace hb
