// serve/live_events.h - the events of the live stream, kept so that a client can resume.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "serve/live_hub.h"
#include "serve/window_query.h"

namespace hb {

/// One event. `parts` are the JSON objects of its list, each with the tasks it belongs to, so that
/// a client can be given those of one task; an event without a list has its whole data in
/// `parts.front()`.
struct LiveEvent {
  struct Part {
    std::string json;
    std::vector<std::string> tasks;
  };
  std::uint64_t id = 0;
  std::string kind;       ///< "stats", "post", "window", "trend", "status"
  std::string list_name;  ///< "posts", "windows", "trends"; empty: no list
  std::vector<Part> parts;

  /// The event as text/event-stream for a client that wants `task` ("" or "*": everything); empty
  /// when nothing is left for it.
  [[nodiscard]] std::string Text(std::string_view task) const;
};

/// LiveHub with the side that the server uses.
///
/// Threads  Any.
class LiveEvents : public LiveHub {
 public:
  /// Ids of events begin at `first_id`: above all of an earlier program, so that its clients are
  /// told that they missed something.
  explicit LiveEvents(std::uint64_t first_id = 1) : next_id_(first_id) {}
  void OnPosts(const std::shared_ptr<const AnalysisBatch>& batch) override;
  void OnWindows(const std::vector<Aggregate>& windows) override;
  void OnTrends(const std::vector<Trend>& trends) override;

  /// What the stats event says beside the counts.
  struct Beat {
    EventTime now{};
    double rate = 0;  ///< posts a second
    std::uint64_t posts_total = 0;
    bool always =
        false;  ///< also when no posts have come: whoever shows a rate must hear that it fell
  };
  /// Makes the events "stats" and "post" of what has come since the last call and keeps them.
  /// Called at most four times a second.
  std::vector<std::shared_ptr<const LiveEvent>> Tick(const Beat& beat);
  /// Adds an event that somebody else made.
  std::shared_ptr<const LiveEvent> Publish(std::string kind, std::string json);
  std::shared_ptr<const LiveEvent> Publish(std::string kind, std::string list_name,
                                           std::vector<LiveEvent::Part> parts);

  /// What has changed and what the store has by now: a stage tells us of a window's partition, or
  /// of a trend, and the store has the whole a moment later.
  struct Settled {
    std::vector<WindowId>
        windows;  ///< newest of many: a client shows the present, and asks for the rest
    std::vector<Trend> trends;
  };
  /// What was reported before the last call of this. Called about once a second, so that the store
  /// had the time.
  Settled TakeSettled();
  /// Says that there are, or were, tasks of these names.
  void AddTasks(const std::vector<std::string>& tags);
  /// Whether there is anything of the task: it was added, or posts or windows of it have come.
  [[nodiscard]] bool KnowsTask(std::string_view tag) const;
  /// What came after `id`; nothing if that is further back than what is kept.
  std::optional<std::vector<std::shared_ptr<const LiveEvent>>> After(std::uint64_t id) const;

  static constexpr std::size_t kKept = 1000, kPostsPerEvent = 20, kWindowsPerEvent = 200,
                               kMaxPending = 2000, kMaxTasks = 10'000;

 private:
  struct Counts {
    std::uint64_t posts = 0;
    std::uint64_t labels[4] = {0, 0, 0, 0};
  };
  void AddTask(std::string_view tag) HB_REQUIRES(mutex_);
  std::shared_ptr<const LiveEvent> Keep(LiveEvent event) HB_REQUIRES(mutex_);
  LiveEvent StatsEvent(const Beat& beat) HB_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::uint64_t next_id_ HB_GUARDED_BY(mutex_);
  std::deque<std::shared_ptr<const LiveEvent>> kept_ HB_GUARDED_BY(mutex_);
  std::deque<LiveEvent::Part> posts_ HB_GUARDED_BY(mutex_);  ///< the newest since the last tick
  std::set<WindowId> fresh_windows_ HB_GUARDED_BY(mutex_), settled_windows_ HB_GUARDED_BY(mutex_);
  std::vector<Trend> fresh_trends_ HB_GUARDED_BY(mutex_), settled_trends_ HB_GUARDED_BY(mutex_);
  std::map<std::string, Counts, std::less<>> counts_ HB_GUARDED_BY(mutex_);
  std::set<std::string, std::less<>> tasks_ HB_GUARDED_BY(mutex_);  ///< at most kMaxTasks
};

}  // namespace hb
