#include "pipeline/codec.h"

#include <utility>

#include "base/hash.h"
#include "pipeline/payload.h"
#include "pipeline/topics.h"
#include "record/avro_control.h"
#include "record/avro_post.h"
#include "record/avro_window.h"

namespace hb {

namespace {

Error At(const FetchedBatch& batch, std::size_t row, const Error& error) {
  return {Code::kCorrupt, batch.topic + "/" + std::to_string(ToInt(batch.partition)) + " offset " +
                              std::to_string(ToInt(batch.base) + static_cast<std::int64_t>(row)) +
                              ": " + error.message};
}

/// Decodes each record that is not blank.
template <typename T>
Result<std::vector<T>> DecodeEach(const FetchedBatch& batch,
                                  Status (*decode)(std::string_view, T&)) {
  std::vector<T> out;
  const RecordBatch& records = *batch.records;
  for (std::size_t row = batch.first_row; row < records.size(); ++row) {
    if (records.values[row].empty()) continue;
    T value;
    if (const Status decoded = decode(records.values[row], value); !decoded.ok()) {
      return At(batch, row, decoded.error());
    }
    out.push_back(std::move(value));
  }
  return out;
}

/// Encodes each of `rows`, keyed and timed by the functions given.
template <typename T, typename Encode, typename Key, typename Time>
std::shared_ptr<RecordBatch> EncodeEach(const std::vector<T>& rows, Encode encode, Key key,
                                        Time time) {
  auto batch = std::make_shared<RecordBatch>();
  for (const T& row : rows) {
    batch->keys.push_back(key(row));
    batch->timestamps.push_back(time(row));
    encode(row, batch->values.Open());
    batch->values.Close();
  }
  return batch;
}

std::vector<Offset> AllOffsets(const FetchedBatch& batch) {
  std::vector<Offset> offsets;
  offsets.reserve(batch.records->size());
  for (std::size_t row = 0; row < batch.records->size(); ++row) {
    offsets.push_back(Advance(batch.base, static_cast<std::int64_t>(row)));
  }
  return offsets;
}

bool IsWhole(const FetchedBatch& batch) { return batch.first_row == 0 && !batch.blanked; }

/// The native payload of a batch that is whole; null if it must be decoded.
template <typename T>
std::shared_ptr<const T> NativeOf(const FetchedBatch& batch) {
  return IsWhole(batch) ? std::dynamic_pointer_cast<const T>(batch.records->native) : nullptr;
}

void AppendBigEndian(std::uint64_t value, std::string& out) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

}  // namespace

std::shared_ptr<RecordBatch> EncodePosts(std::shared_ptr<const PostBatch> posts) {
  auto batch = std::make_shared<RecordBatch>();
  batch->values.Reserve(posts->size(), posts->content.bytes() * 2 + posts->size() * 64);
  for (std::size_t row = 0; row < posts->size(); ++row) {
    batch->keys.push_back(ToInt(posts->key[row]));
    batch->timestamps.push_back(posts->time[row]);
    EncodeTweet(*posts, row, batch->values.Open());
    batch->values.Close();
  }
  batch->native = std::make_shared<PostPayload>(std::move(posts));
  return batch;
}

std::shared_ptr<RecordBatch> EncodeAnalyses(std::shared_ptr<const AnalysisBatch> analysis) {
  auto batch = std::make_shared<RecordBatch>();
  const PostBatch& posts = *analysis->posts;
  batch->values.Reserve(posts.size(), posts.content.bytes() * 3 + posts.size() * 160);
  for (std::size_t row = 0; row < posts.size(); ++row) {
    batch->keys.push_back(ToInt(posts.key[row]));
    batch->timestamps.push_back(posts.time[row]);
    EncodeAnalysis(*analysis, row, batch->values.Open());
    batch->values.Close();
  }
  batch->native = std::make_shared<AnalysisPayload>(std::move(analysis));
  return batch;
}

std::shared_ptr<RecordBatch> EncodeSentiments(const AnalysisBatch& analysis) {
  auto batch = std::make_shared<RecordBatch>();
  const PostBatch& posts = *analysis.posts;
  for (std::size_t row = 0; row < posts.size(); ++row) {
    batch->keys.push_back(ToInt(posts.key[row]));
    batch->timestamps.push_back(posts.time[row]);
    EncodeSentiment(analysis, row, batch->values.Open());
    batch->values.Close();
  }
  return batch;
}

std::shared_ptr<RecordBatch> EncodeRedactions(const std::vector<Redaction>& redactions) {
  return EncodeEach(
      redactions, [](const Redaction& r, std::string& out) { EncodeRedaction(r, out); },
      [](const Redaction& r) { return ToInt(r.key); }, [](const Redaction& r) { return r.time; });
}

std::shared_ptr<RecordBatch> EncodeDeadLetters(const std::vector<DeadLetter>& letters) {
  return EncodeEach(
      letters, [](const DeadLetter& d, std::string& out) { EncodeDeadLetter(d, out); },
      [](const DeadLetter& d) { return DeadLetterKey(d.id); },
      [](const DeadLetter& d) { return d.time; });
}

std::shared_ptr<RecordBatch> EncodeGaps(const std::vector<Gap>& gaps) {
  return EncodeEach(
      gaps, [](const Gap& g, std::string& out) { EncodeGap(g, out); },
      [](const Gap& g) { return Hash64(g.source); }, [](const Gap& g) { return g.from; });
}

std::uint64_t DeadLetterKey(std::string_view id) { return Hash64(id); }

std::shared_ptr<RecordBatch> EncodeTrends(const std::vector<Trend>& trends) {
  return EncodeEach(
      trends, [](const Trend& t, std::string& out) { EncodeTrend(t, out); },
      [](const Trend& t) { return Hash64(t.key); }, [](const Trend& t) { return t.time; });
}

Result<Decoded<std::shared_ptr<const PostBatch>>> DecodePosts(const FetchedBatch& batch) {
  Decoded<std::shared_ptr<const PostBatch>> out;
  const RecordBatch& records = *batch.records;
  if (const auto native = NativeOf<PostPayload>(batch)) {
    out.rows = native->posts;
    out.offsets = AllOffsets(batch);
    return out;
  }
  auto posts = std::make_shared<PostBatch>();
  for (std::size_t row = batch.first_row; row < records.size(); ++row) {
    if (records.values[row].empty()) continue;
    if (const Status decoded = DecodeTweet(records.values[row], *posts); !decoded.ok()) {
      return At(batch, row, decoded.error());
    }
    out.offsets.push_back(Advance(batch.base, static_cast<std::int64_t>(row)));
  }
  out.rows = std::move(posts);
  return out;
}

Result<Decoded<std::shared_ptr<const AnalysisBatch>>> DecodeAnalyses(const FetchedBatch& batch) {
  Decoded<std::shared_ptr<const AnalysisBatch>> out;
  const RecordBatch& records = *batch.records;
  if (const auto native = NativeOf<AnalysisPayload>(batch)) {
    out.rows = native->analysis;
    out.offsets = AllOffsets(batch);
    return out;
  }
  auto posts = std::make_shared<PostBatch>();
  auto analysis = std::make_shared<AnalysisBatch>();
  for (std::size_t row = batch.first_row; row < records.size(); ++row) {
    if (records.values[row].empty()) continue;
    if (const Status decoded = DecodeAnalysis(records.values[row], *posts, *analysis);
        !decoded.ok()) {
      return At(batch, row, decoded.error());
    }
    out.offsets.push_back(Advance(batch.base, static_cast<std::int64_t>(row)));
  }
  analysis->posts = std::move(posts);
  out.rows = std::move(analysis);
  return out;
}

Result<AnalysisBatch> DecodeOneAnalysis(std::string_view record) {
  auto posts = std::make_shared<PostBatch>();
  AnalysisBatch row;
  HB_TRY(DecodeAnalysis(record, *posts, row));
  row.posts = std::move(posts);
  return row;
}

Result<std::shared_ptr<const std::vector<Aggregate>>> DecodeAggregates(const FetchedBatch& batch) {
  if (const auto native = NativeOf<AggregatePayload>(batch)) {
    return std::shared_ptr<const std::vector<Aggregate>>(native, &native->aggregates);
  }
  HB_ASSIGN(std::vector<Aggregate> decoded, DecodeEach<Aggregate>(batch, DecodeAggregate));
  return std::make_shared<const std::vector<Aggregate>>(std::move(decoded));
}

Result<std::vector<Redaction>> DecodeRedactions(const FetchedBatch& batch) {
  return DecodeEach<Redaction>(batch, DecodeRedaction);
}

Result<std::vector<DeadLetter>> DecodeDeadLetters(const FetchedBatch& batch) {
  return DecodeEach<DeadLetter>(batch, DecodeDeadLetter);
}

Result<std::vector<Gap>> DecodeGaps(const FetchedBatch& batch) {
  return DecodeEach<Gap>(batch, DecodeGap);
}

Result<std::vector<Trend>> DecodeTrends(const FetchedBatch& batch) {
  return DecodeEach<Trend>(batch, DecodeTrend);
}

Result<std::vector<Task>> DecodeTasks(const FetchedBatch& batch) {
  return DecodeEach<Task>(batch, DecodeTask);
}

Status CheckReadable(const FetchedBatch& batch) {
  const auto check = [](const auto& decoded) {
    return decoded.ok() ? Ok() : Status(decoded.error());
  };
  const std::string& topic = batch.topic;
  if (topic == kIngestTopic) return check(DecodePosts(batch));
  if (topic == kAnalysisTopic) return check(DecodeAnalyses(batch));
  if (topic == kWindowsTopic) return check(DecodeAggregates(batch));
  if (topic == kRedactionsTopic) return check(DecodeRedactions(batch));
  if (topic == kDeadLettersTopic) return check(DecodeDeadLetters(batch));
  if (topic == kTasksTopic) return check(DecodeTasks(batch));
  if (topic == kTrendsTopic) return check(DecodeTrends(batch));
  if (topic == kGapsTopic) return check(DecodeGaps(batch));
  return Ok();
}

std::string KeyBytes(PostKey key) {
  std::string bytes;
  AppendBigEndian(ToInt(key), bytes);
  return bytes;
}

PostKey KeyFromBytes(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes.substr(0, 8)) value = value << 8 | static_cast<unsigned char>(c);
  return PostKey{value};
}

void AppendAggregateKey(std::string_view task, EventTime start, std::int64_t window_ms,
                        std::string& out) {
  // Size first, then start: a scan in key order is one of time for each size. Times before 1970
  // sort first because the sign bit is turned over.
  AppendBigEndian(static_cast<std::uint64_t>(window_ms), out);
  AppendBigEndian(static_cast<std::uint64_t>(ToMillis(start)) ^ (1ull << 63), out);
  out += task;
}

std::string AggregateKeyBytes(const AggregateKey& key) {
  std::string bytes;
  AppendAggregateKey(key.task, key.window_start, key.window_ms, bytes);
  return bytes;
}

Result<AggregateKey> AggregateKeyFromBytes(std::string_view bytes, Partition partition) {
  if (bytes.size() < 16) return Error{Code::kCorrupt, "a window key has fewer than 16 bytes"};
  AggregateKey key;
  key.window_ms = static_cast<std::int64_t>(ToInt(KeyFromBytes(bytes)));
  key.window_start =
      FromMillis(static_cast<std::int64_t>(ToInt(KeyFromBytes(bytes.substr(8))) ^ (1ull << 63)));
  key.task = bytes.substr(16);
  key.partition = partition;
  return key;
}

}  // namespace hb
