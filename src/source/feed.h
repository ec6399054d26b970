// source/feed.h - a connection that is kept alive, and a queue of what came over it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "env/env.h"
#include "source/reconnect.h"

namespace hb {

/// Where a connection puts what it hears.
///
/// Threads  The one that runs the connection.
class FeedSink {
 public:
  virtual ~FeedSink() = default;
  /// Something good that carries nothing: a keep-alive, a comment, the answer 200 of a stream.
  virtual void Alive() = 0;
  /// A whole message, copied. Waits while the queue is full. False: return from Run, nobody
  /// listens any more.
  virtual bool Message(std::string_view bytes) = 0;
};

/// One way to listen, used again and again: an HTTP stream, a WebSocket.
///
/// Threads  Prepare and Run: one. Interrupt: any thread, any time.
class FeedConnection {
 public:
  virtual ~FeedConnection() = default;
  /// Brings what the server needs in order (X: its rules), before a Run, when the ending before was
  /// kNoRules. The ending of an attempt that failed; nothing if all is well.
  virtual std::optional<Ending> Prepare() { return std::nullopt; }
  /// Connects, gives what it hears to `sink` until the connection ends, and says how it ended. The
  /// name of the host is looked up anew each time. An error message of the server within the stream
  /// is an ending, not a message.
  virtual Ending Run(FeedSink& sink) = 0;
  /// Makes the Run or Prepare that is under way return within 50 ms; if none is, the next one.
  /// Never blocks. What it returns then does not matter.
  virtual void Interrupt() noexcept = 0;
};

/// One thing a feed gives, in the order in which it happened.
struct FeedItem {
  enum class Kind : std::uint8_t {
    kMessage,  ///< `bytes` is a message that came at `at`
    kHole,     ///< nobody listened from `from` to `at`, because of `bytes`
  };
  Kind kind = Kind::kMessage;
  EventTime at{}, from{};
  std::string bytes;
};

/// How a feed stands.
struct FeedState {
  enum class Phase : std::uint8_t {
    kConnecting,  ///< connected or about to be, nothing heard yet
    kListening,   ///< something good came over this connection
    kWaiting,     ///< until it tries again, or until Wake
    kStopped,     ///< for good: `stopped` says why
  };
  Phase phase = Phase::kConnecting;
  std::string
      detail;  ///< of the last ending, for people: "HTTP 503: over capacity; next try in 5 s"
  bool alarm = false;    ///< a person should know
  bool holding = false;  ///< it waits because nothing is asked for
  bool capped = false;   ///< it waits because what was paid for is used up
  std::optional<Ending> stopped;
  std::optional<EventTime> deaf_since;  ///< begin of the hole that is open now
  std::string deaf_cause;
  EventTime heard{};  ///< when the last good byte came; 0: never
  std::uint64_t connections = 0, messages = 0, bytes = 0;
  std::uint64_t blocked = 0;  ///< messages that had to wait for room in the queue
  std::size_t queued_bytes = 0;
};

/// Keeps a connection alive by the rules of Reconnect on a thread of its own, and hands on what
/// comes with the time at which it came.
///
/// Lifecycle  Start once; Stop, or the destructor.
/// Threads    Take: one. The others: any.
/// Delivery   Whatever `connection` gave is taken once, in order. Each time in which nobody
///            listened is a kHole, from the last good byte to the next one, placed before the first
///            message after it.
/// Time       Arrival by the wall clock of `clock`, waits by its steady clock, looked at every
///            20 ms.
/// Memory     `queue_bytes` of messages and their overhead, and one message more. A full queue
///            blocks the connection: the other side sees a slow reader.
class Feed : private FeedSink {
 public:
  struct Options {
    std::size_t queue_bytes = std::size_t{64} << 20;
    std::uint64_t seed = 1;  ///< of the spread of waits
    /// The last moment that was heard before this process began: the first hole begins here. 0:
    /// there is none unless the first connection fails.
    EventTime heard_until{};
  };
  Feed(Options options, std::unique_ptr<FeedConnection> connection, Clock& clock);
  ~Feed() override;
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  void Start();
  /// Appends at most `limit` items to `out`; waits at most `wait` (of real time) for the first.
  /// True if there is more. What came before a stop can still be taken.
  bool Take(std::size_t limit, std::chrono::milliseconds wait, std::vector<FeedItem>& out);
  /// Ends a wait of kHold: it is of use to listen again.
  void Wake();
  /// Ends the connection under way and tries again at once, for a change of what is asked for.
  void Reopen();
  /// Ends the connection, and a running and all later waits of Take. Never blocks.
  void Stop() noexcept;
  [[nodiscard]] FeedState state() const;

 private:
  void Alive() override;
  bool Message(std::string_view bytes) override;
  void Loop();
  void NoteHeard() HB_REQUIRES(mutex_);
  void CloseHole(EventTime now) HB_REQUIRES(mutex_);
  void NoteEnd(const Ending& ending, const Reconnect::Next& next, EventTime begun)
      HB_REQUIRES(mutex_);
  /// False: stopping.
  bool WaitForTurn(const Reconnect::Next& next);
  void Push(FeedItem item) HB_REQUIRES(mutex_);

  const Options options_;
  const std::unique_ptr<FeedConnection> connection_;
  Clock& clock_;
  mutable Mutex mutex_;
  std::condition_variable_any taken_, came_, turn_;
  std::deque<FeedItem> queue_ HB_GUARDED_BY(mutex_);
  FeedState state_ HB_GUARDED_BY(mutex_);
  Reconnect reconnect_ HB_GUARDED_BY(mutex_);
  bool woken_ HB_GUARDED_BY(mutex_) = false;
  bool reopen_ HB_GUARDED_BY(mutex_) = false;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace hb
