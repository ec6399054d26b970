// serve/live_hub.h - from the pipeline's events to the clients of the live stream.
#pragma once

#include <memory>
#include <vector>

#include "record/aggregate.h"
#include "record/analysis_batch.h"
#include "record/trend.h"

namespace hb {

/// Takes events from the stages and gives them, thinned to at most four a second of a kind, to any
/// number of clients.
///
/// Threads  On...: any thread, return at once, never block.
/// Memory   The last 1,000 events; between two of them 20 posts and, by name only, 2,000 windows
/// and trends.
class LiveHub {
 public:
  static std::unique_ptr<LiveHub> Create();
  virtual ~LiveHub() = default;
  virtual void OnPosts(const std::shared_ptr<const AnalysisBatch>& batch) = 0;
  virtual void OnWindows(const std::vector<Aggregate>& windows) = 0;
  virtual void OnTrends(const std::vector<Trend>& trends) = 0;
};

}  // namespace hb
