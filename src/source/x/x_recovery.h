// source/x/x_recovery.h - what a stream sends again.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "base/mutex.h"
#include "source/feed.h"
#include "source/x/holes.h"
#include "source/x/x_connection.h"

namespace hb {

/// Asks a stream for a span of the last 24 hours, by `start_time` and `end_time`: X sends the posts
/// of the span, and closes. Enterprise accounts may have two at once; this is one.
/// https://docs.x.com/x-api/fundamentals/recovery-and-redundancy
///
/// Lifecycle  Begin as often as wanted, one after the other; Stop, or the destructor.
/// Threads    Stop and off: any. The others: one.
/// Memory     kMaxQueued messages that nobody took yet; then X has to wait.
class XRecovery : private FeedSink {
 public:
  static constexpr std::size_t kMaxQueued = 1'000;

  struct Options {
    XAccess access;
    std::string path;                         ///< of the stream
    std::chrono::milliseconds delay{10'000};  ///< a span is asked for from so much earlier
    std::chrono::milliseconds silence{21'000};
    std::size_t max_line_bytes = std::size_t{4} << 20;
    int tries = 3;  ///< of what may pass
    std::uint64_t seed = 1;
  };
  XRecovery(Options options, Clock& clock) : options_(std::move(options)), clock_(clock) {}
  ~XRecovery() override;
  XRecovery(const XRecovery&) = delete;
  XRecovery& operator=(const XRecovery&) = delete;

  /// False if one is running, or X will not let us at all.
  bool Begin(const Holes::Slice& slice);
  /// Ends what is running; what came is still to be taken.
  void Cancel();
  /// The next message, as of the stream; nothing if there is none just now.
  std::optional<std::string> Take();
  enum class State : std::uint8_t {
    kRunning,  ///< or there are messages to be taken
    kDone,     ///< all of the span came
    kFailed,
    kCancelled,
  };
  [[nodiscard]] State state() const;
  /// Why X will not let us, or "".
  [[nodiscard]] std::string off() const;
  void Stop() noexcept;

 private:
  void Alive() override {}
  bool Message(std::string_view bytes) override;
  [[nodiscard]] bool Over() const { return stopping_ || cancelled_; }
  void Run(const Holes::Slice& slice);

  const Options options_;
  Clock& clock_;
  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::string> queue_ HB_GUARDED_BY(mutex_);
  std::unique_ptr<XConnection> connection_ HB_GUARDED_BY(mutex_);
  State state_ HB_GUARDED_BY(mutex_) = State::kDone;
  std::string off_ HB_GUARDED_BY(mutex_);
  std::atomic<bool> stopping_{false};
  std::atomic<bool> cancelled_{false};  ///< the one that is running, or the last
  std::thread thread_;
};

}  // namespace hb
