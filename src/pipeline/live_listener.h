// pipeline/live_listener.h - who is told what has just happened.
#pragma once

#include <memory>
#include <vector>

#include "record/aggregate.h"
#include "record/analysis_batch.h"
#include "record/trend.h"

namespace hb {

/// Told by the stages after a commit. At most once: a restart repeats nothing here.
///
/// Threads  Called by any stage's thread; must return at once and never block.
class LiveListener {
 public:
  virtual ~LiveListener() = default;
  virtual void OnPosts(const std::shared_ptr<const AnalysisBatch>& batch) = 0;
  virtual void OnWindows(const std::vector<Aggregate>& windows) = 0;
  virtual void OnTrends(const std::vector<Trend>& trends) = 0;
};

}  // namespace hb
