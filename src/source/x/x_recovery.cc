#include "source/x/x_recovery.h"

#include <pthread.h>

#include <utility>

#include "base/logging.h"

namespace hb {

namespace {

constexpr std::chrono::milliseconds kLook{20};

}  // namespace

XRecovery::~XRecovery() {
  Stop();
  if (thread_.joinable()) thread_.join();
}

void XRecovery::Stop() noexcept {
  stopping_ = true;
  const MutexLock lock(mutex_);
  if (connection_) connection_->Interrupt();
  changed_.notify_all();
}

bool XRecovery::Begin(const Holes::Slice& slice) {
  {
    const MutexLock lock(mutex_);
    if (stopping_ || state_ == State::kRunning || !queue_.empty() || !off_.empty()) return false;
    state_ = State::kRunning;
    cancelled_ = false;
  }
  if (thread_.joinable()) thread_.join();
  thread_ = std::thread([this, slice] {
    pthread_setname_np(pthread_self(), "x recovery");
    Run(slice);
  });
  return true;
}

void XRecovery::Cancel() {
  const MutexLock lock(mutex_);
  if (state_ != State::kRunning) return;
  cancelled_ = true;
  if (connection_) connection_->Interrupt();
  changed_.notify_all();
}

std::optional<std::string> XRecovery::Take() {
  const MutexLock lock(mutex_);
  if (queue_.empty()) return std::nullopt;
  std::string message = std::move(queue_.front());
  queue_.pop_front();
  changed_.notify_all();
  return message;
}

XRecovery::State XRecovery::state() const {
  const MutexLock lock(mutex_);
  return queue_.empty() ? state_ : State::kRunning;
}

std::string XRecovery::off() const {
  const MutexLock lock(mutex_);
  return off_;
}

bool XRecovery::Message(std::string_view bytes) {
  MutexLock lock(mutex_);
  while (!Over() && queue_.size() >= kMaxQueued) changed_.wait_for(lock, kLook);
  if (Over()) return false;
  queue_.emplace_back(bytes);
  return true;
}

void XRecovery::Run(const Holes::Slice& slice) {
  Reconnect retry(options_.seed);
  for (int attempt = 1; !Over(); ++attempt) {
    XConnection* connection = nullptr;
    {
      const MutexLock lock(mutex_);
      if (Over()) break;  // else a connection begins that nobody has interrupted
      connection_ = std::make_unique<XConnection>(
          XConnection::Options{
              .access = options_.access,
              .path = options_.path,
              .params = {{"start_time", XTime(slice.from - options_.delay)},
                         {"end_time", XTime(std::chrono::ceil<std::chrono::seconds>(slice.to))}},
              .silence = options_.silence,
              .max_line_bytes = options_.max_line_bytes},
          clock_);
      connection = connection_.get();
    }
    const Ending ending = connection->Run(*this);
    const Reconnect::Next next = retry.Ended(ending);
    MutexLock lock(mutex_);
    connection_.reset();
    if (Over()) break;
    // The end of the span is the only end without a reason.
    if (ending.kind == EndKind::kClosed && ending.detail.empty()) {
      state_ = State::kDone;
      return;
    }
    if (ending.kind == EndKind::kRefused) off_ = ending.detail;
    if (next.action != Reconnect::Action::kTry || attempt >= options_.tries) {
      LogWarning("what was missed is not sent again: {}",
                 ending.detail.empty() ? EndKindName(ending.kind) : ending.detail);
      state_ = State::kFailed;
      return;
    }
    const auto due = clock_.Steady() + next.wait;
    while (!Over() && clock_.Steady() < due) changed_.wait_for(lock, kLook);
  }
  const MutexLock lock(mutex_);
  state_ = State::kCancelled;
}

}  // namespace hb
