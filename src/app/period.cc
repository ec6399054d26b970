#include "app/period.h"

#include <algorithm>
#include <cstdio>

#include "wire/times.h"

namespace hb {

Result<EventTime> ParseMoment(const std::string& text) {
  if (const auto time = ParsePostTime(text)) return *time;
  return Error{Code::kInvalidArgument, "'" + text + "' is no time such as 2024-05-01T12:00Z"};
}

Result<Period> Period::Parse(const std::string& text) {
  const std::size_t dots = text.find("..");
  if (dots == std::string::npos || text == "..") {
    return Error{Code::kInvalidArgument,
                 "'" + text + "' is no period such as 2024-05-01..2024-05-02"};
  }
  Period period;
  const std::string from = text.substr(0, dots), to = text.substr(dots + 2);
  if (!from.empty()) {
    HB_ASSIGN(period.from, ParseMoment(from));
  }
  if (!to.empty()) {
    HB_ASSIGN(period.to, ParseMoment(to));
  }
  if (period.from && period.to && *period.from >= *period.to)
    return Error{Code::kInvalidArgument, "'" + text + "' ends before it begins"};
  return period;
}

std::string Period::Sql(std::string_view column) const {
  const auto bound = [&](const char* sign, EventTime time) {
    return std::string(column) + sign + "epoch_ms(" + std::to_string(ToMillis(time)) + ")";
  };
  std::string sql = from ? bound(" >= ", *from) : "";
  if (to) sql += (sql.empty() ? "" : " AND ") + bound(" < ", *to);
  return sql;
}

void PrintDrifts(std::span<const model::Drift> drifts, std::string_view a, std::string_view b,
                 bool json, const std::string& more) {
  std::string out;
  for (const model::Drift& drift : drifts) {
    if (!out.empty()) out += json ? "," : "\n";
    out += json ? drift.Json() : drift.Text(a, b);
  }
  if (json) out = "{" + more + "\"drift\":[" + out + "]}\n";
  std::fwrite(out.data(), 1, out.size(), stdout);
}

}  // namespace hb
