#include "pipeline/window_stage.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "base/logging.h"
#include "pipeline/codec.h"
#include "pipeline/commit.h"
#include "pipeline/payload.h"
#include "pipeline/rescore.h"
#include "pipeline/set_aside.h"
#include "pipeline/topics.h"
#include "record/avro_post.h"

namespace hb {

namespace {
using std::chrono::milliseconds;

constexpr milliseconds kPollWait{50}, kLeastWait{1};
constexpr milliseconds kReadRedactionsEvery{500};
constexpr char kNextName[] = "next";
constexpr char kTrendsMessage[] = "window: trends";
constexpr std::size_t kPollBytes = 4 << 20;
constexpr std::size_t kArenaBytes = 64 << 10;
/// A fast replay goes through days between two commits. Each span of them is looked at as long as
/// that costs no more keys a row; then as many looks are left as here.
constexpr std::size_t kTrendKeysPerRow = 4, kTrendLookKeys = 16;
constexpr int kMaxTrendSteps = 64;
/// A stream that goes back so far is another one: its trends begin anew.
constexpr std::chrono::hours kTrendsBack{24};

/// Which records count in which size from now on, where `next` is the first that is not counted
/// yet. Of a size that is not in `sizes` any more, the windows still get what they miss, are
/// closed, and are lowered by deletes; one that is new, or comes again, begins at `next`.
/// `known`: as it was until now; before that was written down, all sizes held all records.
std::vector<SizeSpan> MoveSpans(std::vector<SizeSpan> known, std::span<const AggregateKey> open,
                                std::span<const milliseconds> sizes, Offset next) {
  constexpr Offset kOpenEnd{INT64_MAX};
  const auto find_open = [&](milliseconds size) {
    return std::find_if(known.begin(), known.end(), [&](const SizeSpan& span) {
      return span.size == size && span.to == kOpenEnd;
    });
  };
  if (known.empty()) {
    for (const milliseconds size : sizes) known.push_back({size});
    for (const AggregateKey& key : open) {
      const milliseconds size(key.window_ms);
      if (find_open(size) == known.end()) known.push_back({size});
    }
  }
  for (SizeSpan& span : known) {
    if (span.to == kOpenEnd && std::find(sizes.begin(), sizes.end(), span.size) == sizes.end())
      span.to = next;
  }
  for (const milliseconds size : sizes) {
    if (find_open(size) == known.end()) known.push_back({size, next});
  }
  return known;
}
}  // namespace

WindowStage::WindowStage(Options options, Log& log, Tombstones& tombstones, LiveListener* listener,
                         Clock& clock, StatusBoard& board)
    : Worker("window", clock, board),
      options_(std::move(options)),
      producer_(options_.sharing.Producer("window")),
      log_(log),
      tombstones_(tombstones),
      listener_(listener),
      sweep_(log, tombstones, clock, options_.hidden_retention, options_.sharing.shared),
      window_ledger_(log),
      trend_ledger_(log) {}

Status WindowStage::Open() {
  HB_TRY(Subscribe());
  return OpenLanes();
}

Result<WindowStage::Lane> WindowStage::OpenLane(Partition partition, const GroupOffset& at) {
  WindowEngine::Options options = options_.engine;
  options.partition = partition;
  HB_ASSIGN(options.fresh, window_ledger_.IsFresh(partition));
  Lane lane;
  lane.partition = partition;
  lane.blanks = Blanks(options_.sharing.shared);
  std::vector<AggregateKey> open;
  HB_TRY(window_ledger_.LoadOpen(partition, open));
  HB_ASSIGN(lane.next, window_ledger_.Counted(partition, at.processed));
  HB_ASSIGN(const std::vector<SizeSpan> spans, window_ledger_.Spans(partition));
  lane.spans = MoveSpans(spans, open, options.sizes, lane.next);
  lane.spans_moved = lane.spans != spans;
  options.spans = lane.spans;
  HB_ASSIGN(lane.engine,
            WindowEngine::Create(std::move(options), [this, partition](const AggregateKey& key) {
              return window_ledger_.Load(partition, key);
            }));
  lane.engine->Restore(open);
  const auto now = clock_.Steady();
  HB_TRY(log_.ScanState(kSourceTimeState, partition,
                        [&](std::string_view source, std::string_view value) {
                          const auto newest = static_cast<std::int64_t>(ToInt(KeyFromBytes(value)));
                          lane.sources.emplace(source, SourceTime{FromMillis(newest), now});
                          return true;
                        }));
  if (options_.sharing.shared) HB_TRY(OpenShared(lane));
  HB_TRY(CountAgain(lane, at.committed));
  return lane;
}

Status WindowStage::OpenShared(Lane& lane) {
  Offset begin{};
  HB_ASSIGN(const auto topics, log_.Topics());
  for (const TopicInfo& topic : topics) {
    if (topic.spec.name != kAnalysisTopic) continue;
    for (const PartitionInfo& info : topic.partitions) {
      if (info.partition == lane.partition) begin = info.begin;
    }
  }
  lane.next = std::max(lane.next, begin);
  HB_TRY(lane.blanks.Load(log_, lane.partition, begin));
  const Result<std::string> redacted = log_.GetState(kRedactedState, lane.partition, kNextName);
  if (!redacted.ok()) {
    return redacted.error().code == Code::kNotFound ? Ok() : Status(redacted.error());
  }
  std::int64_t next = 0;
  const std::string& text = redacted.value();
  std::from_chars(text.data(), text.data() + text.size(), next);
  lane.redacted = Offset{next};
  return Ok();
}

Status WindowStage::CountAgain(Lane& lane, Offset from) {
  std::vector<FetchedBatch> batches;
  while (from < lane.next) {
    batches.clear();
    HB_TRY(log_.Read(kAnalysisTopic, lane.partition, from, kPollBytes, batches));
    if (batches.empty()) {
      // Behind the last record there may be offsets that are none.
      if (options_.sharing.shared) return Ok();
      return Error{Code::kCorrupt, "records of analysis from offset " +
                                       std::to_string(ToInt(from)) + " on were counted and are " +
                                       "not there any more"};
    }
    for (const FetchedBatch& batch : batches) {
      // Whatever was judged to be gone when it was first read is blank by now; the rest counted.
      HB_ASSIGN(auto analysis, Decode(lane.blanks.Apply(batch), nullptr));
      std::erase_if(analysis.offsets, [&](Offset offset) { return offset >= lane.next; });
      HB_TRY(lane.engine->Add(*analysis.rows, {}, analysis.offsets));
    }
    from = batches.back().end();
  }
  return Ok();
}

Result<WindowStage::Analyses> WindowStage::Decode(const FetchedBatch& batch,
                                                  std::vector<DeadLetter>* dead) const {
  auto analyses = DecodeAnalyses(batch);
  if (!options_.sharing.shared || analyses.ok()) return analyses;
  std::vector<DeadLetter> unreadable;
  analyses = DecodeAnalyses(WithoutUnreadable(batch, CheckReadable, clock_.Now(), unreadable));
  if (dead != nullptr) std::move(unreadable.begin(), unreadable.end(), std::back_inserter(*dead));
  return analyses;
}

Status WindowStage::Subscribe() {
  std::vector<std::string> topics{kAnalysisTopic};
  if (!options_.sharing.shared) topics.insert(topics.end(), {kRedactionsTopic, kRescoredTopic});
  HB_ASSIGN(auto consumer, log_.Subscribe(kWindowGroup, topics, Visibility::kAppended, 0, 1));
  const MutexLock lock(consumer_mutex_);
  consumer_ = std::move(consumer);
  if (stopping()) consumer_->Stop();
  return Ok();
}

WindowStage::Lane* WindowStage::LaneOf(Partition partition) {
  const auto at = std::find_if(lanes_.begin(), lanes_.end(),
                               [&](const Lane& lane) { return lane.partition == partition; });
  return at == lanes_.end() ? nullptr : &*at;
}

Status WindowStage::OpenLanes() {
  generation_ = consumer_->Generation();
  TrendDetector::Options trends = options_.trends;
  trends.journaled = true;
  trends_ = TrendDetector::Create(trends);
  HB_TRY(trend_ledger_.Load(*trends_));
  HB_ASSIGN(const auto offsets, log_.OffsetsOf(kWindowGroup));
  std::map<Partition, GroupOffset> at;
  redactions_next_ = Offset{0};
  for (const GroupOffset& offset : offsets) {
    if (offset.topic == kAnalysisTopic) {
      at[offset.partition] = offset;
    } else if (offset.topic == kRedactionsTopic) {
      redactions_next_ = offset.committed;
    }
  }
  lanes_.clear();
  keeps_rescored_ = false;
  std::vector<Partition> partitions;
  for (const auto& [topic, partition] : consumer_->Assignment()) {
    if (topic == kAnalysisTopic) partitions.push_back(partition);
  }
  std::sort(partitions.begin(), partitions.end());
  for (const Partition partition : partitions) {
    HB_ASSIGN(Lane lane, OpenLane(partition, at[partition]));
    HB_TRY(consumer_->Seek(kAnalysisTopic, partition, lane.next));
    HB_TRY(log_.ScanState(kShownState, partition, [&](std::string_view, std::string_view) {
      keeps_rescored_ = true;
      return false;
    }));
    lanes_.push_back(std::move(lane));
  }
  if (options_.sharing.shared) SetRedactionsNext();
  AdvanceWatermarks();
  HB_TRY(sweep_.Open(redactions_next_, partitions));
  sweeping_ = sweep_.active();
  fetched_.clear();
  redacted_keys_.clear();
  dead_.clear();
  redactions_moved_ = dirty_ = broken_ = false;
  waiting_ = true;  // There may be windows that were not written before.
  rows_since_commit_ = 0;
  return Ok();
}

void WindowStage::SetRedactionsNext() {
  redactions_next_ = Offset{0};
  redactions_read_ = {};
  if (!lanes_.empty()) {
    redactions_next_ = std::min_element(lanes_.begin(), lanes_.end(), [](auto& a, auto& b) {
                         return a.redacted < b.redacted;
                       })->redacted;
  }
  if (HasAll() || lanes_.empty()) {
    board_.Clear(kTrendsMessage);
  } else {
    board_.Raise(kTrendsMessage, Level::kInfo,
                 "no trends: they need all posts, and several processes divide them", clock_.Now());
  }
}

Status WindowStage::StartOver() {
  finished_ = false;  // The new engines' windows are open again, and must be closed again.
  if (options_.sharing.shared) {
    // Leaving the group would move its partitions. What became of the last commit is settled first.
    HB_TRY(log_.Begin(producer_));
  } else {
    HB_TRY(Subscribe());
  }
  return OpenLanes();
}

void WindowStage::Interrupt() noexcept {
  const MutexLock lock(consumer_mutex_);
  if (consumer_) consumer_->Stop();
}

Result<Worker::StepResult> WindowStage::Step() {
  // A failed commit may have left an engine ahead of the log: go back to what is committed.
  if (broken_) HB_TRY(StartOver());
  broken_ = true;
  if (Status polled = consumer_->Poll(Patience(), kPollBytes, fetched_); !polled.ok()) {
    broken_ = polled.error().code != Code::kCancelled;  // Stopped: nothing was taken.
    return std::move(polled).error();
  }
  if (consumer_->Generation() != generation_) {
    ++board_.stages.window.rebalances;
    HB_TRY(StartOver());
  }
  const bool idle = fetched_.empty();
  {
    const BusyScope busy(board_.stages.window);
    if (options_.sharing.shared) HB_TRY(ReadRedactions());
    for (const FetchedBatch& batch : fetched_) HB_TRY(Take(batch));
    fetched_.clear();
    board_.stages.window.lag = consumer_->Lag();
    const bool all_read = idle && board_.AllSourcesEnded() && board_.stages.analyze.lag == 0;
    if (all_read && !finished_) {
      for (Lane& lane : lanes_) lane.engine->AdvanceWatermark(EventTime::max());
      dirty_ = uncommitted_ = true;
      finished_ = true;
    }
    if (!idle) finished_ = false;
    if (!lanes_.empty() && (CommitIsDue() || RedactionIsDue() || SweepIsDue())) HB_TRY(Commit());
  }
  broken_ = false;
  return idle ? StepResult::kIdle : StepResult::kWorked;
}

Status WindowStage::Take(const FetchedBatch& batch) {
  if (batch.topic == kAnalysisTopic) return TakeAnalysis(batch);
  if (batch.topic == kRescoredTopic) return TakeRescored(batch);
  return TakeRedactions(batch);
}

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

Status WindowStage::TakeAnalysis(const FetchedBatch& batch) {
  Lane& lane = *LaneOf(batch.partition);
  if (batch.end() <= lane.next) return Ok();  // It came again: it was counted.
  if (const std::int64_t counted = ToInt(lane.next) - ToInt(batch.base);
      counted > static_cast<std::int64_t>(batch.first_row)) {
    FetchedBatch rest = batch;
    rest.first_row = static_cast<std::size_t>(counted);
    return TakeAnalysis(rest);
  }
  TakeBadRecords(batch, clock_.Now(), dead_);
  HB_ASSIGN(const auto analysis, Decode(batch, &dead_));
  const AnalysisBatch& rows = *analysis.rows;
  std::vector<bool> skip;
  std::vector<Tombstones::Verdict> verdicts;
  tombstones_.Judge(*rows.posts, verdicts);
  for (std::size_t row = 0; row < verdicts.size(); ++row) {
    if (verdicts[row] == Tombstones::Verdict::kStays) continue;
    skip.resize(rows.size());
    skip[row] = true;
    if (verdicts[row] == Tombstones::Verdict::kHidden) {
      std::string record;
      EncodeAnalysis(rows, row, record);
      lane.late_hidden.emplace_back(lane.late_blanks.size(), std::move(record));
    }
    lane.late_blanks.push_back(analysis.offsets[row]);
    lane.late_keys.push_back(ToInt(rows.posts->key[row]));
    if (!rows.posts->chain[row].empty()) {
      lane.late_chains.emplace_back(rows.posts->key[row], std::string(rows.posts->chain[row]));
    }
    lane.blanks.Mark(analysis.offsets[row]);
  }
  HB_TRY(lane.engine->Add(rows, skip, analysis.offsets));
  if (HasAll()) trends_->Add(rows, skip);
  HearSources(lane, *rows.posts);
  lane.next = batch.end();
  rows_since_commit_ += rows.size();
  board_.stages.window.records += rows.size();
  dirty_ = true;
  AdvanceWatermarks();
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

void WindowStage::HearSources(Lane& lane, const PostBatch& posts) {
  const auto heard = clock_.Steady();
  auto at = lane.sources.end();
  for (std::size_t row = 0; row < posts.size(); ++row) {
    const std::string_view name = posts.source[row];
    if (at == lane.sources.end() || at->first != name) at = lane.sources.find(name);
    if (at == lane.sources.end()) at = lane.sources.emplace(std::string(name), SourceTime{}).first;
    at->second.newest = std::max(at->second.newest, posts.time[row]);
    at->second.heard = heard;
    at->second.moved = true;
  }
}

void WindowStage::WriteSources(Transaction& transaction, Lane& lane) {
  if (finished_) {
    // What comes next may be of another time.
    for (const auto& [name, source] : lane.sources)
      transaction.PutState(kSourceTimeState, lane.partition, name, "");
    lane.sources.clear();
    return;
  }
  for (auto& [name, source] : lane.sources) {
    if (!source.moved) continue;
    source.moved = false;
    const auto newest = static_cast<std::uint64_t>(ToMillis(source.newest));
    transaction.PutState(kSourceTimeState, lane.partition, name, KeyBytes(PostKey{newest}));
  }
}

void WindowStage::AdvanceWatermarks() {
  const auto now = clock_.Steady();
  for (Lane& lane : lanes_) {
    lane.watermark = EventTime::max();
    for (const auto& [name, source] : lane.sources) {
      if (now - source.heard < options_.source_idle)
        lane.watermark = std::min(lane.watermark, source.newest);
    }
    if (lane.watermark == EventTime::max()) continue;
    lane.watermark -= options_.disorder;
    lane.engine->AdvanceWatermark(lane.watermark);
  }
}

void WindowStage::AdvanceTrends(std::vector<Trend>& out) {
  EventTime watermark = EventTime::max();
  for (const Lane& lane : lanes_) watermark = std::min(watermark, lane.watermark);
  if (watermark == EventTime::max()) return;
  EventTime at = trends_->evaluated();
  if (at != EventTime::min() && at - watermark > kTrendsBack) {
    trends_->Reset();
    at = EventTime::min();
  }
  if (at != EventTime::min()) {
    std::size_t keys = kTrendKeysPerRow * rows_since_commit_;
    EventTime::duration step = options_.trends.span;
    bool coarse = false;
    // At the ends of spans, wherever commits fall.
    for (at = WindowStart(at, step) + step; at < watermark; at += step) {
      trends_->Advance(at, out);
      const std::size_t cost = trends_->live() + kTrendLookKeys;
      if (cost >= keys && !coarse) step = std::max(step, (watermark - at) / kMaxTrendSteps);
      coarse = coarse || cost >= keys;
      keys -= std::min(keys, cost);
    }
  }
  trends_->Advance(watermark, out);
}

std::chrono::milliseconds WindowStage::Patience() const {
  std::chrono::steady_clock::duration wait = kPollWait;
  if (dirty_ || waiting_)
    wait = std::min(wait, last_commit_ + options_.commit_every - clock_.Steady());
  if (sweep_.active()) {
    auto rest = sweep_.Rest();
    if (redactions_moved_ && !sweep_.running()) rest = std::max(rest, RedactionRest());
    wait = finished_ ? kLeastWait : std::min(wait, rest);
  }
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(wait), kLeastWait);
}

bool WindowStage::CommitIsDue() const {
  if (!dirty_ && !waiting_) return false;
  if (dirty_ && (rows_since_commit_ >= options_.commit_rows || finished_)) return true;
  return clock_.Steady() - last_commit_ >= options_.commit_every;
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
    transaction.PutState(kRedactedState, lane.partition, kNextName,
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

Status WindowStage::CommitWindows(Transaction& transaction, Lane& lane,
                                  std::vector<std::shared_ptr<const RecordBatch>>& written) {
  const Partition partition = lane.partition;
  const WindowEngine::Due due{
      .all = finished_ || ending_,
      .next = lane.next,
      .oldest = Advance(lane.next, -options_.most_missing),
      .now = std::chrono::floor<std::chrono::milliseconds>(clock_.Steady().time_since_epoch())};
  WindowBatch changed{std::make_unique<std::pmr::monotonic_buffer_resource>(kArenaBytes), {}};
  HB_TRY(lane.engine->Flush(due, changed.aggregates, changed.memory.get()));
  HB_TRY(TakeLate(transaction, lane));
  WriteRescored(transaction, lane);
  if (!lane.rescored.empty()) {
    std::vector<Offset> offsets;
    for (const auto& [offset, kept] : lane.rescored) offsets.push_back(Offset{offset});
    HB_TRY(transaction.Blank(kAnalysisTopic, partition, offsets));
  }
  const Offset missing = lane.engine->FirstMissing();
  waiting_ = waiting_ || missing < lane.next;
  transaction.CommitOffsets(kWindowGroup, kAnalysisTopic, partition, std::min(missing, lane.next),
                            lane.next);
  if (lane.spans_moved) WindowLedger::WriteSpans(transaction, partition, lane.spans);
  WriteSources(transaction, lane);
  lane.blanks.Write(transaction, partition);
  if (changed.aggregates.empty()) return Ok();
  HB_ASSIGN(const auto batch,
            window_ledger_.Write(transaction, partition, std::move(changed), lane.next));
  HB_TRY(transaction.Append(kWindowsTopic, partition, batch));
  written.push_back(batch);
  return Ok();
}

void WindowStage::Finish() {
  if (!options_.write_at_stop || broken_ || lanes_.empty() || (!dirty_ && !waiting_)) return;
  ending_ = true;
  if (const Status committed = Commit(); !committed.ok()) {
    LogWarning("windows wait for the next start: {}", committed.error().message);
  }
}

Status WindowStage::Commit() {
  HB_ASSIGN(const auto transaction, log_.Begin(producer_));
  // A sweep asks the state what counts, which does not know yet what this commit replaces.
  const bool replacing = std::any_of(lanes_.begin(), lanes_.end(),
                                     [](const Lane& lane) { return !lane.rescored.empty(); });
  const bool sweeping = SweepIsDue() && !replacing;
  const bool redacting = RedactionIsDue();
  if (redacting) HB_TRY(Redact(*transaction));
  if (sweeping) HB_TRY(SweepSome(*transaction));
  std::vector<std::shared_ptr<const RecordBatch>> written;
  waiting_ = false;
  for (Lane& lane : lanes_) HB_TRY(CommitWindows(*transaction, lane, written));
  std::vector<Trend> trends;
  if (HasAll()) {
    AdvanceTrends(trends);
    trend_ledger_.Write(*transaction, *trends_);
  }
  if (!trends.empty()) {
    HB_TRY(transaction->Append(kTrendsTopic, Partition{0}, EncodeTrends(trends)));
  }
  if (!dead_.empty()) {
    HB_TRY(transaction->Append(kDeadLettersTopic, Partition{0}, EncodeDeadLetters(dead_)));
  }
  const auto committed = CommitOwn(options_.sharing, *transaction);
  board_.stages.window.CountCommit(committed.ok());
  HB_TRY(committed);
  if (HasAll()) trend_ledger_.Committed(*trends_);
  if (sweeping) sweep_.Committed();
  sweeping_ = sweep_.active();
  if (redacting) {
    redacted_keys_.clear();
    redactions_moved_ = false;
    last_redact_ = clock_.Steady();
  }
  Committed();
  if (listener_ != nullptr) {
    for (const auto& batch : written) {
      listener_->OnWindows(static_cast<const AggregatePayload&>(*batch->native).aggregates);
    }
    if (!trends.empty()) listener_->OnTrends(trends);
  }
  return Ok();
}

void WindowStage::Committed() {
  for (Lane& lane : lanes_) {
    lane.late_blanks.clear();
    lane.late_keys.clear();
    lane.late_hidden.clear();
    lane.late_chains.clear();
    lane.blanks.Committed();
    lane.rescored.clear();
    lane.rescored_moved = false;
    lane.spans_moved = false;
  }
  dead_.clear();
  dirty_ = uncommitted_ = false;
  rows_since_commit_ = 0;
  last_commit_ = clock_.Steady();
  board_.stages.window.batches += 1;
}

}  // namespace hb
