#include "env/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

namespace hb {

namespace {

constexpr std::chrono::milliseconds kBetweenTries{20};

}  // namespace

FileLock::~FileLock() {
  if (file_ >= 0) ::close(file_);
}

FileLock::FileLock(FileLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

Result<FileLock> FileLock::Take(const std::string& path, std::chrono::milliseconds wait) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) {
    return Error{Code::kUnavailable, path + ": " + std::generic_category().message(errno)};
  }
  FileLock lock(file);
  const auto deadline = std::chrono::steady_clock::now() + wait;
  while (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return Error{Code::kUnavailable, path + ": " + std::generic_category().message(errno)};
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      return Error{Code::kUnavailable, path + " is held by another process"};
    }
    std::this_thread::sleep_for(kBetweenTries);
  }
  return lock;
}

}  // namespace hb
