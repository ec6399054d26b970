// pipeline/pipeline.h - the stages of one process over one log and one store.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/chain.h"
#include "log/log.h"
#include "pipeline/analyze.h"
#include "pipeline/elsewhere.h"
#include "pipeline/follower.h"
#include "pipeline/ingest.h"
#include "pipeline/live_listener.h"
#include "pipeline/pseudonyms.h"
#include "pipeline/sharing.h"
#include "pipeline/status_board.h"
#include "pipeline/store_stage.h"
#include "pipeline/task_registry.h"
#include "pipeline/tombstones.h"
#include "pipeline/upkeep.h"
#include "pipeline/window_stage.h"
#include "source/source.h"
#include "store/store.h"

namespace hb {

/// Which stages a process runs.
struct StageSet {
  bool ingest = true, analyze = true, window = true, store = true;
  [[nodiscard]] bool all() const { return ingest && analyze && window && store; }
};

/// Owns the stages and their threads: all of them over a log of this process alone, or some of them
/// over one that it shares.
///
/// Lifecycle  Create, AddSource for each source, Start, then Stop (also by the destructor).
/// Threads    Create, AddSource, Start, Stop: one thread. Drained and Failure: any, but not while
/// one
///            of those runs. Everything else: any.
class Pipeline {
 public:
  struct Options {
    StageSet stages;
    Sharing sharing;
    std::int32_t partitions = 2;
    /// `ingest` is a topic of others: it is read as it is, whatever its settings.
    bool foreign_ingest = false;
    std::int32_t analyze_threads = 2;
    EscalationBudget::Options cascade;
    bool only_sentiment = false;  ///< as AnalyzeStage's. Requires: no stage here reads `analysis`
    std::int64_t log_retention_ms = std::int64_t{7} * 24 * 3600 * 1000;
    std::int64_t log_retention_bytes = -1;
    WindowStage::Options window;
    StoreStage::Options store;
    Upkeep::Options upkeep;
    IngestStage::Options ingest;  ///< kind, live and partitions are set for each source
  };
  /// All outlive the pipeline. `store` is used by the store stage only, `chain` by the analyze
  /// stage. `listener` may be null.
  struct Parts {
    Log& log;
    Store& store;
    const AnalysisChain& chain;
    Clock& clock;
    LiveListener* listener = nullptr;
    const Pseudonyms* pseudonyms = nullptr;  ///< null: authors stay as they are
  };

  static Result<std::unique_ptr<Pipeline>> Create(Options options, Parts parts);
  ~Pipeline();

  Status AddSource(std::string kind, bool live, std::unique_ptr<Source> source);
  Status Start();
  /// Stops intake first, then the stages behind it. What is not processed yet stays in the log.
  /// On a shared log others may go on writing, so the store is not waited for.
  void Stop();

  /// True once all sources have ended and everything they gave is in the store; in a process that
  /// only takes in, once it is in the log. Of other parts of the stages no one can know: false.
  Result<bool> Drained();
  /// Waits until the store holds what the topic holds now; kUnavailable: not within `patience`.
  [[nodiscard]] Status WaitForStore(const std::string& topic, std::chrono::milliseconds patience);
  /// What was taken in until some moment: where topics ended then. What comes behind it is not
  /// waited for, or a stage that always lags a little would never be there.
  struct TakenIn {
    std::map<Partition, Offset> posts, redactions, gaps;
    std::optional<std::map<Partition, Offset>> results;  ///< known once the posts are analysed
  };
  Result<TakenIn> TakenInNow();
  /// Waits until the store holds what was taken in; kUnavailable: a stage needs more than
  /// `patience`, and another call goes on.
  [[nodiscard]] Status WaitForPosts(TakenIn& taken, std::chrono::milliseconds patience);
  /// The name of a worker that ended by an error, "" while all is well.
  [[nodiscard]] std::string Failure() const;
  [[nodiscard]] StatusBoard& board() { return board_; }
  [[nodiscard]] TaskRegistry& tasks() { return *tasks_; }
  [[nodiscard]] const Tombstones& tombstones() const { return *tombstones_; }
  [[nodiscard]] Log& log() { return parts_.log; }

 private:
  Pipeline(Options options, Parts parts) : options_(std::move(options)), parts_(parts) {}
  Status Open();
  Status OpenStages();
  /// Makes or checks the topics.
  Status EnsureTopics();
  /// Whether nothing was left to do, and nothing was done, for a while.
  bool IsQuiet();
  /// Where the partitions of a topic that hold records end now.
  Result<std::map<Partition, Offset>> EndsOf(const std::string& topic);
  /// As the public one, for what the topic held before `ends`.
  [[nodiscard]] Status WaitForStore(const std::string& topic,
                                    const std::map<Partition, Offset>& ends,
                                    std::chrono::milliseconds patience);
  /// Waits until a group has read a topic up to `ends`. False: not within `patience`, or nobody
  /// `reads` any more.
  Result<bool> WaitForGroup(const std::string& group, const std::string& topic,
                            const std::map<Partition, Offset>& ends,
                            std::chrono::milliseconds patience, const std::function<bool()>& reads);
  /// Whether a group has read a topic up to `ends`.
  Result<bool> HasReached(const std::string& group, const std::string& topic,
                          std::map<Partition, Offset> ends);

  const Options options_;
  Parts parts_;
  StatusBoard board_;
  std::unique_ptr<TaskRegistry> tasks_;
  std::unique_ptr<Tombstones> tombstones_;
  Mutex one_commits_;  ///< of the ingest stages
  std::vector<std::unique_ptr<IngestStage>> ingest_;
  std::vector<std::unique_ptr<AnalyzeStage>> analyze_;
  std::unique_ptr<WindowStage> window_;
  std::unique_ptr<StoreStage> store_;
  std::unique_ptr<Upkeep> upkeep_;
  std::unique_ptr<Follower> follower_;    ///< of a shared log
  std::unique_ptr<Elsewhere> elsewhere_;  ///< of a shared log; nothing depends on it
  bool started_ = false;
  std::uint64_t quiet_worked_ = 0;  ///< batches when Drained last saw that something was done
  std::chrono::steady_clock::time_point quiet_since_{};
};

}  // namespace hb
