#include "analysis/escalation.h"

#include <algorithm>

namespace hb {

std::size_t EscalationBudget::Rows(std::chrono::steady_clock::time_point now, std::uint64_t lag) {
  if (begun_) {
    const std::chrono::duration<double, std::nano> earned = (now - filled_) * options_.cpu_share;
    credit_ = std::min(
        kMost, credit_ + std::chrono::nanoseconds(static_cast<std::int64_t>(earned.count())));
  }
  begun_ = true;
  filled_ = now;
  double usable = static_cast<double>(credit_.count());
  if (options_.lag_limit > 0) {
    const double waiting = static_cast<double>(lag) / static_cast<double>(options_.lag_limit);
    usable *= std::max(0.0, 1.0 - waiting);
  }
  return usable <= 0 ? 0 : static_cast<std::size_t>(usable / row_ns_);
}

void EscalationBudget::Spent(std::size_t rows, std::chrono::nanoseconds time) {
  if (rows == 0) return;
  credit_ -= time;
  constexpr double kWeight = 0.2;  // of the newest: a long batch of posts moves it within seconds
  const double one = static_cast<double>(time.count()) / static_cast<double>(rows);
  row_ns_ = std::max(1e3, row_ns_ + kWeight * (one - row_ns_));
}

void LeastSure(std::span<const Micro> largest, std::size_t most, std::vector<std::uint32_t>& out) {
  out.clear();
  for (std::uint32_t row = 0; row < largest.size(); ++row) {
    if (largest[row] > 0 && largest[row] < kSure) out.push_back(row);
  }
  if (out.size() <= most) return;
  const auto by_share = [&](std::uint32_t a, std::uint32_t b) {
    return largest[a] != largest[b] ? largest[a] < largest[b] : a < b;
  };
  std::nth_element(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(most), out.end(),
                   by_share);
  out.resize(most);
  std::sort(out.begin(), out.end());
}

}  // namespace hb
