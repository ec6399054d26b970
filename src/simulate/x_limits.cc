#include "simulate/x_limits.h"

#include <algorithm>

namespace hb::simulate {

namespace {
constexpr std::chrono::minutes kWindow{15};
}  // namespace

Headers XLimits::Standing::AsHeaders() const {
  return {{"x-rate-limit-limit", std::to_string(limit)},
          {"x-rate-limit-remaining", std::to_string(remaining)},
          {"x-rate-limit-reset", std::to_string(reset_s)}};
}

XLimits::Standing XLimits::Take(std::string_view endpoint, std::uint32_t limit, bool enforced,
                                EventTime now) {
  const MutexLock lock(mutex_);
  Window& window = windows_.try_emplace(std::string(endpoint), Window{now, 0}).first->second;
  if (now >= window.begin + kWindow) window = {now, 0};
  Standing standing;
  standing.limit = limit;
  standing.ok = window.used < limit || !enforced;
  if (standing.ok) window.used = std::min(window.used + 1, limit);
  standing.remaining = limit - window.used;
  standing.reset_s = (ToMillis(window.begin + kWindow) + 999) / 1000;
  return standing;
}

}  // namespace hb::simulate
