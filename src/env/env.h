// env/env.h - the edge to the operating system, so that a test can stand in for it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"

namespace hb {

/// Time as the program sees it. Event-time code never asks for it.
///
/// Threads  Any.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual EventTime Now() const = 0;  ///< wall clock
  [[nodiscard]] virtual std::chrono::steady_clock::time_point Steady()
      const = 0;  ///< for durations
};

/// The machine's clocks.
class SystemClock : public Clock {
 public:
  [[nodiscard]] EventTime Now() const override;
  [[nodiscard]] std::chrono::steady_clock::time_point Steady() const override;
};

/// A clock moved by hand, for tests.
class ManualClock : public Clock {
 public:
  explicit ManualClock(EventTime start) : now_ms_(ToMillis(start)) {}
  void Advance(std::chrono::milliseconds by) { now_ms_ += by.count(); }
  [[nodiscard]] EventTime Now() const override { return FromMillis(now_ms_); }
  [[nodiscard]] std::chrono::steady_clock::time_point Steady() const override {
    return std::chrono::steady_clock::time_point(std::chrono::milliseconds(now_ms_));
  }

 private:
  std::atomic<std::int64_t> now_ms_;
};

/// What components are built with. Outlives them.
struct Env {
  Clock& clock;
  std::string data_dir;  ///< folder of this program's files; exists
};

/// Bytes free for us on the file system that holds `path`.
Result<std::uint64_t> FreeDiskBytes(const std::string& path);
/// Peak resident memory of this process, bytes; 0 where the system does not say.
std::uint64_t PeakMemoryBytes();
std::uint64_t ResidentMemoryBytes();
/// Processor time that the calling thread has used.
std::uint64_t ThreadCpuNanoseconds();
/// Whole file. kNotFound, kUnavailable.
Result<std::string> ReadFile(const std::string& path);
/// Writes a temporary file beside `path`, syncs it and renames it over `path`.
Status WriteFileAtomic(const std::string& path, std::string_view bytes);

}  // namespace hb
