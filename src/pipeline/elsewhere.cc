#include "pipeline/elsewhere.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "pipeline/topics.h"

namespace hb {

namespace {

/// Records of a topic that a group has not worked in. What was trimmed will never be.
std::int64_t LagOf(std::string_view group, std::string_view topic,
                   const std::vector<TopicInfo>& topics, const std::vector<GroupOffset>& offsets) {
  const auto info = std::find_if(topics.begin(), topics.end(),
                                 [&](const TopicInfo& at) { return at.spec.name == topic; });
  if (info == topics.end()) return 0;
  std::int64_t lag = 0;
  for (const PartitionInfo& partition : info->partitions) {
    Offset next = partition.begin;
    for (const GroupOffset& at : offsets) {
      if (at.group == group && at.topic == topic && at.partition == partition.partition)
        next = std::max(next, at.processed);
    }
    lag += std::max<std::int64_t>(0, ToInt(partition.end) - ToInt(next));
  }
  return lag;
}

}  // namespace

Elsewhere::Elsewhere(Options options, Log& log, Clock& clock, StatusBoard& board)
    : Worker("elsewhere", clock, board), options_(options), log_(log) {}

Result<Worker::StepResult> Elsewhere::Step() {
  HB_ASSIGN(const auto offsets, log_.GroupOffsets());
  HB_ASSIGN(const auto topics, log_.Topics());
  StatusBoard::Stages& stages = board_.stages;
  if (options_.ingest) stages.ingest.records = stages.stored_posts.load();
  if (options_.analyze) {
    stages.analyze.records = stages.stored_posts.load();
    stages.analyze.lag = LagOf(kAnalyzeGroup, kIngestTopic, topics, offsets);
  }
  if (options_.window) {
    stages.window.records = stages.stored_posts.load();
    stages.window.lag = LagOf(kWindowGroup, kAnalysisTopic, topics, offsets);
  }
  return Pause(options_.every) ? StepResult::kIdle : StepResult::kFinished;
}

}  // namespace hb
