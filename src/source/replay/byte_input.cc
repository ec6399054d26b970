#include "source/replay/byte_input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/hash.h"

namespace hb {

namespace {

std::string SystemError(int number) { return std::generic_category().message(number); }

class FdInput : public ByteInput {
 public:
  FdInput(int fd, bool regular, std::uint64_t size)
      : fd_(fd), stop_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), regular_(regular), size_(size) {}
  ~FdInput() override {
    if (fd_ > 2) close(fd_);
    if (stop_fd_ >= 0) close(stop_fd_);
  }

  Result<ReadResult> Read(std::span<char> into, std::chrono::milliseconds wait) override {
    if (!regular_) {
      pollfd fds[2] = {{fd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}};
      const int ready =
          poll(fds, 2, static_cast<int>(std::min<std::int64_t>(wait.count(), 60'000)));
      if (ready <= 0 || fds[0].revents == 0) return ReadResult{};
    }
    const ssize_t got = read(fd_, into.data(), into.size());
    if (got < 0) {
      if (errno == EINTR || errno == EAGAIN) return ReadResult{};
      return Error{Code::kUnavailable, fmt::format("reading failed: {}", SystemError(errno))};
    }
    return ReadResult{static_cast<std::size_t>(got), got == 0};
  }

  bool Skip(std::uint64_t bytes) override {
    return regular_ && lseek(fd_, static_cast<off_t>(bytes), SEEK_CUR) >= 0;
  }
  [[nodiscard]] std::uint64_t total() const override { return size_; }
  void Stop() noexcept override {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t ignored = write(stop_fd_, &one, sizeof(one));
  }

 private:
  int fd_, stop_fd_;
  bool regular_;
  std::uint64_t size_;
};

class Memory : public ByteInput {
 public:
  Memory(std::string_view bytes, std::size_t piece)
      : rest_(bytes), piece_(piece), total_(bytes.size()) {}

  Result<ReadResult> Read(std::span<char> into, std::chrono::milliseconds) override {
    const std::size_t take = std::min({into.size(), piece_, rest_.size()});
    if (take > 0) std::memcpy(into.data(), rest_.data(), take);
    rest_.remove_prefix(take);
    return ReadResult{take, take == 0};
  }
  bool Skip(std::uint64_t bytes) override {
    rest_.remove_prefix(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, rest_.size())));
    return true;
  }
  [[nodiscard]] std::uint64_t total() const override { return total_; }

 private:
  std::string_view rest_;
  std::size_t piece_;
  std::uint64_t total_;
};

}  // namespace

Result<std::unique_ptr<ByteInput>> OpenInput(const std::string& path) {
  if (path == "-") return std::unique_ptr<ByteInput>(new FdInput(0, false, 0));
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return Error{errno == ENOENT ? Code::kNotFound : Code::kInvalidArgument,
                 fmt::format("cannot open {}: {}", path, SystemError(errno))};
  }
  struct stat info {};
  if (fstat(fd, &info) != 0 || S_ISDIR(info.st_mode)) {
    close(fd);
    return Error{Code::kInvalidArgument, fmt::format("{} is a folder, not a file", path)};
  }
  const bool regular = S_ISREG(info.st_mode);
  return std::unique_ptr<ByteInput>(
      new FdInput(fd, regular, regular ? static_cast<std::uint64_t>(info.st_size) : 0));
}

std::unique_ptr<ByteInput> MemoryInput(std::string_view bytes, std::size_t piece) {
  return std::make_unique<Memory>(bytes, std::max<std::size_t>(piece, 1));
}

Result<std::string> FileDigest(const std::string& path) {
  constexpr std::uint64_t kPart = 1 << 20;
  HB_ASSIGN(const std::unique_ptr<ByteInput> input, OpenInput(path));
  const std::uint64_t size = input->total();
  std::string sample = fmt::format("{}:", size);
  std::string part(kPart, '\0');
  const auto take = [&](std::uint64_t bytes) -> Status {
    while (bytes > 0) {
      HB_ASSIGN(
          const ReadResult got,
          input->Read(std::span(part.data(), static_cast<std::size_t>(std::min(bytes, kPart))),
                      std::chrono::milliseconds(0)));
      if (got.end) break;
      sample.append(part, 0, got.bytes);
      bytes -= got.bytes;
    }
    return Ok();
  };
  HB_TRY(take(kPart));
  if (size > 2 * kPart) input->Skip(size - 2 * kPart);
  if (size > kPart) HB_TRY(take(kPart));
  return fmt::format("{:016x}", Hash64(sample));
}

}  // namespace hb
