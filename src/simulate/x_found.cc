#include "simulate/x_found.h"

#include <algorithm>

namespace hb::simulate {

std::shared_ptr<const XFound::Indices> XFound::In(std::uint64_t number, const std::string& query,
                                                  const std::shared_ptr<const XRuleSet>& set,
                                                  XMatcher& matcher) {
  Key key(query, number);
  {
    const MutexLock lock(mutex_);
    if (const auto known = stretches_.find(key); known != stretches_.end()) return known->second;
  }
  auto indices = std::make_shared<Indices>();
  const std::uint64_t end = std::min(corpus_.size(), (number + 1) * kStretch);
  for (std::uint64_t index = number * kStretch; index < end; ++index) {
    if (!matcher.Match(corpus_.Get(index), set).empty()) indices->push_back(index);
  }
  const MutexLock lock(mutex_);
  const auto [place, fresh] = stretches_.emplace(key, std::move(indices));
  if (!fresh) return place->second;  // another was faster
  std::shared_ptr<const Indices> found = place->second;
  found_ += found->size();
  oldest_.push_back(std::move(key));
  while (found_ > kMostFound || oldest_.size() > kMostStretches) {
    const auto first = stretches_.find(oldest_.front());
    found_ -= first->second->size();
    stretches_.erase(first);
    oldest_.pop_front();
  }
  return found;
}

}  // namespace hb::simulate
