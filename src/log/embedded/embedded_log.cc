#include "log/embedded/embedded_log.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "log/embedded/consumer.h"
#include "log/embedded/log_impl.h"
#include "log/embedded/meta_keys.h"
#include "log/names.h"

namespace hb {
namespace embedded {
namespace {

std::string PidFile(const std::string& path) { return path + "/PID"; }

/// Makes of RocksDB's words about its lock a message that helps.
Error Explain(const std::string& path, Error error) {
  if (error.message.find("/LOCK") == std::string::npos) return error;
  Result<std::string> pid = ReadFile(PidFile(path));
  return Error{Code::kUnavailable, "data folder " + path + " is in use by another heartbeat (pid " +
                                       (pid.ok() ? pid.value() : std::string("unknown")) + ")"};
}

/// Entries of `family` whose key begins with `prefix`; `visit` gets the rest of the key and the
/// value.
template <typename Visit>
Status ScanPrefix(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family, const std::string& prefix,
                  Visit visit) {
  const std::unique_ptr<rocksdb::Iterator> it(db.NewIterator(rocksdb::ReadOptions(), family));
  for (it->Seek(prefix); it->Valid() && View(it->key()).starts_with(prefix); it->Next()) {
    HB_ASSIGN(const bool more, visit(View(it->key()).substr(prefix.size()), View(it->value())));
    if (!more) break;
  }
  if (!it->status().ok()) return ToError(it->status(), "the log's small entries");
  return Ok();
}

Error BadMeta(std::string_view what) {
  return Error{Code::kCorrupt, "the log has a " + std::string(what) + " entry that cannot be read"};
}

}  // namespace

EmbeddedLog::EmbeddedLog(const EmbeddedLogOptions& options, Clock& clock,
                         std::unique_ptr<Engine> engine)
    : options_(options), clock_(clock), engine_(std::move(engine)) {}

EmbeddedLog::~EmbeddedLog() {
  {
    const MutexLock lock(mutex_);
    closing_ = true;
    sync_wake_.notify_all();
    synced_.notify_all();
  }
  if (sync_thread_.joinable()) sync_thread_.join();
  // A log that is closed in peace loses nothing; after a fault there is no one to tell.
  (void)engine_->Sync().ok();
}

Status EmbeddedLog::Load() {
  const MutexLock commit_lock(commit_mutex_);
  HB_TRY(LoadMeta());
  HB_ASSIGN(stored_commits_, StoredCommits());
  const MutexLock lock(mutex_);
  for (auto& [name, topic] : topics_) {
    for (const std::unique_ptr<Part>& part : topic.parts) HB_TRY(LoadPart(*part));
  }
  Status blanks =
      ScanPrefix(engine_->db(), engine_->meta(), "B",
                 [&](std::string_view key, std::string_view) -> Result<bool> {
                   std::string name;
                   std::int32_t number = 0;
                   if (!GetName(key, name) || !GetPartition(key, number) || key.size() != 8)
                     return BadMeta("delete");
                   Result<Part*> part = Find(name, Partition{number});
                   if (part.ok()) {
                     part.value()->blanked.insert(
                         static_cast<std::int64_t>(GetOrdered<std::uint64_t>(key, 0)));
                   }
                   return true;
                 });
  HB_TRY(std::move(blanks));
  sync_thread_ = std::thread([this] { SyncLoop(); });
  return Ok();
}

Status EmbeddedLog::LoadMeta() {
  rocksdb::DB& db = engine_->db();
  std::string format;
  const rocksdb::Status got =
      db.Get(rocksdb::ReadOptions(), engine_->meta(), ToSlice(kFormatKey), &format);
  if (got.IsNotFound()) {
    const rocksdb::Status put =
        db.Put(rocksdb::WriteOptions(), engine_->meta(), ToSlice(kFormatKey), ToSlice(kFormat));
    if (!put.ok()) return ToError(put, "data folder " + options_.path);
  } else if (!got.ok()) {
    return ToError(got, "data folder " + options_.path);
  } else if (format != kFormat) {
    return Error{Code::kCorrupt, "data folder " + options_.path + " has the format \"" + format +
                                     "\", this program reads \"" + std::string(kFormat) + "\""};
  }
  const MutexLock lock(mutex_);
  HB_TRY(ScanPrefix(db, engine_->meta(), "T",
                    [&](std::string_view key, std::string_view value)
                        HB_REQUIRES(mutex_) -> Result<bool> {
                          TopicSpec spec;
                          if (!GetName(key, spec.name) || value.size() < 20 || value.size() > 21)
                            return BadMeta("topic");
                          spec.partitions = GetFixed<std::int32_t>(value, 0);
                          spec.retention_ms = GetFixed<std::int64_t>(value, 4);
                          spec.retention_bytes = GetFixed<std::int64_t>(value, 12);
                          spec.compacted = value.size() > 20 && value[20] != 0;
                          topics_[spec.name].spec = spec;
                          return true;
                        }));
  for (auto& [name, topic] : topics_) {
    HB_ASSIGN(const std::vector<const PartitionStore*> stores,
              engine_->MakePartitions(name, topic.spec.partitions));
    for (const PartitionStore* store : stores) {
      auto part = std::make_unique<Part>();
      part->topic = name;
      part->number = static_cast<std::int32_t>(topic.parts.size());
      part->store = store;
      topic.parts.push_back(std::move(part));
    }
  }
  return ScanPrefix(
      db, engine_->meta(), "O",
      [&](std::string_view key, std::string_view value) HB_REQUIRES(mutex_) -> Result<bool> {
        std::string group, topic;
        std::int32_t number = 0;
        if (!GetName(key, group) || !GetName(key, topic) || !GetPartition(key, number) ||
            (value.size() != 8 && value.size() != 16)) {
          return BadMeta("offset");
        }
        groups_[group][{topic, number}] = {GetFixed<std::int64_t>(value, 0),
                                           GetFixed<std::int64_t>(value, value.size() - 8)};
        return true;
      });
}

Status EmbeddedLog::LoadPart(Part& part) {
  std::string value;
  const rocksdb::Status got = engine_->db().Get(rocksdb::ReadOptions(), engine_->meta(),
                                                BeginKey(part.topic, part.number), &value);
  if (!got.ok() && !got.IsNotFound()) return ToError(got, "topic " + part.topic);
  if (got.ok()) {
    if (value.size() != 24) return BadMeta("begin");
    part.begin = part.end = GetFixed<std::int64_t>(value, 0);
    part.stored_begin = part.stored_end = GetFixed<std::uint64_t>(value, 8);
    part.last_arrival = FromMillis(GetFixed<std::int64_t>(value, 16));
  }
  const rocksdb::Status compacted = engine_->db().Get(
      rocksdb::ReadOptions(), engine_->meta(), CompactedKey(part.topic, part.number), &value);
  if (!compacted.ok() && !compacted.IsNotFound()) return ToError(compacted, "topic " + part.topic);
  if (compacted.ok()) {
    if (value.size() != 8) return BadMeta("compaction");
    part.compacted_before = GetFixed<std::int64_t>(value, 0);
  }
  HB_ASSIGN(const std::optional<BatchHead> last, LastHead(part));
  if (last && last->end() > part.end) {
    part.end = last->end();
    part.stored_end = last->stored_before + last->stored_bytes;
    part.last_arrival = last->arrival;
  }
  // Opening has written what was in the write-ahead log to files, so all of it is durable.
  part.durable_end = part.syncing_end = part.end;
  part.store->filter->begin = part.begin;
  return Ok();
}

Result<std::optional<BatchHead>> EmbeddedLog::LastHead(const Part& part) {
  const std::unique_ptr<rocksdb::Iterator> it = NewIterator(part);
  it->SeekToLast();
  if (!it->status().ok())
    return At(part, part.begin, ToError(it->status(), "end of the partition"));
  if (!it->Valid()) return std::optional<BatchHead>();
  const std::optional<ParsedKey> last = ParseEntryKey(View(it->key()));
  if (!last) return At(part, part.begin, Error{Code::kCorrupt, "entry with a foreign key"});
  return HeadAt(part, *it, last->base);
}

Result<std::uint64_t> EmbeddedLog::StoredCommits() {
  std::string value;
  const rocksdb::Status got =
      engine_->db().Get(rocksdb::ReadOptions(), engine_->meta(), ToSlice(kCommitsKey), &value);
  if (got.IsNotFound()) return std::uint64_t{0};
  if (!got.ok()) return ToError(got, "data folder " + options_.path);
  if (value.size() != 8) return BadMeta("count of commits");
  return GetFixed<std::uint64_t>(value, 0);
}

Result<Part*> EmbeddedLog::Find(const std::string& topic, Partition partition) const {
  const auto it = topics_.find(topic);
  if (it == topics_.end()) return Error{Code::kNotFound, "topic " + topic + " does not exist"};
  if (ToInt(partition) < 0 || ToInt(partition) >= it->second.spec.partitions) {
    return Error{Code::kNotFound,
                 "topic " + topic + " has no partition " + std::to_string(ToInt(partition))};
  }
  return it->second.parts[static_cast<std::size_t>(ToInt(partition))].get();
}

Status EmbeddedLog::WriteMeta(rocksdb::WriteBatch& batch, bool sync) {
  HB_TRY(RecoverEngine());
  HB_ASSIGN(const Engine::Gate gate, engine_->Enter());
  rocksdb::WriteOptions options;
  options.sync = sync;
  const rocksdb::Status written = engine_->db().Write(options, &batch);
  if (written.ok()) return Ok();
  write_failed_ = true;
  return ToError(written, "the log in " + options_.path + " could not be written");
}

Status EmbeddedLog::EnsureTopic(const TopicSpec& spec) {
  HB_TRY(CheckLogName("topic", spec.name));
  if (spec.partitions < 1 || spec.partitions > 1024) {
    return Error{Code::kInvalidArgument, "topic " + spec.name +
                                             " may have 1 to 1024 partitions, not " +
                                             std::to_string(spec.partitions)};
  }
  const MutexLock commit_lock(commit_mutex_);
  bool fresh = false;
  {
    const MutexLock lock(mutex_);
    const auto it = topics_.find(spec.name);
    fresh = it == topics_.end();
    if (!fresh && it->second.spec.partitions != spec.partitions) {
      return Error{Code::kInvalidArgument,
                   "topic " + spec.name + " has " + std::to_string(it->second.spec.partitions) +
                       " partitions, not " + std::to_string(spec.partitions)};
    }
    if (!fresh && it->second.spec.retention_ms == spec.retention_ms &&
        it->second.spec.retention_bytes == spec.retention_bytes &&
        it->second.spec.compacted == spec.compacted) {
      return Ok();
    }
  }
  std::vector<const PartitionStore*> stores;
  if (fresh) {
    HB_TRY(RecoverEngine());
    HB_ASSIGN(const Engine::Gate gate, engine_->Enter());
    HB_ASSIGN(stores, engine_->MakePartitions(spec.name, spec.partitions));
  }
  std::string value;
  PutFixed(value, spec.partitions);
  PutFixed(value, spec.retention_ms);
  PutFixed(value, spec.retention_bytes);
  value.push_back(spec.compacted ? 1 : 0);
  rocksdb::WriteBatch batch;
  batch.Put(TopicKey(spec.name), value).PermitUncheckedError();
  HB_TRY(WriteMeta(batch, /*sync=*/true));

  const MutexLock lock(mutex_);
  Topic& topic = topics_[spec.name];
  topic.spec = spec;
  for (const PartitionStore* store : stores) {
    auto part = std::make_unique<Part>();
    part->topic = spec.name;
    part->number = static_cast<std::int32_t>(topic.parts.size());
    part->store = store;
    topic.parts.push_back(std::move(part));
  }
  return Ok();
}

Result<std::vector<TopicInfo>> EmbeddedLog::Topics() {
  const MutexLock lock(mutex_);
  std::vector<TopicInfo> out;
  for (const auto& [name, topic] : topics_) {
    TopicInfo& info = out.emplace_back();
    info.spec = topic.spec;
    for (const std::unique_ptr<Part>& part : topic.parts) {
      info.partitions.push_back({Partition{part->number}, Offset{part->begin}, Offset{part->end},
                                 static_cast<std::int64_t>(part->stored_end - part->stored_begin)});
    }
  }
  return out;
}

Result<std::vector<GroupOffset>> EmbeddedLog::GroupOffsets() {
  const MutexLock lock(mutex_);
  std::vector<GroupOffset> out;
  for (const auto& [group, offsets] : groups_) {
    for (const auto& [where, at] : offsets) {
      out.push_back(
          {group, where.first, Partition{where.second}, Offset{at.next}, Offset{at.processed}});
    }
  }
  return out;
}

Result<std::unique_ptr<Consumer>> EmbeddedLog::Subscribe(const std::string& group,
                                                         std::span<const std::string> topics,
                                                         Visibility visibility, std::int32_t slot,
                                                         std::int32_t slots) {
  HB_TRY(CheckLogName("group", group));
  if (slots < 1 || slot < 0 || slot >= slots) {
    return Error{Code::kInvalidArgument,
                 "slot " + std::to_string(slot) + " is not one of " + std::to_string(slots)};
  }
  const MutexLock commit_lock(commit_mutex_);
  // First what is new about the group goes to the disk, then to those who trim.
  std::vector<std::pair<Part*, std::int64_t>> all;
  std::vector<std::pair<PartKey, std::int64_t>> fresh;
  rocksdb::WriteBatch batch;
  {
    const MutexLock lock(mutex_);
    const auto known = groups_.find(group);
    for (const std::string& name : topics) {
      const auto topic = topics_.find(name);
      if (topic == topics_.end())
        return Error{Code::kNotFound, "topic " + name + " does not exist"};
      for (const std::unique_ptr<Part>& part : topic->second.parts) {
        const PartKey where{name, part->number};
        std::int64_t position = part->begin;
        if (known != groups_.end() && known->second.contains(where)) {
          position = known->second.at(where).next;
        } else {
          batch.Put(OffsetKey(group, name, part->number), OffsetValue(position, position))
              .PermitUncheckedError();
          fresh.emplace_back(where, position);
        }
        all.emplace_back(part.get(), position);
      }
    }
  }
  if (!fresh.empty()) HB_TRY(WriteMeta(batch, /*sync=*/false));
  std::vector<EmbeddedConsumer::Assigned> assigned;
  const MutexLock lock(mutex_);
  for (const auto& [where, position] : fresh) groups_[group][where] = {position, position};
  for (const auto& [part, position] : all) {
    if (part->number % slots == slot) assigned.push_back({part, position});
  }
  ++members_[group];
  return std::unique_ptr<Consumer>(
      std::make_unique<EmbeddedConsumer>(*this, group, visibility, std::move(assigned)));
}

Status EmbeddedLog::ForgetGroup(const std::string& group) {
  const MutexLock commit_lock(commit_mutex_);
  rocksdb::WriteBatch batch;
  {
    const MutexLock lock(mutex_);
    const auto it = groups_.find(group);
    if (it == groups_.end()) return Error{Code::kNotFound, "group " + group + " is not registered"};
    if (members_[group] > 0) {
      return Error{Code::kInvalidArgument, "group " + group + " has a consumer that is running"};
    }
    for (const auto& [where, at] : it->second) {
      batch.Delete(OffsetKey(group, where.first, where.second)).PermitUncheckedError();
    }
  }
  HB_TRY(WriteMeta(batch, /*sync=*/false));
  const MutexLock lock(mutex_);
  groups_.erase(group);
  return Ok();
}

Result<std::unique_ptr<Transaction>> EmbeddedLog::Begin(std::string_view producer) {
  const MutexLock lock(mutex_);
  const std::uint64_t epoch = ++epochs_[std::string(producer)];
  return std::unique_ptr<Transaction>(
      std::make_unique<EmbeddedTransaction>(*this, std::string(producer), epoch));
}

Result<std::string> EmbeddedLog::GetState(std::string_view store, Partition partition,
                                          std::string_view key) {
  std::string full = StatePrefix(store, partition);
  full.append(key);
  std::string value;
  HB_ASSIGN(const Engine::Gate gate, engine_->Enter());
  const rocksdb::Status got =
      engine_->db().Get(rocksdb::ReadOptions(), engine_->state(), full, &value);
  if (got.ok()) return value;
  return ToError(got, "state " + std::string(store));
}

Status EmbeddedLog::ScanState(
    std::string_view store, Partition partition,
    const std::function<bool(std::string_view, std::string_view)>& visit) {
  // In pieces, because `visit` may take its time or call the log.
  constexpr std::size_t kPieceBytes = 1 << 20;
  const std::string prefix = StatePrefix(store, partition);
  std::string from = prefix;
  while (true) {
    std::vector<std::pair<std::string, std::string>> piece;
    std::size_t bytes = 0;
    {
      HB_ASSIGN(const Engine::Gate gate, engine_->Enter());
      const std::unique_ptr<rocksdb::Iterator> it(
          engine_->db().NewIterator(rocksdb::ReadOptions(), engine_->state()));
      for (it->Seek(from);
           it->Valid() && View(it->key()).starts_with(prefix) && bytes < kPieceBytes; it->Next()) {
        piece.emplace_back(View(it->key()), View(it->value()));
        bytes += piece.back().first.size() + piece.back().second.size();
      }
      if (!it->status().ok()) return ToError(it->status(), "state " + std::string(store));
    }
    for (const auto& [key, value] : piece) {
      if (!visit(std::string_view(key).substr(prefix.size()), value)) return Ok();
    }
    if (bytes < kPieceBytes) return Ok();
    from = piece.back().first + '\0';
  }
}

Status EmbeddedLog::WaitDurable(std::uint64_t mark) {
  MutexLock lock(mutex_);
  if (mark > committed_) {
    return Error{Code::kInvalidArgument, "mark " + std::to_string(mark) + " is of no commit"};
  }
  const std::uint64_t failures = failed_syncs_;
  while (durable_ < mark) {
    wanted_ = std::max(wanted_, mark);
    sync_wake_.notify_all();
    synced_.wait(lock);
    if (durable_ >= mark) break;
    if (failed_syncs_ != failures) return *sync_error_;
    if (closing_) return Error{Code::kCancelled, "the log is closing"};
  }
  return Ok();
}

void EmbeddedLog::SyncLoop() {
  pthread_setname_np(pthread_self(), "log sync");
  bool flush = false;
  MutexLock lock(mutex_);
  while (true) {
    while (!closing_ && committed_ == durable_) sync_wake_.wait(lock);
    if (closing_) return;
    const auto due = std::chrono::steady_clock::now() + options_.sync_every;
    while (!closing_ && wanted_ <= durable_) {
      if (sync_wake_.wait_until(lock, due) == std::cv_status::timeout) break;
    }
    if (closing_) return;
    const std::uint64_t mark = committed_;
    for (auto& [name, topic] : topics_) {
      for (const std::unique_ptr<Part>& part : topic.parts) part->syncing_end = part->end;
    }
    lock.unlock();
    // After a sync that failed, the system may have dropped the pages and call the next one good,
    // so everything is then written once more, from memory
    // (https://wiki.postgresql.org/wiki/Fsync_Errors).
    Status synced = flush ? FlushEngine() : engine_->Sync();
    lock.lock();
    flush = !synced.ok();
    if (synced.ok()) {
      durable_ = mark;
      for (auto& [name, topic] : topics_) {
        for (const std::unique_ptr<Part>& part : topic.parts) part->durable_end = part->syncing_end;
      }
    } else {
      ++failed_syncs_;
      sync_error_ = synced.error();
      wanted_ = durable_;  // Those who wait are told, and may ask again.
    }
    synced_.notify_all();
    WakeConsumers();
  }
}

Status EmbeddedLog::FlushEngine() {
  HB_ASSIGN(const Engine::Gate gate, engine_->Enter());
  return engine_->FlushAll();
}

std::int64_t EmbeddedLog::DiskBytes() const {
  const Result<std::uint64_t> bytes = engine_->FolderBytes();
  return bytes.ok() ? static_cast<std::int64_t>(bytes.value()) : 0;
}

}  // namespace embedded

Result<std::unique_ptr<Log>> OpenEmbeddedLog(const EmbeddedLogOptions& options, Env& env) {
  if (options.path.empty() || options.sync_every.count() < 0 || options.budget_bytes < 0 ||
      options.min_free_bytes < 0 || options.wal_bytes < (64 << 10) ||
      options.memtable_bytes < (64 << 10)) {
    return Error{Code::kInvalidArgument,
                 "embedded log: a folder is needed, and no bound below zero"};
  }
  if (mkdir(options.path.c_str(), 0700) != 0 && errno != EEXIST) {
    return Error{Code::kInvalidArgument,
                 "data folder " + options.path + " cannot be made: " + std::strerror(errno)};
  }
  EmbeddedLogOptions fitted = options;
  if (options.budget_bytes > 0) {
    // Half of a small budget must not be taken by what is on its way into files.
    const auto share =
        std::max<std::size_t>(static_cast<std::size_t>(options.budget_bytes) / 8, 256 << 10);
    fitted.wal_bytes = std::min(fitted.wal_bytes, share);
    fitted.memtable_bytes = std::min(fitted.memtable_bytes, share);
  }
  Result<std::unique_ptr<embedded::Engine>> engine = embedded::Engine::Open(fitted);
  if (!engine.ok()) return embedded::Explain(options.path, std::move(engine).error());
  HB_TRY(WriteFileAtomic(embedded::PidFile(options.path), std::to_string(getpid())));
  auto log = std::make_unique<embedded::EmbeddedLog>(fitted, env.clock, std::move(engine).value());
  HB_TRY(log->Load());
  return std::unique_ptr<Log>(std::move(log));
}

namespace {

constexpr Field kFields[] = {
    {"path", "string", "", "Folder of the log; empty: the folder \"log\" in the data folder."},
    {"sync_every_ms", "duration_ms", "20ms",
     "At most this much of the latest posts is lost in a power cut; 0 syncs every commit."},
    {"cache_bytes", "bytes", "64MiB",
     "Memory for the newest batches, so that they need not be read back."},
    {"budget_bytes", "bytes", "0", "Most disk space the log may take; 0 means no bound."},
    {"min_free_bytes", "bytes", "256MiB", "Disk space that is always left free for others."},
    {"compress", "bool", "false", "Packs values with zstd: less disk, more CPU."},
};

Result<std::unique_ptr<Log>> Make(const Settings& settings, Env& env) {
  EmbeddedLogOptions options;
  options.path = settings.Text("path").empty() ? env.data_dir + "/log" : settings.Text("path");
  options.sync_every = std::chrono::milliseconds(settings.Int("sync_every_ms"));
  options.cache_bytes = static_cast<std::size_t>(settings.Int("cache_bytes"));
  options.budget_bytes = settings.Int("budget_bytes");
  options.min_free_bytes = settings.Int("min_free_bytes");
  options.compress = settings.Bool("compress");
  return OpenEmbeddedLog(options, env);
}

}  // namespace

namespace log_embedded {
const Entry<Log, Env> kEntry = {
    "embedded", "The durable log of one machine, in files of the data folder.", kFields, &Make};
}  // namespace log_embedded

}  // namespace hb
