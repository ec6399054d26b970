// serve/live_events.h - the events of the live stream, kept so that a client can resume.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "serve/live_hub.h"

namespace hb {

/// One event. `parts` are the JSON objects of its list, each with the tasks it belongs to, so that a client
/// can be given those of one task; an event without a list has its whole data in `parts.front()`.
struct LiveEvent {
  struct Part {
    std::string json;
    std::vector<std::string> tasks;
  };
  std::uint64_t id = 0;
  std::string kind;       ///< "stats", "post", "window", "trend", "status"
  std::string list_name;  ///< "posts", "windows", "trends"; empty: no list
  std::vector<Part> parts;

  /// The event as text/event-stream for a client that wants `task` ("" or "*": everything); empty when
  /// nothing is left for it.
  [[nodiscard]] std::string Text(std::string_view task) const;
};

/// LiveHub with the side that the server uses.
///
/// Threads  Any.
class LiveEvents : public LiveHub {
 public:
  void OnPosts(const std::shared_ptr<const AnalysisBatch>& batch) override;
  void OnWindows(const std::vector<Aggregate>& windows) override;
  void OnTrends(const std::vector<Trend>& trends) override;

  /// Makes the events of what has come since the last call (at most one of a kind) and keeps them.
  /// Called at most four times a second. `rate`: posts a second, for the stats event.
  std::vector<std::shared_ptr<const LiveEvent>> Tick(EventTime now, double rate);
  /// Adds an event that somebody else made.
  std::shared_ptr<const LiveEvent> Publish(std::string kind, std::string json);
  /// What came after `id`; nothing if that is further back than what is kept.
  std::optional<std::vector<std::shared_ptr<const LiveEvent>>> After(std::uint64_t id) const;
  [[nodiscard]] std::uint64_t last_id() const;

  static constexpr std::size_t kKept = 1000, kPostsPerEvent = 20, kMaxPending = 2000;

 private:
  struct Counts {
    std::uint64_t posts = 0;
    std::uint64_t labels[4] = {0, 0, 0, 0};
  };
  std::shared_ptr<const LiveEvent> Keep(LiveEvent event) HB_REQUIRES(mutex_);
  LiveEvent StatsEvent(EventTime now, double rate) HB_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::uint64_t next_id_ HB_GUARDED_BY(mutex_) = 1;
  std::deque<std::shared_ptr<const LiveEvent>> kept_ HB_GUARDED_BY(mutex_);
  std::deque<LiveEvent::Part> posts_ HB_GUARDED_BY(mutex_);  ///< the newest since the last tick
  std::map<AggregateKey, LiveEvent::Part> windows_ HB_GUARDED_BY(mutex_);
  std::vector<LiveEvent::Part> trends_ HB_GUARDED_BY(mutex_);
  std::map<std::string, Counts, std::less<>> counts_ HB_GUARDED_BY(mutex_);
  std::uint64_t posts_total_ HB_GUARDED_BY(mutex_) = 0;
};

}  // namespace hb
