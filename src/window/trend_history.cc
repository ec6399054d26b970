#include "window/trend_history.h"

#include <algorithm>

namespace hb {

bool KeyHistory::Count(std::int64_t bucket) {
  // Posts come nearly in order.
  if (first < buckets.size() && buckets.back().first == bucket) {
    ++buckets.back().second;
    return false;
  }
  const auto begin = buckets.begin() + static_cast<std::ptrdiff_t>(first);
  const auto at = std::lower_bound(begin, buckets.end(), std::pair(bucket, 0u));
  if (at != buckets.end() && at->first == bucket) {
    ++at->second;
    return false;
  }
  buckets.insert(at, {bucket, 1});
  return true;
}

void KeyHistory::Trim() {
  if (first == buckets.size()) {
    buckets.clear();
  } else if (first >= 32 && first * 2 >= buckets.size()) {
    buckets.erase(buckets.begin(), buckets.begin() + static_cast<std::ptrdiff_t>(first));
  } else {
    return;
  }
  first = 0;
}

}  // namespace hb
