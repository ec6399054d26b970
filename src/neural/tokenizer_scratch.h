// neural/tokenizer_scratch.h - working memory of a tokenizer, for each thread its own.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace hb::neural {

/// Gives each thread that uses an object a T of its own, so that const methods can work without a
/// lock and without allocating.
///
/// Memory  A thread keeps those of the last kKept objects of a kind it used. A thread that goes
///         through more of them in turn makes one anew each time.
template <typename T>
class PerThread {
 public:
  static constexpr std::size_t kKept = 4;

  T& Get() const {
    thread_local std::array<std::pair<std::uint64_t, std::unique_ptr<T>>, kKept> kept{};
    std::size_t i = 0;
    while (i + 1 < kKept && kept[i].first != serial_) ++i;
    if (kept[i].first != serial_) kept[i] = {serial_, std::make_unique<T>()};
    std::rotate(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(i),
                kept.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    return *kept[0].second;
  }

 private:
  static std::uint64_t NextSerial() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
  }
  // Never an address: another object may get it later.
  const std::uint64_t serial_ = NextSerial();
};

}  // namespace hb::neural
