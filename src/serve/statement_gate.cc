#include "serve/statement_gate.h"

#include <algorithm>
#include <string>

namespace hb {

Result<StatementGate::Turn> StatementGate::Wait(std::chrono::milliseconds limit) {
  const auto begin = std::chrono::steady_clock::now();
  const auto waited = [&] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 begin);
  };
  const auto stopping = [] { return Error{Code::kUnavailable, "the server stops"}; };
  MutexLock lock(mutex_);
  if (closed_) return stopping();
  if (running_ < options_.at_once && queue_.empty()) {
    ++running_;
    return Turn(this, std::chrono::milliseconds(0));
  }
  if (queue_.size() >= options_.waiting) {
    return Error{Code::kUnavailable, std::to_string(running_) + " statements run and " +
                                         std::to_string(queue_.size()) +
                                         " wait already; try again in a moment"};
  }
  const std::uint64_t ticket = next_++;
  queue_.push_back(ticket);
  while (queue_.front() != ticket || running_ >= options_.at_once) {
    const bool late = changed_.wait_until(lock, begin + limit) == std::cv_status::timeout;
    if (!closed_ && (!late || (queue_.front() == ticket && running_ < options_.at_once))) continue;
    queue_.erase(std::find(queue_.begin(), queue_.end(), ticket));
    changed_.notify_all();  // Whoever is first now may go.
    if (closed_) return stopping();
    return Error{Code::kTimedOut,
                 "the time limit of " + std::to_string(limit.count()) +
                     " ms passed while the statement waited for others; try again in a moment"};
  }
  queue_.pop_front();
  ++running_;
  changed_.notify_all();
  return Turn(this, waited());
}

void StatementGate::Close() {
  {
    const MutexLock lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

void StatementGate::Leave() {
  {
    const MutexLock lock(mutex_);
    --running_;
  }
  changed_.notify_all();
}

}  // namespace hb
