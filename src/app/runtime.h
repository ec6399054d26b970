// app/runtime.h - log, store, analyzers and stages of one data folder, put together.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "analysis/chain.h"
#include "app/config.h"
#include "app/letter_replay.h"
#include "app/open_log.h"
#include "app/staged_intake.h"
#include "app/staging_keeper.h"
#include "env/env.h"
#include "pipeline/pipeline.h"
#include "serve/backend.h"
#include "serve/live_hub.h"

namespace hb {

/// What a process does of the whole.
struct Part {
  StageSet stages;
  bool keeps_store = true;  ///< opens the store of the data folder; the store stage needs it
  bool answers = true;      ///< texts are judged for clients, or by the analyze stage
  Waiting waiting;
};

/// Everything behind the server. Also what a command opens when no `up` is running.
///
/// Lifecycle  Open, AddSource..., Start (not for a single command), Stop (also by the destructor).
/// Threads    Open, AddSource, Start, Stop: one thread. The Backend part: any.
/// Errors     Open: kInvalidArgument for what the configuration asks; kUnavailable if another
/// process has
///            the data folder.
class Runtime : public Backend, private LiveListener {
 public:
  /// Requires: a log of this process alone has all stages.
  static Result<std::unique_ptr<Runtime>> Open(Config config, Part part = {});
  ~Runtime() override;

  Status AddSource(const ComponentConfig& source);
  /// A finite source that the program made itself.
  Status AddSource(const std::string& kind, std::unique_ptr<Source> source);
  /// Adds the configured tasks that are not there yet with the same rule.
  Status SyncTasks(const std::vector<TaskConfig>& tasks);
  Status Start();
  void Stop();
  /// For a command while no `up` runs: starts the stages, and returns once all that is in the log
  /// is stored. Windows that nothing more is expected for become final.
  Status Drain();
  Result<bool> Drained() {
    const std::lock_guard lock(sources_mutex_);
    return pipeline_->Drained();
  }
  [[nodiscard]] std::string Failure() const {
    const std::lock_guard lock(sources_mutex_);
    return pipeline_->Failure();
  }

  [[nodiscard]] const Config& config() const { return config_; }
  [[nodiscard]] const Part& part() const { return part_; }
  [[nodiscard]] Clock& clock() { return clock_; }
  [[nodiscard]] Env& env() { return env_; }
  [[nodiscard]] LiveHub& hub() { return *hub_; }
  [[nodiscard]] Pipeline& pipeline() { return *pipeline_; }

  [[nodiscard]] SystemStatus Snapshot() const override;
  [[nodiscard]] std::vector<Task> Tasks() const override;
  Result<Task> PutTask(const std::string& tag, const std::string& rule) override;
  Result<std::optional<Task>> AddTask(const std::string& tag, const std::string& rule) override;
  Result<Task> RemoveTask(const std::string& tag) override;
  Result<LetterReplayed> ReplayDeadLetters(const LetterReplay& replay) override;
  Result<std::uint64_t> Forget(const ForgetRequest& request) override;
  Result<bool> TakeStaged(const StagedWork& work) override { return staged_->Take(work); }
  [[nodiscard]] std::string StoredAuthor(std::string_view author) const override {
    return pseudonyms_ ? pseudonyms_->OfAuthor(author) : std::string(author);
  }
  TextCap* text_cap() override { return text_cap_.get(); }
  Log& log() override { return *log_; }
  SqlStore& store() override { return *store_; }
  const AnalysisChain& chain() override { return *chain_; }

 private:
  /// Totals at one moment, from which rates are made.
  struct Sample {
    std::chrono::steady_clock::time_point at;
    std::vector<std::uint64_t> records;  ///< of the four stages
    std::vector<std::uint64_t> busy_ns;
    std::map<std::string, std::uint64_t> posts;  ///< of each source
  };

  Runtime(Config config, Part part);
  Status OpenParts();
  Status OpenStore();
  Status OpenChain(std::size_t concurrent);
  [[nodiscard]] Pipeline::Options PipelineOptions() const;
  void OnPosts(const std::shared_ptr<const AnalysisBatch>& batch) override { hub_->OnPosts(batch); }
  void OnWindows(const std::vector<Aggregate>& windows) override { hub_->OnWindows(windows); }
  void OnTrends(const std::vector<Trend>& trends) override { hub_->OnTrends(trends); }
  /// For a command while no `up` runs: starts the stages and returns once all is stored.
  Status RunToEnd();
  /// Waits until a source has ended, at most 10 s.
  [[nodiscard]] Status WaitForSource(const std::string& name);
  [[nodiscard]] Sample Measure() const;
  [[nodiscard]] std::vector<StageStatus> StagesBetween(const Sample& before, const Sample& now,
                                                       double seconds) const;
  void AddSpace(SystemStatus& status) const;
  /// What time it is in a replay of which `read` is the newest post that was read.
  [[nodiscard]] EventTime ReplayNow(EventTime read) const;
  void SampleLoop();

  const Config config_;
  const Part part_;
  SystemClock clock_;
  Env env_;
  std::unique_ptr<LiveHub> hub_;
  OpenedLog opened_log_;
  Log* log_ = nullptr;  ///< opened_log_'s
  std::unique_ptr<SqlStore> store_;
  std::shared_ptr<const SentimentModel> sentiment_;  ///< null: our own models
  std::unique_ptr<AnalysisChain> chain_;
  std::unique_ptr<Pseudonyms> pseudonyms_;  ///< null: authors stay as they are
  std::unique_ptr<TextCap> text_cap_;       ///< null: any number of texts may leave
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<StagingKeeper> stagings_;  ///< null: without a data folder
  std::unique_ptr<LetterReplayer> letters_;
  std::unique_ptr<StagedIntake> staged_;
  std::mutex tasks_mutex_;   ///< nobody adds a task between a look and what comes of it
  std::mutex forget_mutex_;  ///< one at a time
  std::chrono::steady_clock::time_point opened_;
  std::atomic<bool> started_{false};
  std::optional<EventTime> stored_before_;  ///< newest post of earlier runs

  mutable std::mutex sources_mutex_;  ///< a request may add a source while others ask about them
  mutable Mutex samples_mutex_;
  std::deque<Sample> samples_ HB_GUARDED_BY(samples_mutex_);  ///< one a second, the last eleven
  std::mutex stop_mutex_;
  std::condition_variable stop_signal_;
  bool stopping_ = false;
  std::thread sampler_;
};

}  // namespace hb
