// log/embedded/retention.cc - taking away what is too old, too much, or deleted.
#include <rocksdb/convenience.h>

#include <algorithm>

#include "log/embedded/bytes.h"
#include "log/embedded/log_impl.h"
#include "log/embedded/meta_keys.h"

namespace hb::embedded {

namespace {
constexpr std::size_t kBlanksAtOnce = 10'000;
/// States hold what posts say, too, and RocksDB keeps what a value was until it happens to compact
/// it. All of them are read and written for that, so not at every purge.
constexpr std::chrono::hours kRewriteStatesEvery{12};
}  // namespace

std::int64_t EmbeddedLog::TrimLimit(const Part& part) const {
  std::int64_t limit = part.end;
  for (const auto& [group, offsets] : groups_) {
    const auto it = offsets.find({part.topic, part.number});
    if (it != offsets.end()) limit = std::min(limit, it->second.next);
  }
  return limit;
}

Status EmbeddedLog::MoveBegin(Part& part, const BatchHead* first_kept, std::int64_t cut) {
  std::string value;
  {
    const MutexLock commit_lock(commit_mutex_);
    std::uint64_t stored = 0;
    rocksdb::WriteBatch batch;
    {
      const MutexLock lock(mutex_);
      stored = first_kept != nullptr ? first_kept->stored_before : part.stored_end;
      PutFixed(value, cut);
      PutFixed(value, stored);
      PutFixed(value, ToMillis(part.last_arrival));
      for (auto it = part.blanked.begin(); it != part.blanked.end() && *it < cut; ++it) {
        batch.Delete(BlankKey(part.topic, part.number, *it)).PermitUncheckedError();
      }
    }
    batch.Put(BeginKey(part.topic, part.number), value).PermitUncheckedError();
    // Synced, because the files that go next cannot be brought back by losing this.
    HB_TRY(WriteMeta(batch, /*sync=*/true));
    const MutexLock lock(mutex_);
    part.begin = cut;
    part.stored_begin = stored;
    part.trimmed_unpurged = true;
    part.blanked.erase(part.blanked.begin(), part.blanked.lower_bound(cut));
  }
  part.store->filter->begin = cut;
  // Whole files go now; what is left of a file that reaches over the cut goes when it is compacted.
  const std::string from = EntryKey(0, EntryKind::kHead), to = EntryKey(cut, EntryKind::kHead);
  const rocksdb::Slice from_slice(from), to_slice(to);
  HB_ASSIGN(const Engine::Gate gate, engine_->Enter());
  const rocksdb::Status deleted = rocksdb::DeleteFilesInRange(&engine_->db(), part.store->handle,
                                                              &from_slice, &to_slice, false);
  return deleted.ok() ? Ok() : Status(At(part, cut, ToError(deleted, "trim")));
}

/// Walks the heads of a topic's partitions, each from its begin, and drops batch by batch what may
/// go. Nothing is dropped in truth: the owner moves the begins to where the walk ended.
///
/// Lifecycle  Within a Gate of the engine, because it holds iterators, which hold files in place.
class EmbeddedLog::Trimmer {
 public:
  struct Cursor {
    Part* part = nullptr;
    std::int64_t begin = 0, limit = 0, end = 0;
    std::uint64_t stored_end = 0;
    std::unique_ptr<rocksdb::Iterator> it{};
    std::optional<BatchHead> head{};  ///< first batch that is kept so far
    [[nodiscard]] bool MayDrop() const {
      return head && head->end() <= limit && head->end() <= end;
    }
  };

  Trimmer(EmbeddedLog& log, std::vector<Cursor>& cursors) : log_(log), cursors_(cursors) {}
  Trimmer(const Trimmer&) = delete;
  Trimmer& operator=(const Trimmer&) = delete;
  ~Trimmer() {
    for (Cursor& cursor : cursors_) cursor.it.reset();
  }
  Status Open() {
    for (Cursor& cursor : cursors_) {
      cursor.it = log_.NewIterator(*cursor.part);
      HB_TRY(MoveTo(cursor, cursor.begin));
    }
    return Ok();
  }
  Status DropBefore(EventTime arrival) {
    for (Cursor& cursor : cursors_) {
      while (cursor.MayDrop() && cursor.head->arrival < arrival)
        HB_TRY(MoveTo(cursor, cursor.head->end()));
    }
    return Ok();
  }
  /// Drops the oldest of all until no more than `bytes` are held.
  Status DropDownTo(std::uint64_t bytes) {
    while (true) {
      std::uint64_t held = 0;
      Cursor* oldest = nullptr;
      for (Cursor& cursor : cursors_) {
        if (cursor.head) held += cursor.stored_end - cursor.head->stored_before;
        if (cursor.MayDrop() &&
            (oldest == nullptr || cursor.head->arrival < oldest->head->arrival)) {
          oldest = &cursor;
        }
      }
      if (held <= bytes || oldest == nullptr) return Ok();
      HB_TRY(MoveTo(*oldest, oldest->head->end()));
    }
  }

 private:
  Status MoveTo(Cursor& cursor, std::int64_t offset) {
    cursor.head.reset();
    if (offset >= cursor.end) return Ok();
    HB_ASSIGN(cursor.head, log_.HeadAt(*cursor.part, *cursor.it, offset));
    return Ok();
  }

  EmbeddedLog& log_;
  std::vector<Cursor>& cursors_;
};

Status EmbeddedLog::TrimTopic(Topic& topic, EventTime now) {
  TopicSpec spec;
  std::vector<Trimmer::Cursor> cursors;
  {
    const MutexLock lock(mutex_);
    spec = topic.spec;
    for (const std::unique_ptr<Part>& part : topic.parts) {
      cursors.push_back({.part = part.get(),
                         .begin = part->begin,
                         .limit = TrimLimit(*part),
                         .end = part->end,
                         .stored_end = part->stored_end});
    }
  }
  if (spec.retention_ms < 0 && spec.retention_bytes < 0) return Ok();
  {
    HB_ASSIGN(const Engine::Gate gate, engine_->Enter());
    Trimmer trimmer(*this, cursors);
    HB_TRY(trimmer.Open());
    if (spec.retention_ms >= 0)
      HB_TRY(trimmer.DropBefore(now - std::chrono::milliseconds(spec.retention_ms)));
    if (spec.retention_bytes >= 0)
      HB_TRY(trimmer.DropDownTo(static_cast<std::uint64_t>(spec.retention_bytes)));
  }
  for (const Trimmer::Cursor& cursor : cursors) {
    const std::int64_t cut = cursor.head ? cursor.head->base : cursor.end;
    if (cut > cursor.begin)
      HB_TRY(MoveBegin(*cursor.part, cursor.head ? &*cursor.head : nullptr, cut));
  }
  return Ok();
}

Status EmbeddedLog::Trim(EventTime now) {
  const MutexLock maintenance(maintenance_mutex_);
  std::vector<Topic*> topics;
  {
    const MutexLock lock(mutex_);
    for (auto& [name, topic] : topics_) topics.push_back(&topic);
  }
  for (Topic* topic : topics) HB_TRY(TrimTopic(*topic, now));
  if (options_.budget_bytes == 0) return Ok();
  // Near the budget the rests of files count too.
  HB_ASSIGN(const std::uint64_t bytes, engine_->FolderBytes());
  if (bytes < static_cast<std::uint64_t>(options_.budget_bytes) / 8 * 7) return Ok();
  std::vector<Part*> parts;
  {
    const MutexLock lock(mutex_);
    for (Topic* topic : topics) {
      for (const std::unique_ptr<Part>& part : topic->parts) {
        if (part->begin > 0 && part->trimmed_unpurged) parts.push_back(part.get());
      }
    }
  }
  return parts.empty() ? Ok() : Rewrite(parts);
}

Result<bool> EmbeddedLog::FindReplaced(Part& part, std::int64_t limit,
                                       std::vector<std::int64_t>& out) {
  HB_ASSIGN(const Engine::Gate gate, engine_->Enter());
  const std::unique_ptr<rocksdb::Iterator> it = NewIterator(part);
  std::int64_t& at = part.compacted_to;
  while (at < limit && out.size() < kBlanksAtOnce) {
    HB_ASSIGN(const std::optional<BatchHead> head, HeadAt(part, *it, at));
    if (!head || head->base >= limit) return true;
    Result<std::string_view> column = KeyColumn(View(it->value()), *head);
    if (!column.ok()) return At(part, head->base, std::move(column).error());
    at = std::max(at, head->base);
    for (; at < head->end() && at < limit; ++at) {
      const auto row = static_cast<std::size_t>(at - head->base);
      const auto key = GetFixed<std::uint64_t>(column.value(), row * sizeof(std::uint64_t));
      const auto [known, fresh] = part.newest_of.try_emplace(key, at);
      if (fresh) continue;
      if (at >= part.compacted_before) out.push_back(known->second);
      known->second = at;
    }
    ForgetOldKeys(part);
  }
  return at >= limit;
}

void EmbeddedLog::ForgetOldKeys(Part& part) const {
  if (part.newest_of.size() <= options_.max_compacted_keys) return;
  std::vector<std::int64_t> offsets;
  offsets.reserve(part.newest_of.size());
  for (const auto& [key, offset] : part.newest_of) offsets.push_back(offset);
  const std::size_t kept = std::clamp<std::size_t>(
      offsets.size() / 2, 1, std::max<std::size_t>(options_.max_compacted_keys, 1));
  const auto middle = offsets.end() - static_cast<std::ptrdiff_t>(kept);
  std::nth_element(offsets.begin(), middle, offsets.end());
  std::erase_if(part.newest_of, [&](const auto& known) { return known.second < *middle; });
}

Status EmbeddedLog::BlankReplaced(Part& part, const std::vector<std::int64_t>& offsets) {
  rocksdb::WriteBatch batch;
  for (const std::int64_t offset : offsets)
    batch.Put(BlankKey(part.topic, part.number, offset), "").PermitUncheckedError();
  std::string value;
  PutFixed(value, part.compacted_to);
  batch.Put(CompactedKey(part.topic, part.number), value).PermitUncheckedError();
  const MutexLock commit_lock(commit_mutex_);
  HB_TRY(WriteMeta(batch, /*sync=*/false));
  part.compacted_before = part.compacted_to;
  const MutexLock lock(mutex_);
  ApplyBlanks(part, offsets);
  return Ok();
}

Status EmbeddedLog::CompactPart(Part& part) {
  std::int64_t begin = 0, limit = 0;
  {
    const MutexLock lock(mutex_);
    begin = part.begin;
    limit = TrimLimit(part);
  }
  part.compacted_to = std::max(part.compacted_to, begin);
  std::erase_if(part.newest_of, [&](const auto& known) { return known.second < begin; });
  // In pieces, between which others commit.
  std::vector<std::int64_t> replaced;
  for (bool end = false; !end;) {
    replaced.clear();
    HB_ASSIGN(end, FindReplaced(part, limit, replaced));
    if (!replaced.empty()) HB_TRY(BlankReplaced(part, replaced));
  }
  return Ok();
}

Status EmbeddedLog::Compact() {
  const MutexLock maintenance(maintenance_mutex_);
  std::vector<Part*> parts;
  {
    const MutexLock lock(mutex_);
    for (auto& [name, topic] : topics_) {
      for (const std::unique_ptr<Part>& part : topic.parts) {
        if (topic.spec.compacted) parts.push_back(part.get());
      }
    }
  }
  Status first = Ok();
  for (Part* part : parts) {
    Status compacted = CompactPart(*part);
    if (compacted.ok()) continue;
    // What was found and not blanked must be found again.
    part->compacted_to = 0;
    part->newest_of.clear();
    if (first.ok()) first = std::move(compacted);
  }
  return first;
}

Result<std::vector<std::int64_t>> EmbeddedLog::PurgedBatches(const Part& part) {
  std::vector<std::int64_t> bases;
  const auto offsets = part.store->filter->purging();
  if (!offsets) return bases;
  const std::unique_ptr<rocksdb::Iterator> it = NewIterator(part);
  std::int64_t done = 0;
  for (const std::int64_t offset : *offsets) {
    if (offset < done) continue;
    HB_ASSIGN(const std::optional<BatchHead> head, HeadAt(part, *it, offset));
    if (!head) break;
    bases.push_back(head->base);
    done = head->end();
  }
  return bases;
}

/// Compacts the files of `parts` that hold something the filter drops.
Status EmbeddedLog::Rewrite(const std::vector<Part*>& parts) {
  HB_ASSIGN(const Engine::Gate gate, engine_->Enter());
  HB_TRY(engine_->FlushAll());
  for (Part* part : parts) {
    const std::int64_t begin = part->store->filter->begin;
    HB_ASSIGN(const std::vector<std::int64_t> bases, PurgedBatches(*part));
    rocksdb::ColumnFamilyMetaData metadata;
    engine_->db().GetColumnFamilyMetaData(part->store->handle, &metadata);
    std::vector<std::pair<std::string, std::string>> ranges;
    for (const rocksdb::LevelMetaData& level : metadata.levels) {
      for (const rocksdb::SstFileMetaData& file : level.files) {
        const std::optional<ParsedKey> low = ParseEntryKey(file.smallestkey);
        const std::optional<ParsedKey> high = ParseEntryKey(file.largestkey);
        if (!low || !high) continue;
        bool touched = low->base < begin;
        const auto first = std::ranges::lower_bound(bases, low->base);
        touched = touched || (first != bases.end() && *first <= high->base);
        if (touched) ranges.emplace_back(file.smallestkey, file.largestkey);
      }
    }
    std::ranges::sort(ranges);
    rocksdb::CompactRangeOptions options;
    options.exclusive_manual_compaction = false;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
    options.allow_write_stall = true;
    for (const auto& [low, high] : ranges) {
      const rocksdb::Slice low_slice(low), high_slice(high);
      const rocksdb::Status status =
          engine_->db().CompactRange(options, part->store->handle, &low_slice, &high_slice);
      if (!status.ok()) return At(*part, begin, ToError(status, "rewrite of files"));
    }
    const MutexLock lock(mutex_);
    if (part->begin == begin) part->trimmed_unpurged = false;
  }
  return engine_->DeleteObsoleteFiles();
}

Result<std::vector<std::int64_t>> EmbeddedLog::StillThere(
    Part& part, const std::vector<std::int64_t>& offsets) {
  std::vector<std::int64_t> out;
  HB_ASSIGN(const Engine::Gate gate, engine_->Enter());
  const std::unique_ptr<rocksdb::Iterator> it = NewIterator(part);
  for (std::size_t i = 0; i < offsets.size();) {
    HB_ASSIGN(const std::optional<BatchHead> head, HeadAt(part, *it, offsets[i]));
    if (!head) break;
    it->Next();
    if (!it->Valid()) return At(part, offsets[i], Error{Code::kCorrupt, "the body is missing"});
    StringColumn values;
    const Result<bool> marked = DecodeBody(View(it->value()), head->count, {}, values);
    if (!marked.ok()) return At(part, head->base, marked.error());
    for (; i < offsets.size() && offsets[i] < head->end(); ++i) {
      if (offsets[i] < head->base) continue;  // trimmed meanwhile
      // One that never had a value is done when its batch says that it lost something, too.
      if (!marked.value() || !values[static_cast<std::size_t>(offsets[i] - head->base)].empty())
        out.push_back(offsets[i]);
    }
  }
  return out;
}

Status EmbeddedLog::RewriteUntilGone(const std::vector<Part*>& parts,
                                     const std::map<Part*, std::vector<std::int64_t>>& wanted) {
  // A compaction that RocksDB began before it knew of the deletes makes files that ours passes
  // over.
  constexpr int kAttempts = 4;
  std::map<Part*, std::vector<std::int64_t>> left = wanted;
  std::vector<Part*> at = parts;
  for (int attempt = 0;; ++attempt) {
    for (auto& [part, offsets] : left) {
      part->store->filter->SetPurging(std::make_shared<const std::vector<std::int64_t>>(offsets));
    }
    const Status rewritten = Rewrite(at);
    for (auto& [part, offsets] : left) part->store->filter->SetPurging(nullptr);
    HB_TRY(rewritten);
    at.clear();
    for (auto it = left.begin(); it != left.end();) {
      HB_ASSIGN(it->second, StillThere(*it->first, it->second));
      if (!it->second.empty()) at.push_back(it->first);
      it = it->second.empty() ? left.erase(it) : std::next(it);
    }
    if (left.empty()) return Ok();
    if (attempt + 1 < kAttempts) continue;
    const auto& [part, offsets] = *left.begin();
    return At(*part, offsets.front(),
              Error{part->store->filter->failed ? Code::kCorrupt : Code::kUnavailable,
                    std::to_string(offsets.size()) + " deleted records are still in the files"});
  }
}

Status EmbeddedLog::RewriteStates() {
  {
    const MutexLock lock(mutex_);
    states_replaced_ = false;
  }
  const auto rewrite = [&]() -> Status {
    HB_ASSIGN(const Engine::Gate gate, engine_->Enter());
    HB_TRY(engine_->FlushAll());
    rocksdb::CompactRangeOptions options;
    options.exclusive_manual_compaction = false;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
    options.allow_write_stall = true;
    const rocksdb::Status status =
        engine_->db().CompactRange(options, engine_->state(), nullptr, nullptr);
    if (!status.ok()) return ToError(status, "rewrite of states");
    return engine_->DeleteObsoleteFiles();
  };
  Status rewritten = rewrite();
  if (rewritten.ok()) {
    states_rewritten_ = clock_.Steady();
  } else {
    const MutexLock lock(mutex_);
    states_replaced_ = true;
  }
  return rewritten;
}

Status EmbeddedLog::PurgeBlanked() {
  const MutexLock maintenance(maintenance_mutex_);
  bool states = !states_rewritten_ || clock_.Steady() - *states_rewritten_ >= kRewriteStatesEvery;
  std::vector<Part*> parts;
  std::map<Part*, std::vector<std::int64_t>> wanted;
  std::uint64_t mark = 0;
  {
    const MutexLock lock(mutex_);
    mark = committed_;
    states = states && states_replaced_;
    for (auto& [name, topic] : topics_) {
      for (const std::unique_ptr<Part>& part : topic.parts) {
        if (!part->blanked.empty())
          wanted[part.get()].assign(part->blanked.begin(), part->blanked.end());
        if (!part->blanked.empty() || (part->begin > 0 && part->trimmed_unpurged)) {
          parts.push_back(part.get());
        }
      }
    }
  }
  if (parts.empty() && !states) return Ok();
  // A delete that a power cut could still take back must not be carried out.
  HB_TRY(WaitDurable(mark));
  if (states) HB_TRY(RewriteStates());
  if (parts.empty()) return Ok();
  for (auto& [part, offsets] : wanted) part->store->filter->failed = false;
  HB_TRY(RewriteUntilGone(parts, wanted));
  rocksdb::WriteBatch batch;
  for (auto& [part, offsets] : wanted) {
    for (const std::int64_t offset : offsets) {
      batch.Delete(BlankKey(part->topic, part->number, offset)).PermitUncheckedError();
    }
  }
  const MutexLock commit_lock(commit_mutex_);
  HB_TRY(WriteMeta(batch, /*sync=*/false));
  const MutexLock lock(mutex_);
  for (auto& [part, offsets] : wanted) {
    for (const std::int64_t offset : offsets) part->blanked.erase(offset);
    ++part->purges;
  }
  return Ok();
}

}  // namespace hb::embedded
