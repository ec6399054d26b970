// pipeline/codec.h - batches of the log to batches of posts and results, and back.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "log/log.h"
#include "record/aggregate.h"
#include "record/analysis_batch.h"
#include "record/dead_letter.h"
#include "record/gap.h"
#include "record/post_batch.h"
#include "record/redaction.h"
#include "record/task.h"
#include "record/trend.h"

namespace hb {

std::shared_ptr<RecordBatch> EncodePosts(std::shared_ptr<const PostBatch> posts);
std::shared_ptr<RecordBatch> EncodeAnalyses(std::shared_ptr<const AnalysisBatch> analysis);
std::shared_ptr<RecordBatch> EncodeSentiments(const AnalysisBatch& analysis);
std::shared_ptr<RecordBatch> EncodeRedactions(const std::vector<Redaction>& redactions);
std::shared_ptr<RecordBatch> EncodeDeadLetters(const std::vector<DeadLetter>& letters);
std::shared_ptr<RecordBatch> EncodeGaps(const std::vector<Gap>& gaps);
std::shared_ptr<RecordBatch> EncodeTrends(const std::vector<Trend>& trends);

/// The records of a fetched batch that are not blank, decoded, each with its offset.
template <typename Rows>
struct Decoded {
  Rows rows;
  std::vector<Offset> offsets;
};

/// From the native payload where there is one; else from the bytes. kCorrupt names topic, partition
/// and offset.
Result<Decoded<std::shared_ptr<const PostBatch>>> DecodePosts(const FetchedBatch& batch);
Result<Decoded<std::shared_ptr<const AnalysisBatch>>> DecodeAnalyses(const FetchedBatch& batch);
Result<std::shared_ptr<const std::vector<Aggregate>>> DecodeAggregates(const FetchedBatch& batch);
Result<std::vector<Redaction>> DecodeRedactions(const FetchedBatch& batch);
Result<std::vector<DeadLetter>> DecodeDeadLetters(const FetchedBatch& batch);
Result<std::vector<Gap>> DecodeGaps(const FetchedBatch& batch);
Result<std::vector<Trend>> DecodeTrends(const FetchedBatch& batch);
Result<std::vector<Task>> DecodeTasks(const FetchedBatch& batch);
/// ok if every value of the batch can be decoded as what its topic holds.
Status CheckReadable(const FetchedBatch& batch);
/// One record of `analysis`, as a batch of one row.
Result<AnalysisBatch> DecodeOneAnalysis(std::string_view record);

/// Big-endian, so that keys of a state sort as numbers do.
std::string KeyBytes(PostKey key);
PostKey KeyFromBytes(std::string_view bytes);
/// Key of a dead letter's records.
std::uint64_t DeadLetterKey(std::string_view id);
/// Key of an aggregate in the window state.
std::string AggregateKeyBytes(const AggregateKey& key);
/// The same, of a key's parts.
void AppendAggregateKey(std::string_view task, EventTime start, std::int64_t window_ms,
                        std::string& out);
/// The reverse; `partition` is not in the bytes. kCorrupt: fewer than 16 bytes.
Result<AggregateKey> AggregateKeyFromBytes(std::string_view bytes, Partition partition);

}  // namespace hb
