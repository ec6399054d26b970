// serve/params.h - reading query parameters and JSON bodies, with errors that say what to do.
#pragma once

#include <simdjson.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "serve/http.h"
#include "serve/router.h"

namespace hb {

/// The parameter's value, "" if it is not given.
std::string_view Param(const HttpRequest& request, std::string_view name);
/// A whole number from `low` to `high`; `fallback` if not given.
Result<std::int64_t> IntParam(const HttpRequest& request, std::string_view name,
                              std::int64_t fallback, std::int64_t low, std::int64_t high);
/// ISO 8601 or epoch milliseconds; nothing if not given.
Result<std::optional<EventTime>> TimeParam(const HttpRequest& request, std::string_view name);
/// The parameters from and to; kInvalidArgument if from lies after to.
struct TimeBounds {
  std::optional<EventTime> from, to;
};
Result<TimeBounds> TimeBoundParams(const HttpRequest& request);
/// "a,b" -> a, b.
std::vector<std::string> SplitComma(std::string_view text);
/// kInvalidArgument unless `value` is empty or one of `allowed`; the message lists them.
Status CheckOneOf(std::string_view name, std::string_view value,
                  std::span<const std::string_view> allowed);
/// The same for the kinds of events of the live stream, "post,trend".
Status CheckEventKinds(std::string_view list);
/// "2026-11-21T03:00:00.000Z".
std::string IsoTime(EventTime time);
/// "2026-11-21 03:00:00.000", as the store's SQL takes it.
std::string SqlTime(EventTime time);
Result<EventTime> ParseTime(std::string_view text);
/// Whether `time` has a four-digit year, so that it can be written down. A source that has ended
/// has a watermark beyond.
bool IsWritable(EventTime time);

/// [from, to).
struct TimeRange {
  EventTime from, to;
};

/// The body as JSON. Lives as long as this object.
class JsonBody {
 public:
  /// kInvalidArgument: not a JSON object.
  Status Parse(const HttpRequest& request);
  /// Member as text; nothing if it is missing or no string.
  [[nodiscard]] std::optional<std::string> Text(std::string_view name) const;
  [[nodiscard]] std::optional<std::int64_t> Int(std::string_view name) const;
  [[nodiscard]] bool Flag(std::string_view name) const;
  [[nodiscard]] simdjson::dom::element root() const { return root_; }

 private:
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
};

}  // namespace hb
