// serve/statement_gate.h - how many statements of users run at once.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

#include "base/mutex.h"
#include "base/result.h"
#include "serve/http.h"

namespace hb {

/// Lets few statements of users run at once, and few wait: the API's own questions and readiness
/// never stand behind them, because the store has more room than this lets in.
///
/// Threads  Any. Whoever waits is served in the order of coming.
class StatementGate {
 public:
  struct Options {
    std::size_t at_once = 2;
    std::size_t waiting = 10;  ///< beyond it a statement is refused at once
  };
  /// Leave to run one statement, until it is destroyed.
  class Turn {
   public:
    Turn() = default;
    Turn(Turn&& other) noexcept
        : gate_(std::exchange(other.gate_, nullptr)), waited_(other.waited_) {}
    Turn& operator=(Turn&& other) noexcept {
      std::swap(gate_, other.gate_);
      std::swap(waited_, other.waited_);
      return *this;
    }
    ~Turn() {
      if (gate_ != nullptr) gate_->Leave();
    }
    /// How long it took to get; part of the statement's time limit.
    [[nodiscard]] std::chrono::milliseconds waited() const { return waited_; }
    /// What the wait left of it, at least a millisecond.
    [[nodiscard]] std::chrono::milliseconds LeftOf(std::chrono::milliseconds limit) const {
      return std::max(limit - waited_, std::chrono::milliseconds(1));
    }

   private:
    friend class StatementGate;
    Turn(StatementGate* gate, std::chrono::milliseconds waited) : gate_(gate), waited_(waited) {}
    StatementGate* gate_ = nullptr;
    std::chrono::milliseconds waited_{0};
  };

  StatementGate() = default;
  explicit StatementGate(Options options) : options_(options) {}
  /// Waits for a turn, for at most `limit`. kTimedOut: it passed. kUnavailable: too many wait.
  Result<Turn> Wait(std::chrono::milliseconds limit);
  /// Sends away whoever waits, now and later: the server stops.
  void Close();
  /// The same; a null gate lets everybody in.
  static Result<Turn> Wait(StatementGate* gate, std::chrono::milliseconds limit) {
    return gate == nullptr ? Result<Turn>(Turn()) : gate->Wait(limit);
  }

 private:
  void Leave();

  const Options options_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::size_t running_ HB_GUARDED_BY(mutex_) = 0;
  std::uint64_t next_ HB_GUARDED_BY(mutex_) = 0;
  bool closed_ HB_GUARDED_BY(mutex_) = false;
  std::deque<std::uint64_t> queue_ HB_GUARDED_BY(mutex_);
};

/// Tells a client that was refused a turn to come again.
inline HttpResponse ComeAgain(HttpResponse response) {
  response.headers.emplace_back("Retry-After", "2");
  return response;
}

}  // namespace hb
