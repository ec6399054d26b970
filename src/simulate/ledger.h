// simulate/ledger.h - what was sent to whom, and when nobody listened.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "base/units.h"

namespace hb::simulate {

/// Remembers each stream, so that a test can compare what a client kept with what it was given.
///
/// Threads  Any.
/// Memory   8 bytes a post sent, at most kMostPosts of them; then `truncated`.
class Ledger {
 public:
  static constexpr std::size_t kMostPosts = 20'000'000;

  /// A stream begins: its number. `kind`: "x", "jetstream", ...
  std::uint64_t Open(std::string_view kind, std::string_view path, EventTime now);
  /// Message `post` (an index of the corpus) was written whole.
  void Sent(std::uint64_t stream, std::uint64_t post);
  void Close(std::uint64_t stream, std::string_view how, EventTime now);

  struct Span {
    EventTime from, to;
  };
  /// When no stream of `kind` was open, between the first one's begin and `now`.
  [[nodiscard]] std::vector<Span> Silent(std::string_view kind, EventTime now) const;
  /// How often each post was sent to streams of `kind`.
  [[nodiscard]] std::unordered_map<std::uint64_t, std::uint32_t> Counts(
      std::string_view kind) const;
  [[nodiscard]] std::uint64_t open(std::string_view kind) const;
  /// Streams that ever began.
  [[nodiscard]] std::uint64_t opened(std::string_view kind) const;
  [[nodiscard]] std::string Json(EventTime now) const;

 private:
  struct Stream {
    std::string kind, path, how;  ///< `how` it ended, "" while it is open
    EventTime opened{}, closed{};
    std::vector<std::uint64_t> posts;
  };
  mutable Mutex mutex_;
  std::vector<Stream> streams_ HB_GUARDED_BY(mutex_);  ///< number - 1
  std::size_t kept_ HB_GUARDED_BY(mutex_) = 0;
  bool truncated_ HB_GUARDED_BY(mutex_) = false;
};

}  // namespace hb::simulate
