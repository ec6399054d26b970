// record/avro_window.h - window partials and trends to and from Avro (schemas/aggregate.avsc,
// trend.avsc).
//
// Encoders append one record to `out` and cannot fail; decoders leave `out` as it was if they fail.
//
// Threads  Pure functions.
// Errors   kCorrupt: the bytes are not such a record, or it breaks a rule of its type (order of
// keys,
//          exact authors beside registers); the message names the byte.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "record/aggregate.h"
#include "record/trend.h"

namespace hb {

void EncodeAggregate(const Aggregate& aggregate, std::string& out);
Status DecodeAggregate(std::string_view bytes, Aggregate& out);

void EncodeTrend(const Trend& trend, std::string& out);
Status DecodeTrend(std::string_view bytes, Trend& out);

}  // namespace hb
