// app/backfill_results.h - what a backfill leaves: posts with their scores, and aggregates.
#pragma once

#include <chrono>
#include <string>

#include "app/control.h"
#include "base/result.h"
#include "base/units.h"

namespace hb {

/// [start, end), in windows of so long.
struct ResultSpan {
  EventTime start{}, end{};
  std::chrono::milliseconds window{};
};

/// Writes tweet.csv, tweet.parquet, sentiment.csv and sentiment.parquet to `folder`, which is made
/// if it is not there. Their columns are those of deploy/redshift.
Status WriteBackfillResults(const ResultSpan& span, const std::string& folder, Control& control);

}  // namespace hb
