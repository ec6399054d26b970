// source/bluesky/zstd_frames.h - messages that are packed one by one, with a dictionary.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hb {

/// Unpacks Zstandard frames (RFC 8878) that were made with one dictionary.
///
/// Threads  One at a time.
/// Memory   At most `max_bytes` of one message, whatever its frame promises.
class ZstdFrames {
 public:
  /// kInvalidArgument: `dictionary` is none, or has no number.
  static Result<ZstdFrames> Create(std::string_view dictionary, std::size_t max_bytes);
  ~ZstdFrames();
  ZstdFrames(ZstdFrames&&) noexcept;
  ZstdFrames& operator=(ZstdFrames&&) noexcept;

  [[nodiscard]] std::uint32_t dictionary_id() const { return dictionary_id_; }
  /// The message; lives until the next Unpack. kCorrupt: no whole frame of this dictionary;
  /// kExhausted: longer than max_bytes.
  Result<std::string_view> Unpack(std::string_view frame);

 private:
  struct Zstd;
  ZstdFrames(std::unique_ptr<Zstd> zstd, std::uint32_t id, std::size_t max_bytes);
  std::unique_ptr<Zstd> zstd_;
  std::uint32_t dictionary_id_;
  std::size_t max_bytes_;
  std::string out_;
};

}  // namespace hb
