// What a stage of windows begins with: its partitions, from what is committed of them.
#include <algorithm>
#include <charconv>
#include <utility>

#include "pipeline/codec.h"
#include "pipeline/set_aside.h"
#include "pipeline/topics.h"
#include "pipeline/window_stage.h"

namespace hb {

namespace {
using std::chrono::milliseconds;

constexpr char kTrendsMessage[] = "window: trends";

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
  HB_TRY(log_.ScanState(
      kSourceTimeState, partition, [&](std::string_view source, std::string_view value) {
        const auto newest = static_cast<std::int64_t>(ToInt(KeyFromBytes(value)));
        lane.sources.emplace(source, SourceTime{FromMillis(newest), now, false, true});
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
  const Result<std::string> redacted = log_.GetState(kRedactedState, lane.partition, kRedactedNext);
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

}  // namespace hb
