#include "pipeline/worker.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "base/logging.h"

namespace hb {

namespace {
constexpr std::chrono::milliseconds kAbortedPause{20};
}  // namespace

Worker::Worker(std::string name, Clock& clock, StatusBoard& board)
    : clock_(clock), board_(board), name_(std::move(name)) {}

void Worker::Start() {
  running_ = true;
  thread_ = std::thread([this] { Run(); });
}

void Worker::Stop() {
  {
    const std::lock_guard lock(pause_mutex_);
    stopping_ = true;
  }
  pause_.notify_all();
  Interrupt();
  if (thread_.joinable()) thread_.join();
}

bool Worker::Pause(std::chrono::milliseconds time) {
  std::unique_lock lock(pause_mutex_);
  pause_.wait_for(lock, time, [this] { return stopping_.load(); });
  return !stopping_;
}

void Worker::Run() {
  // Seen in top and in profiles; the system keeps 15 bytes.
  pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
  if (Repeat()) Finish();
  running_ = false;
}

bool Worker::Repeat() {
  int attempt = 0;
  while (!stopping_) {
    const Result<StepResult> result = Step();
    if (result.ok()) {
      if (attempt > 0) board_.Clear(name_);
      attempt = 0;
      if (result.value() == StepResult::kFinished) return false;
    } else if (result.error().code == Code::kCancelled) {
      break;
    } else if (!HandleError(result.error(), attempt++)) {
      return false;
    }
  }
  return attempt == 0 && stopping_;
}

bool Worker::IsFinal(Code code) {
  switch (code) {
    case Code::kUnavailable:
    case Code::kExhausted:
    case Code::kTimedOut:
    case Code::kAborted:
    case Code::kCancelled: return false;
    default: return true;
  }
}

bool Worker::HandleError(const Error& error, int attempt) {
  if (IsFinal(error.code)) {
    board_.Raise(name_, Level::kError, name_ + " stopped: " + error.message, clock_.Now());
    LogError("{} stopped: {} ({})", name_, error.message, CodeName(error.code));
    failed_ = true;
    return false;
  }
  if (error.code == Code::kAborted) {
    // Partitions moved, or a transaction was given up: the next step goes on from the log.
    LogInfo("{} goes back to what is committed: {}", name_, error.message);
    return Pause(kAbortedPause);
  }
  board_.Raise(name_, Level::kWarning, name_ + " waits: " + error.message, clock_.Now());
  if (attempt == 0) LogWarning("{} waits: {}", name_, error.message);
  return Pause(std::chrono::milliseconds(std::min(5000, 250 << std::min(attempt, 5))));
}

}  // namespace hb
