// pipeline/payload.h - decoded batches that ride beside their bytes in the log's cache.
#pragma once

#include <memory>
#include <memory_resource>
#include <utility>
#include <vector>

#include "log/log.h"
#include "record/aggregate.h"
#include "record/analysis_batch.h"
#include "record/post_batch.h"

namespace hb {

/// On `ingest`.
struct PostPayload : Payload {
  explicit PostPayload(std::shared_ptr<const PostBatch> p) : posts(std::move(p)) {}
  [[nodiscard]] std::size_t memory() const override { return posts->memory(); }
  std::shared_ptr<const PostBatch> posts;
};

/// On `analysis`.
struct AnalysisPayload : Payload {
  explicit AnalysisPayload(std::shared_ptr<const AnalysisBatch> a) : analysis(std::move(a)) {}
  [[nodiscard]] std::size_t memory() const override {
    return analysis->posts->memory() + analysis->words.memory() + analysis->clean.memory() +
           analysis->size() * 64;
  }
  std::shared_ptr<const AnalysisBatch> analysis;
};

/// On `windows`.
struct AggregatePayload : Payload {
  explicit AggregatePayload(std::vector<Aggregate> a,
                            std::unique_ptr<std::pmr::memory_resource> m = nullptr)
      : arena(std::move(m)), aggregates(std::move(a)) {}
  [[nodiscard]] std::size_t memory() const override { return aggregates.size() * 2048; }
  /// Where the lists of `aggregates` lie; goes after them.
  std::unique_ptr<std::pmr::memory_resource> arena;
  std::vector<Aggregate> aggregates;
};

}  // namespace hb
