// log/embedded/wal_order.h - write-ahead files that reach the disk in their order.
#pragma once

#include <rocksdb/file_system.h>

#include <map>
#include <memory>
#include <string>

#include "base/mutex.h"

namespace hb::embedded {

/// A file system that syncs the write-ahead files of a folder itself, and never lets a new one begin
/// before those before it are on the disk.
///
/// Why: RocksDB begins a new write-ahead file without syncing the last. If a power cut then takes the end
/// of the old one exactly at a record, while the new one is kept, RocksDB 7.8 replays both and leaves a
/// hole in the middle (fault_test.cc finds this within seconds). While a file is being made no write is
/// in progress, so a sync there is enough. And RocksDB's own SyncWAL, called while a write fails, aborts
/// the program by an assertion that Debian's build keeps.
///
/// Threads  Any.
class WalOrderFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  WalOrderFileSystem(const std::shared_ptr<rocksdb::FileSystem>& target, std::string folder)
      : FileSystemWrapper(target), folder_(std::move(folder)) {}
  [[nodiscard]] const char* Name() const override { return "WalOrderFileSystem"; }

  /// Makes all that was written to the write-ahead files before the call survive a power cut.
  rocksdb::IOStatus SyncWals();

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* dbg) override;

 private:
  rocksdb::IOStatus SyncEach() HB_REQUIRES(mutex_);

  const std::string folder_;
  Mutex mutex_;
  /// Kept open, so that an error of writing out pages between two syncs is reported to us.
  std::map<std::string, std::unique_ptr<rocksdb::FSRandomRWFile>> wals_ HB_GUARDED_BY(mutex_);
};

}  // namespace hb::embedded
