#include "source/replay/text_stream.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

namespace hb {

namespace {
constexpr std::size_t kPackedBytes = 64 * 1024;
constexpr std::string_view kGzipMagic = "\x1f\x8b";
constexpr std::string_view kZstdMagic = "\x28\xb5\x2f\xfd";
constexpr std::string_view kZstdSkippable = "\x2a\x4d\x18";  // behind a byte 0x50 to 0x5f
constexpr std::size_t kZstdHeadBytes = 5;                    // least of a frame's header
constexpr std::size_t kZstdBlockHeader = 3;
constexpr int kZstdWindowLog = 27;  // 128 MiB
}  // namespace

struct TextStream::Codec {
  z_stream gzip{};
  bool gzip_open = false;
  bool between = false;  // a gzip member, or zstd frame, has just ended
  ZSTD_DStream* zstd = nullptr;
  std::size_t zstd_wants = kZstdHeadBytes;
  ~Codec() {
    if (gzip_open) inflateEnd(&gzip);
    ZSTD_freeDStream(zstd);
  }
};

TextStream::TextStream(std::unique_ptr<ByteInput> input, std::uint32_t max_ratio)
    : input_(std::move(input)), max_ratio_(max_ratio), codec_(std::make_unique<Codec>()) {}
TextStream::~TextStream() = default;

const char* TextStream::format() const {
  return kind_ == Kind::kGzip ? "gzip" : kind_ == Kind::kZstd ? "zstd" : "plain";
}

void TextStream::Fail(std::string reason) {
  if (fault_.empty()) fault_ = std::move(reason);
  ended_ = true;
}

Result<ReadResult> TextStream::Refill(std::chrono::milliseconds wait) {
  if (packed_.empty()) packed_.resize(kPackedBytes);
  if (packed_begin_ > 0) {
    std::memmove(packed_.data(), packed_.data() + packed_begin_, packed_end_ - packed_begin_);
    packed_end_ -= packed_begin_;
    packed_begin_ = 0;
  }
  HB_ASSIGN(
      const ReadResult got,
      input_->Read(std::span(packed_.data() + packed_end_, packed_.size() - packed_end_), wait));
  packed_end_ += got.bytes;
  input_ended_ = input_ended_ || got.end;
  return got;
}

/// False: not enough bytes yet.
Result<bool> TextStream::Detect(std::chrono::milliseconds wait) {
  while (packed_end_ < 4 && !input_ended_) {
    HB_ASSIGN(const ReadResult got, Refill(wait));
    if (got.bytes == 0 && !got.end) return false;
  }
  const std::string_view head(packed_.data(), packed_end_);
  if (head.starts_with(kGzipMagic)) {
    kind_ = Kind::kGzip;
    codec_->gzip_open = inflateInit2(&codec_->gzip, 15 + 16) == Z_OK;
    if (!codec_->gzip_open) return Error{Code::kExhausted, "no memory for gzip"};
  } else if (head.starts_with(kZstdMagic) || (head.size() >= 4 && (head[0] & 0xF0) == 0x50 &&
                                              head.substr(1).starts_with(kZstdSkippable))) {
    kind_ = Kind::kZstd;
    codec_->zstd = ZSTD_createDStream();
    if (codec_->zstd == nullptr) return Error{Code::kExhausted, "no memory for zstd"};
    ZSTD_DCtx_setParameter(codec_->zstd, ZSTD_d_windowLogMax, kZstdWindowLog);
  } else if (head.starts_with("PK\x03\x04") || head.starts_with("BZh") ||
             head.starts_with("\xFD"
                              "7zX")) {
    return Error{
        Code::kInvalidArgument,
        fmt::format("this is a {} archive, which is not read; unpack it, or pack it with gzip "
                    "or zstd",
                    head[0] == 'P'   ? "zip"
                    : head[0] == 'B' ? "bzip2"
                                     : "xz")};
  } else {
    kind_ = Kind::kPlain;
  }
  return true;
}

std::size_t TextStream::UnpackGzip(std::span<char> into) {
  z_stream& z = codec_->gzip;
  if (codec_->between) {
    const std::string_view rest(packed_.data() + packed_begin_, packed_end_ - packed_begin_);
    const std::size_t padding = std::min(rest.find_first_not_of('\0'), rest.size());
    packed_begin_ += padding;  // tapes pad with zeros
    packed_offset_ += padding;
    if (packed_begin_ == packed_end_) return 0;
    if (packed_end_ - packed_begin_ == 1 && !input_ended_) return 0;
    if (!rest.substr(padding).starts_with(kGzipMagic)) {
      Fail(fmt::format("gzip: other bytes follow the packed text at byte {}", packed_offset_));
      return 0;
    }
    inflateReset(&z);
    codec_->between = false;
  }
  z.next_in = reinterpret_cast<Bytef*>(packed_.data() + packed_begin_);
  z.avail_in = static_cast<uInt>(packed_end_ - packed_begin_);
  z.next_out = reinterpret_cast<Bytef*>(into.data());
  z.avail_out = static_cast<uInt>(into.size());
  const int result = inflate(&z, Z_NO_FLUSH);
  const std::size_t used = packed_end_ - packed_begin_ - z.avail_in;
  packed_begin_ += used;
  packed_offset_ += used;
  if (result == Z_STREAM_END) {
    codec_->between = true;
  } else if (result != Z_OK && result != Z_BUF_ERROR) {
    Fail(fmt::format("gzip: damaged at byte {}: {}", packed_offset_,
                     z.msg != nullptr ? z.msg : "cannot be unpacked"));
  }
  return into.size() - z.avail_out;
}

std::size_t TextStream::UnpackZstd(std::span<char> into) {
  // A call that ends in an error gives nothing, also not the blocks before the damaged one. So it
  // gets one block, without the header of the next that it would like to have with it.
  const std::size_t wants = codec_->zstd_wants;
  const std::size_t most =
      std::max<std::size_t>(wants > kZstdBlockHeader ? wants - kZstdBlockHeader : wants, 1);
  ZSTD_inBuffer in{packed_.data() + packed_begin_, std::min(packed_end_ - packed_begin_, most), 0};
  ZSTD_outBuffer out{into.data(), into.size(), 0};
  const std::size_t result = ZSTD_decompressStream(codec_->zstd, &out, &in);
  packed_begin_ += in.pos;
  packed_offset_ += in.pos;
  if (ZSTD_isError(result)) {
    Fail(fmt::format("zstd: damaged at byte {}: {}", packed_offset_, ZSTD_getErrorName(result)));
    return out.pos;
  }
  // With nothing left to read it asks for the header of a next frame, which need not come.
  if (in.pos > 0 || out.pos > 0) codec_->between = result == 0;
  codec_->zstd_wants = result == 0 ? kZstdHeadBytes : result;
  return out.pos;
}

std::size_t TextStream::Unpack(std::span<char> into) {
  const std::size_t got = kind_ == Kind::kGzip ? UnpackGzip(into) : UnpackZstd(into);
  const std::uint64_t out = offset_ + got;
  if (out > kFreeBytes && out / max_ratio_ > packed_offset_) {
    Fail(fmt::format(
        "{}: {} bytes unpacked to more than {} times as many: taken for a bomb, the rest is "
        "left (max_ratio allows more)",
        format(), packed_offset_, max_ratio_));
  }
  return got;
}

Result<ReadResult> TextStream::Read(std::span<char> into, std::chrono::milliseconds wait) {
  if (ended_) return ReadResult{0, true};
  if (kind_ == Kind::kUnknown) {
    HB_ASSIGN(const bool known, Detect(wait));
    if (!known) return ReadResult{};
  }
  if (kind_ == Kind::kPlain) {
    std::size_t bytes = packed_end_ - packed_begin_;
    bool end = input_ended_;
    if (bytes > 0) {  // what Detect has read
      bytes = std::min(bytes, into.size());
      std::memcpy(into.data(), packed_.data() + packed_begin_, bytes);
      packed_begin_ += bytes;
      end = false;
    } else if (!end) {
      HB_ASSIGN(const ReadResult got, input_->Read(into, wait));
      bytes = got.bytes;
      end = got.end;
    }
    offset_ += bytes;
    packed_offset_ += bytes;
    ended_ = end;
    return ReadResult{bytes, end};
  }
  for (;;) {
    // A frame that has ended needs no more bytes; otherwise the codec may hold text back, so it is
    // asked even when no packed bytes are left.
    const std::uint64_t before = packed_offset_;
    const std::size_t got = Unpack(into);
    offset_ += got;
    if (ended_) return ReadResult{got, got == 0};
    if (got > 0) return ReadResult{got, false};
    if (input_ended_ && packed_begin_ == packed_end_) {
      if (!codec_->between) {
        Fail(fmt::format("{}: cut off: the file ends at byte {} in the middle of the packed text",
                         format(), packed_offset_));
      }
      ended_ = true;
      return ReadResult{0, true};
    }
    if (packed_begin_ != packed_end_ && packed_offset_ != before) continue;
    if (input_ended_) {
      Fail(fmt::format("{}: damaged at byte {}: makes no progress", format(), packed_offset_));
      return ReadResult{0, true};
    }
    HB_ASSIGN(const ReadResult more, Refill(wait));
    if (more.bytes == 0 && !more.end) return ReadResult{};
  }
}

Status TextStream::Skip(std::uint64_t bytes) {
  std::vector<char> scratch(64 * 1024);
  while (bytes > 0 && !ended_) {
    if (kind_ == Kind::kPlain && packed_begin_ == packed_end_ && input_->Skip(bytes)) {
      offset_ += bytes;
      packed_offset_ += bytes;
      return Ok();
    }
    const std::size_t most =
        static_cast<std::size_t>(std::min<std::uint64_t>(bytes, scratch.size()));
    HB_ASSIGN(const ReadResult got,
              Read(std::span(scratch.data(), most), std::chrono::milliseconds(1000)));
    bytes -= got.bytes;
  }
  return Ok();
}

}  // namespace hb
