// store/replaces_posts.h - what a store does where posts get newer results.
#pragma once

#include <memory>
#include <span>

#include "base/result.h"
#include "record/analysis_batch.h"
#include "store/store.h"

namespace hb {

/// A part of those stores that can. As Store::Write in threads, delivery, durability and errors.
class ReplacesPosts {
 public:
  virtual ~ReplacesPosts() = default;
  /// Puts these in the place of the stored posts with the same keys, together with `offsets`. One
  /// that is not stored (it was deleted, hidden or pruned) stays away; of several of one post the
  /// last counts.
  virtual Status ReplacePosts(std::span<const std::shared_ptr<const AnalysisBatch>> posts,
                              std::span<const StoreOffset> offsets) = 0;
};

}  // namespace hb
