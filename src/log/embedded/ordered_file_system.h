// log/embedded/ordered_file_system.h - changes that must reach the disk in their order.
#pragma once

#include <rocksdb/file_system.h>

#include <map>
#include <memory>
#include <string>

#include "base/mutex.h"

namespace hb::embedded {

/// Puts the syncs that RocksDB 7.8 leaves out between changes of a folder of which the later must
/// not outlive the earlier in a power cut. fault_test.cc finds each that is missing.
///
/// *.log    RocksDB begins a write-ahead file without syncing the last. If a power cut then takes
///          the end of the old one exactly at a record, while the new one is kept, it replays both
///          and leaves a hole in the middle. So we sync those before a new one begins; while a file
///          is being made no write is in progress. And all other syncs of them are ours too:
///          RocksDB's SyncWAL, called while a write fails, aborts the program by an assertion that
///          Debian's build keeps.
///          One that cannot be made is given out as a file that refuses the first write: where more
///          than one column family is full at that moment, RocksDB's ScheduleFlushes forgets the
///          references of all but the first (7.8, db/db_impl/db_impl_write.cc), and then closing,
///          which Engine::Recover does, aborts the program by another assertion.
/// CURRENT  RocksDB's SetCurrentFile (file/filename.cc) writes and syncs a temporary file that
///          names the new MANIFEST, renames it to CURRENT, and only then syncs the folder. The
///          MANIFEST was synced, but not its name in the folder: POSIX lets the rename reach the
///          disk and the name not, and then the log cannot be opened. So the folder is synced
///          before the rename; and after it, so that the promise does not hang on which of
///          RocksDB's callers do so before the old MANIFEST is deleted.
///
/// Threads  Any.
class OrderedFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  OrderedFileSystem(const std::shared_ptr<rocksdb::FileSystem>& target, std::string folder)
      : FileSystemWrapper(target), folder_(std::move(folder)) {}
  [[nodiscard]] const char* Name() const override { return "OrderedFileSystem"; }

  /// Makes all that was written to the write-ahead files before the call survive a power cut.
  rocksdb::IOStatus SyncWals();

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* dbg) override;
  /// After an error CURRENT may be either; RocksDB then keeps both MANIFEST files.
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* dbg) override;

 private:
  rocksdb::IOStatus SyncEach() HB_REQUIRES(mutex_);
  rocksdb::IOStatus SyncFolder();

  const std::string folder_;
  Mutex mutex_;
  /// Kept open, so that an error of writing out pages between two syncs is reported to us.
  std::map<std::string, std::unique_ptr<rocksdb::FSRandomRWFile>> wals_ HB_GUARDED_BY(mutex_);
};

}  // namespace hb::embedded
