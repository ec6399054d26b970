#include "pipeline/window_ledger.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "pipeline/codec.h"
#include "pipeline/payload.h"
#include "pipeline/topics.h"
#include "record/avro_window.h"
#include "window/state_bytes.h"

namespace hb {

namespace {

constexpr std::uint64_t kBlockVersion = 2, kBlockWithoutOffsets = 1;
/// Begins a window's state, before its offset and its record. A record alone begins with the length
/// of its task, which is even in Avro; such a window was written with all that was counted.
constexpr char kStateMark = 1;
constexpr char kCountedKey[] = "next", kSpansKey[] = "sizes";
constexpr std::size_t kMinBlockWindows = 4;
constexpr std::size_t kMaxBlockWindowBytes = 2048;  ///< a larger window stands alone

constexpr std::size_t kMinJournalBytes = 1 << 20;  ///< before the trends are saved whole
constexpr std::uint64_t kMaxJournals = 4096;
constexpr std::size_t kChunkBytes = 256 << 10;  ///< of one value of the trends' state
constexpr char kSavedKey = 'a', kJournalKey = 'j';

std::string NumberedKey(char kind, std::uint64_t number) {
  return kind + KeyBytes(PostKey{number});
}

EventTime BlockStart(const AggregateKey& key) {
  // A size of years would leave the range; its blocks are of one window.
  if (key.window_ms > INT64_MAX / 4 / WindowLedger::kBlockWindows) return key.window_start;
  return WindowStart(key.window_start,
                     std::chrono::milliseconds(key.window_ms * WindowLedger::kBlockWindows));
}

/// Calls visit(start, included, bytes) for each window of a block.
template <typename Visit>
Status ForEachInBlock(std::string_view block, Visit visit) {
  StateReader in(block);
  const std::uint64_t version = in.Number();
  if (version != kBlockVersion && version != kBlockWithoutOffsets) in.Fail();
  while (in.ok() && !in.done()) {
    const std::int64_t start = in.Signed();
    const auto included =
        static_cast<std::int64_t>(version == kBlockWithoutOffsets ? 0 : in.Number());
    const std::string_view bytes = in.Text();
    if (in.ok()) visit(start, included, bytes);
  }
  return in.ok() ? Ok() : Status(Error{Code::kCorrupt, "a block of windows cannot be read"});
}

bool IsLarge(const Aggregate& aggregate) {
  return std::ranges::any_of(kAggregateMaps, [&](const AggregateMap& map) {
    return (aggregate.*map.counts).counts.size() > WindowLedger::kMaxRecordKeys;
  });
}

void Cut(CountMap& map) {
  if (map.counts.size() <= WindowLedger::kMaxRecordKeys) return;
  const auto end = map.counts.begin() + WindowLedger::kMaxRecordKeys;
  std::nth_element(map.counts.begin(), end, map.counts.end(),
                   [](const KeyCount& a, const KeyCount& b) {
                     return a.count != b.count ? a.count > b.count : a.key < b.key;
                   });
  map.counts.erase(end, map.counts.end());
  std::sort(map.counts.begin(), map.counts.end());
  map.approximate = true;
}

}  // namespace

Result<bool> WindowLedger::IsFresh(Partition partition) {
  bool fresh = true;
  for (const char* state : {kWindowState, kWindowBlockState}) {
    // One is enough to know.
    HB_TRY(log_.ScanState(state, partition,
                          [&](std::string_view, std::string_view) { return fresh = false; }));
  }
  return fresh;
}

Result<StoredWindow> WindowLedger::LoadFromBlock(Partition partition, const AggregateKey& key) {
  std::string block_key;
  AppendAggregateKey(key.task, BlockStart(key), key.window_ms, block_key);
  HB_ASSIGN(const std::string block, log_.GetState(kWindowBlockState, partition, block_key));
  std::string_view found;
  StoredWindow window;
  HB_TRY(
      ForEachInBlock(block, [&](std::int64_t start, std::int64_t included, std::string_view bytes) {
        if (start != ToMillis(key.window_start)) return;
        found = bytes;
        window.included = Offset{included};
      }));
  if (found.empty()) return Error{Code::kNotFound, "the window is not in its block"};
  HB_TRY(DecodeAggregate(found, window.aggregate));
  return window;
}

Result<StoredWindow> WindowLedger::Load(Partition partition, const AggregateKey& key) {
  Result<StoredWindow> in_block = LoadFromBlock(partition, key);
  if (!in_block.ok() && in_block.error().code != Code::kNotFound) return in_block.error();
  const Result<std::string> bytes = log_.GetState(kWindowState, partition, AggregateKeyBytes(key));
  if (!bytes.ok()) {
    if (bytes.error().code == Code::kNotFound) return in_block;
    return bytes.error();
  }
  StoredWindow alone;
  StateReader in(bytes.value());
  std::string_view record = bytes.value();
  if (record.starts_with(kStateMark)) {
    in.Number();
    alone.included = Offset{static_cast<std::int64_t>(in.Number())};
    record = in.Rest();
  }
  HB_TRY(DecodeAggregate(record, alone.aggregate));
  if (in_block.ok() && in_block.value().aggregate.revision > alone.aggregate.revision)
    return in_block;
  return alone;
}

Status WindowLedger::LoadOpen(Partition partition, std::vector<AggregateKey>& open) {
  Status parsed = Ok();
  HB_TRY(log_.ScanState(kOpenWindowState, partition, [&](std::string_view key, std::string_view) {
    auto parsed_key = AggregateKeyFromBytes(key, partition);
    if (!parsed_key.ok()) {
      parsed = parsed_key.error();
      return false;
    }
    open.push_back(std::move(parsed_key).value());
    return true;
  }));
  return parsed;
}

Result<Offset> WindowLedger::Counted(Partition partition, Offset processed) {
  const Result<std::string> next = log_.GetState(kCountedState, partition, kCountedKey);
  if (!next.ok()) {
    if (next.error().code == Code::kNotFound) return processed;
    return next.error();
  }
  return std::max(processed, Offset{static_cast<std::int64_t>(ToInt(KeyFromBytes(next.value())))});
}

Result<std::vector<SizeSpan>> WindowLedger::Spans(Partition partition) {
  std::vector<SizeSpan> spans;
  const Result<std::string> bytes = log_.GetState(kCountedState, partition, kSpansKey);
  if (!bytes.ok()) {
    if (bytes.error().code == Code::kNotFound) return spans;
    return bytes.error();
  }
  StateReader in(bytes.value());
  while (in.ok() && !in.done()) {
    const std::int64_t size = in.Signed(), from = in.Signed(), to = in.Signed();
    spans.push_back({std::chrono::milliseconds(size), Offset{from}, Offset{to}});
  }
  if (!in.ok()) return Error{Code::kCorrupt, "the sizes of windows cannot be read"};
  return spans;
}

void WindowLedger::WriteSpans(Transaction& transaction, Partition partition,
                              const std::vector<SizeSpan>& spans) {
  std::string bytes;
  StateWriter out(bytes);
  for (const SizeSpan& span : spans) {
    out.Signed(span.size.count());
    out.Signed(ToInt(span.from));
    out.Signed(ToInt(span.to));
  }
  transaction.PutState(kCountedState, partition, kSpansKey, bytes);
}

Result<std::shared_ptr<const RecordBatch>> WindowLedger::Write(Transaction& transaction,
                                                               Partition partition,
                                                               WindowBatch changed,
                                                               Offset included) {
  auto batch = std::make_shared<RecordBatch>();
  std::vector<Aggregate>& aggregates = changed.aggregates;
  batch->keys.reserve(aggregates.size());
  batch->timestamps.reserve(aggregates.size());
  batch->values.Reserve(aggregates.size(), aggregates.size() * 768);
  whole_.clear();
  for (std::uint32_t i = 0; i < aggregates.size(); ++i) {
    Aggregate& aggregate = aggregates[i];
    if (IsLarge(aggregate)) {
      EncodeAggregate(aggregate, whole_[i]);
      for (const AggregateMap& map : kAggregateMaps) Cut(aggregate.*map.counts);
    }
    key_.clear();
    AppendAggregateKey(aggregate.key.task, aggregate.key.window_start, aggregate.key.window_ms,
                       key_);
    batch->keys.push_back(Hash64(key_));
    batch->timestamps.push_back(aggregate.key.window_start);
    EncodeAggregate(aggregate, batch->values.Open());
    batch->values.Close();
  }
  HB_TRY(WriteStates(transaction, partition, aggregates, *batch, included));
  batch->native =
      std::make_shared<AggregatePayload>(std::move(aggregates), std::move(changed.memory));
  return std::shared_ptr<const RecordBatch>(std::move(batch));
}

Status WindowLedger::WriteStates(Transaction& transaction, Partition partition,
                                 const std::vector<Aggregate>& aggregates, const RecordBatch& batch,
                                 Offset included) {
  const auto key_of = [this](const Aggregate& aggregate) -> const std::string& {
    key_.clear();
    AppendAggregateKey(aggregate.key.task, aggregate.key.window_start, aggregate.key.window_ms,
                       key_);
    return key_;
  };
  const auto write_alone = [&](std::uint32_t i) {
    value_.clear();
    StateWriter out(value_);
    out.Number(kStateMark);
    out.Number(static_cast<std::uint64_t>(ToInt(included)));
    const auto whole = whole_.find(i);
    value_ += whole == whole_.end() ? batch.values[i] : std::string_view(whole->second);
    transaction.PutState(kWindowState, partition, key_of(aggregates[i]), value_);
  };
  closed_.clear();
  for (std::uint32_t i = 0; i < aggregates.size(); ++i) {
    const Aggregate& aggregate = aggregates[i];
    // One that was final at its first writing was never noted as open.
    if (!aggregate.is_final && aggregate.revision == 1) {
      transaction.PutState(kOpenWindowState, partition, key_of(aggregate), "1");
    } else if (aggregate.is_final && aggregate.revision > 1) {
      transaction.PutState(kOpenWindowState, partition, key_of(aggregate), "");
    }
    if (aggregate.is_final && batch.values[i].size() <= kMaxBlockWindowBytes) {
      closed_.push_back(i);
      continue;
    }
    write_alone(i);
  }
  // The order of keys is by task and start; within a size, neighbours come to lie together.
  std::stable_sort(closed_.begin(), closed_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return aggregates[a].key.window_ms < aggregates[b].key.window_ms;
  });
  for (std::size_t begin = 0; begin < closed_.size();) {
    const AggregateKey& first = aggregates[closed_[begin]].key;
    const EventTime start = BlockStart(first);
    std::size_t end = begin + 1;
    for (; end < closed_.size(); ++end) {
      const AggregateKey& key = aggregates[closed_[end]].key;
      if (key.window_ms != first.window_ms || BlockStart(key) != start || key.task != first.task)
        break;
    }
    if (end - begin >= kMinBlockWindows) {
      HB_TRY(WriteBlock(transaction, partition, aggregates, batch,
                        std::span(closed_).subspan(begin, end - begin), included));
    } else {
      for (std::size_t i = begin; i < end; ++i) write_alone(closed_[i]);
    }
    begin = end;
  }
  return Ok();
}

Status WindowLedger::WriteBlock(Transaction& transaction, Partition partition,
                                const std::vector<Aggregate>& aggregates, const RecordBatch& batch,
                                std::span<const std::uint32_t> windows, Offset included) {
  const AggregateKey& first = aggregates[windows.front()].key;
  key_.clear();
  AppendAggregateKey(first.task, BlockStart(first), first.window_ms, key_);
  value_.clear();
  StateWriter out(value_);
  out.Number(kBlockVersion);
  const Result<std::string> old = log_.GetState(kWindowBlockState, partition, key_);
  if (old.ok()) {
    HB_TRY(ForEachInBlock(
        old.value(), [&](std::int64_t start, std::int64_t before, std::string_view bytes) {
          const auto at = std::lower_bound(windows.begin(), windows.end(), start,
                                           [&](std::uint32_t i, std::int64_t ms) {
                                             return ToMillis(aggregates[i].key.window_start) < ms;
                                           });
          if (at != windows.end() && ToMillis(aggregates[*at].key.window_start) == start) return;
          out.Signed(start);
          out.Number(static_cast<std::uint64_t>(before));
          out.Text(bytes);
        }));
  } else if (old.error().code != Code::kNotFound) {
    return old.error();
  }
  for (const std::uint32_t i : windows) {
    out.Signed(ToMillis(aggregates[i].key.window_start));
    out.Number(static_cast<std::uint64_t>(ToInt(included)));
    out.Text(batch.values[i]);
  }
  transaction.PutState(kWindowBlockState, partition, key_, value_);
  return Ok();
}

Status TrendLedger::Load(TrendDetector& detector) {
  first_ = next_ = 0;
  chunks_ = 0;
  std::string saved, journal;
  bool known = true;
  HB_TRY(
      log_.ScanState(kTrendState, Partition{0}, [&](std::string_view key, std::string_view value) {
        if (key.front() == kSavedKey) {
          saved += value;
          ++chunks_;
        } else {
          known = key.size() == 9;
          if (!known) return false;
          const std::uint64_t number = ToInt(KeyFromBytes(key.substr(1)));
          if (journal.empty()) first_ = number;
          next_ = number + 1;
          journal += value;
        }
        return true;
      }));
  if (!known) return Error{Code::kCorrupt, "a journal of trends has a key that is none"};
  saved_bytes_ = saved.size();
  journal_bytes_ = journal.size();
  if (!saved.empty()) HB_TRY(detector.Load(saved));
  HB_TRY(detector.Replay(journal));
  detector.ClearJournal();
  return Ok();
}

void TrendLedger::Write(Transaction& transaction, const TrendDetector& detector) {
  const std::string_view journal = detector.Journal();
  if (journal.empty()) return;
  if (journal_bytes_ + journal.size() > std::max(kMinJournalBytes, saved_bytes_) ||
      next_ - first_ >= kMaxJournals) {
    return WriteWhole(transaction, detector);
  }
  journal_bytes_ += journal.size();
  for (std::size_t at = 0; at < journal.size(); at += kChunkBytes) {
    transaction.PutState(kTrendState, Partition{0}, NumberedKey(kJournalKey, next_++),
                         journal.substr(at, kChunkBytes));
  }
}

void TrendLedger::WriteWhole(Transaction& transaction, const TrendDetector& detector) {
  std::string saved;
  detector.Save(saved);
  std::uint32_t chunks = 0;
  for (std::size_t at = 0; at < saved.size(); at += kChunkBytes) {
    transaction.PutState(kTrendState, Partition{0}, NumberedKey(kSavedKey, chunks++),
                         std::string_view(saved).substr(at, kChunkBytes));
  }
  for (std::uint32_t chunk = chunks; chunk < chunks_; ++chunk) {
    transaction.PutState(kTrendState, Partition{0}, NumberedKey(kSavedKey, chunk), "");
  }
  for (; first_ < next_; ++first_) {
    transaction.PutState(kTrendState, Partition{0}, NumberedKey(kJournalKey, first_), "");
  }
  chunks_ = chunks;
  saved_bytes_ = saved.size();
  journal_bytes_ = 0;
}

void TrendLedger::Committed(TrendDetector& detector) { detector.ClearJournal(); }

}  // namespace hb
