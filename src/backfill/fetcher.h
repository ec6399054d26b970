// backfill/fetcher.h - fetches the windows of a ledger, several at a time.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "backfill/ledger.h"
#include "backfill/search.h"
#include "backfill/staging.h"
#include "base/mutex.h"
#include "base/result.h"
#include "env/env.h"

namespace hb::backfill {

/// How far a backfill has come.
struct FetchProgress {
  Totals totals;
  std::uint64_t requests = 0;            ///< sent since this process began
  std::chrono::milliseconds limited{0};  ///< the rate limit lets nothing through for so long
};

/// Takes the windows of a ledger in order of time, and fetches each page by page until there is no
/// further page or the plan's limit is reached.
///
/// Lifecycle  Start once, then Wait, or Stop (also by the destructor).
/// Threads    Start, Stop, Wait: one. The others: any.
/// Delivery   A page is staged before the ledger says so. After a crash the page under way is
///            fetched again and put in the place of what was staged of it: nothing is there twice.
/// Time       Waits by the steady clock of `clock`, looked at every 20 ms.
class Fetcher {
 public:
  struct Options {
    std::size_t parallel = 4;
    bool count = true;        ///< ask how many posts each window has
    std::uint32_t tries = 5;  ///< of a page, before its window counts as failed
    /// Wait after the first failure; doubled after each.
    std::chrono::milliseconds first_wait{1'000};
  };
  Fetcher(Options options, Ledger& ledger, Staging& staging, Search& search, Clock& clock);
  ~Fetcher() { Stop(); }
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  void Start();
  void Stop() noexcept;
  /// True once every window is done or failed, or the staging could not be written. Not before
  /// Start: whoever waits for windows may ask earlier.
  [[nodiscard]] bool Ended() const { return working_ == 0; }
  /// Why nothing can be staged any more: the disk.
  [[nodiscard]] Status status() const;
  [[nodiscard]] FetchProgress GetProgress() const;

 private:
  void Work();
  Status FetchWindow(std::size_t index);
  Status FetchPage(std::size_t index, Window& window);
  /// Waits out the rate limit. False: stopping.
  bool WaitForLimit();
  bool Sleep(std::chrono::milliseconds wait);
  void Limit(std::chrono::milliseconds wait);
  /// The window failed once more: waits, or gives it up.
  Status Failed(std::size_t index, const Error& error, Window& window);

  const Options options_;
  Ledger& ledger_;
  Staging& staging_;
  Search& search_;
  Clock& clock_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> working_;  ///< threads that have not ended, also before they begin
  std::atomic<std::uint64_t> requests_{0};
  mutable Mutex mutex_;
  std::chrono::steady_clock::time_point limited_until_ HB_GUARDED_BY(mutex_){};
  Status status_ HB_GUARDED_BY(mutex_) = Ok();
  std::vector<std::thread> threads_;
};

}  // namespace hb::backfill
