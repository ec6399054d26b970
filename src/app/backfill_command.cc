// `heartbeat backfill`: the past, window by window.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/backfill_results.h"
#include "app/commands.h"
#include "app/config.h"
#include "app/control.h"
#include "app/hand_over.h"
#include "app/period.h"
#include "app/progress_line.h"
#include "app/runtime.h"
#include "app/signals.h"
#include "app/staged_intake.h"
#include "app/staging_place.h"
#include "app/x_backfill_search.h"
#include "backfill/fetcher.h"
#include "backfill/ledger.h"
#include "backfill/staged_source.h"
#include "backfill/staging.h"
#include "base/logging.h"
#include "env/file_lock.h"
#include "rule/rule.h"
#include "serve/params.h"

namespace hb {

namespace {

struct BackfillOptions {
  std::string source = kBackfillKind, start, end, window = "15m", rule, tag = "backfill";
  std::string staging, results, base_url = "https://api.x.com", archive = "recent";
  std::uint64_t limit = 100;
  std::size_t parallel = 4;
  bool fetch = true, analyze = true, count = true;
};

Result<backfill::Plan> PlanOf(const BackfillOptions& options, const Config& config) {
  backfill::Plan plan;
  plan.limit = options.limit;
  HB_ASSIGN(plan.start, ParseMoment(options.start));
  HB_ASSIGN(plan.end, ParseMoment(options.end));
  HB_ASSIGN(const std::int64_t window, ParseDurationMs(options.window));
  plan.window = std::chrono::milliseconds(window);
  if (!options.rule.empty()) plan.rules.push_back({options.tag, options.rule});
  if (plan.rules.empty()) {
    for (const TaskConfig& task : config.tasks) plan.rules.push_back({task.tag, task.rule});
  }
  if (plan.rules.empty()) {
    return Error{Code::kInvalidArgument,
                 "nothing to search for: give --rule RULE, or a --config with [[task]]"};
  }
  for (const auto& [tag, rule] : plan.rules) {
    RuleError wrong;
    if (CheckRule(rule, &wrong).ok()) continue;
    return Error{Code::kInvalidArgument,
                 fmt::format("rule of '{}', column {}: {}", tag, wrong.column, wrong.message)};
  }
  HB_TRY(plan.Check());
  return plan;
}

/// The tasks of the configuration, and those that are searched for.
std::vector<TaskConfig> TasksOf(const backfill::Plan& plan, const Config& config) {
  std::vector<TaskConfig> tasks = config.tasks;
  for (const auto& [tag, rule] : plan.rules) {
    const bool there = std::any_of(tasks.begin(), tasks.end(),
                                   [&](const TaskConfig& task) { return task.tag == tag; });
    if (!there) tasks.push_back({tag, rule});
  }
  return tasks;
}

/// "12 of 192 windows  3,400 posts  61 requests  4:10 left".
std::string ProgressText(const backfill::FetchProgress& progress, double seconds,
                         std::size_t done_before) {
  const backfill::Totals& totals = progress.totals;
  const std::size_t ended = totals.done + totals.failed;
  std::string text = fmt::format("{} of {} windows  {} posts  {} requests", WithSeparators(ended),
                                 WithSeparators(totals.windows), WithSeparators(totals.posts),
                                 WithSeparators(progress.requests));
  if (totals.failed > 0) text += fmt::format("  {} failed", WithSeparators(totals.failed));
  if (progress.limited.count() > 0) {
    text += fmt::format("  rate limit: {} s to wait", progress.limited.count() / 1'000 + 1);
  }
  if (ended > done_before && ended < totals.windows) {
    const double each = seconds / static_cast<double>(ended - done_before);
    const auto left =
        static_cast<std::uint64_t>(each * static_cast<double>(totals.windows - ended));
    text += fmt::format("  {}:{:02} left", left / 60, left % 60);
  }
  return text;
}

/// A backfill that is under way in this process: with a pipeline of its own, or beside a program
/// that has the data folder and takes in what is staged.
class Running {
 public:
  static Result<std::unique_ptr<Running>> Begin(const BackfillOptions& options,
                                                const CommandContext& context) {
    std::unique_ptr<Running> running(new Running(options));
    HB_TRY(running->Open(context));
    return running;
  }
  ~Running() { Stop(); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  /// Until all is fetched and stored, or a signal comes. True if it is all done.
  Result<bool> Watch();
  Status WriteResults(const CommandContext& context);
  void SayOutcome() const;

 private:
  explicit Running(const BackfillOptions& options) : options_(options) {}
  Status Open(const CommandContext& context);
  /// Nobody else works at the plan in this data folder.
  Status LockPlan();
  Status OpenPipeline();
  /// Whether what was fetched is stored; `fetched`: that is all.
  Result<bool> Stored(bool fetched);
  void Stop();

  const BackfillOptions& options_;
  const Signals signals_;  // Before any thread is started.
  SystemClock clock_;
  Config config_;
  FileLock lock_;
  std::unique_ptr<backfill::Staging> staging_;
  std::unique_ptr<backfill::Ledger> ledger_;
  std::string identity_;
  std::unique_ptr<XBackfillSearch> search_;
  std::unique_ptr<backfill::Fetcher> fetcher_;
  std::unique_ptr<Runtime> runtime_;  // Of these two one, or none with --no-analyze.
  std::unique_ptr<HandOver> hand_over_;
};

Status Running::Open(const CommandContext& context) {
  HB_ASSIGN(config_, LoadConfig(context.config_path));
  if (!context.data_dir.empty()) config_.data_dir = context.data_dir;
  HB_ASSIGN(backfill::Plan plan, PlanOf(options_, config_));
  identity_ = plan.Identity();
  std::string place = options_.staging;
  if (place.empty()) {
    HB_ASSIGN(place, DefaultStagingPlace(config_, identity_));
  }
  HB_TRY(LockPlan());
  HB_ASSIGN(staging_, OpenStagingAt(place, config_));
  HB_TRY(RememberStaging(place, config_));
  HB_ASSIGN(ledger_, backfill::Ledger::Open(std::move(plan), *staging_));
  if (options_.fetch) {
    XAccess access{.base_url = options_.base_url, .token = FindXToken("")};
    if (access.token.empty()) {
      return Error{Code::kInvalidArgument,
                   "X wants a token: put it into the environment as BEARER_TOKEN, or into a file "
                   ".env as BEARER_TOKEN=..."};
    }
    search_ =
        std::make_unique<XBackfillSearch>(std::move(access), options_.archive == "all", clock_);
    ledger_->Retry();
    fetcher_ = std::make_unique<backfill::Fetcher>(
        backfill::Fetcher::Options{.parallel = options_.parallel, .count = options_.count},
        *ledger_, *staging_, *search_, clock_);
  }
  LogInfo("{} windows of {} from {} to {}, staged in {}", ledger_->size(), options_.window,
          IsoTime(ledger_->plan().start), IsoTime(ledger_->plan().end), place);
  if (options_.analyze) {
    if (auto program = Control::OfRunning(config_)) {
      if (config_.log.kind == "kafka") {
        return Error{Code::kUnavailable,
                     "a running program has " + config_.data_dir +
                         ", and over Kafka it takes in no backfill: fetch with --no-analyze and "
                         "analyse with --no-fetch once it has stopped, or give another --data"};
      }
      LogInfo("a running program has {}: it takes in what is staged", config_.data_dir);
      hand_over_ = std::make_unique<HandOver>(config_, std::move(program), place);
    } else {
      HB_TRY(OpenPipeline());
    }
  }
  if (fetcher_) fetcher_->Start();
  return Ok();
}

Status Running::LockPlan() {
  const std::string& folder = config_.data_dir;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Error{Code::kUnavailable, folder + ": " + error.message()};
  HB_ASSIGN(lock_, FileLock::Take(folder + "/backfill-" + identity_ + ".lock",
                                  std::chrono::milliseconds(0)));
  return Ok();
}

Status Running::OpenPipeline() {
  config_.listen = config_.elasticsearch_listen = "";
  HB_ASSIGN(runtime_, Runtime::Open(config_));
  HB_TRY(runtime_->SyncTasks(TasksOf(ledger_->plan(), config_)));
  const auto fetched = [this] { return fetcher_ == nullptr || fetcher_->Ended(); };
  HB_ASSIGN(std::vector<Gap> open_gaps, OpenBackfillGaps(runtime_->store()));
  HB_TRY(runtime_->AddSource(
      kBackfillKind,
      std::make_unique<backfill::StagedSource>(
          backfill::StagedSource::Options{
              .kind = kBackfillKind, .identity = identity_, .open_gaps = std::move(open_gaps)},
          backfill::StagedSource::Parts{*ledger_, *staging_, fetched, clock_})));
  return runtime_->Start();
}

void Running::Stop() {
  if (search_) search_->Interrupt();
  if (fetcher_) fetcher_->Stop();
  if (runtime_) runtime_->Stop();
}

Result<bool> Running::Watch() {
  const bool terminal = isatty(STDERR_FILENO) != 0;
  const auto begun = std::chrono::steady_clock::now();
  const backfill::Totals before = ledger_->GetTotals();
  while (true) {
    if (signals_.Next(std::chrono::milliseconds(100))) {
      if (terminal) std::fputc('\n', stderr);
      LogInfo("stopping; the same command goes on where this one was");
      return false;
    }
    if (runtime_) {
      if (const std::string failed = runtime_->Failure(); !failed.empty()) {
        return Error{Code::kInternal, failed + " stopped by an error (see above)"};
      }
    }
    if (fetcher_ && terminal) {
      const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begun;
      std::fprintf(stderr, "\r\033[K%s",
                   ProgressText(fetcher_->GetProgress(), passed.count(), before.done).c_str());
    }
    const bool fetched = fetcher_ == nullptr || fetcher_->Ended();
    if (fetched && fetcher_) HB_TRY(fetcher_->status());
    HB_ASSIGN(const bool stored, Stored(fetched));
    if (!fetched || !stored) continue;
    if (terminal && fetcher_) std::fputc('\n', stderr);
    return true;
  }
}

Result<bool> Running::Stored(bool fetched) {
  if (hand_over_) return hand_over_->Tell(ledger_->GetTotals(), fetched);
  if (!fetched || !runtime_) return fetched;
  return runtime_->Drained();
}

void Running::SayOutcome() const {
  const backfill::Totals totals = ledger_->GetTotals();
  std::uint64_t expected = 0, sampled = 0, shown = 0;
  bool counted = true;
  for (std::size_t i = 0; i < ledger_->size(); ++i) {
    const backfill::Window window = ledger_->Get(i);
    counted = counted && window.expected.has_value();
    expected += window.expected.value_or(0);
    sampled += window.expected.value_or(0) > window.fetched ? 1 : 0;
    constexpr std::uint64_t kShown = 5;
    if (window.state != backfill::WindowState::kFailed || shown++ >= kShown) continue;
    LogWarning("window {} of '{}' failed: {}", IsoTime(window.start),
               ledger_->plan().rules[window.rule].tag, window.error);
  }
  std::string text = fmt::format("{} of {} windows, {} posts", WithSeparators(totals.done),
                                 WithSeparators(totals.windows), WithSeparators(totals.posts));
  if (counted) text += fmt::format(" of {}", WithSeparators(expected));
  if (sampled > 0) {
    text += fmt::format("; {} windows have more than were fetched (--limit {})",
                        WithSeparators(sampled), options_.limit);
  }
  if (totals.failed > 0) text += "; the same command tries what failed again";
  LogInfo("{}", text);
}

Status Running::WriteResults(const CommandContext& context) {
  const backfill::Plan plan = ledger_->plan();
  Stop();
  runtime_.reset();  // The commands of the data folder open it for themselves.
  HB_ASSIGN(const auto control, Control::Open(context.config_path, config_.data_dir));
  HB_TRY(WriteBackfillResults({plan.start, plan.end, plan.window}, options_.results, *control));
  LogInfo("tweet and sentiment written to {} as CSV and Parquet", options_.results);
  return Ok();
}

Result<int> Backfill(const BackfillOptions& options, const CommandContext& context) {
  if (!options.results.empty() && !options.analyze) {
    return Error{Code::kInvalidArgument,
                 "--results are written after the analysis: leave out --no-analyze"};
  }
  HB_ASSIGN(const auto running, Running::Begin(options, context));
  HB_ASSIGN(const bool whole, running->Watch());
  if (!whole) return kExitFailed;
  running->SayOutcome();
  if (!options.results.empty()) HB_TRY(running->WriteResults(context));
  return kExitDone;
}

}  // namespace

void AddBackfillCommand(CLI::App& app, CommandContext& context) {
  auto* command = app.add_subcommand(
      "backfill", "fill in the past window by window by a network's search; goes on after a stop");
  auto options = std::make_shared<BackfillOptions>();
  command->add_option("--source", options->source, "whose search")
      ->check(CLI::IsMember({kBackfillKind}));
  command->add_option("--start", options->start, "first moment: 2026-01-01, 2026-01-01T12:00")
      ->required();
  command->add_option("--end", options->end, "the moment behind the last")->required();
  command->add_option("--window", options->window, "length of a window (default 15m)");
  command->add_option("--limit", options->limit, "most posts of a window and rule (default 100)");
  command->add_option("--parallel", options->parallel, "windows at a time (default 4)")
      ->check(CLI::Range(std::size_t{1}, std::size_t{64}));
  command->add_option("--rule", options->rule, "what to search for (default: the [[task]]s)");
  command->add_option("--tag", options->tag, "name of the task of --rule (default backfill)");
  command->add_option(
      "--staging", options->staging,
      "folder of fetched posts and the ledger, or s3://BUCKET/PREFIX (default: as [storage] says, "
      "else staging/ in the data folder)");
  command->add_option("--results", options->results,
                      "write tweet and sentiment there, as CSV and Parquet");
  command->add_option("--base-url", options->base_url, "address of the API");
  command->add_option("--archive", options->archive, "recent: the last 7 days; all: everything")
      ->check(CLI::IsMember({"recent", "all"}));
  command->add_flag("--count,!--no-count", options->count,
                    "ask how many posts each window has (a request each)");
  command->add_flag("--fetch,!--no-fetch", options->fetch,
                    "--no-fetch only analyses what is staged");
  command->add_flag("--analyze,!--no-analyze", options->analyze, "--no-analyze only fetches");
  command->callback([options, &context] {
    const Result<int> code = Backfill(*options, context);
    context.exit_code = code.ok() ? code.value() : Fail(code.error());
  });
}

}  // namespace hb
