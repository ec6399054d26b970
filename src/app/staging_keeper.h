// app/staging_keeper.h - takes what was deleted out of the stagings of a data folder.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "app/config.h"
#include "base/result.h"
#include "pipeline/pipeline.h"
#include "pipeline/pseudonyms.h"

namespace hb {

/// Looks through the stagings when the program starts, and then every six hours if something was
/// redacted since: well within the day that platforms give.
///
/// Lifecycle  Start once, Stop (also by the destructor).
/// Threads    One of its own; Scrub: any, one at a time.
class StagingKeeper {
 public:
  /// All outlive it. `pseudonyms` as Pipeline's.
  StagingKeeper(const Config& config, Pipeline& pipeline, const Pseudonyms* pseudonyms)
      : config_(config), pipeline_(pipeline), pseudonyms_(pseudonyms) {}
  ~StagingKeeper() { Stop(); }
  StagingKeeper(const StagingKeeper&) = delete;
  StagingKeeper& operator=(const StagingKeeper&) = delete;

  void Start();
  void Stop();
  /// Now. An error names the staging; the others were looked through.
  Status Scrub();

 private:
  void Run();

  const Config& config_;
  Pipeline& pipeline_;
  const Pseudonyms* const pseudonyms_;
  std::mutex scrub_mutex_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace hb
