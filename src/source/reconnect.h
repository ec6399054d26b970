// source/reconnect.h - when a stream that ended is tried again.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/split_mix.h"

namespace hb {

/// How a connection ended, as far as it decides what to do next.
enum class EndKind : std::uint8_t {
  kClosed,              ///< the other side said goodbye, or sent an error within the stream
  kNetwork,             ///< no TCP, TLS or name; reset; timed out
  kSilent,              ///< no byte for the time in which one must come
  kPassing,             ///< HTTP 5xx, or another HTTP error that may pass
  kRateLimited,         ///< HTTP 429 for too many requests
  kTooManyConnections,  ///< the account has no connection left, perhaps for our own old one
  kUsageCapped,         ///< what was paid for is used up until the period ends
  kNoRules,             ///< the server has nothing to filter by
  kNothingAsked,        ///< there is nothing to listen for: the connection did not even try
  kRefused,             ///< HTTP 400, 401, 403, 404: the same request can never succeed
};
/// "connection closed", "no answer from the network", ...: the cause of a gap.
const char* EndKindName(EndKind kind);

struct Ending {
  EndKind kind = EndKind::kClosed;
  std::string detail{};                      ///< for people: "HTTP 503: over capacity"; may be ""
  std::chrono::milliseconds retry_after{0};  ///< the server's own wish, from now, at most a day
};

/// Decides how long to wait after a connection ended. It has no clock, no thread and no connection:
/// it is told what happened and when.
///
/// Source   X's rules (https://docs.x.com/x-api/fundamentals/handling-disconnections), which suit
///          other streams as well:
///          - closed, broken off or silent after something good: at once
///          - silent: at once
///          - closed or broken off before anything good: 250 ms, 250 ms more each time, top 16 s
///          - a passing HTTP error: 5 s, doubled, top 320 s
///          - rate limit: 60 s, doubled, top 16 min; longer if the server says so
///          - too many connections: the same, and a person should know
///          - no rules: sync them at once, then with the waits of a passing error
///          - usage cap: hold, and try all the same after 15 min, doubled, top 4 h
///          - refused: stop
///          All waits start anew after 60 s of a good stream. A wait is lengthened by up to a tenth
///          at random, so that many programs that were cut off together do not return together.
/// Time     By a steady clock; it must not go back.
/// Threads  One at a time.
class Reconnect {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  enum class Action : std::uint8_t {
    kTry,   ///< connect again after `wait`
    kSync,  ///< after `wait`, bring the server's rules in order, then connect
    kHold,  ///< until somebody says that it is of use, or, if there is a `wait`, until that is over
    kStop,  ///< never again by itself
  };
  struct Next {
    Action action = Action::kTry;
    std::chrono::milliseconds wait{0};
    bool alarm = false;  ///< a person should know, though it may pass
  };

  /// The same seed gives the same waits.
  explicit Reconnect(std::uint64_t seed) : random_(seed) {}

  /// Something good came: a message or a keep-alive, not an error. O(1).
  void Heard(TimePoint now);
  Next Ended(const Ending& ending);
  /// Ends in a row without anything good between them.
  [[nodiscard]] std::uint32_t failures() const { return failures_; }

 private:
  /// A wait that doubles.
  struct Doubling {
    std::chrono::milliseconds first, top;
    std::chrono::milliseconds next{0};
    std::chrono::milliseconds Take();
  };
  void ResetWaits();
  [[nodiscard]] std::chrono::milliseconds Spread(std::chrono::milliseconds wait);
  std::chrono::milliseconds TakeNetwork();

  SplitMix64 random_;
  std::chrono::milliseconds network_{0};  ///< the wait before
  Doubling passing_{std::chrono::seconds(5), std::chrono::seconds(320)};
  Doubling limited_{std::chrono::seconds(60), std::chrono::seconds(960)};
  Doubling crowded_{std::chrono::seconds(60), std::chrono::seconds(960)};
  Doubling capped_{std::chrono::minutes(15), std::chrono::hours(4)};
  bool synced_ = false;  ///< the rules were synced since the last good byte
  bool good_ = false;    ///< something good came on this connection
  TimePoint good_since_{};
  std::uint32_t failures_ = 0;
};

}  // namespace hb
