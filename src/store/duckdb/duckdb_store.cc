#include "store/duckdb/duckdb_store.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <semaphore>
#include <set>
#include <shared_mutex>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "env/file_lock.h"
#include "store/duckdb/dead_letter_rows.h"
#include "store/duckdb/duck.h"
#include "store/duckdb/gap_rows.h"
#include "store/duckdb/instance.h"
#include "store/duckdb/post_rows.h"
#include "store/duckdb/redactions.h"
#include "store/duckdb/rewrite.h"
#include "store/duckdb/schema.h"
#include "store/duckdb/table_writer.h"
#include "store/duckdb/user_query.h"
#include "store/duckdb/window_rows.h"
#include "store/replaces_posts.h"

namespace hb {

namespace {

using namespace duck;  // NOLINT: this file is the other half of it

constexpr std::ptrdiff_t kMaxQueries = 64;
/// Exports end before the store, and with its defaults the log, have to stop for want of room.
constexpr std::int64_t kExportsLeaveBytes = 256ll << 20;
constexpr std::chrono::milliseconds kStopCheckEvery{50};
constexpr std::int64_t kSmallFileBytes = 256ll << 20;  // rewritten without waiting

class DuckdbStore final : public SqlStore, public ReplacesPosts {
 public:
  DuckdbStore(DuckdbOptions options, Env& env) : options_(std::move(options)), env_(env) {
    const std::filesystem::path path(options_.path);
    path_ =
        path.is_absolute() ? path.string() : (std::filesystem::path(env.data_dir) / path).string();
  }
  ~DuckdbStore() override {
    const std::scoped_lock lock(turnstile_, gate_);
    CloseFile();
  }

  Status Open() override;
  Result<std::vector<StoreOffset>> Offsets() override;
  Status Write(const StoreWrite& write) override;
  Status ReplacePosts(std::span<const std::shared_ptr<const AnalysisBatch>> posts,
                      std::span<const StoreOffset> offsets) override;
  Status Prune(EventTime arrived_before) override;
  [[nodiscard]] std::int64_t DiskBytes() const override;
  Result<SqlResult> Query(std::string_view sql, std::span<const Cell> parameters,
                          const SqlLimits& limits) override;
  Status Export(std::string_view sql, std::span<const Cell> parameters, std::string_view format,
                const std::string& path, const SqlLimits& limits) override;
  void StopStatements() override { statements_stopped_ = true; }

 private:
  class Slot;
  std::shared_lock<std::shared_mutex> Enter() {
    const std::lock_guard turn(turnstile_);
    return std::shared_lock(gate_);
  }
  using OffsetKey = std::pair<std::string, std::int32_t>;

  [[nodiscard]] InstanceOptions Instance(std::string path) const {
    return {.path = std::move(path),
            .memory_bytes = options_.memory_bytes,
            .checkpoint_bytes = options_.checkpoint_bytes,
            .spill_bytes = options_.spill_bytes,
            .threads = options_.threads};
  }
  Status OpenFile();
  void CloseFile();
  /// Refuses tables of a newer version; brings those of an older one to this one's.
  Status Migrate();
  Status LoadState();
  /// kExhausted unless `more` bytes fit beside what must stay free.
  [[nodiscard]] Status CheckRoom(std::int64_t more) const;
  bool IsRepeat(std::span<const StoreOffset> offsets);
  Status WriteRows(const StoreWrite& write);
  /// What `rows` does, with the file open, unless `offsets` say that it was done.
  Status Guarded(std::span<const StoreOffset> offsets, const std::function<Status()>& rows);
  Status ReplaceRows(std::span<const std::shared_ptr<const AnalysisBatch>> posts,
                     std::span<const StoreOffset> offsets);
  void NoteOffsets(std::span<const StoreOffset> offsets);
  /// Returns the rows that others replaced, whose bytes must go.
  Result<std::int64_t> WritePosts(const StoreWrite& write, EventTime now);
  /// Notes that the file holds bytes that must go.
  Status SetStale(EventTime now);
  /// Writes the file anew without them.
  Status Rewrite();
  Status WriteTasks(std::span<const Task> tasks);
  Status WriteTrends(std::span<const Trend> trends, EventTime now);
  Status WriteOffsets(std::span<const StoreOffset> offsets);
  /// Ends a failed transaction; a connection that the engine gave up is closed, to be opened by the
  /// next call.
  Status Fail(Status status);

  DuckdbOptions options_;
  Env& env_;
  std::string path_;

  /// Held shared by whoever uses the database, alone by whoever opens, closes or swaps its file.
  /// All pass the turnstile first, so that queries without end cannot keep a swap waiting for ever.
  std::shared_mutex gate_;
  std::mutex turnstile_;
  Database database_;
  Connection writer_;
  bool opened_ = false;
  FileLock owner_;  ///< before DuckDB's own, as opening also cuts and removes files beside it
  std::counting_semaphore<kMaxQueries> slots_{0};
  std::atomic<bool> statements_stopped_{false};

  Mutex mutex_;
  std::map<OffsetKey, std::int64_t> offsets_ HB_GUARDED_BY(mutex_);
  // Of the writer's thread only.
  std::set<std::pair<std::string, std::uint32_t>> tasks_;  ///< stored (tag, revision)
  Redactions redactions_;
  GapSet gaps_;
  std::optional<EventTime> stale_since_;  ///< first redaction whose bytes are still in the file
};

Status DuckdbStore::Open() {
  const std::scoped_lock lock(turnstile_, gate_);
  if (opened_) return Error{Code::kInvalidArgument, "the store is open already"};
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), ignored);
  HB_ASSIGN(FileLock owner, FileLock::Take(path_ + ".lock", options_.lock_wait));
  HB_TRY(OpenFile());
  owner_ = std::move(owner);
  opened_ = true;
  slots_.release(static_cast<std::ptrdiff_t>(options_.concurrent_queries));
  return Ok();
}

Status DuckdbStore::OpenFile() {
  std::error_code ignored;
  for (const char* suffix : {".new", ".new.wal"}) std::filesystem::remove(path_ + suffix, ignored);
  HB_ASSIGN(database_, OpenInstance(Instance(path_)));
  HB_ASSIGN(writer_, Connect(database_.get()));
  Status ready = [&]() -> Status {
    HB_TRY(Run(writer_.get(), "SET GLOBAL TimeZone = 'UTC'"));
    HB_TRY(Run(writer_.get(), "BEGIN; " + TablesSql() + "COMMIT"));
    HB_TRY(Migrate());
    HB_TRY(Run(writer_.get(), "BEGIN; " + ViewsSql() + "COMMIT"));
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

Status DuckdbStore::Migrate() {
  HB_ASSIGN(const std::int64_t version,
            AskInt(writer_.get(),
                   "SELECT max(value::INTEGER) FROM internal.meta WHERE name = 'version'"));
  if (version > kSchemaVersion) {
    return Error{Code::kInvalidArgument, path_ + " was written by a newer heartbeat (version " +
                                             std::to_string(version) + ", this one knows " +
                                             std::to_string(kSchemaVersion) + ")"};
  }
  if (version == 0) {
    HB_TRY(Run(writer_.get(), "INSERT INTO internal.meta VALUES ('version', '" +
                                  std::to_string(kSchemaVersion) + "')"));
  } else if (version < kSchemaVersion) {
    HB_TRY(Run(writer_.get(), "BEGIN; " + MigrationSql(static_cast<int>(version)) + "COMMIT"));
  }
  return Ok();
}

Status DuckdbStore::LoadState() {
  {
    HB_ASSIGN(QueryResult rows,
              Ask(writer_.get(), "SELECT topic, partition, next_offset FROM offsets"));
    const MutexLock lock(mutex_);
    offsets_.clear();
    while (const Chunk chunk = rows.Next()) {
      for (idx_t i = 0; i < duckdb_data_chunk_get_size(chunk.get()); ++i) {
        const OffsetKey key(View(Values<duckdb_string_t>(chunk, 0)[i]),
                            Values<std::int32_t>(chunk, 1)[i]);
        offsets_[key] = Values<std::int64_t>(chunk, 2)[i];
      }
    }
  }
  HB_TRY(redactions_.Load(writer_.get()));
  HB_TRY(LoadGaps(writer_.get(), gaps_));
  HB_ASSIGN(const std::int64_t stale,
            AskInt(writer_.get(),
                   "SELECT min(value::BIGINT) FROM internal.meta WHERE name = 'stale_since'"));
  stale_since_.reset();
  if (stale != 0) stale_since_ = FromMillis(stale);
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

Status DuckdbStore::CheckRoom(std::int64_t more) const {
  const Result<std::uint64_t> free =
      FreeDiskBytes(std::filesystem::path(path_).parent_path().string());
  const std::int64_t needed = options_.min_free_bytes + more;
  if (free.ok() && free.value() < static_cast<std::uint64_t>(needed)) {
    return Error{Code::kExhausted,
                 "the disk of " + path_ + " has " + std::to_string(free.value() >> 20) +
                     " MiB free, the store needs " + std::to_string(needed >> 20)};
  }
  return Ok();
}

Status DuckdbStore::Write(const StoreWrite& write) {
  return Guarded(write.offsets, [&] { return WriteRows(write); });
}

Status DuckdbStore::ReplacePosts(std::span<const std::shared_ptr<const AnalysisBatch>> posts,
                                 std::span<const StoreOffset> offsets) {
  return Guarded(offsets, [&] { return ReplaceRows(posts, offsets); });
}

Status DuckdbStore::Guarded(std::span<const StoreOffset> offsets,
                            const std::function<Status()>& rows) {
  if (!database_) {
    const std::scoped_lock lock(turnstile_, gate_);
    if (!opened_) return Error{Code::kInvalidArgument, "the store is not open"};
    HB_TRY(OpenFile());
  }
  // After a failed commit nobody knows whether it happened: the stored offsets do.
  if (IsRepeat(offsets)) return Ok();
  HB_TRY(CheckRoom(0));
  Status status = [&] {
    const std::shared_lock lock(gate_);
    return rows();
  }();
  return status.ok() ? status : Fail(std::move(status));
}

Status DuckdbStore::Fail(Status status) {
  const bool rolled_back = Run(writer_.get(), "ROLLBACK").ok();
  // A statement that cannot even be rolled back, or a fatal error of the engine, needs a fresh
  // start.
  if (!rolled_back || !Run(writer_.get(), "SELECT 1").ok()) {
    const std::scoped_lock lock(turnstile_, gate_);
    CloseFile();
  }
  return status;
}

Status DuckdbStore::WriteRows(const StoreWrite& write) {
  const EventTime now = env_.clock.Now();
  HB_TRY(Run(writer_.get(), "BEGIN"));
  // Before the redactions, which take out those that name a deleted post.
  HB_TRY(WriteDeadLetters(writer_.get(), write.dead));
  HB_ASSIGN(const std::int64_t redacted, redactions_.Apply(writer_.get(), write.redactions, now));
  HB_ASSIGN(const std::int64_t replaced, WritePosts(write, now));
  const bool stale = redacted + replaced > 0;
  if (stale && !stale_since_) HB_TRY(SetStale(now));
  HB_TRY(WriteGaps(writer_.get(), write.gaps, gaps_));
  HB_TRY(WriteWindows(writer_.get(), write, gaps_, now));
  HB_TRY(WriteTasks(write.tasks));
  HB_TRY(WriteTrends(write.trends, now));
  HB_TRY(WriteOffsets(write.offsets));
  HB_TRY(Run(writer_.get(), "COMMIT"));
  if (stale && !stale_since_) stale_since_ = now;
  for (const Task& task : write.tasks) tasks_.emplace(task.tag, task.revision);
  NoteOffsets(write.offsets);
  return Ok();
}

void DuckdbStore::NoteOffsets(std::span<const StoreOffset> offsets) {
  const MutexLock lock(mutex_);
  for (const StoreOffset& offset : offsets) {
    std::int64_t& next = offsets_[OffsetKey(offset.topic, ToInt(offset.partition))];
    next = std::max(next, ToInt(offset.next));
  }
}

Status DuckdbStore::ReplaceRows(std::span<const std::shared_ptr<const AnalysisBatch>> posts,
                                std::span<const StoreOffset> offsets) {
  const EventTime now = env_.clock.Now();
  duckdb_connection connection = writer_.get();
  HB_TRY(Run(connection, "BEGIN"));
  // Only what is there: a post that was deleted since, or hidden, must not come back.
  HB_TRY(Run(connection, "CREATE OR REPLACE TEMP TABLE rescored(key BIGINT)"));
  {
    HB_ASSIGN(TableWriter writer, TableWriter::Open(connection, nullptr, "rescored"));
    for (const auto& batch : posts) {
      for (const PostKey key : batch->posts->key) {
        writer.Data<std::int64_t>(0)[writer.at()] = static_cast<std::int64_t>(ToInt(key));
        HB_TRY(writer.Advance(1));
      }
    }
    HB_TRY(writer.Close());
  }
  std::unordered_set<std::int64_t> there;
  {
    HB_ASSIGN(QueryResult found,
              Ask(connection,
                  "SELECT DISTINCT key FROM posts WHERE key IN (SELECT key FROM temp.rescored)"));
    while (const Chunk chunk = found.Next()) {
      for (idx_t i = 0; i < duckdb_data_chunk_get_size(chunk.get()); ++i)
        there.insert(Values<std::int64_t>(chunk, 0)[i]);
    }
  }
  HB_TRY(Run(connection, "DELETE FROM posts WHERE key IN (SELECT key FROM temp.rescored)"));
  std::vector<std::vector<std::uint32_t>> rows;
  HB_TRY(redactions_.Admit(connection, posts, rows));
  {
    HB_ASSIGN(TableWriter writer, TableWriter::Open(connection, "main", "posts"));
    // Of a post that was judged twice, the last.
    std::vector<std::vector<std::uint32_t>> kept(rows.size());
    for (std::size_t i = rows.size(); i-- > 0;) {
      for (auto row = rows[i].rbegin(); row != rows[i].rend(); ++row) {
        if (there.erase(static_cast<std::int64_t>(ToInt(posts[i]->posts->key[*row]))) == 1)
          kept[i].push_back(*row);
      }
      std::reverse(kept[i].begin(), kept[i].end());
    }
    for (std::size_t i = 0; i < kept.size(); ++i)
      HB_TRY(AppendPosts(*posts[i], kept[i], now, writer));
    HB_TRY(writer.Close());
  }
  HB_ASSIGN(const std::int64_t replaced, redactions_.Settle(connection, posts));
  const bool stale = replaced > 0 && !stale_since_;
  if (stale) HB_TRY(SetStale(now));
  HB_TRY(WriteOffsets(offsets));
  HB_TRY(Run(connection, "COMMIT"));
  if (stale) stale_since_ = now;
  NoteOffsets(offsets);
  return Ok();
}

Result<std::int64_t> DuckdbStore::WritePosts(const StoreWrite& write, EventTime now) {
  if (write.analyses.empty()) return 0;
  std::vector<std::vector<std::uint32_t>> rows;
  HB_TRY(redactions_.Admit(writer_.get(), write.analyses, rows));
  HB_ASSIGN(TableWriter writer, TableWriter::Open(writer_.get(), "main", "posts"));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    HB_TRY(AppendPosts(*write.analyses[i], rows[i], now, writer));
  }
  HB_TRY(writer.Close());
  return redactions_.Settle(writer_.get(), write.analyses);
}

Status DuckdbStore::SetStale(EventTime now) {
  return Run(writer_.get(), "INSERT INTO internal.meta VALUES ('stale_since', '" +
                                std::to_string(ToMillis(now)) + "')");
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
  const EventTime now = env_.clock.Now();
  const auto stamp = [](EventTime time) {
    return "make_timestamp(" + std::to_string(ToMillis(time) * 1000) + ")";
  };
  const std::string before = stamp(arrived_before);
  // Tombstones stay as long again as what they keep away.
  const std::string forget = stamp(arrived_before - (now - arrived_before));
  Status status = [&]() -> Status {
    const std::shared_lock lock(gate_);
    if (!database_) return Error{Code::kUnavailable, "the store is not open"};
    HB_TRY(Run(writer_.get(), "BEGIN; DELETE FROM posts WHERE arrival < " + before +
                                  "; DELETE FROM internal.hidden_posts WHERE arrival < " + before +
                                  "; DELETE FROM internal.windows WHERE updated < " + before +
                                  "; DELETE FROM trends WHERE arrival < " + before +
                                  "; DELETE FROM dead_letters WHERE time < " + before +
                                  "; DELETE FROM replayed_letters WHERE replayed < " + before +
                                  "; DELETE FROM gaps WHERE ended < " + before +
                                  "; DELETE FROM internal.redacted WHERE arrival < " + forget +
                                  "; COMMIT"));
    HB_TRY(Run(writer_.get(), kSetMerging));
    const Status checkpointed = Run(writer_.get(), "CHECKPOINT");
    const Status reset = Run(writer_.get(), kSetNoMerging);
    return checkpointed.ok() ? reset : checkpointed;
  }();
  const bool rewrite = stale_since_ && (DiskBytes() <= kSmallFileBytes ||
                                        now - *stale_since_ >= options_.rewrite_after);
  if (status.ok() && rewrite) return Rewrite();
  return status.ok() ? status : Fail(std::move(status));
}

Status DuckdbStore::Rewrite() {
  const std::string fresh = path_ + ".new";
  const auto drop = [&] {
    std::error_code ignored;
    for (const char* suffix : {"", ".wal"}) std::filesystem::remove(fresh + suffix, ignored);
  };
  drop();
  {
    const std::shared_lock lock(gate_);
    HB_TRY(CheckRoom(DiskBytes()));
    InstanceOptions copy = Instance(fresh);
    copy.memory_bytes = std::max<std::int64_t>(copy.memory_bytes / 2, 128ll << 20);
    HB_ASSIGN(const Connection reader, Connect(database_.get()));
    Status copied = CopyTables(reader.get(), copy);
    if (!copied.ok()) {
      drop();
      return copied;
    }
  }
  const std::scoped_lock lock(turnstile_, gate_);
  CloseFile();  // writes the log into the old file and removes it
  std::error_code error;
  if (std::filesystem::exists(path_ + ".wal", error)) {
    // It would be replayed onto the new file: keep the old one and try again later.
    drop();
    HB_TRY(OpenFile());
    return Error{Code::kUnavailable, "the store's log could not be closed for the rewrite"};
  }
  std::filesystem::rename(fresh, path_, error);
  if (!error) HB_TRY(SyncFolder(path_));
  HB_TRY(OpenFile());
  if (error) return Error{Code::kUnavailable, "cannot replace " + path_ + ": " + error.message()};
  return Ok();
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

/// Takes one of the slots for queries, or gives up within their time limit.
class DuckdbStore::Slot {
 public:
  Slot(DuckdbStore& store, std::chrono::milliseconds limit) : store_(store) {
    const auto until = begin_ + limit;
    do {
      if (store_.statements_stopped_) return;
      const auto left = std::max(until - std::chrono::steady_clock::now(), {});
      taken_ = store_.slots_.try_acquire_for(
          std::min<std::chrono::steady_clock::duration>(left, kStopCheckEvery));
    } while (!taken_ && std::chrono::steady_clock::now() < until);
  }
  ~Slot() {
    if (taken_) store_.slots_.release();
  }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  [[nodiscard]] Status Check() const {
    if (store_.statements_stopped_) return Error{Code::kCancelled, "the server stops"};
    if (!taken_) return Error{Code::kUnavailable, "too many queries are running; try again"};
    return Ok();
  }
  /// When the statement came: the wait is part of its time.
  [[nodiscard]] std::chrono::steady_clock::time_point begin() const { return begin_; }

 private:
  DuckdbStore& store_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  bool taken_ = false;
};

Result<SqlResult> DuckdbStore::Query(std::string_view sql, std::span<const Cell> parameters,
                                     const SqlLimits& limits) {
  const Slot slot(*this, limits.time);
  HB_TRY(slot.Check());
  const std::shared_lock lock = Enter();
  if (!database_) return Error{Code::kUnavailable, "the store is not open"};
  const UserCall call{database_.get(), slot.begin(), statements_stopped_};
  return QueryAsUser(call, sql, parameters, limits);
}

Status DuckdbStore::Export(std::string_view sql, std::span<const Cell> parameters,
                           std::string_view format, const std::string& path,
                           const SqlLimits& limits) {
  const Slot slot(*this, limits.time);
  HB_TRY(slot.Check());
  const std::shared_lock lock = Enter();
  if (!database_) return Error{Code::kUnavailable, "the store is not open"};
  const UserCall call{database_.get(), slot.begin(), statements_stopped_};
  const auto floor = static_cast<std::uint64_t>(options_.min_free_bytes + kExportsLeaveBytes);
  return ExportAsUser(call, sql, parameters, {format, path, floor}, limits);
}

constexpr Field kFields[] = {
    {"path", "string", "store.duckdb",
     "File of the store, within the data folder unless it begins with '/'."},
    {"memory_limit_bytes", "bytes", "512MiB", "Memory that the store and all its queries may use."},
    {"threads", "int", "1", "Threads that one query may use; the writer is cheapest with one."},
    {"min_free_bytes", "bytes", "64MiB",
     "With less room than this on the disk nothing more is written."},
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

namespace store_duckdb {
const Entry<Store, Env> kEntry = {
    .name = "duckdb",
    .summary = "The embedded store: one DuckDB file in the data folder, open to SQL.",
    .fields = kFields,
    .make = MakeFromSettings,
};
}  // namespace store_duckdb

}  // namespace hb
