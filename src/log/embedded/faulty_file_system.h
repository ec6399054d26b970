// log/embedded/faulty_file_system.h - a disk that fails on demand, for tests of the embedded log.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/mutex.h"

namespace hb::embedded {

/// Passes everything on to the real file system, keeps account of what was synced, and breaks when
/// told. A sync does not reach the real disk (tests would be slow); it only counts.
///
/// Lifecycle  One object stands for one disk: it outlives each opening of the log on it.
/// Threads    Any; Lose only while no log is open.
/// Model      What was appended and not synced may be lost from any point on, file by file, and its
///            end may be garbage; a file whose folder was not synced since it was made may be gone.
///            A rename lasts from the next sync of its folder on. Until then a power cut may undo
///            it, and whether it does says nothing of the files named: the latest rename first, and
///            what it had replaced is back. Deletions last at once.
class FaultyFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultyFileSystem(std::uint64_t seed);
  [[nodiscard]] const char* Name() const override { return "FaultyFileSystem"; }

  /// The n-th change from now (append, sync, create, rename, ...) fails, and `times` in
  /// all; 1 is the next.
  void FailAfter(std::uint64_t n, std::uint64_t times = 1);
  /// The n-th append from now writes only a part of its bytes, and fails.
  void TearAfter(std::uint64_t n);
  /// The n-th change from now and all later ones fail: the power is off.
  void CutAfter(std::uint64_t n);
  /// The n-th sync from now fails, though appends go well.
  void FailSyncAfter(std::uint64_t n);
  /// The disk has room for that many bytes in all; 0: no bound.
  void SetDiskBytes(std::uint64_t bytes);
  /// Takes back what was asked for above and has not struck yet.
  void Disarm();
  /// Changes seen since the start.
  [[nodiscard]] std::uint64_t changes() const;
  /// Faults that struck since the start.
  [[nodiscard]] std::uint64_t struck() const;
  [[nodiscard]] bool off() const;
  /// Does to the files what the power cut did, and switches the power on. Returns the bytes lost.
  std::uint64_t Lose();

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* file,
                                       rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus ReuseWritableFile(const std::string& name, const std::string& old_name,
                                      const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus NewRandomRWFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSRandomRWFile>* file,
                                    rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus NewDirectory(const std::string& name, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* directory,
                                 rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus GetFreeSpace(const std::string& path, const rocksdb::IOOptions& options,
                                 std::uint64_t* free, rocksdb::IODebugContext* dbg) override;

 private:
  friend class FaultyFile;
  friend class FaultyRandomFile;
  friend class FaultyDirectory;
  struct File {
    std::uint64_t size = 0, synced = 0;
    bool in_folder = false;  ///< the folder was synced since the file was made
  };
  /// One that the folder was not synced after.
  struct Rename {
    std::string from, to;
    std::optional<std::string> replaced;  ///< what `to` held before
    std::optional<File> replaced_file;
  };
  enum class Kind { kAppend, kSync, kOther };

  /// Counts a change; an error where a fault strikes. For appends `bytes` becomes
  /// what may be written.
  rocksdb::IOStatus Change(Kind kind, std::size_t* bytes = nullptr);
  void Grew(const std::string& name, std::uint64_t bytes);
  void Synced(const std::string& name);
  void FolderSynced(const std::string& folder);
  void MoveEntry(const std::string& from, const std::string& to) HB_REQUIRES(mutex_);
  void LoseRenames() HB_REQUIRES(mutex_);
  void LoseEnd(const std::string& name, File& file, std::uint64_t& lost) HB_REQUIRES(mutex_);
  rocksdb::IOStatus Wrap(const std::string& name, rocksdb::IOStatus made, bool fresh,
                         std::unique_ptr<rocksdb::FSWritableFile>* file);

  mutable Mutex mutex_;
  std::mt19937_64 random_ HB_GUARDED_BY(mutex_);
  std::map<std::string, File> files_ HB_GUARDED_BY(mutex_);
  std::vector<Rename> renames_ HB_GUARDED_BY(mutex_);  ///< in their order
  std::uint64_t changes_ HB_GUARDED_BY(mutex_) = 0;
  std::uint64_t appends_ HB_GUARDED_BY(mutex_) = 0;
  std::uint64_t syncs_ HB_GUARDED_BY(mutex_) = 0;
  std::uint64_t struck_ HB_GUARDED_BY(mutex_) = 0;
  std::uint64_t fail_at_ HB_GUARDED_BY(mutex_) = 0, fail_times_ HB_GUARDED_BY(mutex_) = 0;
  std::uint64_t tear_at_ HB_GUARDED_BY(mutex_) = 0;
  std::uint64_t cut_at_ HB_GUARDED_BY(mutex_) = 0;
  std::uint64_t fail_sync_at_ HB_GUARDED_BY(mutex_) = 0;
  std::uint64_t disk_bytes_ HB_GUARDED_BY(mutex_) = 0;
  std::uint64_t used_bytes_ HB_GUARDED_BY(mutex_) = 0;
};

}  // namespace hb::embedded
