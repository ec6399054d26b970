#include "pipeline/window_stage.h"

#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "pipeline/codec.h"
#include "pipeline/commit.h"
#include "pipeline/payload.h"
#include "pipeline/set_aside.h"
#include "pipeline/topics.h"
#include "record/avro_post.h"

namespace hb {

namespace {
using std::chrono::milliseconds;

constexpr milliseconds kPollWait{50}, kLeastWait{1};
constexpr std::size_t kArenaBytes = 64 << 10;
/// A fast replay goes through days between two commits. Each span of them is looked at as long as
/// that costs no more keys a row; then as many looks are left as here.
constexpr std::size_t kTrendKeysPerRow = 4, kTrendLookKeys = 16;
constexpr int kMaxTrendSteps = 64;
/// A stream that goes back so far is another one: its trends begin anew.
constexpr std::chrono::hours kTrendsBack{24};
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
  if (HasAll()) AddToTrends(lane, rows, skip);
  HearSources(lane, *rows.posts);
  lane.next = batch.end();
  rows_since_commit_ += rows.size();
  board_.stages.window.records += rows.size();
  dirty_ = true;
  AdvanceWatermarks();
  return Ok();
}

bool WindowStage::IsPast(const Lane& lane, EventTime time) const {
  const EventTime reached = Reached(lane);
  return reached > EventTime::min() + options_.source_idle && time < reached - options_.source_idle;
}

EventTime WindowStage::Reached(const Lane& lane) const {
  const EventTime watermark = lane.engine->watermark();
  // Once all sources have ended it is behind all times: what comes then may be of any.
  const bool known = board_.stages.live && watermark != EventTime::max();
  return known ? watermark : EventTime::min();
}

void WindowStage::AddToTrends(const Lane& lane, const AnalysisBatch& rows,
                              const std::vector<bool>& skip) {
  const std::vector<EventTime>& times = rows.posts->time;
  const auto past = [&](EventTime time) { return IsPast(lane, time); };
  if (std::none_of(times.begin(), times.end(), past)) return trends_->Add(rows, skip);
  std::vector<bool> left_out = skip;
  left_out.resize(times.size());
  for (std::size_t row = 0; row < times.size(); ++row) {
    if (past(times[row])) left_out[row] = true;
  }
  trends_->Add(rows, left_out);
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
    if (IsPast(lane, source.newest)) {
      // After a restart it would hold back the others until it is found to be idle.
      if (source.kept) transaction.PutState(kSourceTimeState, lane.partition, name, "");
      source.kept = false;
      source.moved = true;
      continue;
    }
    if (!source.moved) continue;
    source.moved = false;
    source.kept = true;
    const auto newest = static_cast<std::uint64_t>(ToMillis(source.newest));
    transaction.PutState(kSourceTimeState, lane.partition, name, KeyBytes(PostKey{newest}));
  }
}

void WindowStage::AdvanceWatermarks() {
  const auto now = clock_.Steady();
  for (Lane& lane : lanes_) {
    lane.watermark = EventTime::max();
    for (const auto& [name, source] : lane.sources) {
      if (now - source.heard >= options_.source_idle) continue;
      // Beside live sources one that brings the past holds nobody back: their windows close, and
      // what rises now is found, while days are filled in for hours.
      if (IsPast(lane, source.newest)) continue;
      lane.watermark = std::min(lane.watermark, source.newest);
    }
    if (lane.watermark == EventTime::max()) continue;
    lane.watermark -= options_.disorder;
    // Nor does one that comes back go back in time for all.
    lane.watermark = std::max(lane.watermark, Reached(lane));
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
