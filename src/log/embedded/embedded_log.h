// log/embedded/embedded_log.h - the log of one machine, on RocksDB.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "component/component.h"
#include "env/env.h"
#include "log/log.h"

namespace rocksdb {
class FileSystem;
}

namespace hb {

struct EmbeddedLogOptions {
  std::string path;  ///< folder, made if missing; its parent must exist
  std::chrono::milliseconds sync_every{
      20};  ///< at most this much is lost in a power cut; 0: nothing
  std::size_t cache_bytes = std::size_t{64} << 20;  ///< newest batches kept as they were appended
  std::int64_t budget_bytes = 0;                    ///< most bytes on disk; 0: no bound
  std::int64_t min_free_bytes = std::int64_t{256} << 20;  ///< left free for others on that disk
  std::size_t wal_bytes = std::size_t{64} << 20;          ///< most that is replayed after a crash
  std::size_t memtable_bytes = std::size_t{64} << 20;     ///< memory for what is not yet in a file
  bool compress = false;                                  ///< values packed with zstd
  int zstd_level = -3;  ///< negative: faster than 1 (zstd's "fast" levels)
  /// Keys that Compact remembers for a partition, about 40 bytes each. Of a key that has to be
  /// forgotten, because so many others came after it, the revision before the next stays.
  std::size_t max_compacted_keys = 1'000'000;
  std::shared_ptr<rocksdb::FileSystem>
      file_system;  ///< tests: a faulty disk; the real one if empty
};

/// Opens the log in `options.path`, making it if there is none.
///
/// Lifecycle   Consumers and transactions are destroyed before the log.
/// Durability  As log.h; a write-ahead log is synced `sync_every` after a commit at the latest, and
///             at once when somebody is in WaitDurable. Opening replays at most `wal_bytes`.
/// Room        A transaction that appends and consumes nothing (intake) is refused with kExhausted
///             when the folder would pass budget_bytes or the disk fall below min_free_bytes. One
///             that also commits offsets may use an eighth of the budget more, and half of the
///             floor: it is what lets Trim make room.
/// Errors      kUnavailable: another heartbeat has the folder. kCorrupt: what lies there is no log
///             of ours, or fails its checks.
Result<std::unique_ptr<Log>> OpenEmbeddedLog(const EmbeddedLogOptions& options, Env& env);

/// The embedded log as a component; its folder is `log` in the data folder unless `path` says
/// other.
namespace log_embedded {
extern const Entry<Log, Env> kEntry;
}  // namespace log_embedded

}  // namespace hb
