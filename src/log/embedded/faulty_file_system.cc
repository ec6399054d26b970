#include "log/embedded/faulty_file_system.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

namespace hb::embedded {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

class FaultyFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyFile(FaultyFileSystem& disk, std::string name,
             std::unique_ptr<rocksdb::FSWritableFile> file)
      : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk), name_(std::move(name)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* dbg) override {
    std::size_t bytes = data.size();
    IOStatus fault = disk_.Change(FaultyFileSystem::Kind::kAppend, &bytes);
    if (bytes > 0) {
      IOStatus written = target()->Append(Slice(data.data(), bytes), options, dbg);
      if (!written.ok()) return written;
      disk_.Grew(name_, bytes);
    }
    return fault;
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* dbg) override {
    return Append(data, options, dbg);
  }
  IOStatus PositionedAppend(const Slice&, std::uint64_t, const IOOptions&,
                            IODebugContext*) override {
    return IOStatus::NotSupported("PositionedAppend");
  }
  IOStatus PositionedAppend(const Slice&, std::uint64_t, const IOOptions&,
                            const rocksdb::DataVerificationInfo&, IODebugContext*) override {
    return IOStatus::NotSupported("PositionedAppend");
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* dbg) override {
    IOStatus fault = disk_.Change(FaultyFileSystem::Kind::kSync);
    if (!fault.ok()) return fault;
    IOStatus flushed = target()->Flush(options, dbg);
    if (flushed.ok()) disk_.Synced(name_);
    return flushed;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* dbg) override {
    return Sync(options, dbg);
  }
  // Starting to write pages out promises nothing.
  IOStatus RangeSync(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }

 private:
  FaultyFileSystem& disk_;
  const std::string name_;
};

/// Opened for syncing only.
class FaultyRandomFile final : public rocksdb::FSRandomRWFileOwnerWrapper {
 public:
  FaultyRandomFile(FaultyFileSystem& disk, std::string name,
                   std::unique_ptr<rocksdb::FSRandomRWFile> file)
      : FSRandomRWFileOwnerWrapper(std::move(file)), disk_(disk), name_(std::move(name)) {}
  IOStatus Write(std::uint64_t, const Slice&, const IOOptions&, IODebugContext*) override {
    return IOStatus::NotSupported("Write");
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    IOStatus fault = disk_.Change(FaultyFileSystem::Kind::kSync);
    if (fault.ok()) disk_.Synced(name_);
    return fault;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* dbg) override {
    return Sync(options, dbg);
  }

 private:
  FaultyFileSystem& disk_;
  const std::string name_;
};

class FaultyDirectory final : public rocksdb::FSDirectoryWrapper {
 public:
  FaultyDirectory(FaultyFileSystem& disk, std::string name,
                  std::unique_ptr<rocksdb::FSDirectory> target)
      : FSDirectoryWrapper(std::move(target)), disk_(disk), name_(std::move(name)) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    IOStatus fault = disk_.Change(FaultyFileSystem::Kind::kSync);
    if (fault.ok()) disk_.FolderSynced(name_);
    return fault;
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* dbg,
                               const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, dbg);
  }

 private:
  FaultyFileSystem& disk_;
  const std::string name_;
};

FaultyFileSystem::FaultyFileSystem(std::uint64_t seed)
    : FileSystemWrapper(rocksdb::FileSystem::Default()), random_(seed) {}

void FaultyFileSystem::FailAfter(std::uint64_t n, std::uint64_t times) {
  const MutexLock lock(mutex_);
  fail_at_ = changes_ + n;
  fail_times_ = times;
}
void FaultyFileSystem::TearAfter(std::uint64_t n) {
  const MutexLock lock(mutex_);
  tear_at_ = appends_ + n;
}
void FaultyFileSystem::CutAfter(std::uint64_t n) {
  const MutexLock lock(mutex_);
  cut_at_ = changes_ + n;
}
void FaultyFileSystem::FailSyncAfter(std::uint64_t n) {
  const MutexLock lock(mutex_);
  fail_sync_at_ = syncs_ + n;
}
void FaultyFileSystem::SetDiskBytes(std::uint64_t bytes) {
  const MutexLock lock(mutex_);
  disk_bytes_ = bytes;
}
void FaultyFileSystem::Disarm() {
  const MutexLock lock(mutex_);
  cut_at_ = fail_at_ = tear_at_ = fail_sync_at_ = 0;
}
std::uint64_t FaultyFileSystem::changes() const {
  const MutexLock lock(mutex_);
  return changes_;
}
std::uint64_t FaultyFileSystem::struck() const {
  const MutexLock lock(mutex_);
  return struck_;
}
bool FaultyFileSystem::off() const {
  const MutexLock lock(mutex_);
  return cut_at_ != 0 && changes_ >= cut_at_;
}

IOStatus FaultyFileSystem::Change(Kind kind, std::size_t* bytes) {
  const MutexLock lock(mutex_);
  ++changes_;
  const std::size_t wanted = bytes != nullptr ? *bytes : 0;
  const auto strike = [&](std::size_t part, IOStatus status) HB_REQUIRES(mutex_) {
    ++struck_;
    if (bytes != nullptr) *bytes = part;
    return status;
  };
  if (cut_at_ != 0 && changes_ >= cut_at_) return strike(0, IOStatus::IOError("the power is off"));
  if (fail_at_ != 0 && changes_ >= fail_at_) {
    if (--fail_times_ == 0) fail_at_ = 0;
    return strike(0, IOStatus::IOError("injected fault"));
  }
  if (kind == Kind::kSync && ++syncs_ == fail_sync_at_) {
    return strike(0, IOStatus::IOError("injected fault of a sync"));
  }
  if (kind != Kind::kAppend) return IOStatus::OK();
  if (++appends_ == tear_at_) {
    return strike(wanted == 0 ? 0 : random_() % wanted, IOStatus::IOError("injected torn write"));
  }
  if (disk_bytes_ != 0 && used_bytes_ + wanted > disk_bytes_) {
    // As the system does: what fits is written.
    return strike(disk_bytes_ > used_bytes_ ? disk_bytes_ - used_bytes_ : 0,
                  IOStatus::NoSpace("the disk is full"));
  }
  return IOStatus::OK();
}

void FaultyFileSystem::Grew(const std::string& name, std::uint64_t bytes) {
  const MutexLock lock(mutex_);
  files_[name].size += bytes;
  used_bytes_ += bytes;
}
void FaultyFileSystem::Synced(const std::string& name) {
  const MutexLock lock(mutex_);
  files_[name].synced = files_[name].size;
}
void FaultyFileSystem::FolderSynced(const std::string& folder) {
  const MutexLock lock(mutex_);
  for (auto& [name, file] : files_) {
    if (name.starts_with(folder)) file.in_folder = true;
  }
  std::erase_if(renames_, [&](const Rename& rename) { return rename.to.starts_with(folder); });
}

void FaultyFileSystem::MoveEntry(const std::string& from, const std::string& to) {
  const auto old = files_.find(to);
  if (old != files_.end()) {
    used_bytes_ -= old->second.size;
    files_.erase(old);
  }
  auto entry = files_.extract(from);
  if (entry.empty()) return;  // messages of RocksDB do not come by here
  entry.key() = to;
  files_.insert(std::move(entry));
}

void FaultyFileSystem::LoseRenames() {
  const std::size_t lasting = random_() % (renames_.size() + 1);
  for (; renames_.size() > lasting; renames_.pop_back()) {
    const Rename& rename = renames_.back();
    std::error_code error;
    std::filesystem::rename(rename.to, rename.from, error);
    if (error) continue;
    MoveEntry(rename.to, rename.from);
    if (!rename.replaced) continue;
    std::ofstream(rename.to, std::ios::binary) << *rename.replaced;
    if (rename.replaced_file) files_[rename.to] = *rename.replaced_file;
  }
  for (const Rename& rename : renames_) {
    const auto it = files_.find(rename.to);
    if (it != files_.end()) it->second.in_folder = true;
  }
  renames_.clear();
}

void FaultyFileSystem::LoseEnd(const std::string& name, File& file, std::uint64_t& lost) {
  // Mostly some of it is there: all and nothing are worth trying as often.
  const std::uint64_t loose = file.size - file.synced;
  const std::uint64_t choice = random_() % 4;
  const std::uint64_t kept = choice == 0 ? 0 : choice == 1 ? loose : random_() % (loose + 1);
  std::error_code error;
  std::filesystem::resize_file(name, file.synced + kept, error);
  lost += loose - kept;
  if (kept > 0 && random_() % 3 == 0) {
    // The last sector was being written.
    const std::uint64_t garbage = std::min<std::uint64_t>(kept, 1 + random_() % 512);
    std::fstream out(name, std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(static_cast<std::streamoff>(file.synced + kept - garbage));
    for (std::uint64_t i = 0; i < garbage; ++i) out.put(static_cast<char>(random_()));
    lost += garbage;
  }
  file.size = file.synced + kept;
}

std::uint64_t FaultyFileSystem::Lose() {
  const MutexLock lock(mutex_);
  LoseRenames();
  std::uint64_t lost = 0;
  for (auto it = files_.begin(); it != files_.end();) {
    auto& [name, file] = *it;
    std::error_code error;
    if (!std::filesystem::exists(name, error)) {
      it = files_.erase(it);
      continue;
    }
    if (!file.in_folder && random_() % 2 == 0) {
      std::filesystem::remove(name, error);
      lost += file.size;
      it = files_.erase(it);
      continue;
    }
    if (file.size > file.synced) LoseEnd(name, file, lost);
    // What is on the disk after the cut stays there.
    file.synced = file.size;
    file.in_folder = true;
    ++it;
  }
  used_bytes_ = 0;
  for (const auto& [name, file] : files_) used_bytes_ += file.size;
  cut_at_ = fail_at_ = tear_at_ = fail_sync_at_ = 0;
  return lost;
}

IOStatus FaultyFileSystem::Wrap(const std::string& name, IOStatus made, bool fresh,
                                std::unique_ptr<rocksdb::FSWritableFile>* file) {
  if (!made.ok()) return made;
  const MutexLock lock(mutex_);
  File& entry = files_[name];
  if (fresh) {
    used_bytes_ -= entry.size;
    entry = File{};
  }
  *file = std::make_unique<FaultyFile>(*this, name, std::move(*file));
  return made;
}

IOStatus FaultyFileSystem::NewWritableFile(const std::string& name,
                                           const rocksdb::FileOptions& options,
                                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                                           IODebugContext* dbg) {
  IOStatus fault = Change(Kind::kOther);
  if (!fault.ok()) return fault;
  return Wrap(name, target()->NewWritableFile(name, options, file, dbg), true, file);
}
IOStatus FaultyFileSystem::ReopenWritableFile(const std::string& name,
                                              const rocksdb::FileOptions& options,
                                              std::unique_ptr<rocksdb::FSWritableFile>* file,
                                              IODebugContext* dbg) {
  IOStatus fault = Change(Kind::kOther);
  if (!fault.ok()) return fault;
  return Wrap(name, target()->ReopenWritableFile(name, options, file, dbg), false, file);
}
IOStatus FaultyFileSystem::ReuseWritableFile(const std::string&, const std::string&,
                                             const rocksdb::FileOptions&,
                                             std::unique_ptr<rocksdb::FSWritableFile>*,
                                             IODebugContext*) {
  return IOStatus::NotSupported("ReuseWritableFile");
}
IOStatus FaultyFileSystem::NewRandomRWFile(const std::string& name,
                                           const rocksdb::FileOptions& options,
                                           std::unique_ptr<rocksdb::FSRandomRWFile>* file,
                                           IODebugContext* dbg) {
  IOStatus made = target()->NewRandomRWFile(name, options, file, dbg);
  if (made.ok()) *file = std::make_unique<FaultyRandomFile>(*this, name, std::move(*file));
  return made;
}
IOStatus FaultyFileSystem::NewDirectory(const std::string& name, const IOOptions& options,
                                        std::unique_ptr<rocksdb::FSDirectory>* directory,
                                        IODebugContext* dbg) {
  IOStatus made = target()->NewDirectory(name, options, directory, dbg);
  if (made.ok()) *directory = std::make_unique<FaultyDirectory>(*this, name, std::move(*directory));
  return made;
}
IOStatus FaultyFileSystem::DeleteFile(const std::string& name, const IOOptions& options,
                                      IODebugContext* dbg) {
  IOStatus fault = Change(Kind::kOther);
  if (!fault.ok()) return fault;
  IOStatus done = target()->DeleteFile(name, options, dbg);
  const MutexLock lock(mutex_);
  if (!done.ok()) return done;
  // With the deletion lasts the rename that made the name.
  std::erase_if(renames_, [&](const Rename& rename) { return rename.to == name; });
  const auto it = files_.find(name);
  if (it != files_.end()) {
    used_bytes_ -= it->second.size;
    files_.erase(it);
  }
  return done;
}
IOStatus FaultyFileSystem::RenameFile(const std::string& from, const std::string& to,
                                      const IOOptions& options, IODebugContext* dbg) {
  IOStatus fault = Change(Kind::kOther);
  if (!fault.ok()) return fault;
  const MutexLock lock(mutex_);
  Rename rename{from, to, {}, {}};
  if (std::ifstream old(to, std::ios::binary); old.good()) {
    rename.replaced.emplace(std::istreambuf_iterator<char>(old), std::istreambuf_iterator<char>());
    if (const auto it = files_.find(to); it != files_.end()) rename.replaced_file = it->second;
  }
  IOStatus done = target()->RenameFile(from, to, options, dbg);
  if (!done.ok()) return done;
  MoveEntry(from, to);
  renames_.push_back(std::move(rename));
  return done;
}
IOStatus FaultyFileSystem::LinkFile(const std::string&, const std::string&, const IOOptions&,
                                    IODebugContext*) {
  return IOStatus::NotSupported("LinkFile");
}
IOStatus FaultyFileSystem::GetFreeSpace(const std::string& path, const IOOptions& options,
                                        std::uint64_t* free, IODebugContext* dbg) {
  {
    const MutexLock lock(mutex_);
    if (disk_bytes_ != 0) {
      *free = disk_bytes_ > used_bytes_ ? disk_bytes_ - used_bytes_ : 0;
      return IOStatus::OK();
    }
  }
  return target()->GetFreeSpace(path, options, free, dbg);
}

}  // namespace hb::embedded
