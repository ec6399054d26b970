#include "pipeline/sweep.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

#include "pipeline/codec.h"
#include "pipeline/topics.h"
#include "record/avro_control.h"
#include "record/avro_post.h"
#include "record/identity.h"

namespace hb {

namespace {

constexpr std::size_t kReadBytes = 1 << 20;
constexpr char kDoneKey[] = "done";

using Verdict = Tombstones::Verdict;

}  // namespace

Status Sweep::Open(Offset consumed, const std::vector<Partition>& partitions) {
  wanted_ = running_ = ending_ = false;
  // Alone, a pass is one of all partitions.
  partitions_ = shared_ ? partitions : std::vector<Partition>{Partition{0}};
  for (const Partition partition : partitions_) {
    std::int64_t done = 0;
    const Result<std::string> state = log_.GetState(kSweepState, partition, kDoneKey);
    if (state.ok()) {
      std::from_chars(state.value().data(), state.value().data() + state.value().size(), done);
    } else if (state.error().code != Code::kNotFound) {
      return state.error();
    }
    wanted_ = wanted_ || (done < ToInt(consumed) && !tombstones_.empty());
  }
  return Ok();
}

std::chrono::steady_clock::duration Sweep::Rest() const {
  using Duration = std::chrono::steady_clock::duration;
  const auto due = running_ ? slice_end_ + kSliceRest * slice_time_
                            : pass_end_ + std::min<Duration>(kRest * pass_time_, kLongestRest);
  return due - clock_.Steady();
}

bool Sweep::Due(bool hurry) const {
  return active() && (hurry || Rest() <= std::chrono::steady_clock::duration::zero());
}

Status Sweep::Slice(Transaction& transaction, std::span<SweepLane> lanes, Offset consumed) {
  const auto begin = clock_.Steady();
  if (!running_) {
    running_ = true;
    wanted_ = false;
    consumed_ = consumed;
    lane_ = 0;
    letters_at_ = Offset{0};
    at_.assign(lanes.size(), Offset{0});
    end_.clear();
    pass_begin_ = begin;
    for (SweepLane& lane : lanes) {
      end_.push_back(lane.next);
      HB_TRY(LookAgain(transaction, lane));
    }
  }
  while (lane_ < lanes.size() && clock_.Steady() - begin < kSlice) {
    bool end = false;
    HB_TRY(ReadSome(transaction, lanes[lane_], end));
    if (end) ++lane_;
  }
  // Of those who share the log, one looks after the letters.
  const bool letters = std::any_of(lanes.begin(), lanes.end(), [](const SweepLane& lane) {
    return lane.partition == Partition{0};
  });
  bool end = lane_ == lanes.size() && !letters;
  while (lane_ == lanes.size() && !end && clock_.Steady() - begin < 2 * kSlice) {
    HB_TRY(ReadLetters(transaction, end));
  }
  if (end) {
    for (const Partition partition : partitions_) {
      transaction.PutState(kSweepState, partition, kDoneKey, std::to_string(ToInt(consumed_)));
    }
    ending_ = true;
  }
  slice_time_ = clock_.Steady() - begin;
  return Ok();
}

void Sweep::Committed() {
  slice_end_ = clock_.Steady();
  if (!ending_) return;
  running_ = ending_ = false;
  pass_end_ = slice_end_;
  pass_time_ = pass_end_ - pass_begin_;
}

Status Sweep::ReadSome(Transaction& transaction, SweepLane& lane, bool& end) {
  const Partition partition = lane.partition;
  Offset& at = at_[lane_];
  const Offset bound = end_[lane_];
  std::vector<FetchedBatch> batches;
  if (at < bound) HB_TRY(log_.Read(kAnalysisTopic, partition, at, kReadBytes, batches));
  end = batches.empty();
  std::vector<Offset> blanks;
  std::vector<std::uint64_t> keys;
  for (const FetchedBatch& batch : batches) {
    const RecordBatch& records = *batch.records;
    for (std::size_t row = batch.first_row; row < records.size(); ++row) {
      const Offset offset = Advance(batch.base, static_cast<std::int64_t>(row));
      if (offset >= bound) break;
      if (records.values[row].empty()) continue;
      PostView post;
      if (const Status peeked = PeekPost(records.values[row], post); !peeked.ok()) {
        if (shared_) continue;  // Set aside when it was first read.
        return peeked;
      }
      if (ToInt(post.key) == 0) post.key = PostKey{records.keys[row]};
      const Verdict verdict = tombstones_.Judge(post);
      if (verdict == Verdict::kStays || !lane.blanks.Mark(offset)) continue;
      HB_TRY(TakeOut(transaction, lane, offset, records.values[row], verdict == Verdict::kHidden));
      HB_TRY(TakeChain(transaction, post));
      blanks.push_back(offset);
      keys.push_back(ToInt(post.key));
    }
    at = batch.end();
  }
  end = end || at >= bound;
  if (blanks.empty()) return Ok();
  std::sort(keys.begin(), keys.end());
  HB_TRY(transaction.Blank(kAnalysisTopic, partition, blanks));
  HB_TRY(BlankCopies(transaction, kIngestTopic, partition, keys));
  return BlankCopies(transaction, kSentimentTopic, partition, keys);
}

Status Sweep::ReadLetters(Transaction& transaction, bool& end) {
  std::vector<FetchedBatch> batches;
  HB_TRY(log_.Read(kDeadLettersTopic, Partition{0}, letters_at_, kReadBytes, batches));
  end = batches.empty();
  std::vector<Offset> blanks;
  for (const FetchedBatch& batch : batches) {
    for (std::size_t row = batch.first_row; row < batch.records->size(); ++row) {
      if (batch.records->values[row].empty()) continue;
      DeadLetter letter;
      HB_TRY(DecodeDeadLetter(batch.records->values[row], letter));
      if (tombstones_.Names(letter.raw))
        blanks.push_back(Advance(batch.base, static_cast<std::int64_t>(row)));
    }
    letters_at_ = batch.end();
  }
  return blanks.empty() ? Ok() : transaction.Blank(kDeadLettersTopic, Partition{0}, blanks);
}

Status Sweep::TakeOut(Transaction& transaction, SweepLane& lane, Offset offset,
                      std::string_view record, bool hidden) {
  HB_ASSIGN(const AnalysisBatch row, DecodeOneAnalysis(record));
  HB_TRY(lane.engine.Subtract(row, 0, offset));
  if (hidden) Keep(transaction, lane.partition, row.posts->key[0], offset, record, clock_.Now());
  return Ok();
}

void Sweep::PutKept(Transaction& transaction, Partition partition, bool counted,
                    std::string_view name, std::string_view record, EventTime now) {
  std::string value = KeyBytes(PostKey{static_cast<std::uint64_t>(ToMillis(now))});
  value += record;
  transaction.PutState(counted ? kShownState : kHiddenState, partition, name, value);
}

void Sweep::Keep(Transaction& transaction, Partition partition, PostKey key, Offset offset,
                 std::string_view record, EventTime now) {
  const std::string name =
      KeyBytes(key) + KeyBytes(PostKey{static_cast<std::uint64_t>(ToInt(offset))});
  PutKept(transaction, partition, /*counted=*/false, name, record, now);
}

Status Sweep::LookAgain(Transaction& transaction, SweepLane& lane) {
  for (const bool counted : {false, true}) {
    Status looked = Ok();
    HB_TRY(log_.ScanState(counted ? kShownState : kHiddenState, lane.partition,
                          [&](std::string_view name, std::string_view value) {
                            looked = LookAgainAt(transaction, lane, counted, name, value);
                            return looked.ok();
                          }));
    HB_TRY(std::move(looked));
  }
  return Ok();
}

Status Sweep::LookAgainAt(Transaction& transaction, SweepLane& lane, bool counted,
                          std::string_view name, std::string_view value) {
  if (name.size() < 16 || value.size() < 8)
    return Error{Code::kCorrupt, "the state of a hidden post cannot be read"};
  const EventTime since = FromMillis(static_cast<std::int64_t>(ToInt(KeyFromBytes(value))));
  const Offset offset{static_cast<std::int64_t>(ToInt(KeyFromBytes(name.substr(8))))};
  const std::string_view record = value.substr(8);
  HB_ASSIGN(const AnalysisBatch row, DecodeOneAnalysis(record));
  const Verdict verdict = tombstones_.Judge(row.posts->Row(0));
  const bool counts = verdict == Verdict::kStays, is_gone = verdict == Verdict::kGone;
  const bool is_old = clock_.Now() - since >= hidden_retention_;
  if (counts == counted && !is_gone && !is_old) return Ok();
  if (counts && !counted) HB_TRY(lane.engine.AddUnlogged(row, 0, offset));
  if (!counts && counted) HB_TRY(lane.engine.Subtract(row, 0, offset));
  transaction.PutState(counted ? kShownState : kHiddenState, lane.partition, name, "");
  if (counts != counted && !is_gone)
    PutKept(transaction, lane.partition, counts, name, record, clock_.Now());
  return Ok();
}

Status Sweep::TakeChain(Transaction& transaction, const PostView& post) {
  if (post.chain.empty() || !tombstones_.Contains(post.key)) return Ok();
  const PostKey chain = KeyOf(post.chain);
  const bool known = tombstones_.Contains(chain);
  if (!known) Want();
  tombstones_.Add(chain);
  Tombstones::Record(transaction, chain, clock_.Now());
  if (known || !shared_) return Ok();
  // Its reposts may lie in the partitions of others.
  const Redaction redaction{.time = clock_.Now(),
                            .kind = RedactionKind::kDelete,
                            .key = chain,
                            .id = std::string(post.chain),
                            .author = {},
                            .source = std::string(post.source),
                            .countries = {}};
  return transaction.Append(kRedactionsTopic, Partition{0}, EncodeRedactions({redaction}));
}

Status Sweep::BlankCopies(Transaction& transaction, const std::string& topic, Partition partition,
                          std::span<const std::uint64_t> keys) {
  HB_ASSIGN(const auto found, log_.FindKeys(topic, partition, keys, Offset{0}, Offset{INT64_MAX}));
  std::vector<Offset> offsets;
  for (const FoundRecord& record : found) {
    if (topic == kIngestTopic) {
      PostView post;
      if (Status peeked = PeekPost(record.value, post); !peeked.ok()) {
        if (!shared_) return peeked;
        post = {};  // Somebody else's form: its key says whose it is.
      }
      if (ToInt(post.key) == 0) post.key = PostKey{record.key};
      if (tombstones_.Judge(post) == Verdict::kStays) continue;
      HB_TRY(TakeChain(transaction, post));
    }
    offsets.push_back(record.offset);
  }
  return offsets.empty() ? Ok() : transaction.Blank(topic, partition, offsets);
}

}  // namespace hb
