// pipeline/worker.h - one thread that repeats a step, and the only place where stages retry.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.h"
#include "env/env.h"
#include "pipeline/status_board.h"

namespace hb {

/// Repeats Step on a thread of its own.
///
/// Lifecycle  Start once, Stop (the destructor of the derived class must call it too), done.
/// Errors     Of Step: kUnavailable, kExhausted and kTimedOut raise a message and repeat the step
///            after a growing pause (top 5 s); kAborted repeats it soon, without a message;
///            kCancelled ends the thread; any other ends it and `failed` says why.
class Worker {
 public:
  enum class StepResult { kWorked, kIdle, kFinished };

  Worker(std::string name, Clock& clock, StatusBoard& board);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  virtual ~Worker() = default;

  void Start();
  /// Makes the thread end after its current step, and waits for it.
  void Stop();
  /// One step on the caller's thread, for who moves the clock between steps: tests. Requires: Start
  /// was not called.
  Result<StepResult> StepOnce() { return Step(); }
  [[nodiscard]] bool running() const { return running_; }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] const std::string& name() const { return name_; }

 protected:
  virtual Result<StepResult> Step() = 0;
  /// Called once on the worker's thread when it was stopped, after its last step: to leave behind
  /// what can still be said. Not called after an error.
  virtual void Finish() {}
  /// Interrupts a wait inside Step. Never blocks.
  virtual void Interrupt() noexcept {}
  /// Whether an error of Step ends the worker, which has failed then.
  [[nodiscard]] static bool IsFinal(Code code);
  /// Waits at most `time`; false if the worker is being stopped.
  bool Pause(std::chrono::milliseconds time);
  [[nodiscard]] bool stopping() const { return stopping_; }

  Clock& clock_;
  StatusBoard& board_;

 private:
  void Run();
  /// Steps until the worker is stopped; false if it ended by itself or in the midst of an error.
  bool Repeat();
  /// What to do after an error; false: the thread ends.
  bool HandleError(const Error& error, int attempt);

  const std::string name_;
  std::atomic<bool> stopping_{false}, running_{false}, failed_{false};
  std::mutex pause_mutex_;
  std::condition_variable pause_;
  std::thread thread_;
};

}  // namespace hb
