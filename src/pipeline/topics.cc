#include "pipeline/topics.h"

namespace hb {

std::vector<TopicSpec> TopicSpecs(std::int32_t partitions, std::int64_t retention_ms,
                                  std::int64_t retention_bytes) {
  return {
      {kIngestTopic, partitions, retention_ms, retention_bytes, false, /*blankable=*/true},
      {kAnalysisTopic, partitions, retention_ms, retention_bytes, false, /*blankable=*/true},
      {kSentimentTopic, partitions, retention_ms, retention_bytes, false, /*blankable=*/true},
      {kWindowsTopic, partitions, retention_ms, retention_bytes, /*compacted=*/true},
      {kRedactionsTopic, 1, retention_ms, -1},
      {kTrendsTopic, 1, retention_ms, -1},
      {kDeadLettersTopic, 1, retention_ms, retention_bytes, false, /*blankable=*/true},
      {kTasksTopic, 1, -1, -1},
      {kGapsTopic, 1, -1, -1},
      {kRescoredTopic, partitions, retention_ms, retention_bytes, false, /*blankable=*/true},
  };
}

}  // namespace hb
