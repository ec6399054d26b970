#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <limits>

#include "component/component.h"

namespace hb {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr Unit kDurations[] = {{"", 1},           {"ms", 1},         {"s", 1'000},
                               {"m", 60'000},     {"min", 60'000},   {"h", 3'600'000},
                               {"d", 86'400'000}, {"w", 604'800'000}};
// Decimal and binary multiples as IEC 80000-13 names them.
constexpr Unit kSizes[] = {{"", 1},
                           {"B", 1},
                           {"kB", 1'000},
                           {"KB", 1'000},
                           {"MB", 1'000'000},
                           {"GB", 1'000'000'000},
                           {"TB", 1'000'000'000'000},
                           {"KiB", std::int64_t{1} << 10},
                           {"MiB", std::int64_t{1} << 20},
                           {"GiB", std::int64_t{1} << 30},
                           {"TiB", std::int64_t{1} << 40}};

std::string_view Trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

Error Bad(std::string_view text, std::string_view wanted) {
  return {Code::kInvalidArgument,
          "'" + std::string(text.substr(0, 100)) + "' is not " + std::string(wanted)};
}

Result<std::int64_t> ParseWithUnit(std::string_view text, std::span<const Unit> units,
                                   std::string_view wanted) {
  const std::string_view trimmed = Trim(text);
  std::int64_t number = 0;
  const char* end = trimmed.data() + trimmed.size();
  const auto [at, error] = std::from_chars(trimmed.data(), end, number);
  if (error != std::errc() || number < 0) return Bad(text, wanted);
  const std::string_view name = Trim({at, static_cast<std::size_t>(end - at)});
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    if (number > std::numeric_limits<std::int64_t>::max() / unit.factor) return Bad(text, wanted);
    return number * unit.factor;
  }
  return Bad(text, wanted);
}

// Each Read* gives the value as the getters expect it: numbers in plain decimal.
Result<std::string> ReadInt(std::string_view text) {
  const std::string_view trimmed = Trim(text);
  std::int64_t number = 0;
  const auto [at, error] = std::from_chars(trimmed.data(), trimmed.data() + trimmed.size(), number);
  if (error != std::errc() || at != trimmed.data() + trimmed.size())
    return Bad(text, "a whole number");
  return std::to_string(number);
}

Result<std::string> ReadFloat(std::string_view text) {
  const std::string_view trimmed = Trim(text);
  double number = 0;
  const auto [at, error] = std::from_chars(trimmed.data(), trimmed.data() + trimmed.size(), number);
  if (error != std::errc() || at != trimmed.data() + trimmed.size() || !std::isfinite(number)) {
    return Bad(text, "a number");
  }
  return std::string(trimmed);
}

Result<std::string> ReadBool(std::string_view text) {
  const std::string_view trimmed = Trim(text);
  for (const std::string_view yes : {"true", "1", "yes", "on"}) {
    if (trimmed == yes) return std::string("true");
  }
  for (const std::string_view no : {"false", "0", "no", "off"}) {
    if (trimmed == no) return std::string("false");
  }
  return Bad(text, "true or false");
}

Result<std::string> Read(std::string_view type, std::string_view text) {
  if (type == "int") return ReadInt(text);
  if (type == "float") return ReadFloat(text);
  if (type == "bool") return ReadBool(text);
  if (type == "duration_ms") {
    HB_ASSIGN(const std::int64_t ms, ParseDurationMs(text));
    return std::to_string(ms);
  }
  if (type == "bytes") {
    HB_ASSIGN(const std::int64_t bytes, ParseBytes(text));
    return std::to_string(bytes);
  }
  if (type == "string" || type == "list") return std::string(text);
  return Error{Code::kInternal, "no such setting type: " + std::string(type)};
}

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

Result<std::int64_t> ParseDurationMs(std::string_view text) {
  return ParseWithUnit(text, kDurations, "a duration like 250ms, 90s, 15m, 24h or 7d");
}

std::string DurationText(std::int64_t ms) {
  for (const Unit unit :
       {Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1'000}}) {
    if (ms != 0 && ms % unit.factor == 0) {
      return std::to_string(ms / unit.factor).append(unit.name);
    }
  }
  return std::to_string(ms) + "ms";
}

Result<std::int64_t> ParseBytes(std::string_view text) {
  return ParseWithUnit(text, kSizes, "a size like 4096, 64KiB, 10MB or 1GiB");
}

std::string_view Nearest(std::string_view name, std::span<const std::string_view> candidates) {
  if (name.size() > 200) return {};  // Bounds the work on a hostile key.
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = EditDistance(name, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

Result<Settings> Settings::Parse(std::span<const Field> fields, const Values& values) {
  for (const auto& [name, value] : values) {
    if (std::ranges::find(fields, name, &Field::name) != fields.end()) continue;
    std::vector<std::string_view> names;
    for (const Field& field : fields) names.push_back(field.name);
    const std::string_view near = Nearest(name, names);
    std::string message = "there is no setting '" + name.substr(0, 200) + "'";
    if (!near.empty()) message += "; did you mean '" + std::string(near) + "'?";
    return Error{Code::kInvalidArgument, std::move(message)};
  }
  Settings settings;
  for (const Field& field : fields) {
    const auto given = values.find(field.name);
    std::string_view text = field.fallback;
    if (given != values.end()) {
      text = given->second;
    } else if (text == "!") {
      return Error{Code::kInvalidArgument,
                   "setting '" + std::string(field.name) + "' must be given"};
    } else if (text.empty() && field.type != "string" && field.type != "list") {
      text = field.type == "bool" ? "false" : "0";
    }
    auto read = Read(field.type, text);
    if (!read.ok()) {
      // A secret's value must not reach a log through the message.
      const std::string why =
          field.secret ? "the value does not read as its type" : read.error().message;
      return Error{read.error().code, "setting '" + std::string(field.name) + "': " + why};
    }
    settings.values_.emplace(field.name, std::move(read).value());
  }
  return settings;
}

const std::string& Settings::Text(std::string_view name) const {
  const auto found = values_.find(name);
  assert(found != values_.end());
  static const std::string kNone;
  return found == values_.end() ? kNone : found->second;
}

std::int64_t Settings::Int(std::string_view name) const {
  const std::string& text = Text(name);
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

double Settings::Float(std::string_view name) const {
  const std::string& text = Text(name);
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool Settings::Bool(std::string_view name) const { return Text(name) == "true"; }

std::vector<std::string> Settings::List(std::string_view name) const {
  std::vector<std::string> items;
  std::string_view rest = Text(name);
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view item = Trim(rest.substr(0, comma));
    if (!item.empty()) items.emplace_back(item);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return items;
}

}  // namespace hb
