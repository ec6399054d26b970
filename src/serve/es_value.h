// serve/es_value.h - values in Elasticsearch's requests: dates, and parameters for fields.
// Date math as in Elasticsearch's reference, "Common options".
#pragma once

#include <simdjson.h>

#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "serve/es_index.h"
#include "serve/rows.h"

namespace hb::es {

/// A date: ISO 8601, epoch milliseconds, or "now-15m", "now/d".
Result<EventTime> ParseDate(std::string_view text, EventTime now);

/// Adds `value` as a parameter that fits the field's type. kInvalidArgument: it does not.
Status BindValue(const Field& field, simdjson::dom::element value, EventTime now, Statement& out);

}  // namespace hb::es
