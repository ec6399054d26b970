#include "pipeline/topics.h"

namespace hb {

std::vector<TopicSpec> TopicSpecs(std::int32_t partitions, std::int64_t retention_ms,
                                  std::int64_t retention_bytes) {
  return {
      {kIngestTopic, partitions, retention_ms, retention_bytes},
      {kAnalysisTopic, partitions, retention_ms, retention_bytes},
      {kSentimentTopic, partitions, retention_ms, retention_bytes},
      {kWindowsTopic, partitions, retention_ms, retention_bytes, /*compacted=*/true},
      {kRedactionsTopic, 1, retention_ms, -1},
      {kTrendsTopic, 1, retention_ms, -1},
      {kDeadLettersTopic, 1, retention_ms, retention_bytes},
      {kTasksTopic, 1, -1, -1},
      {kGapsTopic, 1, -1, -1},
      {kRescoredTopic, partitions, retention_ms, retention_bytes},
  };
}

}  // namespace hb
