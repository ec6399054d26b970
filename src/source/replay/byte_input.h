// source/replay/byte_input.h - bytes of a file or of standard input, as they come.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hb {

struct ReadResult {
  std::size_t bytes = 0;
  bool end = false;  ///< nothing follows; with bytes == 0 and !end nothing has come yet
};

/// A one-way stream of bytes.
///
/// Threads  Read and Skip: one thread. Stop: any thread.
class ByteInput {
 public:
  ByteInput() = default;
  ByteInput(const ByteInput&) = delete;
  ByteInput& operator=(const ByteInput&) = delete;
  virtual ~ByteInput() = default;

  /// Reads some bytes; waits at most `wait` for them where they come from a pipe. kUnavailable: the
  /// system failed to read.
  virtual Result<ReadResult> Read(std::span<char> into, std::chrono::milliseconds wait) = 0;
  /// Passes over `bytes` without reading them. False: cannot, read them instead.
  virtual bool Skip(std::uint64_t bytes) = 0;
  /// All bytes there are, 0 if that is not known.
  [[nodiscard]] virtual std::uint64_t total() const = 0;
  /// Makes a waiting Read return. Never blocks.
  virtual void Stop() noexcept {}
};

/// A file, a pipe, or standard input for "-". kNotFound, kInvalidArgument (a folder).
Result<std::unique_ptr<ByteInput>> OpenInput(const std::string& path);

/// Bytes in memory, given in pieces of at most `piece` bytes. `bytes` must outlive it.
std::unique_ptr<ByteInput> MemoryInput(std::string_view bytes, std::size_t piece);

/// 16 hex digits of XXH3 over the size, the first and the last MiB of a regular file: its name for
/// cursors and for rows without ids. Files that agree in all three are taken for the same.
Result<std::string> FileDigest(const std::string& path);

}  // namespace hb
