// log/embedded/engine.h - RocksDB, set up for a log.
//
// Column families: "default" holds what is small (topics, offsets, delete marks; meta_keys.h),
// "state" the stages' state, and each partition has one of its own. In it keys only grow, so that
// no two files overlap: levelled compaction moves files down without rewriting them, and a value is
// written twice in all (write-ahead log, then file).
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "log/embedded/embedded_log.h"
#include "log/embedded/ordered_file_system.h"

namespace hb::embedded {

/// Turns RocksDB's answer into ours; `doing` begins the message. Requires: !status.ok().
Error ToError(const rocksdb::Status& status, std::string_view doing);
inline std::string_view View(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }
inline rocksdb::Slice ToSlice(std::string_view text) { return {text.data(), text.size()}; }

/// What compaction drops from a partition: batches before `begin`, and values at `purging`.
///
/// Threads  Any.
class PartitionFilter {
 public:
  std::atomic<std::int64_t> begin{0};
  std::atomic<bool> failed{false};  ///< a batch could not be rewritten and was left as it is
  void SetPurging(std::shared_ptr<const std::vector<std::int64_t>> offsets) {
    const MutexLock lock(mutex_);
    purging_ = std::move(offsets);
  }
  [[nodiscard]] std::shared_ptr<const std::vector<std::int64_t>> purging() const {
    const MutexLock lock(mutex_);
    return purging_;
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const std::vector<std::int64_t>> purging_ HB_GUARDED_BY(mutex_);
};

/// A partition's place in RocksDB. Lives as long as the engine; `handle` changes with Recover.
struct PartitionStore {
  rocksdb::ColumnFamilyHandle* handle = nullptr;
  std::shared_ptr<PartitionFilter> filter = std::make_shared<PartitionFilter>();
};

/// Lifecycle  Open, use, destroy (which closes).
/// Threads    Whoever uses what RocksDB gave out (db(), handles, iterators) holds a Gate meanwhile,
///            and takes no second one. Recover and MakePartitions: one thread at a time.
class Engine {
 public:
  using Gate = std::shared_lock<std::shared_mutex>;

  static Result<std::unique_ptr<Engine>> Open(const EmbeddedLogOptions& options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// kUnavailable while RocksDB is closed, after a Recover that could not open it again.
  Result<Gate> Enter();
  [[nodiscard]] rocksdb::DB& db() const { return *db_; }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* meta() const { return meta_; }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* state() const { return state_; }
  /// Places of partitions 0 .. count-1 of a topic, made where missing.
  Result<std::vector<const PartitionStore*>> MakePartitions(const std::string& topic,
                                                            std::int32_t count);
  /// Makes all earlier writes survive a power cut.
  Status Sync();
  /// Writes all memtables to files, so that the write-ahead log before now can go.
  Status FlushAll();
  /// After a failed write: closes RocksDB and opens it again. Its own Resume does not come out of
  /// an error of the write-ahead log, and was seen to wait for ever on a disk that filled up again.
  /// kExhausted while there is no room for that. Requires: no Gate in this thread.
  Status Recover();
  /// Deletes files that RocksDB no longer needs, at once.
  Status DeleteObsoleteFiles();
  /// Bytes of the folder's files whose names have that ending, and bytes free for us on its disk.
  Result<std::uint64_t> FolderBytes(std::string_view ending = {}) const;
  Result<std::uint64_t> FreeBytes() const;
  /// Opening writes what the write-ahead log holds into files: kExhausted without room for it.
  Status CheckRoomToOpen() const;

 private:
  explicit Engine(const EmbeddedLogOptions& options) : options_(options) {}
  Status OpenDatabase();
  /// Column families of the folder; none where there is no log yet.
  Result<std::vector<std::string>> FamilyNames(const rocksdb::DBOptions& db_options);
  void CloseDatabase();
  [[nodiscard]] rocksdb::ColumnFamilyOptions PartitionOptions(
      const std::shared_ptr<PartitionFilter>& filter) const;

  const EmbeddedLogOptions options_;
  std::shared_ptr<OrderedFileSystem> files_;
  std::unique_ptr<rocksdb::Env> env_;
  std::shared_mutex gate_;
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::ColumnFamilyHandle* meta_ = nullptr;
  rocksdb::ColumnFamilyHandle* state_ = nullptr;
  std::map<std::string, PartitionStore> partitions_;  // by name of the column family
};

}  // namespace hb::embedded
