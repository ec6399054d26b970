// env/file_lock.h - one process at a time.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"

namespace hb {

/// Held from Take() to the end of the object, and no longer than the process lives, however it
/// ends (flock(2)). Two objects in one process exclude each other too.
class FileLock {
 public:
  FileLock() = default;
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  /// Makes the file `path` when there is none; it stays, empty. Who has it already is waited for
  /// as long as `wait`, then kUnavailable.
  static Result<FileLock> Take(const std::string& path, std::chrono::milliseconds wait);

 private:
  explicit FileLock(int file) : file_(file) {}
  int file_ = -1;
};

}  // namespace hb
