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
#include <set>
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

/// A thread that keeps the rules at X equal to the tasks, fetches the posts of a span by search,
/// rule after rule, page after page, and asks now and then what X has counted for the account. It
/// waits where X says so, and repeats what may pass.
///
/// Lifecycle  Start once; Stop, or the destructor.
/// Threads    Any.
/// Memory     At most two pages of posts that nobody took yet.
class XHelper {
 public:
  struct Options {
    XAccess access;
    std::string tag_prefix;
    std::size_t query_chars = 512;             ///< longest query that search takes
    std::chrono::milliseconds delay{10'000};   ///< search begins this much before a span
    std::chrono::milliseconds usage_every{0};  ///< between two looks at X's count; 0: never
    bool sync_rules = true;                    ///< false: the tasks are for search alone
    bool by_id = false;  ///< a span's begin is asked for by id: to the millisecond
    std::uint64_t seed = 1;
  };
  XHelper(Options options, Clock& clock);
  ~XHelper();
  XHelper(const XHelper&) = delete;
  XHelper& operator=(const XHelper&) = delete;

  void Start();
  void Stop() noexcept;
  /// `tasks`: of a rule each. `on_trial`: tags of those that TakeRefused names if X refuses them,
  /// and of how many of a hundred posts their rules give; until other tasks are set the rules at X
  /// stay as they were then.
  void SetTasks(const std::vector<Task>& tasks, const std::map<std::string, int>& on_trial = {});
  /// The tags of those that X has refused, once.
  std::vector<std::string> TakeRefused();

  /// Whether to connect now: waits for the first sync of the tasks in force; with `prepare`, syncs
  /// once more. Why not to connect, or nothing. Without tasks ever set, nothing at once.
  std::optional<Ending> Gate(bool prepare);

  /// Asks for the posts of `slice`. False if it is busy, cannot search, or has no task.
  bool Fetch(const Holes::Slice& slice);
  /// Ends a Fetch under way before its next page.
  void Cancel();
  /// What a Fetch brings.
  struct Portion {
    std::string body{};      ///< a page, for JsonPosts; "" with the end
    bool last = false;       ///< the end of the slice
    bool cancelled = false;  ///< with the end: it was, and more may be there
    Holes::Slice slice{};
    std::string name{};    ///< of a page: the task that it is for
    double share = 0;      ///< with the end: part of the rules that could be asked
    std::string failed{};  ///< with the end: why a rule that search takes could not be asked, or ""
    std::string refused{};  ///< with the end: which rule search does not take, and why, or ""
  };
  std::optional<Portion> Take();

  struct State {
    std::size_t rules = 0;              ///< at X
    std::vector<std::string> warnings;  ///< that last until something changes
    bool fetching = false;
    std::string search_off{};    ///< why X will not let us search at all, or ""
    std::string search_waits{};  ///< why search has to wait, "" if it need not
  };
  [[nodiscard]] State state() const;
  /// What X has counted, once for each answer.
  std::optional<XUsage> TakeUsage();
  struct Rule {
    std::string name{};  ///< the tag of its task, of a rule that is not ours its own; "": not known
    int percent = 100;   ///< of its posts that X gives
  };
  /// A rule that is at X, by its id.
  [[nodiscard]] Rule RuleOf(const std::string& id) const;

 private:
  using TimePoint = Reconnect::TimePoint;
  /// A Fetch under way.
  struct Job {
    Holes::Slice slice{};
    bool cancelled = false;
    std::vector<Task> queries{};
    std::size_t at = 0;  ///< of queries
    std::string failed{}, refused{};
    std::size_t came = 0, rules = 0;
    std::string next_token{};
    int tries = 0, pages = 0;
  };
  void Loop();
  void SyncNow();
  void SearchPage();
  void AskUsage();
  void FinishQuery(bool came) HB_REQUIRES(mutex_);
  void Finish(bool cancelled) HB_REQUIRES(mutex_);
  void SearchFailed(const Error& error) HB_REQUIRES(mutex_);
  void SearchLater(const std::string& why, std::chrono::milliseconds wait) HB_REQUIRES(mutex_);

  const Options options_;
  Clock& clock_;
  XClient client_;
  XSearch search_;
  Reconnect retry_;  ///< of syncs; the thread's own
  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<std::vector<Task>> tasks_ HB_GUARDED_BY(mutex_);
  std::map<std::string, int> on_trial_ HB_GUARDED_BY(mutex_);
  std::vector<std::string> refused_ HB_GUARDED_BY(mutex_);
  std::uint64_t wanted_ HB_GUARDED_BY(mutex_) = 0, tried_ HB_GUARDED_BY(mutex_) = 0;  ///< syncs
  TimePoint sync_at_ HB_GUARDED_BY(mutex_){};
  std::optional<Ending> sync_failed_ HB_GUARDED_BY(mutex_);
  std::map<std::string, Rule> rules_ HB_GUARDED_BY(mutex_);  ///< at X, by id
  std::vector<std::string> sync_warnings_ HB_GUARDED_BY(mutex_);
  std::optional<Job> job_ HB_GUARDED_BY(mutex_);
  TimePoint search_at_ HB_GUARDED_BY(mutex_){};
  std::string search_off_ HB_GUARDED_BY(mutex_);      ///< why search is of no use
  std::string search_warning_ HB_GUARDED_BY(mutex_);  ///< of a rule; until the tasks change
  std::string search_failed_ HB_GUARDED_BY(mutex_);   ///< until a span was searched without
  std::string search_waits_ HB_GUARDED_BY(mutex_);
  bool search_capped_ HB_GUARDED_BY(mutex_) = false;  ///< it waits for the usage cap's reset
  std::deque<Portion> portions_ HB_GUARDED_BY(mutex_);
  std::optional<XUsage> usage_ HB_GUARDED_BY(mutex_);
  TimePoint usage_at_{};  ///< the thread's own, as the next
  XAnswers answers_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace hb
