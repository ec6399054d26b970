#include "serve/es_value.h"

#include <charconv>
#include <string>
#include <utility>

#include "serve/params.h"

namespace hb::es {

namespace {

using simdjson::dom::element;

Error Bad(std::string reason) { return {Code::kInvalidArgument, std::move(reason)}; }

/// Moves `time` down to the start of its unit.
Result<EventTime> RoundDown(EventTime time, char unit) {
  using namespace std::chrono;
  switch (unit) {
    case 's': return EventTime(floor<seconds>(time));
    case 'm': return EventTime(floor<minutes>(time));
    case 'h':
    case 'H': return EventTime(floor<hours>(time));
    case 'd': return EventTime(floor<days>(time));
    case 'w': return EventTime(floor<days>(time) - (weekday(floor<days>(time)) - Monday));
    case 'M': {
      const year_month_day date(floor<days>(time));
      return EventTime(sys_days(date.year() / date.month() / 1));
    }
    case 'y': return EventTime(sys_days(year_month_day(floor<days>(time)).year() / January / 1));
    default: return Bad(std::string("unknown date unit [") + unit + "]");
  }
}

std::int64_t UnitMillis(char unit) {
  switch (unit) {
    case 's': return 1000;
    case 'm': return 60'000;
    case 'h':
    case 'H': return 3'600'000;
    case 'd': return 86'400'000;
    case 'w': return 7 * 86'400'000LL;
    case 'M': return 30 * 86'400'000LL;
    case 'y': return 365 * 86'400'000LL;
    default: return 0;
  }
}

}  // namespace

Result<EventTime> ParseDate(std::string_view text, EventTime now) {
  if (text.rfind("now", 0) != 0) return ParseTime(text);
  text.remove_prefix(3);
  EventTime time = now;
  while (!text.empty()) {
    const char sign = text.front();
    text.remove_prefix(1);
    if (sign == '/') {
      if (text.empty()) return Bad("failed to parse date: a unit must follow '/'");
      HB_ASSIGN(time, RoundDown(time, text.front()));
      text.remove_prefix(1);
      continue;
    }
    std::int64_t number = 1;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault == std::errc()) text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if ((sign != '+' && sign != '-') || text.empty() || UnitMillis(text.front()) == 0 ||
        number < 0 || number > 1'000'000) {
      return Bad("failed to parse date math; write now-15m, now+1h or now/d");
    }
    const auto shift = std::chrono::milliseconds(number * UnitMillis(text.front()));
    time = sign == '+' ? time + shift : time - shift;
    text.remove_prefix(1);
    if (time > FromMillis(253'402'300'799'999) || time < FromMillis(-62'135'596'800'000))
      return Bad("the date is out of range");
  }
  return time;
}

Status BindValue(const Field& field, element value, EventTime now, Statement& out) {
  const auto wrong = [&] {
    return Bad("failed to parse field [" + std::string(field.name) + "] of type [" +
               std::string(TypeName(field.type)) + "]: " + simdjson::minify(value).substr(0, 100));
  };
  std::string_view text;
  const bool is_text = value.get(text) == simdjson::SUCCESS;
  if (value.is_object() || value.is_array() || value.is_null()) return wrong();
  switch (field.type) {
    case FieldType::kKeyword:
    case FieldType::kWords:
    case FieldType::kList:
      out.BindText(is_text ? std::string(text) : simdjson::minify(value));
      return Ok();
    case FieldType::kLong:
    case FieldType::kDouble: {
      double number = 0;
      if (is_text) {
        const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (fault != std::errc() || end != text.data() + text.size()) return wrong();
      } else if (value.get(number) != simdjson::SUCCESS) {
        return wrong();
      }
      std::int64_t whole = 0;
      if (!is_text && value.get(whole) == simdjson::SUCCESS) {
        out.Bind(whole).Add("::BIGINT");
      } else {
        out.Bind(number).Add("::DOUBLE");
      }
      return Ok();
    }
    case FieldType::kBoolean: {
      bool flag = false;
      if (is_text ? text != "true" && text != "false" : value.get(flag) != simdjson::SUCCESS)
        return wrong();
      out.Bind(is_text ? text == "true" : flag).Add("::BOOLEAN");
      return Ok();
    }
    case FieldType::kDate: {
      HB_ASSIGN(const EventTime time,
                ParseDate(is_text ? std::string(text) : simdjson::minify(value), now));
      out.BindTime(time);
      return Ok();
    }
  }
  return wrong();
}

}  // namespace hb::es
