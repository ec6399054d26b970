#include "pipeline/rescore.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "pipeline/codec.h"
#include "pipeline/topics.h"
#include "record/avro_post.h"

namespace hb {

namespace {

constexpr std::size_t kReadBytes = 2 << 20, kKeptRows = 2000;
constexpr char kNextKey[] = "next", kProducer[] = "rescore";

std::string OffsetBytes(Offset offset) {
  return KeyBytes(PostKey{static_cast<std::uint64_t>(ToInt(offset))});
}

/// One partition.
class Lane {
 public:
  using Compare = std::function<void(const AnalysisBatch&, const AnalysisBatch&)>;
  Lane(Log& log, const AnalysisChain& chain, const RescoreOptions& options, const Compare& compare,
       Partition partition, Offset end, std::uint64_t what, RescoreCounts& counts)
      : log_(log),
        chain_(chain),
        options_(options),
        compare_(compare),
        partition_(partition),
        end_(end),
        what_(what),
        counts_(counts),
        scratch_(chain.MakeScratch()) {}

  Status Run(Offset begin) {
    HB_ASSIGN(Offset at, Resume(begin));
    while (at < end_) {
      std::vector<FetchedBatch> batches;
      HB_TRY(log_.Read(kAnalysisTopic, partition_, at, kReadBytes, batches));
      if (batches.empty()) break;
      for (const FetchedBatch& batch : batches) {
        HB_ASSIGN(auto rows, DecodeAnalyses(batch));
        at = batch.end();
        HB_TRY(Judge(*rows.rows, rows.offsets, at));
      }
    }
    return Kept();
  }

 private:
  /// Where a run that was asked the same came to its end before it was done.
  Result<Offset> Resume(Offset begin) {
    if (options_.dry_run) return begin;
    const Result<std::string> state = log_.GetState(kRescoreState, partition_, kNextKey);
    if (!state.ok())
      return state.error().code == Code::kNotFound ? Result<Offset>(begin) : state.error();
    const std::string& text = state.value();
    if (text.size() != 16 || ToInt(KeyFromBytes(text)) != what_) return begin;
    const Offset at{
        static_cast<std::int64_t>(ToInt(KeyFromBytes(std::string_view(text).substr(8))))};
    if (at > begin) counts_.resumed += static_cast<std::uint64_t>(ToInt(at) - ToInt(begin));
    return std::max(at, begin);
  }

  /// What was replaced before is blank in `analysis`, and stands in a state.
  Status Kept() {
    AnalysisBatch rows;
    auto posts = std::make_shared<PostBatch>();
    std::vector<Offset> offsets;
    const auto judge = [&]() -> Status {
      if (offsets.empty()) return Ok();
      rows.posts = std::exchange(posts, std::make_shared<PostBatch>());
      HB_TRY(Judge(rows, offsets, end_));
      rows.Clear();
      offsets.clear();
      return Ok();
    };
    Status status = Ok();
    HB_TRY(
        log_.ScanState(kShownState, partition_, [&](std::string_view name, std::string_view value) {
          if (name.size() < 16 || value.size() < 8) return true;
          status = DecodeAnalysis(value.substr(8), *posts, rows);
          offsets.push_back(Offset{static_cast<std::int64_t>(ToInt(KeyFromBytes(name.substr(8))))});
          if (status.ok() && offsets.size() >= kKeptRows) status = judge();
          return status.ok();
        }));
    HB_TRY(std::move(status));
    return judge();
  }

  [[nodiscard]] bool InRange(const PostBatch& posts, std::size_t row) const {
    if (options_.from && posts.time[row] < *options_.from) return false;
    if (options_.to && posts.time[row] >= *options_.to) return false;
    if (options_.task.empty()) return true;
    for (const std::string_view tag : posts.tasks[row]) {
      if (tag == options_.task) return true;
    }
    return false;
  }

  /// Judges the rows that are in range; `next`: how far this comes.
  Status Judge(const AnalysisBatch& rows, std::span<const Offset> offsets, Offset next) {
    counts_.read += rows.size();
    auto posts = std::make_shared<PostBatch>();
    AnalysisBatch before;
    std::vector<Offset> at;
    std::vector<std::string> records;
    auto kept = std::make_shared<PostBatch>();
    for (std::size_t row = 0; row < rows.size(); ++row) {
      if (offsets[row] >= end_ || !InRange(*rows.posts, row)) continue;
      posts->AppendRow(*rows.posts, row);
      at.push_back(offsets[row]);
      std::string& record = records.emplace_back();
      EncodeAnalysis(rows, row, record);
      HB_TRY(DecodeAnalysis(record, *kept, before));
    }
    if (posts->empty()) return options_.dry_run ? Ok() : Note(nullptr, next);
    before.posts = std::move(kept);
    const auto now = std::make_shared<AnalysisBatch>();
    AnalysisChain::Reading reading;
    chain_.Analyze(posts, *scratch_, reading, *now);
    HB_TRY(reading.status);
    HB_TRY(reading.sentiment);
    counts_.judged += now->size();
    if (compare_) compare_(before, *now);
    auto written = std::make_shared<RecordBatch>();
    for (std::size_t row = 0; row < now->size(); ++row) {
      std::string value = OffsetBytes(at[row]);
      EncodeAnalysis(*now, row, value);
      if (std::string_view(value).substr(8) == records[row]) continue;
      ++counts_.changed;
      written->Append(ToInt(now->posts->key[row]), now->posts->time[row], value);
    }
    return options_.dry_run ? Ok() : Note(written->size() > 0 ? written : nullptr, next);
  }

  Status Note(std::shared_ptr<const RecordBatch> written, Offset next) {
    HB_ASSIGN(const auto transaction, log_.Begin(kProducer));
    if (written) HB_TRY(transaction->Append(kRescoredTopic, partition_, std::move(written)));
    transaction->PutState(kRescoreState, partition_, kNextKey,
                          KeyBytes(PostKey{what_}) + OffsetBytes(next));
    HB_ASSIGN(const std::uint64_t mark, transaction->Commit());
    static_cast<void>(mark);
    return Ok();
  }

  Log& log_;
  const AnalysisChain& chain_;
  const RescoreOptions& options_;
  const Compare& compare_;
  const Partition partition_;
  const Offset end_;
  const std::uint64_t what_;
  RescoreCounts& counts_;
  const std::unique_ptr<AnalysisChain::Scratch> scratch_;
};

/// Tells apart what was asked for: a run goes on only where the same one stopped.
std::uint64_t Fingerprint(const AnalysisChain& chain, const RescoreOptions& options) {
  std::string text = options.task + "\n";
  for (const auto& bound : {options.from, options.to})
    text += bound ? std::to_string(ToMillis(*bound)) + "\n" : "-\n";
  for (const AnalysisChain::Model& model : chain.models())
    text += model.task + " " + model.name + "\n";
  return Hash64(text);
}

}  // namespace

Result<RescoreCounts> Rescore(
    Log& log, const AnalysisChain& chain, const RescoreOptions& options,
    const std::function<void(const AnalysisBatch&, const AnalysisBatch&)>& compare) {
  RescoreCounts counts;
  const std::uint64_t what = Fingerprint(chain, options);
  // What an earlier run has begun is over before its state is read.
  if (!options.dry_run) HB_TRY(log.Begin(kProducer));
  HB_ASSIGN(const auto topics, log.Topics());
  std::vector<Partition> done;
  for (const TopicInfo& topic : topics) {
    if (topic.spec.name != kAnalysisTopic) continue;
    for (const PartitionInfo& info : topic.partitions) {
      HB_TRY(Lane(log, chain, options, compare, info.partition, info.end, what, counts)
                 .Run(info.begin));
      done.push_back(info.partition);
    }
  }
  if (options.dry_run) return counts;
  HB_ASSIGN(const auto transaction, log.Begin(kProducer));
  for (const Partition partition : done)
    transaction->PutState(kRescoreState, partition, kNextKey, "");
  HB_ASSIGN(const std::uint64_t mark, transaction->Commit());
  HB_TRY(log.WaitDurable(mark));
  return counts;
}

Result<RescoredRecord> ReadRescored(std::string_view value) {
  if (value.size() < 8)
    return Error{Code::kCorrupt, "a record of 'rescored' is shorter than its offset"};
  return RescoredRecord{Offset{static_cast<std::int64_t>(ToInt(KeyFromBytes(value.substr(0, 8))))},
                        value.substr(8)};
}

Result<std::shared_ptr<const AnalysisBatch>> DecodeRescored(const FetchedBatch& batch) {
  auto posts = std::make_shared<PostBatch>();
  auto rows = std::make_shared<AnalysisBatch>();
  for (std::size_t row = batch.first_row; row < batch.records->size(); ++row) {
    const std::string_view value = batch.records->values[row];
    if (value.empty()) continue;
    HB_ASSIGN(const RescoredRecord rescored, ReadRescored(value));
    HB_TRY(DecodeAnalysis(rescored.record, *posts, *rows));
  }
  rows->posts = std::move(posts);
  return std::shared_ptr<const AnalysisBatch>(std::move(rows));
}

}  // namespace hb
