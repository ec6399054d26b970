#include "log/embedded/engine.h"

#include <rocksdb/cache.h>
#include <rocksdb/compaction_filter.h>
#include <rocksdb/file_system.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>
#include <unistd.h>

#include <algorithm>

#include "log/embedded/batch_format.h"
#include "log/embedded/manifest_end.h"

namespace hb::embedded {
namespace {

constexpr std::string_view kStateFamily = "state";
constexpr std::string_view kPartitionPrefix = "p:";

std::string FamilyName(const std::string& topic, std::int32_t number) {
  return std::string(kPartitionPrefix) + topic + ":" + std::to_string(number);
}

/// Applies a PartitionFilter to what a compaction reads.
class BatchCompactionFilter final : public rocksdb::CompactionFilter {
 public:
  BatchCompactionFilter(std::shared_ptr<PartitionFilter> filter, int zstd_level)
      : filter_(std::move(filter)), purging_(filter_->purging()), zstd_level_(zstd_level) {}

  [[nodiscard]] const char* Name() const override { return "heartbeat.batch"; }

  Decision FilterV2(int, const rocksdb::Slice& key, ValueType type, const rocksdb::Slice& value,
                    std::string* new_value, std::string*) const override {
    const std::optional<ParsedKey> parsed = ParseEntryKey(View(key));
    if (!parsed || type != ValueType::kValue) return Decision::kKeep;
    if (parsed->base < filter_->begin) return Decision::kRemove;
    if (!purging_ || parsed->kind != EntryKind::kBody) return Decision::kKeep;
    const Result<std::uint32_t> count = BodyCount(View(value));
    if (!count.ok()) return Fail();
    std::vector<std::uint32_t> rows;
    for (auto it = std::ranges::lower_bound(*purging_, parsed->base);
         it != purging_->end() && *it < parsed->base + count.value(); ++it) {
      rows.push_back(static_cast<std::uint32_t>(*it - parsed->base));
    }
    if (rows.empty()) return Decision::kKeep;
    Result<std::optional<std::string>> body = BlankBody(View(value), rows, zstd_level_);
    if (!body.ok()) return Fail();
    if (!body.value()) return Decision::kKeep;
    *new_value = *std::move(body).value();
    return Decision::kChangeValue;
  }

 private:
  Decision Fail() const {
    filter_->failed = true;
    return Decision::kKeep;
  }

  const std::shared_ptr<PartitionFilter> filter_;
  const std::shared_ptr<const std::vector<std::int64_t>> purging_;
  const int zstd_level_;
};

class BatchCompactionFilterFactory final : public rocksdb::CompactionFilterFactory {
 public:
  BatchCompactionFilterFactory(std::shared_ptr<PartitionFilter> filter, int zstd_level)
      : filter_(std::move(filter)), zstd_level_(zstd_level) {}
  [[nodiscard]] const char* Name() const override { return "heartbeat.batch"; }
  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context&) override {
    return std::make_unique<BatchCompactionFilter>(filter_, zstd_level_);
  }

 private:
  const std::shared_ptr<PartitionFilter> filter_;
  const int zstd_level_;
};

/// When the disk was full, we say when to go on, and not a timer of RocksDB.
class NoSelfRecovery final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

std::size_t WriteBufferBytes(const EmbeddedLogOptions& options) {
  return std::max<std::size_t>(options.memtable_bytes / 3, 64 << 10);
}

}  // namespace

Error ToError(const rocksdb::Status& status, std::string_view doing) {
  const std::string message = std::string(doing) + ": " + status.ToString();
  if (status.IsNoSpace() || status.subcode() == rocksdb::Status::SubCode::kSpaceLimit) {
    return Error{Code::kExhausted, message};
  }
  if (status.IsCorruption()) return Error{Code::kCorrupt, message};
  if (status.IsNotFound()) return Error{Code::kNotFound, message};
  if (status.IsInvalidArgument()) return Error{Code::kInvalidArgument, message};
  if (status.IsShutdownInProgress()) return Error{Code::kCancelled, message};
  if (status.IsIOError() || status.IsBusy() || status.IsTimedOut() || status.IsTryAgain() ||
      status.IsIncomplete() || status.IsAborted()) {
    return Error{Code::kUnavailable, message};
  }
  return Error{Code::kInternal, message};
}

rocksdb::ColumnFamilyOptions Engine::PartitionOptions(
    const std::shared_ptr<PartitionFilter>& filter) const {
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = WriteBufferBytes(options_);
  options.max_write_buffer_number = 4;
  options.compression = rocksdb::kNoCompression;  // batches are packed before they come here
  options.target_file_size_base = 64 << 20;
  options.level_compaction_dynamic_level_bytes = true;
  options.compaction_filter_factory =
      std::make_shared<BatchCompactionFilterFactory>(filter, options_.zstd_level);
  rocksdb::BlockBasedTableOptions table;
  // Reads are of whole batches or of heads scattered between them; no cache would hold them long.
  table.no_block_cache = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

Result<std::unique_ptr<Engine>> Engine::Open(const EmbeddedLogOptions& options) {
  std::unique_ptr<Engine> engine(new Engine(options));
  engine->files_ = std::make_shared<OrderedFileSystem>(
      options.file_system ? options.file_system : rocksdb::FileSystem::Default(), options.path);
  engine->env_ = rocksdb::NewCompositeEnv(engine->files_);
  // A RocksDB that runs out of room while it opens ends the program by an assertion.
  if (engine->env_->FileExists(options.path + "/CURRENT").ok()) HB_TRY(engine->CheckRoomToOpen());
  HB_TRY(engine->OpenDatabase());
  return engine;
}

Status Engine::OpenDatabase() {
  rocksdb::DBOptions db_options;
  db_options.env = env_.get();
  db_options.create_if_missing = true;
  db_options.listeners.push_back(std::make_shared<NoSelfRecovery>());
  db_options.create_missing_column_families = true;
  db_options.max_background_jobs = 2;
  // What a power cut takes is then the end of the log and never a hole in it.
  db_options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  db_options.max_total_wal_size = options_.wal_bytes;
  db_options.db_write_buffer_size = options_.memtable_bytes;
  // Opening costs what the write-ahead log holds, not what the files hold.
  db_options.max_open_files = 256;
  db_options.max_file_opening_threads = 2;
  db_options.skip_stats_update_on_db_open = true;
  db_options.skip_checking_sst_file_sizes_on_db_open = true;
  db_options.stats_dump_period_sec = 0;
  db_options.stats_persist_period_sec = 0;
  db_options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  db_options.keep_log_file_num = 2;
  db_options.max_log_file_size = 4 << 20;

  rocksdb::ColumnFamilyOptions small;
  small.write_buffer_size = std::min<std::size_t>(WriteBufferBytes(options_), 16 << 20);
  small.compression = rocksdb::kNoCompression;
  small.level_compaction_dynamic_level_bytes = true;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(8 << 20);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  small.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));

  HB_ASSIGN(std::vector<std::string> names, FamilyNames(db_options));
  for (const std::string_view wanted : {std::string_view("default"), kStateFamily}) {
    if (std::ranges::find(names, wanted) == names.end()) names.emplace_back(wanted);
  }
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : names) {
    const bool partition = name.starts_with(kPartitionPrefix);
    families.emplace_back(name, partition ? PartitionOptions(partitions_[name].filter) : small);
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      rocksdb::DB::Open(db_options, options_.path, families, &handles, &db);
  if (!opened.ok()) return ToError(opened, "data folder " + options_.path);
  db_.reset(db);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == "default") meta_ = handles[i];
    if (names[i] == kStateFamily) state_ = handles[i];
    if (names[i].starts_with(kPartitionPrefix)) partitions_[names[i]].handle = handles[i];
  }
  return Ok();
}

Result<std::vector<std::string>> Engine::FamilyNames(const rocksdb::DBOptions& db_options) {
  std::vector<std::string> names;
  if (!env_->FileExists(options_.path + "/CURRENT").ok()) return names;
  // This reads all of the MANIFEST, so a torn end shows here.
  rocksdb::Status listed = rocksdb::DB::ListColumnFamilies(db_options, options_.path, &names);
  if (listed.IsCorruption()) {
    HB_ASSIGN(const bool mended, CutTornManifest(*env_, options_.path));
    if (mended) listed = rocksdb::DB::ListColumnFamilies(db_options, options_.path, &names);
  }
  if (!listed.ok()) return ToError(listed, "data folder " + options_.path);
  return names;
}

void Engine::CloseDatabase() {
  if (!db_) return;
  for (auto& [name, partition] : partitions_) db_->DestroyColumnFamilyHandle(partition.handle);
  db_->DestroyColumnFamilyHandle(state_);
  db_->DestroyColumnFamilyHandle(meta_);
  db_->Close().PermitUncheckedError();  // What was acknowledged is safe whatever this says.
  db_.reset();
}

Engine::~Engine() { CloseDatabase(); }

Result<Engine::Gate> Engine::Enter() {
  Gate gate(gate_);
  if (!db_)
    return Error{Code::kUnavailable, "the log in " + options_.path + " could not be opened again"};
  return gate;
}

Result<std::vector<const PartitionStore*>> Engine::MakePartitions(const std::string& topic,
                                                                  std::int32_t count) {
  // All at once: RocksDB writes its options anew after each call, and syncs them.
  std::vector<rocksdb::ColumnFamilyDescriptor> missing;
  std::vector<std::shared_ptr<PartitionFilter>> filters;
  for (std::int32_t number = 0; number < count; ++number) {
    const std::string name = FamilyName(topic, number);
    if (partitions_.contains(name)) continue;
    filters.push_back(std::make_shared<PartitionFilter>());
    missing.emplace_back(name, PartitionOptions(filters.back()));
  }
  if (!missing.empty()) {
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    const rocksdb::Status status = db_->CreateColumnFamilies(missing, &handles);
    for (std::size_t i = 0; i < handles.size(); ++i) {
      partitions_[missing[i].name] = {handles[i], filters[i]};
    }
    if (!status.ok()) return ToError(status, "topic " + topic);
  }
  std::vector<const PartitionStore*> out;
  for (std::int32_t number = 0; number < count; ++number) {
    out.push_back(&partitions_.at(FamilyName(topic, number)));
  }
  return out;
}

Status Engine::Sync() {
  const rocksdb::IOStatus status = files_->SyncWals();
  return status.ok() ? Ok() : Status(ToError(status, "sync of the log in " + options_.path));
}

Status Engine::FlushAll() {
  std::vector<rocksdb::ColumnFamilyHandle*> all = {meta_, state_};
  for (const auto& [name, partition] : partitions_) all.push_back(partition.handle);
  rocksdb::FlushOptions options;
  options.allow_write_stall = true;
  const rocksdb::Status status = db_->Flush(options, all);
  return status.ok() ? Ok() : Status(ToError(status, "flush of the log"));
}

Status Engine::CheckRoomToOpen() const {
  HB_ASSIGN(const std::uint64_t wal_bytes, FolderBytes(".log"));
  HB_ASSIGN(const std::uint64_t free_bytes, FreeBytes());
  if (free_bytes < 2 * wal_bytes + (64 << 10)) {
    return Error{Code::kExhausted, "the disk of " + options_.path +
                                       " is full: " + std::to_string(free_bytes) +
                                       " bytes are free, and going on takes " +
                                       std::to_string(2 * wal_bytes + (64 << 10))};
  }
  return Ok();
}

Status Engine::Recover() {
  // Until there is room, what is open stays open, because it can still be read.
  HB_TRY(CheckRoomToOpen());
  const std::unique_lock<std::shared_mutex> alone(gate_);
  CloseDatabase();
  return OpenDatabase();
}

Status Engine::DeleteObsoleteFiles() {
  // Switching deletions on looks through the whole folder, and deletes before it returns.
  rocksdb::Status status = db_->DisableFileDeletions();
  if (status.ok()) status = db_->EnableFileDeletions(/*force=*/false);
  return status.ok() ? Ok() : Status(ToError(status, "removal of old files"));
}

Result<std::uint64_t> Engine::FolderBytes(std::string_view ending) const {
  std::vector<rocksdb::Env::FileAttributes> files;
  const rocksdb::Status status = env_->GetChildrenFileAttributes(options_.path, &files);
  if (!status.ok()) return ToError(status, "data folder " + options_.path);
  std::uint64_t bytes = 0;
  for (const auto& file : files) bytes += file.name.ends_with(ending) ? file.size_bytes : 0;
  return bytes;
}

Result<std::uint64_t> Engine::FreeBytes() const {
  std::uint64_t bytes = 0;
  const rocksdb::Status status = env_->GetFreeSpace(options_.path, &bytes);
  if (!status.ok()) return ToError(status, "data folder " + options_.path);
  return bytes;
}

}  // namespace hb::embedded
