// log/embedded/transaction.cc - how a commit becomes one write of RocksDB.
#include <algorithm>

#include "log/embedded/consumer.h"
#include "log/embedded/log_impl.h"
#include "log/embedded/meta_keys.h"

namespace hb::embedded {
namespace {

/// Room is measured again after this many bytes, or when the measure is this old.
constexpr std::uint64_t kMeasureEveryBytes = 8 << 20;
constexpr std::chrono::seconds kMeasureEvery{1};

std::string Mib(std::uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

/// Empties the values at `offsets`, ascending; those before the batch are left out. Who holds the
/// old batch may finish with it; from here on nobody is given it.
void BlankInCache(FetchedBatch& batch, std::span<const std::int64_t> offsets) {
  const RecordBatch& old = *batch.records;
  const auto row_of = [&](std::int64_t offset) {
    return static_cast<std::size_t>(offset - ToInt(batch.base));
  };
  while (!offsets.empty() && offsets.front() < ToInt(batch.base)) offsets = offsets.subspan(1);
  const bool fresh = std::ranges::any_of(
      offsets, [&](std::int64_t offset) { return !old.values[row_of(offset)].empty(); });
  if (!fresh && (batch.blanked || offsets.empty())) return;
  auto copy = std::make_shared<RecordBatch>();
  copy->keys = old.keys;
  copy->timestamps = old.timestamps;
  copy->values.Reserve(old.size(), old.values.bytes());
  for (std::size_t row = 0; row < old.size(); ++row) {
    while (!offsets.empty() && row_of(offsets.front()) < row) offsets = offsets.subspan(1);
    const bool blank = !offsets.empty() && row_of(offsets.front()) == row;
    copy->values.Append(blank ? std::string_view() : old.values[row]);
  }
  batch.records = std::move(copy);
  batch.blanked = true;
}

std::size_t CacheBytes(const FetchedBatch& batch) {
  const RecordBatch& records = *batch.records;
  return sizeof(FetchedBatch) + records.keys.capacity() * sizeof(std::uint64_t) +
         records.timestamps.capacity() * sizeof(EventTime) + records.values.memory() +
         (records.native ? records.native->memory() : 0);
}

}  // namespace

std::size_t BatchBytes(const RecordBatch& batch) {
  return batch.values.bytes() + 16 * batch.size();
}

Status EmbeddedTransaction::Append(const std::string& topic, Partition partition,
                                   std::shared_ptr<const RecordBatch> batch) {
  Part* part = nullptr;
  {
    const MutexLock lock(log_.mutex_);
    HB_ASSIGN(part, log_.Find(topic, partition));
  }
  if (batch->size() == 0 && batch->values.empty() && batch->timestamps.empty()) return Ok();
  // Encoded here, by the stage's own thread, so that commits only copy.
  HB_ASSIGN(EncodedBatch encoded,
            EncodeBatch(std::move(batch),
                        log_.options_.compress ? Compression::kZstd : Compression::kNone,
                        log_.options_.zstd_level));
  outputs_.push_back({part, std::move(encoded)});
  return Ok();
}

void EmbeddedTransaction::CommitOffsets(const std::string& group, const std::string& topic,
                                        Partition partition, Offset next, Offset processed) {
  consumed_.push_back({group, topic, ToInt(partition), {ToInt(next), ToInt(processed)}});
}

void EmbeddedTransaction::PutState(std::string_view store, Partition partition,
                                   std::string_view key, std::string_view value) {
  std::string full = StatePrefix(store, partition);
  full.append(key);
  states_.emplace_back(std::move(full), value);
}

Status EmbeddedTransaction::Blank(const std::string& topic, Partition partition,
                                  std::span<const Offset> offsets) {
  const MutexLock lock(log_.mutex_);
  HB_ASSIGN(Part * part, log_.Find(topic, partition));
  for (const Offset offset : offsets) {
    if (ToInt(offset) < 0 || ToInt(offset) >= part->end) {
      return Error{Code::kInvalidArgument, "offset " + std::to_string(ToInt(offset)) +
                                               " of topic " + topic + " is not written yet"};
    }
  }
  std::vector<std::int64_t>& wanted = blanks_[part];
  for (const Offset offset : offsets) {
    if (ToInt(offset) >= part->begin) wanted.push_back(ToInt(offset));  // else trimmed meanwhile
  }
  return Ok();
}

Status EmbeddedLog::CheckRoom(std::size_t bytes, bool consumes) {
  const auto now = clock_.Steady();
  const auto budget = static_cast<std::uint64_t>(std::max<std::int64_t>(options_.budget_bytes, 0));
  const auto floor = static_cast<std::uint64_t>(std::max<std::int64_t>(options_.min_free_bytes, 0));
  const std::uint64_t limit = consumes ? budget + budget / 8 : budget;
  const std::uint64_t free_limit = consumes ? floor / 2 : floor;
  // A measure may only be trusted where it says yes.
  const auto fits = [&](std::uint64_t more) {
    return (budget == 0 || folder_bytes_ + more <= limit) && free_bytes_ >= free_limit + more;
  };
  const std::uint64_t every =
      budget == 0 ? kMeasureEveryBytes : std::min(kMeasureEveryBytes, budget / 64);
  if (unmeasured_bytes_ < every && now - measured_at_ < kMeasureEvery &&
      fits(unmeasured_bytes_ + bytes)) {
    unmeasured_bytes_ += bytes;
    return Ok();
  }
  HB_ASSIGN(folder_bytes_, engine_->FolderBytes());
  HB_ASSIGN(free_bytes_, engine_->FreeBytes());
  measured_at_ = now;
  unmeasured_bytes_ = bytes;
  if (fits(bytes)) return Ok();
  if (free_bytes_ < free_limit + bytes) {
    return Error{Code::kExhausted, "the disk of " + options_.path + " has " + Mib(free_bytes_) +
                                       " free, and " + Mib(floor) + " are left for others"};
  }
  return Error{
      Code::kExhausted,
      "the log in " + options_.path + " has " + Mib(folder_bytes_) + " of the " + Mib(budget) +
          " it may have: shorten the retention, let the readers catch up, or raise the budget"};
}

Status EmbeddedLog::RecoverEngine() {
  if (lost_) return *lost_;
  if (!write_failed_) return Ok();
  HB_TRY(engine_->Recover());
  HB_TRY(CheckReopened());
  write_failed_ = false;
  return Ok();
}

Status EmbeddedLog::CheckReopened() {
  HB_ASSIGN(const Engine::Gate gate, engine_->Enter());
  HB_ASSIGN(const std::uint64_t commits, StoredCommits());
  bool same = commits == stored_commits_;
  const MutexLock lock(mutex_);
  for (auto& [name, topic] : topics_) {
    for (const std::unique_ptr<Part>& part : topic.parts) {
      HB_ASSIGN(const std::optional<BatchHead> last, LastHead(*part));
      same = same && std::max(part->begin, last ? last->end() : 0) == part->end;
    }
  }
  if (same) return Ok();
  // Readers have seen what is not there any more, so their positions mean nothing: start afresh.
  lost_ = Error{Code::kInternal,
                "the log in " + options_.path + " had " + std::to_string(stored_commits_) +
                    " commits and found " + std::to_string(commits) +
                    " after an error of the disk: heartbeat must be started again"};
  return *lost_;
}

Status EmbeddedLog::Build(EmbeddedTransaction& transaction, rocksdb::WriteBatch& batch) {
  rocksdb::Status status = rocksdb::Status::OK();
  const auto keep = [&](const rocksdb::Status& next) {
    if (status.ok()) status = next;
  };
  std::string number;
  PutFixed(number, stored_commits_ + 1);
  keep(batch.Put(ToSlice(kCommitsKey), number));
  for (const auto& consumed : transaction.consumed_) {
    const std::string value = OffsetValue(consumed.progress.next, consumed.progress.processed);
    keep(batch.Put(OffsetKey(consumed.group, consumed.topic, consumed.number), value));
  }
  for (const auto& [key, value] : transaction.states_) {
    keep(value.empty() ? batch.Delete(engine_->state(), key)
                       : batch.Put(engine_->state(), key, value));
  }
  for (const auto& [part, offsets] : transaction.blanks_) {
    for (const std::int64_t offset : offsets)
      keep(batch.Put(BlankKey(part->topic, part->number, offset), ""));
  }
  for (const EmbeddedTransaction::Output& output : transaction.outputs_) {
    rocksdb::ColumnFamilyHandle* family = output.part->store->handle;
    keep(batch.Put(family, EntryKey(output.base, EntryKind::kHead), output.batch.head));
    const std::string key = EntryKey(output.base, EntryKind::kBody);
    const rocksdb::Slice key_part(key);
    const rocksdb::Slice parts[] = {output.batch.body, ToSlice(output.batch.values)};
    keep(batch.Put(family, rocksdb::SliceParts(&key_part, 1), rocksdb::SliceParts(parts, 2)));
  }
  return status.ok() ? Ok() : Status(ToError(status, "commit"));
}

Result<std::uint64_t> EmbeddedLog::Commit(EmbeddedTransaction& transaction) {
  std::uint64_t mark = 0;
  {
    const MutexLock commit_lock(commit_mutex_);
    if (transaction.done_) {
      return Error{Code::kInvalidArgument, "the transaction was committed before"};
    }
    const EventTime now = clock_.Now();
    std::size_t bytes = 0;
    {
      const MutexLock lock(mutex_);
      if (epochs_[transaction.producer_] != transaction.epoch_) {
        return Error{Code::kCancelled,
                     "a later writer named " + transaction.producer_ + " took over"};
      }
      // Only commits move these, and they are one at a time.
      std::map<const Part*, std::pair<std::int64_t, std::uint64_t>> next;
      for (EmbeddedTransaction::Output& output : transaction.outputs_) {
        const Part& part = *output.part;
        auto& [base, stored] = next.try_emplace(&part, part.end, part.stored_end).first->second;
        output.base = base;
        FinishHead(output.batch.head, base, std::max(now, part.last_arrival), stored);
        base += static_cast<std::int64_t>(output.batch.records->size());
        stored += output.batch.stored_bytes();
        bytes += output.batch.stored_bytes();
      }
    }
    HB_TRY(RecoverEngine());
    {
      HB_ASSIGN(const Engine::Gate gate, engine_->Enter());
      if (bytes > 0) HB_TRY(CheckRoom(bytes, !transaction.consumed_.empty()));
      // Room for all of it at once: growing would copy it some times over.
      std::size_t room =
          bytes + 1024 + 64 * (transaction.consumed_.size() + transaction.outputs_.size());
      for (const auto& [key, value] : transaction.states_) room += key.size() + value.size() + 16;
      for (const EmbeddedTransaction::Output& output : transaction.outputs_)
        room += output.batch.head.size();
      rocksdb::WriteBatch batch(room);
      HB_TRY(Build(transaction, batch));
      const rocksdb::Status written = engine_->db().Write(rocksdb::WriteOptions(), &batch);
      if (!written.ok()) {
        write_failed_ = true;
        unmeasured_bytes_ = ~std::uint64_t{0};
        return ToError(written, "the log in " + options_.path + " could not be written");
      }
    }
    ++stored_commits_;
    transaction.done_ = true;
    const MutexLock lock(mutex_);
    Publish(transaction, now);
    mark = ++committed_;
    WakeConsumers();
    if (committed_ == durable_ + 1) sync_wake_.notify_all();
  }
  if (options_.sync_every.count() == 0) HB_TRY(WaitDurable(mark));
  return mark;
}

void EmbeddedLog::Publish(EmbeddedTransaction& transaction, EventTime arrival) {
  for (const auto& consumed : transaction.consumed_) {
    groups_[consumed.group][{consumed.topic, consumed.number}] = consumed.progress;
  }
  for (const auto& [part, offsets] : transaction.blanks_) ApplyBlanks(*part, offsets);
  states_replaced_ = states_replaced_ || !transaction.states_.empty();
  for (EmbeddedTransaction::Output& output : transaction.outputs_) {
    Part& part = *output.part;
    part.last_arrival = std::max(part.last_arrival, arrival);
    FetchedBatch fetched;
    fetched.topic = part.topic;
    fetched.partition = Partition{part.number};
    fetched.base = Offset{output.base};
    fetched.arrival = part.last_arrival;
    fetched.records = std::move(output.batch.records);
    part.end = ToInt(fetched.end());
    part.stored_end += output.batch.stored_bytes();
    KeepNewest(part, std::move(fetched));
  }
  transaction.outputs_.clear();
}

/// Only those with something to read: at a live rate most commits concern one stage of many.
void EmbeddedLog::WakeConsumers() {
  for (EmbeddedConsumer* consumer : waiting_) consumer->WakeForNews();
}

void EmbeddedLog::KeepNewest(Part& part, FetchedBatch batch) {
  newest_bytes_ += CacheBytes(batch);
  newest_order_.push_back(&part);
  part.newest.push_back(std::move(batch));
  while (newest_bytes_ > options_.cache_bytes && !newest_order_.empty()) {
    Part& oldest = *newest_order_.front();
    newest_order_.pop_front();
    newest_bytes_ -= CacheBytes(oldest.newest.front());
    oldest.newest.pop_front();
  }
}

void EmbeddedLog::ApplyBlanks(Part& part, std::vector<std::int64_t> offsets) {
  part.blanked.insert(offsets.begin(), offsets.end());
  std::ranges::sort(offsets);
  auto batch = part.newest.begin();
  for (auto at = offsets.cbegin(); at != offsets.cend();) {
    batch = std::partition_point(batch, part.newest.end(), [&](const FetchedBatch& before) {
      return ToInt(before.end()) <= *at;
    });
    if (batch == part.newest.end()) break;
    const auto end = std::lower_bound(at, offsets.cend(), ToInt(batch->end()));
    newest_bytes_ -= CacheBytes(*batch);
    BlankInCache(*batch, {at, end});
    newest_bytes_ += CacheBytes(*batch);
    at = end;
  }
}

}  // namespace hb::embedded
