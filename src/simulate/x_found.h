// simulate/x_found.h - which posts a query finds, remembered. Internal to simulate.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "simulate/corpus.h"
#include "simulate/x_rules.h"

namespace hb::simulate {

/// A search and its counts ask for the same posts again and again, window by window and page by
/// page, and to write down, read and match a post is what they cost. A post is a function of its
/// index, so each stretch of kStretch posts is looked through once for a query; then a page or a
/// count is a look-up. Whether a post was deleted since is for who asks.
///
/// Threads  Any.
/// Memory   At most kMostFound posts and kMostStretches stretches, some 200 bytes each beside their
///          posts, and the text of each query once; the oldest are forgotten.
class XFound {
 public:
  static constexpr std::uint64_t kStretch = 1'024;
  static constexpr std::size_t kMostFound = std::size_t{16} << 20;
  static constexpr std::size_t kMostStretches = std::size_t{256} << 10;
  using Indices = std::vector<std::uint64_t>;

  explicit XFound(const Corpus& corpus) : corpus_(corpus) {}

  /// The posts of stretch `number` that `query` finds, ascending. `set` is `query`, compiled.
  /// Cost: O(kStretch) matches the first time.
  std::shared_ptr<const Indices> In(std::uint64_t number, const std::string& query,
                                    const std::shared_ptr<const XRuleSet>& set, XMatcher& matcher);

 private:
  /// A query, as it stands in queries_, and the number of a stretch.
  using Key = std::pair<const std::string*, std::uint64_t>;
  /// Forgets the oldest.
  void Forget() HB_REQUIRES(mutex_);

  const Corpus& corpus_;
  Mutex mutex_;
  std::map<std::string, std::size_t> queries_ HB_GUARDED_BY(mutex_);  ///< their stretches
  std::map<Key, std::shared_ptr<const Indices>> stretches_ HB_GUARDED_BY(mutex_);
  std::deque<Key> oldest_ HB_GUARDED_BY(mutex_);  ///< first
  std::size_t found_ HB_GUARDED_BY(mutex_) = 0;
};

}  // namespace hb::simulate
