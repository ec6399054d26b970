// source/x/x_helper.h - what has to be asked of X beside the stream: rules, and the past.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "env/env.h"
#include "record/task.h"
#include "source/reconnect.h"
#include "source/x/holes.h"
#include "source/x/rule_sync.h"
#include "source/x/x_client.h"
#include "source/x/x_search.h"

namespace hb {

/// A thread that keeps the rules at X equal to the tasks, and fetches the posts of a span by
/// search, rule after rule, page after page. It waits where X says so, and repeats what may pass.
///
/// Lifecycle  Start once; Stop, or the destructor.
/// Threads    Any.
/// Memory     At most two pages of posts that nobody took yet.
class XHelper {
 public:
  struct Options {
    XAccess access;
    std::string tag_prefix;
    std::size_t query_chars = 512;            ///< longest query that search takes
    std::chrono::milliseconds delay{10'000};  ///< search begins this much before a span
    std::uint64_t seed = 1;
  };
  XHelper(Options options, Clock& clock);
  ~XHelper();
  XHelper(const XHelper&) = delete;
  XHelper& operator=(const XHelper&) = delete;

  void Start();
  void Stop() noexcept;
  void SetTasks(const std::vector<Task>& tasks);

  /// Whether to connect now: waits for the first sync of the tasks in force; with `prepare`, syncs
  /// once more. Why not to connect, or nothing. Without tasks ever set, nothing at once.
  std::optional<Ending> Gate(bool prepare);

  /// Asks for the posts of `slice`. False if it is busy, cannot search, or has no task.
  bool Fetch(const Holes::Slice& slice);
  /// What a Fetch brings.
  struct Portion {
    std::string body{};  ///< a page, for JsonPosts; "" with the end
    bool last = false;   ///< the end of the slice
    Holes::Slice slice{};
    double share = 0;  ///< with the end: part of the rules that could be asked
  };
  std::optional<Portion> Take();

  struct State {
    std::size_t rules = 0;              ///< at X
    std::vector<std::string> warnings;  ///< that last until something changes
    bool fetching = false;
  };
  [[nodiscard]] State state() const;
  /// Name of a rule by its id: its tag without our prefix, "" if it is not known.
  [[nodiscard]] std::string RuleName(const std::string& id) const;

 private:
  using TimePoint = Reconnect::TimePoint;
  /// A Fetch under way.
  struct Job {
    Holes::Slice slice{};
    std::vector<std::string> queries{};
    std::size_t at = 0;  ///< of queries
    std::size_t came = 0, rules = 0;
    std::string next_token{};
    int tries = 0, pages = 0;
  };
  void Loop();
  void SyncNow();
  void SearchPage();
  void FinishQuery(bool came) HB_REQUIRES(mutex_);
  void SearchFailed(const Error& error) HB_REQUIRES(mutex_);

  const Options options_;
  Clock& clock_;
  XClient client_;
  XSearch search_;
  Reconnect retry_;  ///< of syncs; the thread's own
  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<std::vector<Task>> tasks_ HB_GUARDED_BY(mutex_);
  std::uint64_t wanted_ HB_GUARDED_BY(mutex_) = 0, tried_ HB_GUARDED_BY(mutex_) = 0;  ///< syncs
  TimePoint sync_at_ HB_GUARDED_BY(mutex_){};
  std::optional<Ending> sync_failed_ HB_GUARDED_BY(mutex_);
  std::map<std::string, std::string> names_ HB_GUARDED_BY(mutex_);  ///< of rules, by id
  std::vector<std::string> sync_warnings_ HB_GUARDED_BY(mutex_);
  std::optional<Job> job_ HB_GUARDED_BY(mutex_);
  TimePoint search_at_ HB_GUARDED_BY(mutex_){};
  std::string search_off_ HB_GUARDED_BY(mutex_);  ///< why search is of no use
  std::string search_warning_ HB_GUARDED_BY(mutex_);
  std::deque<Portion> portions_ HB_GUARDED_BY(mutex_);
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace hb
