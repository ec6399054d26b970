#include "pipeline/pipeline.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "base/logging.h"
#include "pipeline/topics.h"

namespace hb {

namespace {
constexpr std::chrono::milliseconds kStopPatience{2000}, kBetweenLooks{10}, kQuietFor{3000};
}  // namespace

Result<std::unique_ptr<Pipeline>> Pipeline::Create(Options options, Parts parts) {
  std::unique_ptr<Pipeline> pipeline(new Pipeline(std::move(options), parts));
  HB_TRY(pipeline->Open());
  return pipeline;
}

Pipeline::~Pipeline() { Stop(); }

Status Pipeline::EnsureTopics() {
  for (const TopicSpec& spec :
       TopicSpecs(options_.partitions, options_.log_retention_ms, options_.log_retention_bytes)) {
    const Status ensured = parts_.log.EnsureTopic(spec);
    if (ensured.ok()) continue;
    const bool foreign = options_.foreign_ingest && spec.name == kIngestTopic;
    if (!foreign || ensured.error().code != Code::kInvalidArgument) return ensured;
    HB_ASSIGN(const auto topics, parts_.log.Topics());
    const bool readable = std::any_of(topics.begin(), topics.end(), [&](const TopicInfo& info) {
      return info.spec.name == spec.name && info.spec.partitions == spec.partitions;
    });
    if (!readable) return ensured;
    LogWarning("{}; it is read all the same, since [kafka.topics] names it",
               ensured.error().message);
  }
  return Ok();
}

Status Pipeline::Open() {
  HB_TRY(EnsureTopics());
  // Before the tombstones are read: what comes behind it is followed.
  HB_ASSIGN(const auto redactions, EndsOf(kRedactionsTopic));
  HB_ASSIGN(tasks_, TaskRegistry::Open(parts_.log, parts_.clock, options_.sharing));
  HB_ASSIGN(tombstones_, Tombstones::Open(parts_.log));
  if (options_.sharing.shared && options_.stages.ingest) {
    follower_ = std::make_unique<Follower>(
        Follower::Options{}, parts_.log, *tasks_, *tombstones_,
        redactions.empty() ? Offset{0} : redactions.begin()->second, parts_.clock, board_);
  }
  const StageSet& here = options_.stages;
  if (options_.sharing.shared && here.store && !here.all()) {
    elsewhere_ = std::make_unique<Elsewhere>(
        Elsewhere::Options{
            .ingest = !here.ingest, .analyze = !here.analyze, .window = !here.window},
        parts_.log, parts_.clock, board_);
  }
  upkeep_ = std::make_unique<Upkeep>(options_.upkeep, parts_.log, parts_.clock, board_);
  return OpenStages();
}

Status Pipeline::OpenStages() {
  const StageSet& stages = options_.stages;
  for (std::int32_t slot = 0; stages.analyze && slot < options_.analyze_threads; ++slot) {
    analyze_.push_back(std::make_unique<AnalyzeStage>(
        AnalyzeStage::Options{slot, options_.analyze_threads, options_.cascade,
                              options_.only_sentiment, options_.sharing, options_.ingest.horizon,
                              parts_.pseudonyms},
        parts_.log, parts_.chain, parts_.listener, parts_.clock, board_));
    HB_TRY(analyze_.back()->Open());
  }
  if (stages.window) {
    WindowStage::Options window = options_.window;
    window.partitions = options_.partitions;
    window.sharing = options_.sharing;
    window_ = std::make_unique<WindowStage>(std::move(window), parts_.log, *tombstones_,
                                            parts_.listener, parts_.clock, board_);
    HB_TRY(window_->Open());
  }
  if (!stages.store) return Ok();
  StoreStage::Options store = options_.store;
  store.sharing = options_.sharing;
  // Who is told of posts and windows by no stage of this process is told when they are stored.
  LiveListener* const listener = stages.analyze && stages.window ? nullptr : parts_.listener;
  store_ = std::make_unique<StoreStage>(std::move(store), parts_.log, parts_.store, listener,
                                        parts_.clock, board_);
  return store_->Open();
}

Status Pipeline::AddSource(std::string kind, bool live, std::unique_ptr<Source> source) {
  // Not before: who only asks may do so whatever its settings.
  HB_TRY(Pseudonyms::CheckLog(parts_.log, parts_.pseudonyms, options_.foreign_ingest));
  // What came to its end makes room: replays of dead letters and passes of backfills come often.
  if (!live && started_) {
    std::erase_if(ingest_, [](const auto& stage) {
      return !stage->live() && !stage->running() && !stage->failed();
    });
  }
  IngestStage::Options options = options_.ingest;
  options.kind = std::move(kind);
  options.live = live;
  if (live) board_.stages.live = true;
  options.partitions = options_.partitions;
  options.sharing = options_.sharing;
  ingest_.push_back(std::make_unique<IngestStage>(
      std::move(options),
      IngestStage::Parts{parts_.log, *tasks_, *tombstones_, one_commits_, parts_.pseudonyms},
      std::move(source), parts_.clock, board_));
  if (Status resumed = ingest_.back()->Resume(); !resumed.ok()) {
    ingest_.pop_back();
    return resumed;
  }
  if (started_) ingest_.back()->Start();
  return Ok();
}

Status Pipeline::Start() {
  started_ = true;
  upkeep_->Start();
  if (follower_) follower_->Start();
  if (elsewhere_) elsewhere_->Start();
  if (store_) store_->Start();
  if (window_) window_->Start();
  for (const auto& stage : analyze_) stage->Start();
  for (const auto& stage : ingest_) stage->Start();
  return Ok();
}

void Pipeline::Stop() {
  for (const auto& stage : ingest_) stage->Stop();
  for (const auto& stage : analyze_) stage->Stop();
  if (window_) window_->Stop();
  // The windows that it has just written: who asks a stopped store counts on them.
  if (!options_.sharing.shared) {
    static_cast<void>(WaitForStore(kWindowsTopic, kStopPatience));
  }
  if (store_) store_->Stop();
  if (elsewhere_) elsewhere_->Stop();
  if (follower_) follower_->Stop();
  if (upkeep_) upkeep_->Stop();
}

Result<std::map<Partition, Offset>> Pipeline::EndsOf(const std::string& topic) {
  std::map<Partition, Offset> ends;
  HB_ASSIGN(const auto topics, parts_.log.Topics());
  for (const TopicInfo& info : topics) {
    if (info.spec.name != topic) continue;
    for (const PartitionInfo& partition : info.partitions) {
      if (partition.end != partition.begin) ends[partition.partition] = partition.end;
    }
  }
  return ends;
}

Result<bool> Pipeline::HasReached(const std::string& group, const std::string& topic,
                                  std::map<Partition, Offset> ends) {
  HB_ASSIGN(const auto offsets, parts_.log.OffsetsOf(group));
  for (const GroupOffset& offset : offsets) {
    if (offset.topic != topic) continue;
    const auto end = ends.find(offset.partition);
    // On Kafka a topic ends with the mark of a transaction, which only `processed` looks past.
    const Offset reached = options_.sharing.shared ? offset.processed : offset.committed;
    if (end != ends.end() && reached >= end->second) ends.erase(end);
  }
  return ends.empty();
}

Status Pipeline::WaitForStore(const std::string& topic, std::chrono::milliseconds patience) {
  HB_ASSIGN(const auto ends, EndsOf(topic));
  return WaitForStore(topic, ends, patience);
}

Status Pipeline::WaitForStore(const std::string& topic, const std::map<Partition, Offset>& ends,
                              std::chrono::milliseconds patience) {
  HB_ASSIGN(const bool reached, WaitForGroup(options_.store.group, topic, ends, patience,
                                             [this] { return store_ && store_->running(); }));
  if (reached) return Ok();
  return Error{Code::kUnavailable, "the store has not followed " + topic + " yet; it goes on"};
}

Result<bool> Pipeline::WaitForGroup(const std::string& group, const std::string& topic,
                                    const std::map<Partition, Offset>& ends,
                                    std::chrono::milliseconds patience,
                                    const std::function<bool()>& reads) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    HB_ASSIGN(const bool reached, HasReached(group, topic, ends));
    if (reached || !reads() || std::chrono::steady_clock::now() >= deadline) return reached;
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

Result<Pipeline::TakenIn> Pipeline::TakenInNow() {
  TakenIn taken;
  HB_ASSIGN(taken.posts, EndsOf(kIngestTopic));
  HB_ASSIGN(taken.redactions, EndsOf(kRedactionsTopic));
  HB_ASSIGN(taken.gaps, EndsOf(kGapsTopic));
  return taken;
}

Status Pipeline::WaitForPosts(TakenIn& taken, std::chrono::milliseconds patience) {
  if (!taken.results) {
    HB_ASSIGN(const bool reached, WaitForGroup(kAnalyzeGroup, kIngestTopic, taken.posts, patience,
                                               [] { return true; }));
    if (!reached) return Error{Code::kUnavailable, "posts are still being analysed"};
    HB_ASSIGN(taken.results, EndsOf(kAnalysisTopic));
  }
  HB_TRY(WaitForStore(kAnalysisTopic, *taken.results, patience));
  HB_TRY(WaitForStore(kRedactionsTopic, taken.redactions, patience));
  return WaitForStore(kGapsTopic, taken.gaps, patience);
}

bool Pipeline::IsQuiet() {
  const StatusBoard::Stages& stages = board_.stages;
  const std::uint64_t worked =
      stages.ingest.batches + stages.analyze.batches + stages.window.batches + stages.store.batches;
  const auto now = parts_.clock.Steady();
  const bool lags = stages.analyze.lag > 0 || stages.window.lag > 0 || stages.store.lag > 0;
  if (lags || worked != quiet_worked_) {
    quiet_worked_ = worked;
    quiet_since_ = now;
  }
  return now - quiet_since_ >= kQuietFor;
}

Result<bool> Pipeline::Drained() {
  for (const auto& stage : ingest_) {
    if (stage->running()) return false;
  }
  struct Hop {
    const char* group;
    const char* topic;
  };
  // In the order of the flow: a later hop can only be caught up for good once the earlier are.
  constexpr Hop kHops[] = {{kAnalyzeGroup, kIngestTopic},    {kWindowGroup, kAnalysisTopic},
                           {kWindowGroup, kRedactionsTopic}, {kWindowGroup, kRescoredTopic},
                           {kStoreGroup, kAnalysisTopic},    {kStoreGroup, kWindowsTopic},
                           {kStoreGroup, kRedactionsTopic},  {kStoreGroup, kDeadLettersTopic},
                           {kStoreGroup, kTrendsTopic},      {kStoreGroup, kTasksTopic},
                           {kStoreGroup, kGapsTopic},        {kStoreGroup, kRescoredTopic}};
  const StageSet& stages_here = options_.stages;
  if (!stages_here.analyze && !stages_here.window && !stages_here.store) return true;
  if (!stages_here.all() || !window_->finished()) return false;
  // On Kafka no offset is the last: ends of transactions have some too.
  if (options_.sharing.shared) return IsQuiet();
  for (const Hop& hop : kHops) {
    HB_ASSIGN(auto ends, EndsOf(hop.topic));
    const std::string group =
        std::string_view(hop.group) == kStoreGroup ? options_.store.group : hop.group;
    HB_ASSIGN(const bool reached, HasReached(group, hop.topic, std::move(ends)));
    if (!reached) return false;
  }
  return true;
}

std::string Pipeline::Failure() const {
  for (const auto& stage : ingest_) {
    if (stage->failed()) return stage->name();
  }
  for (const auto& stage : analyze_) {
    if (stage->failed()) return stage->name();
  }
  if (window_ && window_->failed()) return window_->name();
  if (store_ && store_->failed()) return store_->name();
  if (upkeep_ && upkeep_->failed()) return upkeep_->name();
  if (follower_ && follower_->failed()) return follower_->name();
  return "";
}

}  // namespace hb
