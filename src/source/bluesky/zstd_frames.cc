#include "source/bluesky/zstd_frames.h"

#include <zstd.h>

#include <algorithm>
#include <utility>

namespace hb {

namespace {
constexpr std::size_t kFirstBytes = 16 * 1024;
constexpr std::size_t kMostDictionaryBytes = std::size_t{16} << 20;
}  // namespace

struct ZstdFrames::Zstd {
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context{ZSTD_createDCtx(), ZSTD_freeDCtx};
  std::unique_ptr<ZSTD_DDict, decltype(&ZSTD_freeDDict)> dictionary{nullptr, ZSTD_freeDDict};
};

ZstdFrames::ZstdFrames(std::unique_ptr<Zstd> zstd, std::uint32_t id, std::size_t max_bytes)
    : zstd_(std::move(zstd)), dictionary_id_(id), max_bytes_(max_bytes) {}
ZstdFrames::~ZstdFrames() = default;
ZstdFrames::ZstdFrames(ZstdFrames&&) noexcept = default;
ZstdFrames& ZstdFrames::operator=(ZstdFrames&&) noexcept = default;

Result<ZstdFrames> ZstdFrames::Create(std::string_view dictionary, std::size_t max_bytes) {
  const std::uint32_t id = ZSTD_getDictID_fromDict(dictionary.data(), dictionary.size());
  if (id == 0 || dictionary.size() > kMostDictionaryBytes)
    return Error{Code::kInvalidArgument, "not a zstd dictionary"};
  auto zstd = std::make_unique<Zstd>();
  zstd->dictionary.reset(ZSTD_createDDict(dictionary.data(), dictionary.size()));
  if (!zstd->context || !zstd->dictionary)
    return Error{Code::kInvalidArgument, "zstd cannot use the dictionary"};
  return ZstdFrames(std::move(zstd), id, max_bytes);
}

Result<std::string_view> ZstdFrames::Unpack(std::string_view frame) {
  ZSTD_DCtx_reset(zstd_->context.get(), ZSTD_reset_session_only);
  ZSTD_DCtx_refDDict(zstd_->context.get(), zstd_->dictionary.get());
  ZSTD_inBuffer in{frame.data(), frame.size(), 0};
  std::size_t made = 0;
  for (;;) {
    if (made == out_.size()) {
      if (made >= max_bytes_)
        return Error{Code::kExhausted, "a frame holds more than " + std::to_string(max_bytes_)};
      out_.resize(std::min(std::max(kFirstBytes, 2 * made), max_bytes_));
    }
    ZSTD_outBuffer out{out_.data(), out_.size(), made};
    const std::size_t left = ZSTD_decompressStream(zstd_->context.get(), &out, &in);
    if (ZSTD_isError(left)) return Error{Code::kCorrupt, ZSTD_getErrorName(left)};
    const bool full = out.pos == out.size;
    made = out.pos;
    if (left == 0 && in.pos == in.size) return std::string_view(out_.data(), made);
    if (left == 0) return Error{Code::kCorrupt, "more than one frame"};
    if (!full && in.pos == in.size) return Error{Code::kCorrupt, "a frame without its end"};
  }
}

}  // namespace hb
