#include "pipeline/pipeline.h"

#include <chrono>
#include <thread>
#include <utility>

#include "pipeline/topics.h"

namespace hb {

namespace {
constexpr std::chrono::milliseconds kStopPatience{2000}, kBetweenLooks{10};
}  // namespace

Result<std::unique_ptr<Pipeline>> Pipeline::Create(Options options, Parts parts) {
  std::unique_ptr<Pipeline> pipeline(new Pipeline(std::move(options), parts));
  HB_TRY(pipeline->Open());
  return pipeline;
}

Pipeline::~Pipeline() { Stop(); }

Status Pipeline::Open() {
  for (const TopicSpec& spec :
       TopicSpecs(options_.partitions, options_.log_retention_ms, options_.log_retention_bytes)) {
    HB_TRY(parts_.log.EnsureTopic(spec));
  }
  HB_ASSIGN(tasks_, TaskRegistry::Open(parts_.log, parts_.clock));
  HB_ASSIGN(tombstones_, Tombstones::Open(parts_.log));
  for (std::int32_t slot = 0; slot < options_.analyze_threads; ++slot) {
    analyze_.push_back(std::make_unique<AnalyzeStage>(
        AnalyzeStage::Options{slot, options_.analyze_threads, options_.cascade}, parts_.log,
        parts_.chain, parts_.listener, parts_.clock, board_));
    HB_TRY(analyze_.back()->Open());
  }
  WindowStage::Options window = options_.window;
  window.partitions = options_.partitions;
  window_ = std::make_unique<WindowStage>(std::move(window), parts_.log, *tombstones_,
                                          parts_.listener, parts_.clock, board_);
  HB_TRY(window_->Open());
  store_ =
      std::make_unique<StoreStage>(options_.store, parts_.log, parts_.store, parts_.clock, board_);
  upkeep_ = std::make_unique<Upkeep>(options_.upkeep, parts_.log, parts_.clock, board_);
  return store_->Open();
}

Status Pipeline::AddSource(std::string kind, bool live, std::unique_ptr<Source> source) {
  // One of the same kind that came to its end may make room: replays of dead letters come often.
  if (!live) {
    const std::string name = source->Identity();
    std::erase_if(ingest_, [&](const auto& stage) {
      return started_ && stage->identity() == name && !stage->running() && !stage->failed();
    });
  }
  IngestStage::Options options = options_.ingest;
  options.kind = std::move(kind);
  options.live = live;
  if (live) board_.stages.live = true;
  options.partitions = options_.partitions;
  ingest_.push_back(std::make_unique<IngestStage>(
      std::move(options), IngestStage::Parts{parts_.log, *tasks_, *tombstones_}, std::move(source),
      parts_.clock, board_));
  HB_TRY(ingest_.back()->Resume());
  if (started_) ingest_.back()->Start();
  return Ok();
}

Status Pipeline::Start() {
  started_ = true;
  upkeep_->Start();
  store_->Start();
  window_->Start();
  for (const auto& stage : analyze_) stage->Start();
  for (const auto& stage : ingest_) stage->Start();
  return Ok();
}

void Pipeline::Stop() {
  for (const auto& stage : ingest_) stage->Stop();
  for (const auto& stage : analyze_) stage->Stop();
  if (window_) window_->Stop();
  // The windows that it has just written: who asks a stopped store counts on them.
  static_cast<void>(WaitForStore(kWindowsTopic, kStopPatience));
  if (store_) store_->Stop();
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
  HB_ASSIGN(const auto offsets, parts_.log.GroupOffsets());
  for (const GroupOffset& offset : offsets) {
    if (offset.group != group || offset.topic != topic) continue;
    const auto end = ends.find(offset.partition);
    if (end != ends.end() && offset.committed >= end->second) ends.erase(end);
  }
  return ends.empty();
}

Status Pipeline::WaitForStore(const std::string& topic, std::chrono::milliseconds patience) {
  HB_ASSIGN(const auto ends, EndsOf(topic));
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    HB_ASSIGN(const bool reached, HasReached(kStoreGroup, topic, ends));
    if (reached) return Ok();
    if (!store_ || !store_->running() || std::chrono::steady_clock::now() >= deadline) break;
    std::this_thread::sleep_for(kBetweenLooks);
  }
  return Error{Code::kUnavailable, "the store has not followed " + topic + " yet; it goes on"};
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
  if (!window_->finished()) return false;
  for (const Hop& hop : kHops) {
    HB_ASSIGN(auto ends, EndsOf(hop.topic));
    HB_ASSIGN(const bool reached, HasReached(hop.group, hop.topic, std::move(ends)));
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
  return "";
}

}  // namespace hb
