#include "log/embedded/ordered_file_system.h"

#include <algorithm>
#include <vector>

namespace hb::embedded {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

namespace {

/// Stands for a file that could not be made: each use gives the error of that.
class RefusingFile final : public rocksdb::FSWritableFile {
 public:
  explicit RefusingFile(IOStatus why) : why_(std::move(why)) {}
  using FSWritableFile::Append;
  IOStatus Append(const rocksdb::Slice&, const IOOptions&, IODebugContext*) override {
    return why_;
  }
  IOStatus Flush(const IOOptions&, IODebugContext*) override { return why_; }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return why_; }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }

 private:
  const IOStatus why_;
};

}  // namespace

IOStatus OrderedFileSystem::SyncWals() {
  const MutexLock lock(mutex_);
  IOStatus status = SyncEach();
  if (!status.ok()) wals_.clear();
  return status;
}

IOStatus OrderedFileSystem::SyncEach() {
  // Every write up to now lies in a file that exists now; one that goes meanwhile is not needed.
  const IOOptions io;
  std::vector<std::string> names;
  IOStatus status = target()->GetChildren(folder_, io, &names, nullptr);
  if (!status.ok()) return status;
  std::erase_if(names, [](const std::string& name) { return !name.ends_with(".log"); });
  std::ranges::sort(names);
  std::erase_if(wals_,
                [&](const auto& wal) { return !std::ranges::binary_search(names, wal.first); });
  bool fresh = false;
  for (const std::string& name : names) {
    auto& wal = wals_[name];
    if (!wal) {
      const std::string path = folder_ + "/" + name;
      // Unlike the other ways to open a file, this one never makes it.
      status = target()->NewRandomRWFile(path, rocksdb::FileOptions(), &wal, nullptr);
      if (!status.ok()) {
        wals_.erase(name);
        if (target()->FileExists(path, io, nullptr).IsNotFound()) continue;
        return status;
      }
      fresh = true;
    }
    status = wal->Sync(io, nullptr);
    if (!status.ok()) return status;
  }
  return fresh ? SyncFolder() : IOStatus::OK();
}

IOStatus OrderedFileSystem::SyncFolder() {
  const IOOptions io;
  std::unique_ptr<rocksdb::FSDirectory> folder;
  IOStatus status = target()->NewDirectory(folder_, io, &folder, nullptr);
  return status.ok() ? folder->Fsync(io, nullptr) : status;
}

IOStatus OrderedFileSystem::NewWritableFile(const std::string& name,
                                            const rocksdb::FileOptions& options,
                                            std::unique_ptr<rocksdb::FSWritableFile>* file,
                                            rocksdb::IODebugContext* dbg) {
  if (!name.ends_with(".log")) return target()->NewWritableFile(name, options, file, dbg);
  IOStatus status = SyncWals();
  if (status.ok()) status = target()->NewWritableFile(name, options, file, dbg);
  if (!status.ok()) *file = std::make_unique<RefusingFile>(status);
  return IOStatus::OK();
}

IOStatus OrderedFileSystem::RenameFile(const std::string& from, const std::string& to,
                                       const IOOptions& options, rocksdb::IODebugContext* dbg) {
  // No other file leads to one: a rename of options or messages may come late.
  if (!to.ends_with("/CURRENT")) return target()->RenameFile(from, to, options, dbg);
  IOStatus status = SyncFolder();
  if (status.ok()) status = target()->RenameFile(from, to, options, dbg);
  return status.ok() ? SyncFolder() : status;
}

}  // namespace hb::embedded
