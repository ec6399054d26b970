// component/component.h - how a source, a log, a store or an analyzer describes itself.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hb {

/// One setting. Parser, --help, docs/reference and the dashboard form are all made from this.
struct Field {
  std::string_view name;  ///< snake_case, unit last: "poll_every_ms".
  std::string_view type;  ///< "int", "float", "bool", "string", "list", "duration_ms" or "bytes".
  std::string_view fallback;  ///< Default as text; "!" means required.
  std::string_view help;      ///< One sentence a newcomer understands.
  bool secret = false;        ///< Never logged; shown as "***".
};

/// The values of one component's fields, checked against them.
///
/// Threads  Immutable once made.
class Settings {
 public:
  using Values = std::map<std::string, std::string, std::less<>>;

  /// Every key must be a field (kInvalidArgument names the nearest one otherwise), every required
  /// field must be given, and every value must read as its type. "duration_ms" takes 250, "250ms",
  /// "15m", "7d"; "bytes" takes 4096, "64KiB", "1GiB"; "list" is comma separated.
  static Result<Settings> Parse(std::span<const Field> fields, const Values& values);

  /// Requires: `name` is a field of that type.
  [[nodiscard]] std::int64_t Int(std::string_view name) const;  ///< int, duration_ms, bytes
  [[nodiscard]] double Float(std::string_view name) const;
  [[nodiscard]] bool Bool(std::string_view name) const;
  [[nodiscard]] const std::string& Text(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> List(std::string_view name) const;

 private:
  Values values_;
};

/// Reads "250ms", "90s", "15m", "24h", "7d" or a bare number of milliseconds.
Result<std::int64_t> ParseDurationMs(std::string_view text);
/// The shortest of what ParseDurationMs reads: 900000 is "15m", 1500 "1500ms".
std::string DurationText(std::int64_t ms);
/// Reads "4096", "64KiB", "1GiB", "10MB".
Result<std::int64_t> ParseBytes(std::string_view text);
/// The candidate nearest to `name` by edit distance, "" if none is near.
std::string_view Nearest(std::string_view name, std::span<const std::string_view> candidates);

/// A buildable component. Lives as long as the program; never changes.
template <typename Interface, typename Environment>
struct Entry {
  std::string_view name, summary;  ///< A noun; one sentence for the catalogue.
  std::span<const Field> fields;
  /// `env` outlives the result. Opens no connection yet. kInvalidArgument if the values do not
  /// fit together; the message names the field.
  Result<std::unique_ptr<Interface>> (*make)(const Settings&, Environment& env);
};

}  // namespace hb
