#include "pipeline/store_stage.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/logging.h"
#include "pipeline/codec.h"
#include "pipeline/rescore.h"
#include "pipeline/set_aside.h"
#include "pipeline/topics.h"
#include "store/replaces_posts.h"

namespace hb {

namespace {
constexpr std::chrono::milliseconds kPollWait{50};
constexpr std::size_t kPollBytes = 8 << 20;

template <typename T>
void MoveInto(std::vector<T>&& from, std::vector<T>& to) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

/// Sets `offset` in `all`, where each topic and partition stands once.
void SetOffset(const StoreOffset& offset, std::vector<StoreOffset>& all) {
  for (StoreOffset& known : all) {
    if (known.topic != offset.topic || known.partition != offset.partition) continue;
    known.next = offset.next;
    return;
  }
  all.push_back(offset);
}
}  // namespace

StoreStage::StoreStage(Options options, Log& log, Store& store, LiveListener* listener,
                       Clock& clock, StatusBoard& board)
    : Worker("store", clock, board),
      options_(std::move(options)),
      producer_(options_.sharing.Producer("store")),
      log_(log),
      store_(store),
      listener_(listener) {}

Status StoreStage::Open() {
  const std::array<std::string, 8> topics{kAnalysisTopic,    kWindowsTopic, kRedactionsTopic,
                                          kDeadLettersTopic, kTasksTopic,   kTrendsTopic,
                                          kGapsTopic,        kRescoredTopic};
  HB_ASSIGN(consumer_, log_.Subscribe(options_.group, topics, Visibility::kDurable, 0, 1));
  generation_ = consumer_->Generation();
  HB_TRY(SeekToStored());
  last_write_ = last_prune_ = clock_.Steady();
  return Ok();
}

Status StoreStage::SeekToStored() {
  // The store's offsets win over the group's: they moved together with the rows.
  HB_ASSIGN(auto offsets, store_.Offsets());
  const auto assigned = consumer_->Assignment();
  std::erase_if(offsets, [&](const StoreOffset& offset) {
    return std::find(assigned.begin(), assigned.end(), std::pair(offset.topic, offset.partition)) ==
           assigned.end();
  });
  for (const StoreOffset& offset : offsets) {
    HB_TRY(consumer_->Seek(offset.topic, offset.partition, offset.next));
    std::erase_if(fetched_, [&](const FetchedBatch& batch) {
      return batch.topic == offset.topic && batch.partition == offset.partition;
    });
  }
  unnoted_ = std::move(offsets);  // A run may have ended after a write and before its note.
  return Ok();
}

Result<Worker::StepResult> StoreStage::Step() {
  if (unsure_) {
    board_.stages.store.CountCommit(false);
    HB_TRY(Write());
  }
  const bool full = rows_ >= options_.commit_rows;
  bool idle = false;
  if (!full) {
    HB_ASSIGN(idle, Read());
  }
  const auto lag = consumer_->Lag();
  board_.stages.store.lag = lag;
  const auto now = clock_.Steady();
  const bool behind = lag >= options_.behind_rows;
  const bool due =
      now - last_write_ >= (behind ? options_.commit_behind_every : options_.commit_every);
  // Nothing comes any more: somebody may wait for the end.
  const bool at_end = idle && board_.AllSourcesEnded();
  if (!(offsets_.empty() && rescored_offsets_.empty()) && (full || due || at_end)) {
    const BusyScope busy(board_.stages.store);
    HB_TRY(Write());
  }
  NoteOffsets();
  if (now - last_prune_ >= options_.prune_every) HB_TRY(Prune());
  return idle ? StepResult::kIdle : StepResult::kWorked;
}

Result<bool> StoreStage::Read() {
  Status polled = Ok();
  if (!seek_) {
    polled = consumer_->Poll(kPollWait, kPollBytes, fetched_);
    seek_ = consumer_->Generation() != generation_;
    if (seek_) ++board_.stages.store.rebalances;
    generation_ = consumer_->Generation();
  }
  const bool idle = fetched_.empty();
  const BusyScope busy(board_.stages.store);
  if (seek_) {
    // Partitions came from elsewhere: what the store has decides where they are read.
    if (!(offsets_.empty() && rescored_offsets_.empty())) HB_TRY(Write());
    HB_TRY(SeekToStored());
    seek_ = false;
  }
  // What came before an error is not given again.
  for (const FetchedBatch& batch : fetched_) HB_TRY(GatherReadable(batch));
  fetched_.clear();
  HB_TRY(std::move(polled));
  return idle;
}

Status StoreStage::GatherReadable(const FetchedBatch& batch) {
  const auto say = [&](const std::string& place, const std::string& cause) {
    board_.Raise("store: unreadable", Level::kWarning,
                 "passed over " + place + ", which cannot be read: " + cause, clock_.Now());
    LogWarning("passed over {}, which cannot be read: {}", place, cause);
  };
  for (const BadRecord& bad : batch.bad) say(PlaceOf(batch, bad.row), bad.cause);
  const Status gathered = Gather(batch);
  if (gathered.ok() || !options_.sharing.shared || gathered.error().code != Code::kCorrupt)
    return gathered;
  // Nothing of a batch that fails is kept: its rows are decoded before any is taken.
  std::vector<DeadLetter> unreadable;
  const FetchedBatch rest = WithoutUnreadable(
      batch, [](const FetchedBatch& one) { return CheckReadable(one); }, clock_.Now(), unreadable);
  for (const DeadLetter& letter : unreadable) say(letter.location, letter.reason);
  return Gather(rest);
}

Status StoreStage::Gather(const FetchedBatch& batch) {
  if (batch.topic == kRescoredTopic) {
    HB_ASSIGN(auto rescored, DecodeRescored(batch));
    rows_ += rescored->size();
    if (rescored->size() > 0) rescored_.push_back(std::move(rescored));
    SetOffset({batch.topic, batch.partition, batch.end()}, rescored_offsets_);
    return Ok();
  }
  if (batch.topic == kAnalysisTopic) {
    HB_ASSIGN(auto analysis, DecodeAnalyses(batch));
    rows_ += analysis.rows->size();
    if (analysis.rows->size() > 0) analyses_.push_back(std::move(analysis.rows));
  } else if (batch.topic == kWindowsTopic) {
    HB_ASSIGN(auto aggregates, DecodeAggregates(batch));
    rows_ += aggregates->size();
    aggregates_.push_back(std::move(aggregates));
  } else if (batch.topic == kRedactionsTopic) {
    HB_ASSIGN(auto redactions, DecodeRedactions(batch));
    MoveInto(std::move(redactions), redactions_);
  } else if (batch.topic == kDeadLettersTopic) {
    HB_ASSIGN(auto letters, DecodeDeadLetters(batch));
    MoveInto(std::move(letters), dead_);
  } else if (batch.topic == kTasksTopic) {
    HB_ASSIGN(auto tasks, DecodeTasks(batch));
    MoveInto(std::move(tasks), tasks_);
  } else if (batch.topic == kTrendsTopic) {
    HB_ASSIGN(auto trends, DecodeTrends(batch));
    MoveInto(std::move(trends), trends_);
  } else if (batch.topic == kGapsTopic) {
    HB_ASSIGN(auto gaps, DecodeGaps(batch));
    MoveInto(std::move(gaps), gaps_);
  }
  SetOffset({batch.topic, batch.partition, batch.end()}, offsets_);
  return Ok();
}

void StoreStage::NoteOffsets() {
  if (unnoted_.empty()) return;
  auto transaction = log_.Begin(producer_);
  if (!transaction.ok()) return;
  for (const StoreOffset& offset : unnoted_) {
    transaction.value()->CommitOffset(options_.group, offset.topic, offset.partition, offset.next);
  }
  if (const auto committed = transaction.value()->Commit(); !committed.ok()) {
    LogWarning("the store's offsets were not noted in the log: {}", committed.error().message);
    return;
  }
  unnoted_.clear();
}

Status StoreStage::Write() {
  unsure_ = true;
  StoreWrite write;
  write.analyses = analyses_;
  write.aggregate_batches = aggregates_;
  write.redactions = redactions_;
  write.dead = dead_;
  write.tasks = tasks_;
  write.trends = trends_;
  write.gaps = gaps_;
  write.offsets = offsets_;
  if (!offsets_.empty()) HB_TRY(store_.Write(write));
  if (!rescored_offsets_.empty()) {
    auto* const replacing = dynamic_cast<ReplacesPosts*>(&store_);
    HB_TRY(replacing != nullptr ? replacing->ReplacePosts(rescored_, rescored_offsets_)
                                : store_.Write({.offsets = rescored_offsets_}));
  }
  for (const auto& analysis : analyses_) {
    board_.stages.stored_posts += analysis->size();
    board_.NoteStored(*analysis);
    if (listener_ != nullptr) listener_->OnPosts(analysis);
  }
  for (const auto& windows : aggregates_) {
    board_.NoteStored(*windows);
    if (listener_ != nullptr) listener_->OnWindows(*windows);
  }
  if (listener_ != nullptr && !trends_.empty()) listener_->OnTrends(trends_);
  board_.stages.store.records += rows_;
  board_.stages.store.batches += 1;
  board_.stages.store.CountCommit(true);

  for (const StoreOffset& offset : offsets_) SetOffset(offset, unnoted_);
  for (const StoreOffset& offset : rescored_offsets_) SetOffset(offset, unnoted_);
  rescored_.clear();
  rescored_offsets_.clear();
  analyses_.clear();
  aggregates_.clear();
  redactions_.clear();
  dead_.clear();
  tasks_.clear();
  trends_.clear();
  gaps_.clear();
  offsets_.clear();
  rows_ = 0;
  unsure_ = false;
  last_write_ = clock_.Steady();
  return Ok();
}

Status StoreStage::Prune() {
  last_prune_ = clock_.Steady();
  return store_.Prune(clock_.Now() - options_.retention);
}

}  // namespace hb
