// What takes posts out of windows, or puts other results in their place: redactions and rescores.
#include <algorithm>
#include <iterator>
#include <utility>

#include "pipeline/codec.h"
#include "pipeline/rescore.h"
#include "pipeline/topics.h"
#include "pipeline/window_stage.h"

namespace hb {

namespace {
constexpr std::chrono::milliseconds kReadRedactionsEvery{500};
}  // namespace

Status WindowStage::ReadRedactions() {
  const auto now = clock_.Steady();
  if (redactions_read_ != decltype(now){} && now - redactions_read_ < kReadRedactionsEvery)
    return Ok();
  std::vector<FetchedBatch> batches;
  do {
    batches.clear();
    HB_TRY(log_.Read(kRedactionsTopic, Partition{0}, redactions_next_, kPollBytes, batches));
    for (const FetchedBatch& batch : batches) HB_TRY(TakeRedactions(batch));
  } while (!batches.empty());
  redactions_read_ = now;
  return Ok();
}

Status WindowStage::TakeRedactions(const FetchedBatch& batch) {
  HB_ASSIGN(const auto redactions, DecodeRedactions(batch));
  for (const Redaction& redaction : redactions) {
    // Ingest does it too, but only after its commit.
    tombstones_.Add(redaction);
    const RedactionKind kind = redaction.kind;
    if (kind == RedactionKind::kWithheld || kind == RedactionKind::kScrubGeo) continue;
    if (ToInt(redaction.key) != 0) redacted_keys_.push_back(ToInt(redaction.key));
    // A delete takes reposts and versions along, which have other keys.
    if (kind != RedactionKind::kEdit || keeps_rescored_) sweep_.Want();
  }
  sweeping_ = sweep_.active();
  redactions_next_ = batch.end();
  redactions_moved_ = true;
  return Ok();
}

Status WindowStage::TakeRescored(const FetchedBatch& batch) {
  Lane& lane = *LaneOf(batch.partition);
  std::vector<FetchedBatch> near;
  for (std::size_t row = batch.first_row; row < batch.records->size(); ++row) {
    const std::string_view value = batch.records->values[row];
    if (value.empty()) continue;
    HB_ASSIGN(const RescoredRecord rescored, ReadRescored(value));
    HB_TRY(Replace(lane, rescored.offset, rescored.record, near));
  }
  lane.rescored_next = batch.end();
  lane.rescored_moved = dirty_ = true;
  rows_since_commit_ += batch.records->size() - batch.first_row;
  return Ok();
}

Status WindowStage::Replace(Lane& lane, Offset offset, std::string_view record,
                            std::vector<FetchedBatch>& near) {
  HB_ASSIGN(const AnalysisBatch row, DecodeOneAnalysis(record));
  // A rescore begins behind what was counted, so this is no result of its making.
  if (offset >= lane.next) return Ok();
  if (tombstones_.Judge(row.posts->Row(0)) != Tombstones::Verdict::kStays) return Ok();
  std::string name =
      KeyBytes(row.posts->key[0]) + KeyBytes(PostKey{static_cast<std::uint64_t>(ToInt(offset))});
  HB_ASSIGN(const std::string before, CountedRecord(lane, offset, name, near));
  if (before.empty()) return Ok();  // deleted, or trimmed
  HB_ASSIGN(const AnalysisBatch old, DecodeOneAnalysis(before));
  HB_TRY(lane.engine->Subtract(old, 0, offset));
  HB_TRY(lane.engine->AddUnlogged(row, 0, offset));
  lane.blanks.Mark(offset);
  lane.rescored[ToInt(offset)] = {std::move(name), std::string(record)};
  keeps_rescored_ = true;
  return Ok();
}

Result<std::string> WindowStage::CountedRecord(const Lane& lane, Offset offset,
                                               const std::string& name,
                                               std::vector<FetchedBatch>& near) {
  const auto again = lane.rescored.find(ToInt(offset));
  if (again != lane.rescored.end()) return again->second.second;
  if (!lane.blanks.Contains(offset)) {
    if (near.empty() || offset < near.front().base || offset >= near.front().end()) {
      near.clear();
      HB_TRY(log_.Read(kAnalysisTopic, lane.partition, offset, 1, near));
    }
    if (!near.empty() && offset >= near.front().base && offset < near.front().end()) {
      const auto at = static_cast<std::size_t>(ToInt(offset) - ToInt(near.front().base));
      const std::string_view value = near.front().records->values[at];
      if (!value.empty()) return std::string(value);
    }
  }
  Result<std::string> kept = log_.GetState(kShownState, lane.partition, name);
  if (!kept.ok()) return kept.error().code == Code::kNotFound ? std::string() : kept;
  return kept.value().size() > 8 ? kept.value().substr(8) : std::string();
}

void WindowStage::WriteRescored(Transaction& transaction, const Lane& lane) const {
  if (!lane.rescored_moved) return;
  for (const auto& [offset, kept] : lane.rescored) {
    Sweep::KeepCounted(transaction, lane.partition, kept.first, kept.second, clock_.Now());
  }
  transaction.CommitOffset(kWindowGroup, kRescoredTopic, lane.partition, lane.rescored_next);
}

std::chrono::steady_clock::duration WindowStage::RedactionRest() const {
  using Duration = std::chrono::steady_clock::duration;
  const auto pause = std::max<Duration>(
      options_.redact_every, std::min<Duration>(kRedactRest * redact_time_, kLongestRedactRest));
  return last_redact_ + pause - clock_.Steady();
}

bool WindowStage::RedactionIsDue() const {
  return redactions_moved_ && (finished_ || redacted_keys_.size() >= kMaxRedactedKeys ||
                               RedactionRest() <= std::chrono::steady_clock::duration::zero());
}

bool WindowStage::SweepIsDue() const {
  // A pass does not begin before the redactions that it covers are consumed: they commit together,
  // or earlier. One that runs goes on, however many more come.
  return (sweep_.running() || !redactions_moved_ || RedactionIsDue()) && sweep_.Due(finished_);
}

Status WindowStage::Redact(Transaction& transaction) {
  const auto begin = clock_.Steady();
  std::sort(redacted_keys_.begin(), redacted_keys_.end());
  for (Lane& lane : lanes_) {
    HB_TRY(RedactLane(transaction, lane, redacted_keys_));
    HB_TRY(sweep_.BlankCopies(transaction, kIngestTopic, lane.partition, redacted_keys_));
    HB_TRY(sweep_.BlankCopies(transaction, kSentimentTopic, lane.partition, redacted_keys_));
    if (!options_.sharing.shared) continue;
    lane.redacted = redactions_next_;
    transaction.PutState(kRedactedState, lane.partition, kRedactedNext,
                         std::to_string(ToInt(redactions_next_)));
  }
  if (!options_.sharing.shared) {
    transaction.CommitOffset(kWindowGroup, kRedactionsTopic, Partition{0}, redactions_next_);
  }
  redact_time_ = clock_.Steady() - begin;
  return Ok();
}

Status WindowStage::RedactLane(Transaction& transaction, Lane& lane,
                               std::span<const std::uint64_t> keys) {
  HB_ASSIGN(const auto found,
            log_.FindKeys(kAnalysisTopic, lane.partition, keys, Offset{0}, Offset{INT64_MAX}));
  std::vector<Offset> offsets;
  for (const FoundRecord& record : found) {
    auto decoded = DecodeOneAnalysis(record.value);
    // Others may have written it; it was set aside when it was first read.
    if (!decoded.ok() && options_.sharing.shared) continue;
    HB_ASSIGN(const AnalysisBatch row, std::move(decoded));
    const PostView post = row.posts->Row(0);
    if (tombstones_.Judge(post) != Tombstones::Verdict::kGone)
      continue;  // an edit that kept its id
    HB_TRY(sweep_.TakeChain(transaction, post));
    // Not counted: either not read yet (its blank will be skipped) or skipped when it was read.
    const bool counted = lane.blanks.Mark(record.offset) && record.offset < lane.next;
    offsets.push_back(record.offset);
    if (!counted) continue;
    HB_TRY(lane.engine->Subtract(row, 0, record.offset));
    dirty_ = true;
  }
  return offsets.empty() ? Ok() : transaction.Blank(kAnalysisTopic, lane.partition, offsets);
}

/// Blanks what was redacted before it was read, and keeps what is only hidden.
Status WindowStage::TakeLate(Transaction& transaction, Lane& lane) {
  const Partition partition = lane.partition;
  if (lane.late_blanks.empty()) return Ok();
  for (const auto& [at, record] : lane.late_hidden) {
    Sweep::Keep(transaction, partition, PostKey{lane.late_keys[at]}, lane.late_blanks[at], record,
                clock_.Now());
    sweep_.Want();  // its author may have been shown again meanwhile
  }
  for (const auto& [key, chain] : lane.late_chains) {
    HB_TRY(sweep_.TakeChain(transaction, {.key = key, .chain = chain}));
  }
  std::sort(lane.late_keys.begin(), lane.late_keys.end());
  HB_TRY(transaction.Blank(kAnalysisTopic, partition, lane.late_blanks));
  HB_TRY(sweep_.BlankCopies(transaction, kIngestTopic, partition, lane.late_keys));
  return sweep_.BlankCopies(transaction, kSentimentTopic, partition, lane.late_keys);
}

Status WindowStage::SweepSome(Transaction& transaction) {
  std::vector<SweepLane> lanes;
  for (Lane& lane : lanes_) lanes.push_back({lane.partition, *lane.engine, lane.next, lane.blanks});
  return sweep_.Slice(transaction, lanes, redactions_next_);
}

}  // namespace hb
