// source/replay/text_stream.h - the text inside plain, gzip and zstd bytes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "source/replay/byte_input.h"

namespace hb {

/// Decompresses a ByteInput on the caller's thread. What it is packed with is seen from its first
/// bytes, whatever its name: gzip (RFC 1952, members one after the other) or zstd (RFC 8878, frames
/// one after the other), else it is taken as it is.
///
/// Memory   A fixed input buffer and the window of the format: 32 KiB (gzip), at most 128 MiB
/// (zstd;
///          a frame that asks for more is refused). What comes out is written to the caller's span.
/// Errors   Bytes that cannot be unpacked end the text: everything before them has been given, and
///          fault() says what is wrong and at which byte of the packed file. Likewise when, beyond
///          kFreeBytes, more than `max_ratio` times the packed bytes came out: a text packs 3 to 30
///          times, a bomb a thousand times.
class TextStream {
 public:
  static constexpr std::uint64_t kFreeBytes = std::uint64_t{64} << 20;

  TextStream(std::unique_ptr<ByteInput> input, std::uint32_t max_ratio);
  ~TextStream();

  /// As ByteInput::Read; after a fault `end` with the bytes before it.
  Result<ReadResult> Read(std::span<char> into, std::chrono::milliseconds wait);
  /// Passes over `bytes` of text, as fast as the format allows.
  Status Skip(std::uint64_t bytes);
  /// Why the text ended early; "" if it did not.
  [[nodiscard]] const std::string& fault() const { return fault_; }
  /// Bytes of text given so far.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  /// Bytes of the packed file used so far.
  [[nodiscard]] std::uint64_t packed_offset() const { return packed_offset_; }
  [[nodiscard]] std::uint64_t packed_total() const { return input_->total(); }
  [[nodiscard]] const char* format() const;
  void Stop() noexcept { input_->Stop(); }

 private:
  enum class Kind { kUnknown, kPlain, kGzip, kZstd };
  struct Codec;
  Result<ReadResult> Refill(std::chrono::milliseconds wait);
  Result<bool> Detect(std::chrono::milliseconds wait);
  std::size_t Unpack(std::span<char> into);
  std::size_t UnpackGzip(std::span<char> into);
  std::size_t UnpackZstd(std::span<char> into);
  void Fail(std::string reason);

  std::unique_ptr<ByteInput> input_;
  std::uint32_t max_ratio_;
  Kind kind_ = Kind::kUnknown;
  std::unique_ptr<Codec> codec_;
  std::vector<char> packed_;
  std::size_t packed_begin_ = 0, packed_end_ = 0;
  bool input_ended_ = false, ended_ = false;
  std::uint64_t offset_ = 0, packed_offset_ = 0;
  std::string fault_;
};

}  // namespace hb
