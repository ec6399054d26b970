// analysis/escalation.h - how many posts the accurate model may read, and which.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/units.h"

namespace hb {

/// Time for the accurate model: a token bucket that fills with the time that passes and is paid
/// from by what each post took.
///
/// Lifecycle  One for each thread that analyses.
/// Threads    One thread.
class EscalationBudget {
 public:
  struct Options {
    double cpu_share = 0.5;  ///< of the thread's time, at most this is the accurate model's; 0 to 1
    /// With so many posts waiting nothing is left for it; with fewer, in proportion. 0: however
    /// many wait, as nobody waits for a replay's posts.
    std::uint64_t lag_limit = 20'000;
  };
  explicit EscalationBudget(const Options& options) : options_(options) {}

  /// Posts that may be read at `now`, while `lag` others wait.
  std::size_t Rows(std::chrono::steady_clock::time_point now, std::uint64_t lag);
  /// `rows` posts were read in `time`.
  void Spent(std::size_t rows, std::chrono::nanoseconds time);

 private:
  static constexpr std::chrono::nanoseconds kMost = std::chrono::seconds(1);  ///< saved when idle

  const Options options_;
  std::chrono::nanoseconds credit_{0};
  double row_ns_ = 3e6;  ///< what one post takes, a running mean
  bool begun_ = false;
  std::chrono::steady_clock::time_point filled_{};
};

/// Replaces `out` by the rows whose largest share is smallest, at most `most`, in order of the
/// rows. Rows of which `largest` is 0 or at least kSure are never among them.
void LeastSure(std::span<const Micro> largest, std::size_t most, std::vector<std::uint32_t>& out);

/// A label with such a share is hardly ever changed by another reading.
inline constexpr Micro kSure = 950'000;

}  // namespace hb
