#include "pipeline/analyze.h"

#include <array>
#include <utility>

#include "pipeline/codec.h"
#include "pipeline/topics.h"

namespace hb {

namespace {
constexpr std::chrono::milliseconds kPollWait{100};
constexpr std::size_t kPollBytes = 2 << 20;
constexpr char kSentimentMessage[] = "analyze: sentiment";  ///< of all slots: they ask the same one
}  // namespace

AnalyzeStage::AnalyzeStage(Options options, Log& log, const AnalysisChain& chain,
                           LiveListener* listener, Clock& clock, StatusBoard& board)
    : Worker("analyze " + std::to_string(options.slot), clock, board),
      options_(options),
      log_(log),
      chain_(chain),
      listener_(listener),
      scratch_(chain.MakeScratch()),
      budget_(options.cascade) {}

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

void AnalyzeStage::Note(const AnalysisChain::Reading& reading) {
  budget_.Spent(reading.posts, reading.time);
  if (!reading.status.ok()) {
    board_.Raise(name() + ": transformer", Level::kWarning,
                 "the transformer failed, the fast models go on: " + reading.status.error().message,
                 clock_.Now());
  } else if (reading.posts > 0) {
    board_.Clear(name() + ": transformer");
  }
  if (!reading.sentiment.ok()) {
    board_.Raise(kSentimentMessage, Level::kWarning,
                 "sentiment: " + reading.sentiment.error().message +
                     "; our own model judges in its place, and the rows say so",
                 clock_.Now());
  } else {
    board_.Clear(kSentimentMessage);
  }
}

Status AnalyzeStage::Process() {
  const BusyScope busy(board_.stages.analyze);
  HB_ASSIGN(const auto transaction, log_.Begin("analyze-" + std::to_string(options_.slot)));
  std::vector<std::shared_ptr<const AnalysisBatch>> results;
  std::uint64_t rows = 0;
  // Posts of a replay wait for nobody.
  const std::int64_t lag = board_.stages.live ? consumer_->Lag() : 0;
  for (const FetchedBatch& batch : fetched_) {
    HB_ASSIGN(const auto posts, DecodePosts(batch));
    if (posts.rows->size() > 0) {
      auto result = std::make_shared<AnalysisBatch>();
      AnalysisChain::Reading reading{
          .most = budget_.Rows(clock_.Steady(), static_cast<std::uint64_t>(lag))};
      chain_.Analyze(posts.rows, *scratch_, reading, *result);
      // A post that waited for another's service when we were stopped is asked about again.
      if (!reading.sentiment.ok() && reading.sentiment.error().code == Code::kCancelled)
        return reading.sentiment;
      Note(reading);
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
