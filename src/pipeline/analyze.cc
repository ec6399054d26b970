#include "pipeline/analyze.h"

#include <array>
#include <utility>

#include "pipeline/codec.h"
#include "pipeline/topics.h"

namespace hb {

namespace {
constexpr std::chrono::milliseconds kPollWait{100};
constexpr std::size_t kPollBytes = 2 << 20;
}  // namespace

AnalyzeStage::AnalyzeStage(Options options, Log& log, const AnalysisChain& chain,
                           LiveListener* listener, Clock& clock, StatusBoard& board)
    : Worker("analyze " + std::to_string(options.slot), clock, board),
      options_(options),
      log_(log),
      chain_(chain),
      listener_(listener),
      scratch_(chain.MakeScratch()) {}

Status AnalyzeStage::Open() {
  const std::array<std::string, 1> topics{kIngestTopic};
  HB_ASSIGN(consumer_, log_.Subscribe(kAnalyzeGroup, topics, Visibility::kAppended, options_.slot,
                                      options_.slots));
  return Ok();
}

Result<Worker::StepResult> AnalyzeStage::Step() {
  if (fetched_.empty()) HB_TRY(consumer_->Poll(kPollWait, kPollBytes, fetched_));
  if (options_.slot == 0) board_.stages.analyze.lag = consumer_->Lag() * options_.slots;
  if (fetched_.empty()) return StepResult::kIdle;
  HB_TRY(Process());
  fetched_.clear();
  return StepResult::kWorked;
}

Status AnalyzeStage::Process() {
  const BusyScope busy(board_.stages.analyze);
  HB_ASSIGN(const auto transaction, log_.Begin("analyze-" + std::to_string(options_.slot)));
  std::vector<std::shared_ptr<const AnalysisBatch>> results;
  std::uint64_t rows = 0;
  for (const FetchedBatch& batch : fetched_) {
    HB_ASSIGN(const auto posts, DecodePosts(batch));
    if (posts.rows->size() > 0) {
      auto result = std::make_shared<AnalysisBatch>();
      chain_.Analyze(posts.rows, *scratch_, *result);
      HB_TRY(transaction->Append(kAnalysisTopic, batch.partition, EncodeAnalyses(result)));
      HB_TRY(transaction->Append(kSentimentTopic, batch.partition, EncodeSentiments(*result)));
      rows += result->size();
      results.push_back(std::move(result));
    }
    transaction->CommitOffset(kAnalyzeGroup, batch.topic, batch.partition, batch.end());
  }
  HB_TRY(transaction->Commit());
  board_.stages.analyze.records += rows;
  board_.stages.analyze.batches += fetched_.size();
  if (listener_ != nullptr) {
    for (const auto& result : results) listener_->OnPosts(result);
  }
  return Ok();
}

}  // namespace hb
