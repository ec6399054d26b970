#include "store/duckdb/duckdb_store.h"

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <semaphore>
#include <set>
#include <shared_mutex>
#include <thread>
#include <utility>

#include "base/mutex.h"
#include "store/duckdb/cells.h"
#include "store/duckdb/duck.h"
#include "store/duckdb/post_rows.h"
#include "store/duckdb/schema.h"
#include "store/duckdb/sql_guard.h"
#include "store/duckdb/table_writer.h"
#include "store/duckdb/window_rows.h"

namespace hb {

namespace {

using namespace duck;  // NOLINT: this file is the other half of it

constexpr std::size_t kMaxAnswerBytes = 64u << 20;  // of the cells of one answer
constexpr std::ptrdiff_t kMaxQueries = 64;

/// Interrupts a connection at a point in time, unless it is destroyed before.
class Watchdog {
 public:
  Watchdog(duckdb_connection connection, std::chrono::milliseconds limit)
      : thread_([this, connection, limit] {
          MutexLock lock(mutex_);
          const auto until = std::chrono::steady_clock::now() + limit;
          while (!done_) {
            if (wake_.wait_until(lock, until) == std::cv_status::timeout && !done_) {
              fired_ = true;
              // Again and again: an interrupt that meets no running statement is forgotten.
              duckdb_interrupt(connection);
              wake_.wait_for(lock, std::chrono::milliseconds(20));
            }
          }
        }) {}
  ~Watchdog() {
    {
      const MutexLock lock(mutex_);
      done_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  [[nodiscard]] bool fired() const { return fired_; }

 private:
  Mutex mutex_;
  std::condition_variable_any wake_;
  bool done_ HB_GUARDED_BY(mutex_) = false;
  std::atomic<bool> fired_ = false;
  std::thread thread_;
};

std::size_t BytesOf(const std::vector<Cell>& row) {
  std::size_t bytes = row.size() * sizeof(Cell);
  for (const Cell& cell : row) {
    if (const auto* text = std::get_if<std::string>(&cell)) bytes += text->capacity();
  }
  return bytes;
}

class DuckdbStore final : public SqlStore {
 public:
  DuckdbStore(DuckdbOptions options, Env& env) : options_(std::move(options)), env_(env) {
    const std::filesystem::path path(options_.path);
    path_ = path.is_absolute() ? path.string() : (std::filesystem::path(env.data_dir) / path).string();
  }
  ~DuckdbStore() override {
    const std::unique_lock lock(gate_);
    CloseFile();
  }

  Status Open() override;
  Result<std::vector<StoreOffset>> Offsets() override;
  Status Write(const StoreWrite& write) override;
  Status Prune(EventTime arrived_before) override;
  [[nodiscard]] std::int64_t DiskBytes() const override;
  Result<SqlResult> Query(std::string_view sql, std::span<const Cell> parameters,
                          const SqlLimits& limits) override;
  Status Export(std::string_view sql, std::span<const Cell> parameters, std::string_view format,
                const std::string& path, const SqlLimits& limits) override;

 private:
  using OffsetKey = std::pair<std::string, std::int32_t>;

  Status OpenFile();
  void CloseFile();
  Status LoadState();
  Status CheckRoom() const;
  bool IsRepeat(std::span<const StoreOffset> offsets);
  Status WriteRows(const StoreWrite& write);
  Status WritePosts(const StoreWrite& write, EventTime now);
  Status WriteTasks(std::span<const Task> tasks);
  Status WriteTrends(std::span<const Trend> trends, EventTime now);
  Status WriteDeadLetters(std::span<const DeadLetter> dead);
  Status WriteOffsets(std::span<const StoreOffset> offsets);
  /// Ends a failed transaction; a connection that the engine gave up is closed, to be opened by the next call.
  Status Fail(Status status);

  DuckdbOptions options_;
  Env& env_;
  std::string path_;

  /// Held shared by whoever uses the database, alone by whoever opens, closes or swaps its file.
  std::shared_mutex gate_;
  Database database_;
  Connection writer_;
  bool opened_ = false;
  std::counting_semaphore<kMaxQueries> slots_{0};

  Mutex mutex_;
  std::map<OffsetKey, std::int64_t> offsets_ HB_GUARDED_BY(mutex_);
  std::set<std::pair<std::string, std::uint32_t>> tasks_;  ///< stored (tag, revision); writer only
};

Status DuckdbStore::Open() {
  const std::unique_lock lock(gate_);
  if (opened_) return Error{Code::kInvalidArgument, "the store is open already"};
  HB_TRY(OpenFile());
  opened_ = true;
  slots_.release(static_cast<std::ptrdiff_t>(options_.concurrent_queries));
  return Ok();
}

Status DuckdbStore::OpenFile() {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), ignored);
  Config config;
  duckdb_create_config(config.out());
  // The order matters: without external access the folder for temporary files cannot be set any more.
  const std::pair<const char*, std::string> settings[] = {
      {"temp_directory", path_ + ".tmp"},
      {"max_temp_directory_size", std::to_string(options_.spill_bytes) + "B"},
      {"memory_limit", std::to_string(options_.memory_bytes) + "B"},
      {"threads", std::to_string(options_.threads)},
      {"checkpoint_threshold", std::to_string(options_.checkpoint_bytes) + "B"},
      {"storage_compatibility_version", "v1.5.0"},
      {"autoinstall_known_extensions", "false"},
      {"autoload_known_extensions", "false"},
      {"allow_community_extensions", "false"},
      {"errors_as_json", "true"},
      {"enable_external_access", "false"},
  };
  for (const auto& [name, value] : settings) {
    if (duckdb_set_config(config.get(), name, value.c_str()) != DuckDBSuccess) {
      return Error{Code::kInvalidArgument, std::string("duckdb: setting ") + name + " = " + value};
    }
  }
  char* text = nullptr;
  if (duckdb_open_ext(path_.c_str(), database_.out(), config.get(), &text) != DuckDBSuccess) {
    Error error = WriterError("open " + path_, text == nullptr ? "failed" : text);
    duckdb_free(text);
    return error;
  }
  if (duckdb_connect(database_.get(), writer_.out()) != DuckDBSuccess) {
    return Error{Code::kUnavailable, "duckdb: cannot connect to " + path_};
  }
  Status ready = [&]() -> Status {
    HB_TRY(Run(writer_.get(), "SET GLOBAL TimeZone = 'UTC'"));
    HB_TRY(Run(writer_.get(), "BEGIN; " + TablesSql() + ViewsSql() + "COMMIT"));
    HB_TRY(LoadState());
    return Run(writer_.get(), "SET lock_configuration = true");
  }();
  if (!ready.ok()) CloseFile();
  return ready;
}

void DuckdbStore::CloseFile() {
  writer_.Reset();
  database_.Reset();
}

Status DuckdbStore::LoadState() {
  HB_ASSIGN(const std::int64_t version,
            AskInt(writer_.get(), "SELECT max(value::INTEGER) FROM internal.meta WHERE name = 'version'"));
  if (version > kSchemaVersion) {
    return Error{Code::kInvalidArgument, path_ + " was written by a newer heartbeat (version " +
                                             std::to_string(version) + ", this one knows " +
                                             std::to_string(kSchemaVersion) + ")"};
  }
  if (version == 0) {
    HB_TRY(Run(writer_.get(), "INSERT INTO internal.meta VALUES ('version', '" +
                                  std::to_string(kSchemaVersion) + "')"));
  }
  {
    HB_ASSIGN(QueryResult rows, Ask(writer_.get(), "SELECT topic, partition, next_offset FROM offsets"));
    const MutexLock lock(mutex_);
    offsets_.clear();
    while (const Chunk chunk = rows.Next()) {
      for (idx_t i = 0; i < duckdb_data_chunk_get_size(chunk.get()); ++i) {
        const OffsetKey key(View(Values<duckdb_string_t>(chunk, 0)[i]), Values<std::int32_t>(chunk, 1)[i]);
        offsets_[key] = Values<std::int64_t>(chunk, 2)[i];
      }
    }
  }
  HB_ASSIGN(QueryResult rows, Ask(writer_.get(), "SELECT tag, revision FROM tasks"));
  tasks_.clear();
  while (const Chunk chunk = rows.Next()) {
    for (idx_t i = 0; i < duckdb_data_chunk_get_size(chunk.get()); ++i) {
      tasks_.emplace(View(Values<duckdb_string_t>(chunk, 0)[i]),
                     static_cast<std::uint32_t>(Values<std::int64_t>(chunk, 1)[i]));
    }
  }
  return Ok();
}

Result<std::vector<StoreOffset>> DuckdbStore::Offsets() {
  const MutexLock lock(mutex_);
  std::vector<StoreOffset> out;
  for (const auto& [key, next] : offsets_) {
    out.push_back({.topic = key.first, .partition = Partition{key.second}, .next = Offset{next}});
  }
  return out;
}

bool DuckdbStore::IsRepeat(std::span<const StoreOffset> offsets) {
  const MutexLock lock(mutex_);
  for (const StoreOffset& offset : offsets) {
    const auto stored = offsets_.find(OffsetKey(offset.topic, ToInt(offset.partition)));
    if (stored == offsets_.end() || stored->second < ToInt(offset.next)) return false;
  }
  return !offsets.empty();
}

Status DuckdbStore::CheckRoom() const {
  const Result<std::uint64_t> free = FreeDiskBytes(std::filesystem::path(path_).parent_path().string());
  if (free.ok() && free.value() < static_cast<std::uint64_t>(options_.min_free_bytes)) {
    return Error{Code::kExhausted, "the disk of " + path_ + " has " + std::to_string(free.value() >> 20) +
                                       " MiB free, the store needs " +
                                       std::to_string(options_.min_free_bytes >> 20)};
  }
  return Ok();
}

Status DuckdbStore::Write(const StoreWrite& write) {
  if (!database_) {
    const std::unique_lock lock(gate_);
    if (!opened_) return Error{Code::kInvalidArgument, "the store is not open"};
    HB_TRY(OpenFile());
  }
  // After a failed commit nobody knows whether it happened: the stored offsets do.
  if (IsRepeat(write.offsets)) return Ok();
  HB_TRY(CheckRoom());
  Status status = [&] {
    const std::shared_lock lock(gate_);
    return WriteRows(write);
  }();
  return status.ok() ? status : Fail(std::move(status));
}

Status DuckdbStore::Fail(Status status) {
  const bool rolled_back = Run(writer_.get(), "ROLLBACK").ok();
  // A statement that cannot even be rolled back, or a fatal error of the engine, needs a fresh start.
  if (!rolled_back || !Run(writer_.get(), "SELECT 1").ok()) {
    const std::unique_lock lock(gate_);
    CloseFile();
  }
  return status;
}

Status DuckdbStore::WriteRows(const StoreWrite& write) {
  const EventTime now = env_.clock.Now();
  HB_TRY(Run(writer_.get(), "BEGIN"));
  HB_TRY(WritePosts(write, now));
  HB_TRY(WriteWindows(writer_.get(), write.aggregates, now));
  HB_TRY(WriteTasks(write.tasks));
  HB_TRY(WriteTrends(write.trends, now));
  HB_TRY(WriteDeadLetters(write.dead));
  HB_TRY(WriteOffsets(write.offsets));
  HB_TRY(Run(writer_.get(), "COMMIT"));
  for (const Task& task : write.tasks) tasks_.emplace(task.tag, task.revision);
  const MutexLock lock(mutex_);
  for (const StoreOffset& offset : write.offsets) {
    std::int64_t& next = offsets_[OffsetKey(offset.topic, ToInt(offset.partition))];
    next = std::max(next, ToInt(offset.next));
  }
  return Ok();
}

Status DuckdbStore::WritePosts(const StoreWrite& write, EventTime now) {
  if (write.analyses.empty()) return Ok();
  HB_ASSIGN(TableWriter writer, TableWriter::Open(writer_.get(), "main", "posts"));
  std::vector<std::uint32_t> rows;
  for (const auto& batch : write.analyses) {
    rows.resize(batch->size());
    for (std::uint32_t i = 0; i < rows.size(); ++i) rows[i] = i;
    HB_TRY(AppendPosts(*batch, rows, now, writer));
  }
  return writer.Close();
}

Status DuckdbStore::WriteTasks(std::span<const Task> tasks) {
  if (tasks.empty()) return Ok();
  HB_ASSIGN(TableWriter writer, TableWriter::Open(writer_.get(), "main", "tasks"));
  std::set<std::pair<std::string, std::uint32_t>> seen;
  for (const Task& task : tasks) {
    const std::pair<std::string, std::uint32_t> key(task.tag, task.revision);
    if (tasks_.contains(key) || !seen.insert(key).second) continue;
    const idx_t row = writer.at();
    writer.Put(0, row, task.tag);
    writer.Put(1, row, task.rule);
    writer.Data<std::int64_t>(2)[row] = task.revision;
    writer.Data<bool>(3)[row] = task.active;
    writer.Data<std::int64_t>(4)[row] = ToMillis(task.time) * 1000;
    HB_TRY(writer.Advance(1));
  }
  return writer.Close();
}

Status DuckdbStore::WriteTrends(std::span<const Trend> trends, EventTime now) {
  if (trends.empty()) return Ok();
  HB_ASSIGN(TableWriter writer, TableWriter::Open(writer_.get(), "main", "trends"));
  for (const Trend& trend : trends) {
    const idx_t row = writer.at();
    writer.Data<std::int64_t>(0)[row] = ToMillis(trend.time) * 1000;
    writer.Put(1, row, trend.scope);
    writer.Put(2, row, trend.kind);
    writer.Put(3, row, trend.key);
    writer.Data<std::int64_t>(4)[row] = static_cast<std::int64_t>(trend.count);
    writer.Data<double>(5)[row] = trend.baseline;
    writer.Data<double>(6)[row] = trend.score;
    writer.Data<std::int64_t>(7)[row] = static_cast<std::int64_t>(trend.authors);
    writer.Data<double>(8)[row] = trend.duplicate_share;
    for (const std::string& language : trend.languages) writer.PushText(9, language);
    writer.EndList(9, row);
    for (const std::string& id : trend.example_ids) writer.PushText(10, id);
    writer.EndList(10, row);
    writer.Data<bool>(11)[row] = trend.active;
    writer.Data<std::int64_t>(12)[row] = ToMillis(now) * 1000;
    HB_TRY(writer.Advance(1));
  }
  return writer.Close();
}

Status DuckdbStore::WriteDeadLetters(std::span<const DeadLetter> dead) {
  if (dead.empty()) return Ok();
  HB_ASSIGN(TableWriter writer, TableWriter::Open(writer_.get(), "main", "dead_letters"));
  for (const DeadLetter& letter : dead) {
    const idx_t row = writer.at();
    writer.Data<std::int64_t>(0)[row] = ToMillis(letter.time) * 1000;
    writer.Put(1, row, letter.source);
    writer.Put(2, row, letter.location);
    writer.Put(3, row, letter.reason);
    writer.PutBytes(4, row, letter.raw);
    writer.Data<bool>(5)[row] = letter.cut;
    HB_TRY(writer.Advance(1));
  }
  return writer.Close();
}

Status DuckdbStore::WriteOffsets(std::span<const StoreOffset> offsets) {
  if (offsets.empty()) return Ok();
  std::map<OffsetKey, std::int64_t> all;
  {
    const MutexLock lock(mutex_);
    all = offsets_;
  }
  for (const StoreOffset& offset : offsets) {
    std::int64_t& next = all[OffsetKey(offset.topic, ToInt(offset.partition))];
    next = std::max(next, ToInt(offset.next));
  }
  HB_TRY(Run(writer_.get(), "DELETE FROM offsets"));
  HB_ASSIGN(TableWriter writer, TableWriter::Open(writer_.get(), "main", "offsets"));
  for (const auto& [key, next] : all) {
    const idx_t row = writer.at();
    writer.Put(0, row, key.first);
    writer.Data<std::int32_t>(1)[row] = key.second;
    writer.Data<std::int64_t>(2)[row] = next;
    HB_TRY(writer.Advance(1));
  }
  return writer.Close();
}

Status DuckdbStore::Prune(EventTime arrived_before) {
  const std::string before = "make_timestamp(" + std::to_string(ToMillis(arrived_before) * 1000) + ")";
  Status status = [&]() -> Status {
    const std::shared_lock lock(gate_);
    if (!database_) return Error{Code::kUnavailable, "the store is not open"};
    HB_TRY(Run(writer_.get(), "BEGIN; DELETE FROM posts WHERE arrival < " + before +
                                  "; DELETE FROM internal.windows WHERE updated < " + before +
                                  "; DELETE FROM trends WHERE arrival < " + before +
                                  "; DELETE FROM dead_letters WHERE time < " + before + "; COMMIT"));
    return Run(writer_.get(), "CHECKPOINT");
  }();
  return status.ok() ? status : Fail(std::move(status));
}

std::int64_t DuckdbStore::DiskBytes() const {
  std::int64_t bytes = 0;
  for (const char* suffix : {"", ".wal"}) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path_ + suffix, error);
    if (!error) bytes += static_cast<std::int64_t>(size);
  }
  return bytes;
}

Result<SqlResult> DuckdbStore::Query(std::string_view sql, std::span<const Cell> parameters,
                                     const SqlLimits& limits) {
  const auto begin = std::chrono::steady_clock::now();
  if (!slots_.try_acquire_for(limits.time)) {
    return Error{Code::kExhausted, "too many queries are running; try again"};
  }
  struct Release {
    std::counting_semaphore<kMaxQueries>& slots;
    ~Release() { slots.release(); }
  } const release{slots_};
  const std::shared_lock lock(gate_);
  if (!database_) return Error{Code::kUnavailable, "the store is not open"};
  Connection connection;
  if (duckdb_connect(database_.get(), connection.out()) != DuckDBSuccess) {
    return Error{Code::kUnavailable, "the store takes no connection"};
  }
  const Watchdog watchdog(connection.get(), limits.time);
  const auto fail = [&](Error error) {
    if (!watchdog.fired()) return error;
    return Error{Code::kExhausted, "the time limit of " + std::to_string(limits.time.count()) + " ms passed"};
  };
  HB_TRY(Run(connection.get(), "BEGIN TRANSACTION READ ONLY"));
  Result<Prepared> prepared = PrepareUserSql(connection.get(), sql);
  if (!prepared.ok()) return fail(prepared.error());
  HB_TRY(Bind(prepared.value().get(), parameters));
  QueryResult result;
  if (duckdb_execute_prepared_streaming(prepared.value().get(), result.get()) != DuckDBSuccess) {
    return fail(UserError(sql, duckdb_result_error(result.get())));
  }
  SqlResult answer;
  HB_ASSIGN(answer.columns, ColumnsOf(*result.get()));
  std::size_t bytes = 0;
  while (const Chunk chunk = result.Next()) {
    const std::size_t had = answer.rows.size();
    const std::size_t room = limits.rows - had;
    answer.truncated = duckdb_data_chunk_get_size(chunk.get()) > room;
    AppendRows(chunk, room, answer.rows);
    for (std::size_t i = had; i < answer.rows.size(); ++i) bytes += BytesOf(answer.rows[i]);
    answer.truncated = answer.truncated || bytes > kMaxAnswerBytes;
    if (answer.truncated) break;
  }
  const char* text = duckdb_result_error(result.get());
  if (text != nullptr && *text != '\0') return fail(UserError(sql, text));
  if (watchdog.fired() && !answer.truncated) return fail(Error{Code::kExhausted, ""});
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  answer.seconds = took.count();
  return answer;
}

Status DuckdbStore::Export(std::string_view, std::span<const Cell>, std::string_view, const std::string&,
                           const SqlLimits&) {
  return Error{Code::kInternal, "not written yet"};
}

constexpr Field kFields[] = {
    {"path", "string", "store.duckdb", "File of the store, within the data folder unless it begins with '/'."},
    {"retention_ms", "duration_ms", "90d", "Rows that arrived longer ago than this are dropped."},
    {"memory_limit_bytes", "bytes", "512MiB", "Memory that the store and all its queries may use."},
    {"threads", "int", "2", "Threads that queries and checkpoints may use."},
    {"min_free_bytes", "bytes", "64MiB", "With less room than this on the disk nothing more is written."},
};

Result<std::unique_ptr<Store>> MakeFromSettings(const Settings& settings, Env& env) {
  DuckdbOptions options;
  options.path = settings.Text("path");
  options.memory_bytes = settings.Int("memory_limit_bytes");
  options.threads = static_cast<int>(settings.Int("threads"));
  options.min_free_bytes = settings.Int("min_free_bytes");
  HB_ASSIGN(std::unique_ptr<SqlStore> store, MakeDuckdbStore(options, env));
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace

Result<std::unique_ptr<SqlStore>> MakeDuckdbStore(const DuckdbOptions& options, Env& env) {
  if (options.path.empty()) return Error{Code::kInvalidArgument, "path: empty"};
  if (options.memory_bytes < 64ll << 20) {
    return Error{Code::kInvalidArgument, "memory_limit_bytes: at least 64MiB is needed"};
  }
  if (options.threads < 1 || options.threads > 256) {
    return Error{Code::kInvalidArgument, "threads: 1 to 256"};
  }
  if (options.concurrent_queries < 1 || options.concurrent_queries > kMaxQueries) {
    return Error{Code::kInvalidArgument, "concurrent_queries: 1 to 64"};
  }
  return std::unique_ptr<SqlStore>(std::make_unique<DuckdbStore>(options, env));
}

const Entry<Store, Env> kDuckdbEntry = {
    .name = "duckdb",
    .summary = "The embedded store: one DuckDB file in the data folder, open to SQL.",
    .fields = kFields,
    .make = MakeFromSettings,
};

}  // namespace hb
