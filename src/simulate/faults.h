// simulate/faults.h - what goes wrong, on demand or at random from a seed.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "base/split_mix.h"

namespace hb::simulate {

enum class FaultKind : std::uint8_t {
  kRefuse,      ///< the request is answered with an error
  kCut,         ///< the connection ends behind a byte, as if by a clean close of the socket
  kReset,       ///< the same by a reset: bytes on the way may be lost
  kClose,       ///< the stream ends as HTTP says it should
  kStall,       ///< nothing is sent for a while, then all that was due
  kSlow,        ///< a few bytes at a time for a while
  kDouble,      ///< messages are sent twice
  kShuffle,     ///< messages are sent out of order
  kMalformed,   ///< a message that is cut off in the middle, then the next ones
  kUnknown,     ///< a message of a kind that nobody knows
  kPartial,     ///< a message with both data and errors
  kDisconnect,  ///< a message that says why the connection will end, and the end
};

struct Fault {
  FaultKind kind = FaultKind::kCut;
  std::string path;               ///< only where the request's path begins so; "": any stream
  std::uint64_t after_bytes = 0;  ///< of the stream's body, from when the fault before was over
  std::chrono::milliseconds length{1'000};  ///< kStall, kSlow
  std::uint32_t messages = 3;               ///< kDouble, kShuffle
  /// kRefuse: "rate-limit", "usage-capped", "too-many-connections", "unavailable" (503), "internal"
  /// (500), "unauthorized", "forbidden". kDisconnect: the disconnect_type.
  std::string reason;
};

/// Faults to come. A stream takes the next that fits it when it begins and whenever one is over.
///
/// Threads  Any.
/// Memory   At most kMostQueued faults.
class Faults {
 public:
  static constexpr std::size_t kMostQueued = 100'000;
  /// Faults without end, from a seed.
  struct Random {
    std::uint64_t seed = 1;
    std::uint64_t mean_bytes = 200'000;        ///< of a stream's body between two faults
    std::vector<FaultKind> kinds;              ///< empty: each that a stream may have
    std::vector<std::string> refusals;         ///< reasons for kRefuse; empty: "unavailable"
    std::chrono::milliseconds longest{2'000};  ///< of kStall and kSlow
  };

  /// `{"faults":[{"kind":"cut","after_bytes":700}],"random":{"seed":7,"mean_bytes":100000,
  /// "kinds":["cut"]},"clear":true}`: each member may be missing; "random":null ends them.
  /// kInvalidArgument says what is wrong; then nothing is changed.
  Status Add(std::string_view json);
  void Add(Fault fault);
  void Set(std::optional<Random> random);
  void Clear();

  /// The refusal that a request of this path meets, if one. Those at random meet streams only.
  std::optional<Fault> TakeRefusal(std::string_view path, bool stream);
  /// What a stream of this path meets next; never a kRefuse.
  std::optional<Fault> Take(std::string_view path);
  [[nodiscard]] std::string Json() const;

 private:
  std::optional<Fault> TakeQueued(std::string_view path, bool refusal) HB_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::deque<Fault> queue_ HB_GUARDED_BY(mutex_);
  std::optional<Random> random_ HB_GUARDED_BY(mutex_);
  SplitMix64 numbers_ HB_GUARDED_BY(mutex_){1};
};

std::string_view FaultKindName(FaultKind kind);
std::optional<FaultKind> FaultKindOf(std::string_view name);

}  // namespace hb::simulate
