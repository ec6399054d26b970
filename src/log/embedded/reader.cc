// log/embedded/reader.cc - reading batches back, from the cache of the newest or from RocksDB.
#include <algorithm>
#include <unordered_set>
#include <utility>

#include "log/embedded/bytes.h"
#include "log/embedded/log_impl.h"

namespace hb::embedded {
namespace {

/// Rows of `blanked` that lie in [base, base + count). Requires: the log's mutex.
std::vector<std::uint32_t> BlankRows(const Part& part, std::int64_t base, std::uint32_t count) {
  std::vector<std::uint32_t> rows;
  for (auto it = part.blanked.lower_bound(base); it != part.blanked.end() && *it < base + count;
       ++it) {
    rows.push_back(static_cast<std::uint32_t>(*it - base));
  }
  return rows;
}

}  // namespace

Error At(const Part& part, std::int64_t offset, Error error) {
  return Error{error.code, "topic " + part.topic + ", partition " + std::to_string(part.number) +
                               ", offset " + std::to_string(offset) + ": " +
                               std::move(error.message)};
}

std::unique_ptr<rocksdb::Iterator> EmbeddedLog::NewIterator(const Part& part) const {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  return std::unique_ptr<rocksdb::Iterator>(engine_->db().NewIterator(options, part.store->handle));
}

Result<std::optional<BatchHead>> EmbeddedLog::HeadAt(const Part& part, rocksdb::Iterator& it,
                                                     std::int64_t offset) {
  const std::string exact = EntryKey(offset, EntryKind::kHead);
  it.Seek(exact);
  if (!it.Valid() || View(it.key()) != exact) {
    // Inside a batch, then: the entry before is its body, or the end of the batch before a hole.
    it.SeekForPrev(exact);
    if (it.Valid()) {
      const std::optional<ParsedKey> parsed = ParseEntryKey(View(it.key()));
      if (!parsed) return At(part, offset, Error{Code::kCorrupt, "entry with a foreign key"});
      it.Seek(EntryKey(parsed->base, EntryKind::kHead));
    } else {
      it.SeekToFirst();
    }
  }
  while (true) {
    if (!it.status().ok()) return At(part, offset, ToError(it.status(), "read"));
    if (!it.Valid()) return std::optional<BatchHead>();
    Result<BatchHead> head = DecodeHead(View(it.value()));
    if (!head.ok()) return At(part, offset, std::move(head).error());
    if (View(it.key()) != EntryKey(head.value().base, EntryKind::kHead)) {
      return At(part, offset, Error{Code::kCorrupt, "head lies at another offset than it says"});
    }
    if (head.value().end() > offset) return std::optional<BatchHead>(head.value());
    it.Seek(EntryKey(head.value().end(), EntryKind::kHead));
    if (it.Valid()) continue;
  }
}

Status EmbeddedLog::Fetch(Part& part, std::int64_t from, std::int64_t limit, std::size_t max_bytes,
                          std::vector<FetchedBatch>& out, std::size_t& got) {
  {
    const MutexLock lock(mutex_);
    from = std::max(from, part.begin);
    if (!part.newest.empty() && from >= ToInt(part.newest.front().base)) {
      auto it = std::partition_point(
          part.newest.begin(), part.newest.end(),
          [&](const FetchedBatch& batch) { return ToInt(batch.end()) <= from; });
      for (bool first = true; it != part.newest.end() && ToInt(it->end()) <= limit; ++it) {
        if (!first && got >= max_bytes) break;
        first = false;
        FetchedBatch& batch = out.emplace_back(*it);
        batch.first_row =
            static_cast<std::size_t>(std::max<std::int64_t>(0, from - ToInt(it->base)));
        got += BatchBytes(*batch.records);
      }
      return Ok();
    }
    // Up to where the cache begins; the rest is there decoded.
    if (!part.newest.empty()) limit = std::min(limit, ToInt(part.newest.front().base));
  }
  return FetchStored(part, from, limit, max_bytes, out, got);
}

Status EmbeddedLog::FetchStored(Part& part, std::int64_t from, std::int64_t limit,
                                std::size_t max_bytes, std::vector<FetchedBatch>& out,
                                std::size_t& got) {
  HB_ASSIGN(const Engine::Gate gate, engine_->Enter());
  bool first = true;
  while (from < limit && (first || got < max_bytes)) {
    std::uint64_t purges = 0;
    {
      const MutexLock lock(mutex_);
      purges = part.purges;
    }
    const std::unique_ptr<rocksdb::Iterator> it = NewIterator(part);
    while (from < limit && (first || got < max_bytes)) {
      FetchedBatch batch;
      HB_ASSIGN(const bool good, FetchOne(part, *it, purges, from, limit, batch));
      if (!good) break;  // a purge ended meanwhile, and the iterator shows the time before it
      if (!batch.records) return Ok();
      from = ToInt(batch.end());
      got += BatchBytes(*batch.records);
      out.push_back(std::move(batch));
      first = false;
    }
  }
  return Ok();
}

Result<bool> EmbeddedLog::FetchOne(Part& part, rocksdb::Iterator& it, std::uint64_t purges,
                                   std::int64_t from, std::int64_t limit, FetchedBatch& out) {
  HB_ASSIGN(const std::optional<BatchHead> head, HeadAt(part, it, from));
  std::vector<std::uint32_t> blank;
  {
    const MutexLock lock(mutex_);
    if (part.purges != purges) return false;
    const std::int64_t missing_to = head ? head->base : limit;
    if (from < missing_to && part.begin < missing_to) {
      return At(part, from,
                Error{Code::kCorrupt,
                      "records before offset " + std::to_string(missing_to) + " are missing"});
    }
    if (!head || head->end() > limit) return true;
    blank = BlankRows(part, head->base, head->count);
  }
  auto records = std::make_shared<RecordBatch>();
  Status columns = DecodeColumns(View(it.value()), *head, *records);
  if (!columns.ok()) return At(part, head->base, std::move(columns).error());
  it.Next();
  if (!it.status().ok()) return At(part, head->base, ToError(it.status(), "read"));
  if (!it.Valid() || View(it.key()) != EntryKey(head->base, EntryKind::kBody)) {
    return At(part, head->base, Error{Code::kCorrupt, "the body is missing"});
  }
  Result<bool> blanked = DecodeBody(View(it.value()), head->count, blank, records->values);
  if (!blanked.ok()) return At(part, head->base, std::move(blanked).error());
  out.topic = part.topic;
  out.partition = Partition{part.number};
  out.base = Offset{head->base};
  out.first_row = static_cast<std::size_t>(std::max<std::int64_t>(0, from - head->base));
  out.arrival = head->arrival;
  out.blanked = blanked.value() || !blank.empty();
  out.records = std::move(records);
  return true;
}

Status EmbeddedLog::Read(const std::string& topic, Partition partition, Offset offset,
                         std::size_t max_bytes, std::vector<FetchedBatch>& out) {
  Part* part = nullptr;
  std::int64_t end = 0;
  {
    const MutexLock lock(mutex_);
    HB_ASSIGN(part, Find(topic, partition));
    end = part->end;
  }
  if (ToInt(offset) >= end) return Ok();
  std::size_t got = 0;
  return Fetch(*part, ToInt(offset), end, max_bytes, out, got);
}

Status EmbeddedLog::FindInBatch(Part& part, rocksdb::Iterator& it, const BatchHead& head,
                                const std::vector<std::uint32_t>& rows,
                                std::vector<FoundRecord>& out) {
  Result<std::string_view> column = KeyColumn(View(it.value()), head);
  if (!column.ok()) return At(part, head.base, std::move(column).error());
  std::vector<std::uint64_t> keys(head.count);
  std::copy_n(column.value().data(), column.value().size(), reinterpret_cast<char*>(keys.data()));
  it.Next();
  if (!it.status().ok()) return At(part, head.base, ToError(it.status(), "read"));
  if (!it.Valid() || View(it.key()) != EntryKey(head.base, EntryKind::kBody)) {
    return At(part, head.base, Error{Code::kCorrupt, "the body is missing"});
  }
  StringColumn values;
  Result<bool> decoded = DecodeBody(View(it.value()), head.count, {}, values);
  if (!decoded.ok()) return At(part, head.base, std::move(decoded).error());
  for (const std::uint32_t row : rows) {
    if (values[row].empty()) continue;
    out.push_back({Offset{head.base + row}, keys[row], std::string(values[row])});
  }
  return Ok();
}

Result<std::vector<FoundRecord>> EmbeddedLog::FindKeys(const std::string& topic,
                                                       Partition partition,
                                                       std::span<const std::uint64_t> keys,
                                                       Offset begin, Offset end) {
  const std::unordered_set<std::uint64_t> wanted(keys.begin(), keys.end());
  while (true) {
    Part* part = nullptr;
    std::int64_t at = 0, limit = 0;
    std::uint64_t purges = 0;
    {
      const MutexLock lock(mutex_);
      HB_ASSIGN(part, Find(topic, partition));
      at = std::max(ToInt(begin), part->begin);
      limit = std::min(ToInt(end), part->end);
      purges = part->purges;
    }
    std::vector<FoundRecord> out;
    HB_TRY(FindStored(*part, wanted, at, limit, out));
    // Deletes that were committed before this returns must not be in the answer.
    const MutexLock lock(mutex_);
    if (part->purges != purges) continue;  // what we read may be of the time before the purge
    std::erase_if(
        out, [&](const FoundRecord& found) { return part->blanked.contains(ToInt(found.offset)); });
    return out;
  }
}

Status EmbeddedLog::FindStored(Part& part, const std::unordered_set<std::uint64_t>& wanted,
                               std::int64_t at, std::int64_t limit, std::vector<FoundRecord>& out) {
  HB_ASSIGN(const Engine::Gate gate, engine_->Enter());
  const std::unique_ptr<rocksdb::Iterator> it = NewIterator(part);
  while (at < limit && !wanted.empty()) {
    HB_ASSIGN(const std::optional<BatchHead> head, HeadAt(part, *it, at));
    if (!head || head->base >= limit) break;
    Result<std::string_view> column = KeyColumn(View(it->value()), *head);
    if (!column.ok()) return At(part, head->base, std::move(column).error());
    std::vector<std::uint32_t> rows;
    for (std::uint32_t row = 0; row < head->count; ++row) {
      const auto key =
          GetFixed<std::uint64_t>(column.value(), std::size_t{row} * sizeof(std::uint64_t));
      if (head->base + row >= at && head->base + row < limit && wanted.contains(key))
        rows.push_back(row);
    }
    if (!rows.empty()) HB_TRY(FindInBatch(part, *it, *head, rows, out));
    at = head->end();
  }
  return Ok();
}

}  // namespace hb::embedded
