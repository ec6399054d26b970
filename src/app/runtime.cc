#include "app/runtime.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "app/author_key.h"
#include "app/catalogue.h"
#include "app/no_store.h"
#include "app/sentiment_choice.h"
#include "app/topic_sets.h"
#include "app/transformer_folder.h"
#include "pipeline/topics.h"
#include "record/identity.h"
#include "remote/remote_sentiment.h"
#include "serve/rows.h"
#include "source/redaction_source.h"

namespace hb {

namespace {

constexpr std::size_t kSamples = 11;

std::string_view StateName(SourceState state) {
  switch (state) {
    case SourceState::kRunning: return "running";
    case SourceState::kWaiting: return "waiting";
    case SourceState::kDone: return "done";
    case SourceState::kFailed: return "failed";
  }
  return "running";
}

std::string_view LevelName(Level level) {
  switch (level) {
    case Level::kInfo: return "info";
    case Level::kWarning: return "warning";
    case Level::kError: return "error";
  }
  return "info";
}

double PerSecond(std::uint64_t now, std::uint64_t before, double seconds) {
  return seconds > 0 && now >= before ? static_cast<double>(now - before) / seconds : 0;
}

/// `before`: its posts at the beginning of the `seconds`.
SourceStatus StatusOf(const SourceReport& report, std::uint64_t before, double seconds) {
  SourceStatus source;
  source.name = report.name;
  source.kind = report.kind;
  source.title = report.title;
  source.state = StateName(report.state);
  source.detail = report.detail;
  source.meter = report.meter;
  source.posts = report.posts;
  source.duplicates = report.duplicates;
  source.dead_letters = report.dead_letters;
  source.redactions = report.redactions;
  source.rate = PerSecond(report.posts, before, seconds);
  source.watermark = report.watermark;
  source.last_post = report.last_post;
  source.live = report.live;
  source.rows = report.progress.rows;
  source.bytes_done = report.progress.bytes_done;
  source.bytes_total = report.progress.bytes_total;
  return source;
}

/// "live" while any source is; else "replay" until all that was read can be asked for.
std::string_view ModeOf(const std::vector<SourceStatus>& sources,
                        const std::vector<StageStatus>& stages) {
  const auto live = [](const SourceStatus& source) { return source.live; };
  const auto reads = [](const SourceStatus& source) {
    return source.state == "running" || source.state == "waiting";
  };
  const auto lags = [](const StageStatus& stage) {
    return stage.name != "ingest" && stage.lag > 0;
  };
  if (sources.empty() || std::any_of(sources.begin(), sources.end(), live)) return "live";
  return std::any_of(sources.begin(), sources.end(), reads) ||
                 std::any_of(stages.begin(), stages.end(), lags)
             ? "replay"
             : "done";
}

ModelStatus StatusOf(const AnalysisChain::Model& model) {
  const auto slash = model.name.find_last_of('/');
  return {model.task, model.name.substr(0, slash),
          slash == std::string::npos ? "" : model.name.substr(slash + 1)};
}

RemoteStatus StatusOf(const RemoteSentiment& remote) {
  const RemoteCounters counted = remote.counters();
  RemoteStatus status{.name = remote.name()};
  status.calls = counted.calls;
  status.retries = counted.retries;
  status.throttled = counted.throttled;
  status.failures = counted.failures;
  status.answered = counted.answered;
  status.unanswered = counted.unanswered;
  status.units = counted.units;
  status.month_units = remote.budget().spent();
  status.monthly_units = remote.budget().monthly();
  status.month_cost = static_cast<double>(status.month_units) * remote.unit_price();
  return status;
}

}  // namespace

Runtime::Runtime(Config config, Part part)
    : config_(std::move(config)),
      part_(std::move(part)),
      env_{clock_, config_.data_dir},
      hub_(LiveHub::Create()),
      opened_(clock_.Steady()) {}

Result<std::unique_ptr<Runtime>> Runtime::Open(Config config, Part part) {
  std::unique_ptr<Runtime> runtime(new Runtime(std::move(config), std::move(part)));
  HB_TRY(runtime->OpenParts());
  return runtime;
}

Status Runtime::OpenStore() {
  if (!part_.keeps_store) {
    store_ = MakeNoStore();
    return Ok();
  }
  HB_ASSIGN(const auto* store_entry, FindStore(config_.store.kind));
  HB_ASSIGN(auto store, MakeComponent(*store_entry, config_.store.values, env_));
  auto* sql = dynamic_cast<SqlStore*>(store.get());
  if (sql == nullptr)
    return Error{Code::kInternal, "store " + config_.store.kind + " answers no SQL"};
  static_cast<void>(store.release());
  store_.reset(sql);
  HB_TRY(store_->Open());
  // Best effort: a store that cannot answer says so to those who ask it.
  if (const auto newest = Statement("SELECT epoch_ms(max(time)) FROM posts").Ask(*store_, 1);
      newest.ok() && !newest.value().rows.empty() && !IsNull(newest.value().rows[0], 0)) {
    stored_before_ = FromMillis(IntAt(newest.value().rows[0], 0));
  }
  return Ok();
}

Status Runtime::OpenChain(std::size_t concurrent) {
  const StageSet& stages = part_.stages;
  const bool only_polarity = config_.analyze_polarity && stages.analyze;
  if (only_polarity && (stages.window || stages.store)) {
    return Error{Code::kInvalidArgument,
                 "analysis.profile = \"polarity\" is for `heartbeat analyze` alone: it leaves "
                 "nothing to count or to store; take core"};
  }
  const bool all = config_.analyze_all && (part_.stages.analyze || part_.answers);
  std::shared_ptr<const TopicModel> topics;
  if (all) {
    HB_ASSIGN(topics, LoadTopics(config_.analysis_topics));
  }
  HB_ASSIGN(sentiment_, MakeSentiment(config_, clock_));
  HB_ASSIGN(chain_, AnalysisChain::Create({.entities = all,
                                           .emotion = all,
                                           .only_polarity = only_polarity,
                                           .tier = config_.analysis_tier,
                                           .model = TransformerFolder(config_.analysis_model),
                                           .concurrent = concurrent,
                                           .fingerprint = all,
                                           .topics = std::move(topics),
                                           .sentiment = sentiment_}));
  return Ok();
}

Pipeline::Options Runtime::PipelineOptions() const {
  Pipeline::Options options;
  options.stages = part_.stages;
  options.sharing = opened_log_.sharing;
  options.store.group = opened_log_.store_group;
  options.partitions = static_cast<std::int32_t>(config_.partitions);
  options.foreign_ingest = config_.kafka.topics.contains(kIngestTopic);
  const auto threads = config_.analysis_threads > 0
                           ? config_.analysis_threads
                           : std::int64_t{std::thread::hardware_concurrency()};
  options.analyze_threads =
      static_cast<std::int32_t>(std::clamp<std::int64_t>(threads, 1, config_.partitions));
  options.only_sentiment = config_.analyze_polarity;
  options.cascade.cpu_share = config_.analysis_cpu_share;
  options.log_retention_ms = config_.log_retention_ms;
  options.log_retention_bytes = config_.log_retention_bytes;
  options.window.engine.sizes.clear();
  for (const std::int64_t size : config_.window_sizes_ms) {
    options.window.engine.sizes.emplace_back(size);
  }
  options.window.engine.allowed_lateness = std::chrono::milliseconds(config_.allowed_lateness_ms);
  options.store.retention = std::chrono::milliseconds(config_.store_retention_ms);
  options.ingest.keep_unmatched = config_.keep_unmatched;
  options.ingest.horizon = std::chrono::milliseconds(config_.dedup_horizon_ms);
  return options;
}

Status Runtime::OpenParts() {
  if (part_.keeps_store) {
    std::error_code error;
    std::filesystem::create_directories(config_.data_dir, error);
    if (error) {
      return Error{Code::kUnavailable, "data folder " + config_.data_dir + ": " + error.message()};
    }
  }
  const std::vector<std::string> written = TopicsWrittenBy(part_.stages);
  HB_ASSIGN(opened_log_, OpenLog(config_, env_, part_.waiting, written));
  log_ = opened_log_.log.get();
  HB_TRY(OpenStore());
  Pipeline::Options options = PipelineOptions();
  HB_TRY(OpenChain(static_cast<std::size_t>(options.analyze_threads) + 1));
  if (config_.x_texts_a_day >= 0) {
    text_cap_ =
        std::make_unique<TextCap>(part_.keeps_store ? config_.data_dir + "/exported-texts" : "",
                                  static_cast<std::size_t>(config_.x_texts_a_day), clock_);
  }
  if (config_.hash_authors) {
    HB_ASSIGN(pseudonyms_, MakePseudonyms(config_));
  }
  HB_ASSIGN(pipeline_, Pipeline::Create(std::move(options), {*log_, *store_, *chain_, clock_, this,
                                                             pseudonyms_.get()}));
  if (part_.keeps_store) {
    stagings_ = std::make_unique<StagingKeeper>(config_, *pipeline_, pseudonyms_.get());
  }
  letters_ =
      std::make_unique<LetterReplayer>(*store_, env_, [this](std::unique_ptr<Source> source) {
        const std::lock_guard lock(sources_mutex_);
        return pipeline_->AddSource("deadletters", false, std::move(source));
      });
  staged_ = std::make_unique<StagedIntake>(
      config_, *pipeline_, *store_, clock_,
      [this](const backfill::Plan& plan, std::unique_ptr<Source> source) -> Status {
        // Posts are matched by the tasks that are there: by another rule they would find none.
        for (const Task& task : Tasks()) {
          for (const auto& [tag, rule] : plan.rules) {
            if (task.tag != tag || task.rule == rule) continue;
            return Error{Code::kInvalidArgument,
                         "the task '" + tag + "' is there already with another rule (" + task.rule +
                             "): give --rule a --tag of its own"};
          }
        }
        for (const auto& [tag, rule] : plan.rules) HB_TRY(AddTask(tag, rule));
        return AddSource(kBackfillKind, std::move(source));
      });
  return Ok();
}

Runtime::~Runtime() { Stop(); }

Status Runtime::AddSource(const ComponentConfig& source) {
  HB_ASSIGN(const auto* entry, FindSource(source.kind));
  HB_ASSIGN(auto made, MakeComponent(*entry, source.values, env_));
  const std::lock_guard lock(sources_mutex_);
  return pipeline_->AddSource(source.kind, source.kind != "replay", std::move(made));
}

Status Runtime::AddSource(const std::string& kind, std::unique_ptr<Source> source) {
  const std::lock_guard lock(sources_mutex_);
  return pipeline_->AddSource(kind, false, std::move(source));
}

Status Runtime::SyncTasks(const std::vector<TaskConfig>& tasks) {
  for (const TaskConfig& wanted : tasks) {
    const std::vector<Task> active = pipeline_->tasks().Active();
    const bool there = std::any_of(active.begin(), active.end(), [&](const Task& task) {
      return task.tag == wanted.tag && task.rule == wanted.rule;
    });
    if (there) continue;
    if (const auto put = pipeline_->tasks().Put(wanted.tag, wanted.rule); !put.ok()) {
      return Error{put.error().code, "task '" + wanted.tag + "': " + put.error().message};
    }
  }
  return Ok();
}

Status Runtime::Start() {
  {
    // The server may be there already, and its requests add sources.
    const std::lock_guard lock(sources_mutex_);
    HB_TRY(pipeline_->Start());
  }
  started_ = true;
  sampler_ = std::thread([this] { SampleLoop(); });
  if (stagings_) stagings_->Start();
  return Ok();
}

void Runtime::Stop() {
  {
    const std::lock_guard lock(stop_mutex_);
    stopping_ = true;
  }
  stop_signal_.notify_all();
  if (sampler_.joinable()) sampler_.join();
  if (stagings_) stagings_->Stop();
  if (sentiment_) sentiment_->Stop();
  if (pipeline_) pipeline_->Stop();
}

Runtime::Sample Runtime::Measure() const {
  const StatusBoard::Stages& stages = pipeline_->board().stages;
  Sample sample;
  sample.at = clock_.Steady();
  for (const StageCounters* stage :
       {&stages.ingest, &stages.analyze, &stages.window, &stages.store}) {
    sample.records.push_back(stage->records);
    sample.busy_ns.push_back(stage->busy_ns);
  }
  for (const SourceReport& source : pipeline_->board().sources()) {
    sample.posts[source.name] = source.posts;
  }
  return sample;
}

void Runtime::SampleLoop() {
  std::unique_lock stop_lock(stop_mutex_);
  while (!stopping_) {
    Sample sample = Measure();
    {
      const MutexLock lock(samples_mutex_);
      samples_.push_back(std::move(sample));
      if (samples_.size() > kSamples) samples_.pop_front();
    }
    stop_signal_.wait_for(stop_lock, std::chrono::seconds(1), [this] { return stopping_; });
  }
}

std::vector<StageStatus> Runtime::StagesBetween(const Sample& before, const Sample& now,
                                                double seconds) const {
  constexpr const char* kNames[] = {"ingest", "analyze", "window", "store"};
  const StatusBoard::Stages& counted = pipeline_->board().stages;
  const StageCounters* counters[] = {&counted.ingest, &counted.analyze, &counted.window,
                                     &counted.store};
  std::vector<StageStatus> stages(std::size(kNames));
  for (std::size_t i = 0; i < stages.size(); ++i) {
    stages[i].name = kNames[i];
    stages[i].lag = counters[i]->lag;
    stages[i].rate = PerSecond(now.records[i], before.records[i], seconds);
    stages[i].busy = PerSecond(now.busy_ns[i], before.busy_ns[i], seconds) / 1e9;
    stages[i].records = now.records[i];
    stages[i].batches = counters[i]->batches;
    stages[i].commits = counters[i]->commits;
    stages[i].failed_commits = counters[i]->failed_commits;
    stages[i].rebalances = counters[i]->rebalances;
  }
  return stages;
}

void Runtime::AddSpace(SystemStatus& status) const {
  status.memory_bytes = ResidentMemoryBytes();
  status.peak_memory_bytes = PeakMemoryBytes();
  status.log_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(0, log_->DiskBytes()));
  status.store_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(0, store_->DiskBytes()));
  if (const auto free = FreeDiskBytes(config_.data_dir); free.ok())
    status.free_bytes = free.value();
}

SystemStatus Runtime::Snapshot() const {
  SystemStatus status;
  const Sample now = Measure();
  Sample before = now;
  {
    const MutexLock lock(samples_mutex_);
    if (!samples_.empty()) before = samples_.front();
  }
  const double seconds = std::chrono::duration<double>(now.at - before.at).count();
  status.uptime_s = std::chrono::duration<double>(now.at - opened_).count();
  status.ready = started_;
  EventTime read = EventTime::min();  // the newest post
  for (const SourceReport& report : pipeline_->board().sources()) {
    const auto earlier = before.posts.find(report.name);
    status.sources.push_back(
        StatusOf(report, earlier == before.posts.end() ? 0 : earlier->second, seconds));
    status.posts_total += report.posts;
    if (report.last_post) read = std::max(read, *report.last_post);
  }
  status.stages = StagesBetween(before, now, seconds);
  status.rate = status.stages[0].rate;
  status.mode = ModeOf(status.sources, status.stages);
  status.now = status.mode == "live" ? clock_.Now() : ReplayNow(read);
  for (const AnalysisChain::Model& model : chain_->models())
    status.models.push_back(StatusOf(model));
  if (const auto* remote = dynamic_cast<const RemoteSentiment*>(sentiment_.get()))
    status.remote = StatusOf(*remote);
  for (const Message& message : pipeline_->board().messages()) {
    status.messages.push_back({std::string(LevelName(message.level)), message.text, message.since});
  }
  AddSpace(status);
  return status;
}

EventTime Runtime::ReplayNow(EventTime read) const {
  // What is asked about is in the store: a fast replay has read days more than that.
  if (const auto stored = pipeline_->board().StoredUntil()) return *stored;
  if (read != EventTime::min()) return read;
  return stored_before_.value_or(clock_.Now());
}

std::vector<Task> Runtime::Tasks() const { return pipeline_->tasks().Active(); }

Result<Task> Runtime::PutTask(const std::string& tag, const std::string& rule) {
  const std::lock_guard lock(tasks_mutex_);
  return pipeline_->tasks().Put(tag, rule);
}

Result<std::optional<Task>> Runtime::AddTask(const std::string& tag, const std::string& rule) {
  const std::lock_guard lock(tasks_mutex_);
  for (const Task& task : pipeline_->tasks().Active()) {
    if (task.tag == tag) return std::optional<Task>();
  }
  HB_ASSIGN(Task added, pipeline_->tasks().Put(tag, rule));
  return std::optional<Task>(std::move(added));
}

Result<Task> Runtime::RemoveTask(const std::string& tag) { return pipeline_->tasks().Remove(tag); }

Status Runtime::Drain() {
  {
    const std::lock_guard lock(sources_mutex_);
    HB_TRY(pipeline_->AddSource("rescore", false,
                                std::make_unique<RedactionSource>(std::vector<Redaction>())));
  }
  return RunToEnd();
}

Status Runtime::RunToEnd() {
  HB_TRY(Start());
  while (true) {
    if (const std::string failed = Failure(); !failed.empty()) {
      return Error{Code::kInternal, failed + " stopped by an error (see above)"};
    }
    HB_ASSIGN(const bool drained, Drained());
    if (drained) return Ok();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

Result<LetterReplayed> Runtime::ReplayDeadLetters(const LetterReplay& replay) {
  HB_ASSIGN(LetterReplayed replayed, letters_->Begin(replay));
  if (!started_ && replayed.queued > 0) HB_TRY(RunToEnd());
  letters_->Outcome(std::chrono::seconds(10), replayed);
  return replayed;
}

Result<std::uint64_t> Runtime::Forget(const ForgetRequest& asked) {
  ForgetRequest request = asked;
  if (pseudonyms_) {
    for (std::string& id : request.posts) id = pseudonyms_->OfPost(id);
    for (std::string& author : request.authors) author = pseudonyms_->OfAuthor(author);
  }
  constexpr std::string_view kNetworks[] = {"", "x", "bluesky", "mastodon", "demo"};
  if (std::find(std::begin(kNetworks), std::end(kNetworks), request.network) ==
      std::end(kNetworks)) {
    return Error{Code::kInvalidArgument, "there is no network '" + request.network +
                                             "'; there are x, bluesky, mastodon and demo"};
  }
  const std::lock_guard one_at_a_time(forget_mutex_);
  std::vector<Redaction> redactions;
  const EventTime now = clock_.Now();
  for (const std::string& id : request.posts) {
    redactions.push_back({.time = now,
                          .kind = RedactionKind::kDelete,
                          .key = KeyOf(id),
                          .id = id,
                          .source = request.network});
  }
  for (const std::string& author : request.authors) {
    redactions.push_back({.time = now,
                          .kind = RedactionKind::kAccountDelete,
                          .author = author,
                          .source = request.network});
  }
  const auto join = [](const std::vector<std::string>& texts) {
    std::string out;
    for (const std::string& text : texts) out += (out.empty() ? "" : "\x1f") + text;
    return out;
  };
  HB_ASSIGN(
      const SqlResult matched,
      store_->Query(
          "SELECT count(*) FROM posts WHERE id IN (SELECT unnest(string_split($1::VARCHAR, chr(31)))) OR author IN "
          "(SELECT unnest(string_split($2::VARCHAR, chr(31))))",
          std::vector<Cell>{join(request.posts), join(request.authors)},
          {.rows = 1, .time = std::chrono::seconds(30)}));
  const auto* count = std::get_if<std::int64_t>(&matched.rows.at(0).at(0));
  {
    const std::lock_guard lock(sources_mutex_);
    HB_TRY(pipeline_->AddSource("forget", false,
                                std::make_unique<RedactionSource>(std::move(redactions))));
  }
  if (started_) {
    HB_TRY(WaitForSource("forget:forget"));
    HB_TRY(pipeline_->WaitForStore(kRedactionsTopic, std::chrono::seconds(10)));
  } else {
    HB_TRY(RunToEnd());
    // Nobody else will: what was redacted leaves the files at once.
    pipeline_->Stop();
    HB_TRY(log_->Compact());
    HB_TRY(log_->PurgeBlanked());
    HB_TRY(store_->Prune(clock_.Now() - std::chrono::milliseconds(config_.store_retention_ms)));
  }
  if (stagings_) {
    if (const Status scrubbed = stagings_->Scrub(); !scrubbed.ok()) {
      return Error{Code::kUnavailable, "forgotten, but a staging still holds it; say it again: " +
                                           scrubbed.error().message};
    }
  }
  return count == nullptr ? 0 : static_cast<std::uint64_t>(*count);
}

Status Runtime::WaitForSource(const std::string& name) {
  for (int wait = 0; wait < 1000; ++wait) {
    for (const SourceReport& source : pipeline_->board().sources()) {
      if (source.name != name) continue;
      if (source.state == SourceState::kDone) return Ok();
      if (source.state == SourceState::kFailed)
        return Error{Code::kInternal, name + ": " + source.detail};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return Error{Code::kUnavailable, name + " has not come to its end in 10 s; it goes on"};
}

}  // namespace hb
