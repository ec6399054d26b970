#include "pipeline/analyze.h"

#include <array>
#include <utility>

#include "pipeline/codec.h"
#include "pipeline/commit.h"
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
      options_(std::move(options)),
      producer_(options_.sharing.Producer("analyze-" + std::to_string(options_.slot))),
      log_(log),
      chain_(chain),
      listener_(listener),
      scratch_(chain.MakeScratch()),
      foreign_(log, options_.horizon, options_.pseudonyms),
      budget_(options_.cascade) {}

Status AnalyzeStage::Open() {
  const std::array<std::string, 1> topics{kIngestTopic};
  HB_ASSIGN(consumer_, log_.Subscribe(kAnalyzeGroup, topics, Visibility::kAppended, options_.slot,
                                      options_.slots));
  return Ok();
}

Result<Worker::StepResult> AnalyzeStage::Step() {
  if (rewind_) {
    HB_TRY(RewindToCommitted(log_, producer_, kAnalyzeGroup, *consumer_));
    rewind_ = false;
  }
  const Status polled = consumer_->Poll(kPollWait, kPollBytes, fetched_);
  if (consumer_->Generation() != generation_) {
    generation_ = consumer_->Generation();
    ++board_.stages.analyze.rebalances;
  }
  HB_TRY(polled);
  if (options_.slot == 0) board_.stages.analyze.lag = consumer_->Lag() * options_.slots;
  if (fetched_.empty()) return StepResult::kIdle;
  Status committed = CommitFetched();
  rewind_ = !committed.ok();
  board_.stages.analyze.batches += rewind_ ? 0 : fetched_.size();
  fetched_.clear();
  results_.clear();
  dead_.clear();
  HB_TRY(std::move(committed));
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

Status AnalyzeStage::Process(const FetchedBatch& batch, Transaction& transaction) {
  std::shared_ptr<const PostBatch> posts;
  if (options_.sharing.shared) {
    HB_ASSIGN(posts, foreign_.Take(batch, transaction, clock_.Now(), dead_));
  } else {
    HB_ASSIGN(auto decoded, DecodePosts(batch));
    posts = std::move(decoded.rows);
  }
  if (posts->empty()) return Ok();
  auto result = std::make_shared<AnalysisBatch>();
  // Posts of a replay wait for nobody.
  const std::int64_t lag = board_.stages.live ? consumer_->Lag() : 0;
  AnalysisChain::Reading reading{
      .most = budget_.Rows(clock_.Steady(), static_cast<std::uint64_t>(lag))};
  chain_.Analyze(posts, *scratch_, reading, *result);
  // A post that waited for another's service when we were stopped is asked about again.
  if (!reading.sentiment.ok() && reading.sentiment.error().code == Code::kCancelled)
    return reading.sentiment;
  Note(reading);
  if (!options_.only_sentiment) {
    HB_TRY(transaction.Append(kAnalysisTopic, batch.partition, EncodeAnalyses(result)));
  }
  HB_TRY(transaction.Append(kSentimentTopic, batch.partition, EncodeSentiments(*result)));
  results_.push_back(std::move(result));
  return Ok();
}

Status AnalyzeStage::CommitFetched() {
  const BusyScope busy(board_.stages.analyze);
  foreign_.Aborted();
  HB_ASSIGN(const auto transaction, log_.Begin(producer_));
  for (const FetchedBatch& batch : fetched_) {
    HB_TRY(Process(batch, *transaction));
    transaction->CommitOffset(kAnalyzeGroup, batch.topic, batch.partition, batch.end());
  }
  if (!dead_.empty()) {
    HB_TRY(transaction->Append(kDeadLettersTopic, Partition{0}, EncodeDeadLetters(dead_)));
  }
  const auto committed = CommitOwn(options_.sharing, *transaction);
  board_.stages.analyze.CountCommit(committed.ok());
  HB_TRY(committed);
  foreign_.Committed();
  for (const auto& result : results_) {
    board_.stages.analyze.records += result->size();
    if (listener_ != nullptr) listener_->OnPosts(result);
  }
  return Ok();
}

}  // namespace hb
