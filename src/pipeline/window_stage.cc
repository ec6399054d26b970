#include "pipeline/window_stage.h"

#include <algorithm>
#include <array>
#include <utility>

#include "pipeline/codec.h"
#include "pipeline/payload.h"
#include "pipeline/topics.h"
#include "record/avro_post.h"

namespace hb {

namespace {
constexpr std::chrono::milliseconds kPollWait{50};
constexpr std::size_t kPollBytes = 4 << 20;
constexpr std::size_t kArenaBytes = 64 << 10;
constexpr int kMaxTrendSteps = 64;  ///< looks between two commits
/// A stream that goes back so far is another one: its trends begin anew.
constexpr std::chrono::hours kTrendsBack{24};
}  // namespace

WindowStage::WindowStage(Options options, Log& log, Tombstones& tombstones, LiveListener* listener,
                         Clock& clock, StatusBoard& board)
    : Worker("window", clock, board),
      options_(std::move(options)),
      log_(log),
      tombstones_(tombstones),
      listener_(listener),
      sweep_(log, tombstones, clock, options_.hidden_retention),
      window_ledger_(log),
      trend_ledger_(log) {}

Status WindowStage::Open() { return OpenLanes(); }

Result<WindowStage::Lane> WindowStage::OpenLane(Partition partition) {
  WindowEngine::Options options = options_.engine;
  options.partition = partition;
  HB_ASSIGN(options.fresh, window_ledger_.IsFresh(partition));
  Lane lane;
  HB_ASSIGN(lane.engine,
            WindowEngine::Create(std::move(options), [this, partition](const AggregateKey& key) {
              return window_ledger_.Load(partition, key);
            }));
  std::vector<AggregateKey> open;
  HB_TRY(window_ledger_.LoadOpen(partition, open));
  lane.engine->Restore(open);
  const auto now = clock_.Steady();
  HB_TRY(log_.ScanState(kSourceTimeState, partition,
                        [&](std::string_view source, std::string_view value) {
                          const auto newest = static_cast<std::int64_t>(ToInt(KeyFromBytes(value)));
                          lane.sources.emplace(source, SourceTime{FromMillis(newest), now});
                          return true;
                        }));
  return lane;
}

Status WindowStage::OpenLanes() {
  const std::array<std::string, 2> topics{kAnalysisTopic, kRedactionsTopic};
  HB_ASSIGN(consumer_, log_.Subscribe(kWindowGroup, topics, Visibility::kAppended, 0, 1));
  TrendDetector::Options trends = options_.trends;
  trends.journaled = true;
  trends_ = TrendDetector::Create(trends);
  HB_TRY(trend_ledger_.Load(*trends_));
  lanes_.clear();
  for (std::int32_t p = 0; p < options_.partitions; ++p) {
    HB_ASSIGN(Lane lane, OpenLane(Partition{p}));
    lanes_.push_back(std::move(lane));
  }
  AdvanceWatermarks();
  HB_ASSIGN(const auto offsets, log_.GroupOffsets());
  redactions_next_ = Offset{0};
  for (const GroupOffset& offset : offsets) {
    if (offset.group != kWindowGroup) continue;
    if (offset.topic == kAnalysisTopic) {
      lanes_[static_cast<std::size_t>(ToInt(offset.partition))].next = offset.committed;
    } else {
      redactions_next_ = offset.committed;
    }
  }
  HB_TRY(sweep_.Open(redactions_next_));
  sweeping_ = sweep_.active();
  fetched_.clear();
  redacted_keys_.clear();
  redactions_moved_ = dirty_ = broken_ = false;
  rows_since_commit_ = 0;
  return Ok();
}

Status WindowStage::StartOver() { return OpenLanes(); }

Result<Worker::StepResult> WindowStage::Step() {
  // A failed commit may have left an engine ahead of the log: go back to what is committed.
  if (broken_) HB_TRY(StartOver());
  broken_ = true;
  HB_TRY(consumer_->Poll(dirty_ || sweep_.active() ? std::chrono::milliseconds(5) : kPollWait,
                         kPollBytes, fetched_));
  const bool idle = fetched_.empty();
  {
    const BusyScope busy(board_.stages.window);
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
    if (CommitIsDue(idle) || RedactionIsDue() || SweepIsDue()) HB_TRY(Commit());
  }
  broken_ = false;
  return idle ? StepResult::kIdle : StepResult::kWorked;
}

Status WindowStage::Take(const FetchedBatch& batch) {
  if (batch.topic == kAnalysisTopic) return TakeAnalysis(batch);
  HB_ASSIGN(const auto redactions, DecodeRedactions(batch));
  for (const Redaction& redaction : redactions) {
    // Ingest does it too, but only after its commit.
    tombstones_.Add(redaction);
    const RedactionKind kind = redaction.kind;
    if (kind == RedactionKind::kWithheld || kind == RedactionKind::kScrubGeo) continue;
    if (ToInt(redaction.key) != 0) redacted_keys_.push_back(ToInt(redaction.key));
    // A delete takes reposts and versions along, which have other keys.
    if (kind != RedactionKind::kEdit) sweep_.Want();
  }
  sweeping_ = sweep_.active();
  redactions_next_ = batch.end();
  redactions_moved_ = true;
  return Ok();
}

Status WindowStage::TakeAnalysis(const FetchedBatch& batch) {
  Lane& lane = lanes_[static_cast<std::size_t>(ToInt(batch.partition))];
  HB_ASSIGN(const auto analysis, DecodeAnalyses(batch));
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
    lane.blanking.insert(ToInt(analysis.offsets[row]));
  }
  HB_TRY(lane.engine->Add(rows, skip));
  trends_->Add(rows);
  HearSources(lane, *rows.posts);
  lane.next = batch.end();
  rows_since_commit_ += rows.size();
  board_.stages.window.records += rows.size();
  dirty_ = true;
  AdvanceWatermarks();
  return Ok();
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

void WindowStage::WriteSources(Transaction& transaction, Lane& lane, Partition partition) {
  if (finished_) {
    // What comes next may be of another time.
    for (const auto& [name, source] : lane.sources)
      transaction.PutState(kSourceTimeState, partition, name, "");
    lane.sources.clear();
    return;
  }
  for (auto& [name, source] : lane.sources) {
    if (!source.moved) continue;
    source.moved = false;
    const auto newest = static_cast<std::uint64_t>(ToMillis(source.newest));
    transaction.PutState(kSourceTimeState, partition, name, KeyBytes(PostKey{newest}));
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
  // A fast replay goes through days between two commits: it is looked at in between, but not
  // without bound.
  if (at != EventTime::min()) {
    const auto step = std::max(options_.trends.span, (watermark - at) / kMaxTrendSteps);
    for (at += step; at < watermark; at += step) trends_->Advance(at, out);
  }
  trends_->Advance(watermark, out);
}

bool WindowStage::CommitIsDue(bool idle) const {
  if (!dirty_) return false;
  if (rows_since_commit_ >= options_.commit_rows || finished_) return true;
  const std::chrono::milliseconds pause(static_cast<std::int64_t>(written_bytes_) * 1000 /
                                        options_.write_rate);
  const auto shortest = idle ? std::chrono::milliseconds(0) : options_.commit_every;
  return clock_.Steady() - last_commit_ >=
         std::clamp(pause, shortest, std::max(shortest, options_.commit_most));
}

bool WindowStage::RedactionIsDue() const {
  return redactions_moved_ && clock_.Steady() - last_redact_ >= options_.redact_every;
}

bool WindowStage::SweepIsDue() const {
  // Not before the redactions that it covers are consumed: they commit together, or earlier.
  return (!redactions_moved_ || RedactionIsDue()) && sweep_.Due(finished_);
}

Status WindowStage::Redact(Transaction& transaction) {
  std::sort(redacted_keys_.begin(), redacted_keys_.end());
  for (std::int32_t p = 0; p < options_.partitions; ++p) {
    HB_TRY(
        RedactLane(transaction, lanes_[static_cast<std::size_t>(p)], Partition{p}, redacted_keys_));
    HB_TRY(sweep_.BlankCopies(transaction, kIngestTopic, Partition{p}, redacted_keys_));
    HB_TRY(sweep_.BlankCopies(transaction, kSentimentTopic, Partition{p}, redacted_keys_));
  }
  transaction.CommitOffset(kWindowGroup, kRedactionsTopic, Partition{0}, redactions_next_);
  return Ok();
}

Status WindowStage::RedactLane(Transaction& transaction, Lane& lane, Partition partition,
                               std::span<const std::uint64_t> keys) {
  HB_ASSIGN(const auto found,
            log_.FindKeys(kAnalysisTopic, partition, keys, Offset{0}, Offset{INT64_MAX}));
  std::vector<Offset> offsets;
  for (const FoundRecord& record : found) {
    HB_ASSIGN(const AnalysisBatch row, DecodeOneAnalysis(record.value));
    const PostView post = row.posts->Row(0);
    if (tombstones_.Judge(post) != Tombstones::Verdict::kGone)
      continue;  // an edit that kept its id
    sweep_.TakeChain(transaction, post);
    // Not counted: either not read yet (its blank will be skipped) or skipped when it was read.
    const bool counted =
        lane.blanking.insert(ToInt(record.offset)).second && record.offset < lane.next;
    offsets.push_back(record.offset);
    if (!counted) continue;
    HB_TRY(lane.engine->Subtract(row, 0));
    dirty_ = true;
  }
  return offsets.empty() ? Ok() : transaction.Blank(kAnalysisTopic, partition, offsets);
}

/// Blanks what was redacted before it was read, and keeps what is only hidden.
Status WindowStage::TakeLate(Transaction& transaction, Lane& lane, Partition partition) {
  if (lane.late_blanks.empty()) return Ok();
  for (const auto& [at, record] : lane.late_hidden) {
    Sweep::Keep(transaction, partition, PostKey{lane.late_keys[at]}, lane.late_blanks[at], record,
                clock_.Now());
    sweep_.Want();  // its author may have been shown again meanwhile
  }
  for (const auto& [key, chain] : lane.late_chains) {
    sweep_.TakeChain(transaction, {.key = key, .chain = chain});
  }
  std::sort(lane.late_keys.begin(), lane.late_keys.end());
  HB_TRY(transaction.Blank(kAnalysisTopic, partition, lane.late_blanks));
  HB_TRY(sweep_.BlankCopies(transaction, kIngestTopic, partition, lane.late_keys));
  return sweep_.BlankCopies(transaction, kSentimentTopic, partition, lane.late_keys);
}

Status WindowStage::SweepSome(Transaction& transaction) {
  std::vector<SweepLane> lanes;
  for (Lane& lane : lanes_) lanes.push_back({*lane.engine, lane.next, lane.blanking});
  return sweep_.Slice(transaction, lanes, redactions_next_);
}

Status WindowStage::Commit() {
  HB_ASSIGN(const auto transaction, log_.Begin("window"));
  const bool sweeping = SweepIsDue();
  const bool redacting = RedactionIsDue();
  if (redacting) HB_TRY(Redact(*transaction));
  if (sweeping) HB_TRY(SweepSome(*transaction));
  std::vector<std::shared_ptr<const RecordBatch>> written;
  std::size_t bytes = 0;
  for (std::int32_t p = 0; p < options_.partitions; ++p) {
    Lane& lane = lanes_[static_cast<std::size_t>(p)];
    const Partition partition{p};
    WindowBatch changed{std::make_unique<std::pmr::monotonic_buffer_resource>(kArenaBytes), {}};
    HB_TRY(lane.engine->Flush(changed.aggregates, changed.memory.get()));
    HB_TRY(TakeLate(*transaction, lane, partition));
    transaction->CommitOffset(kWindowGroup, kAnalysisTopic, partition, lane.next);
    WriteSources(*transaction, lane, partition);
    if (changed.aggregates.empty()) continue;
    HB_ASSIGN(const auto batch, window_ledger_.Write(*transaction, partition, std::move(changed)));
    bytes += batch->values.bytes();
    HB_TRY(transaction->Append(kWindowsTopic, partition, batch));
    written.push_back(batch);
  }
  std::vector<Trend> trends;
  AdvanceTrends(trends);
  if (!trends.empty()) {
    HB_TRY(transaction->Append(kTrendsTopic, Partition{0}, EncodeTrends(trends)));
  }
  trend_ledger_.Write(*transaction, *trends_);
  HB_TRY(transaction->Commit());
  trend_ledger_.Committed(*trends_);
  written_bytes_ = bytes;
  for (Lane& lane : lanes_) {
    lane.late_blanks.clear();
    lane.late_keys.clear();
    lane.late_hidden.clear();
    lane.late_chains.clear();
    lane.blanking.clear();
  }
  if (sweeping) sweep_.Committed();
  sweeping_ = sweep_.active();
  if (redacting) {
    redacted_keys_.clear();
    redactions_moved_ = false;
    last_redact_ = clock_.Steady();
  }
  dirty_ = uncommitted_ = false;
  rows_since_commit_ = 0;
  last_commit_ = clock_.Steady();
  board_.stages.window.batches += 1;
  if (listener_ != nullptr) {
    for (const auto& batch : written) {
      listener_->OnWindows(static_cast<const AggregatePayload&>(*batch->native).aggregates);
    }
    if (!trends.empty()) listener_->OnTrends(trends);
  }
  return Ok();
}

}  // namespace hb
