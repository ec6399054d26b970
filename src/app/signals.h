// app/signals.h - the signals that end us, taken one at a time.
#pragma once

#include <csignal>

#include <chrono>
#include <ctime>

namespace hb {

/// Blocks SIGINT and SIGTERM in every thread that is started after it; `Next` takes them.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  /// Waits up to `time`; true if we are asked to end.
  [[nodiscard]] bool Next(std::chrono::milliseconds time) const {
    timespec wait{};
    wait.tv_sec = time.count() / 1000;
    wait.tv_nsec = (time.count() % 1000) * 1'000'000;
    return sigtimedwait(&set_, nullptr, &wait) > 0;
  }

 private:
  sigset_t set_;
};

}  // namespace hb
