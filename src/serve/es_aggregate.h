// serve/es_aggregate.h - Elasticsearch's aggregations.
#pragma once

#include <simdjson.h>

#include "base/result.h"
#include "base/units.h"
#include "serve/es_index.h"
#include "serve/json_writer.h"
#include "serve/rows.h"

namespace hb::es {

/// Writes {"name":{...},...} for the aggregations `wanted` over the rows of `index` that pass
/// `condition`.
///
/// Known   terms, date_histogram, filter, avg, sum, min, max, stats, value_count, cardinality,
///         percentiles; within each other.
/// Errors  kInvalidArgument: an unknown one, or more than 500 questions to the store in all.
///         kTimedOut: `deadline` passed.
Status WriteAggregations(const Index& index, const Statement& condition,
                         simdjson::dom::element wanted, EventTime now, SqlStore& store,
                         const Deadline& deadline, JsonWriter& json);

}  // namespace hb::es
