#include "simulate/x_found.h"

#include <algorithm>

namespace hb::simulate {

std::shared_ptr<const XFound::Indices> XFound::In(std::uint64_t number, const std::string& query,
                                                  const std::shared_ptr<const XRuleSet>& set,
                                                  XMatcher& matcher) {
  {
    const MutexLock lock(mutex_);
    if (const auto name = queries_.find(query); name != queries_.end()) {
      const auto known = stretches_.find({&name->first, number});
      if (known != stretches_.end()) return known->second;
    }
  }
  auto indices = std::make_shared<Indices>();
  const std::uint64_t end = std::min(corpus_.size(), (number + 1) * kStretch);
  for (std::uint64_t index = number * kStretch; index < end; ++index) {
    if (!matcher.Match(corpus_.Get(index), set).empty()) indices->push_back(index);
  }
  indices->shrink_to_fit();
  const MutexLock lock(mutex_);
  const auto name = queries_.try_emplace(query, 0).first;
  const Key key(&name->first, number);
  const auto [place, fresh] = stretches_.emplace(key, std::move(indices));
  if (!fresh) return place->second;  // another was faster
  std::shared_ptr<const Indices> found = place->second;
  ++name->second;
  found_ += found->size();
  oldest_.push_back(key);
  while (found_ > kMostFound || oldest_.size() > kMostStretches) Forget();
  return found;
}

void XFound::Forget() {
  const Key key = oldest_.front();
  oldest_.pop_front();
  const auto first = stretches_.find(key);
  found_ -= first->second->size();
  stretches_.erase(first);
  const auto name = queries_.find(*key.first);
  if (--name->second == 0) queries_.erase(name);
}

}  // namespace hb::simulate
