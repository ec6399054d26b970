#include "env/env.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace hb {

EventTime SystemClock::Now() const {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::chrono::steady_clock::time_point SystemClock::Steady() const {
  return std::chrono::steady_clock::now();
}

Result<std::uint64_t> FreeDiskBytes(const std::string& path) {
  struct statvfs info {};
  if (statvfs(path.c_str(), &info) != 0) {
    return Error{Code::kUnavailable, path + ": " + std::strerror(errno)};
  }
  return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

std::uint64_t PeakMemoryBytes() {
  struct rusage usage {};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

std::uint64_t ResidentMemoryBytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::uint64_t ThreadCpuNanoseconds() {
  struct timespec time {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(time.tv_nsec);
}

Result<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{Code::kNotFound, path + ": " + std::strerror(errno)};
  // A folder can be opened, and reading it makes the iterators throw.
  if (std::error_code ignored; std::filesystem::is_directory(path, ignored)) {
    return Error{Code::kInvalidArgument, path + " is a folder, not a file"};
  }
  std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (file.bad()) return Error{Code::kUnavailable, path + ": cannot be read"};
  return bytes;
}

Status WriteFileAtomic(const std::string& path, std::string_view bytes) {
  const std::string temporary = path + ".tmp";
  const int fd = open(temporary.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return Error{Code::kUnavailable, temporary + ": " + std::strerror(errno)};
  std::string_view rest = bytes;
  bool good = true;
  while (good && !rest.empty()) {
    const ssize_t n = write(fd, rest.data(), rest.size());
    if (n > 0) {
      rest.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno != EINTR) {
      good = false;
    }
  }
  good = good && fsync(fd) == 0;
  const int cause = errno;
  close(fd);
  if (!good || rename(temporary.c_str(), path.c_str()) != 0) {
    const int shown = good ? errno : cause;
    unlink(temporary.c_str());
    return Error{shown == ENOSPC ? Code::kExhausted : Code::kUnavailable,
                 path + ": " + std::strerror(shown)};
  }
  return Ok();
}

}  // namespace hb
