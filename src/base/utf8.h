// base/utf8.h - reading, checking, repairing and cutting UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hb {

inline constexpr char32_t kReplacementChar = 0xFFFD;

/// One step through a text. An invalid byte, or the longest invalid beginning of a sequence
/// ("maximal subpart", Unicode 15 section 3.9), reads as U+FFFD with valid = false.
struct CodePoint {
  char32_t code;
  std::uint32_t size;  ///< Bytes, 1 .. 4.
  bool valid;
};

/// The general case of DecodeUtf8.
CodePoint DecodeUtf8Slowly(std::string_view text, std::size_t at) noexcept;
/// Reads the code point that begins at byte `at`. Requires: at < text.size().
inline CodePoint DecodeUtf8(std::string_view text, std::size_t at) noexcept {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data()) + at;
  const unsigned lead = p[0];
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t left = text.size() - at;
  if (left >=
      3) {  // The usual two- and three-byte letters; what has narrower rules goes the slow way.
    const unsigned second = p[1] ^ 0x80u;
    if (lead >= 0xC2 && lead < 0xE0 && second < 0x40)
      return {((lead & 0x1Fu) << 6) | second, 2, true};
    const unsigned third = p[2] ^ 0x80u;
    if (lead > 0xE0 && lead < 0xF0 && lead != 0xED && (second | third) < 0x40) {
      return {((lead & 0x0Fu) << 12) | (second << 6) | third, 3, true};
    }
  }
  // Taken apart so that the result stays in registers on the usual way.
  const CodePoint slow = DecodeUtf8Slowly(text, at);
  return {slow.code, slow.size, slow.valid};
}
/// Start of the code point that ends before byte `at`; steps as DecodeUtf8 does in valid text, and
/// by one byte over bytes that are not. Requires: 0 < at <= text.size().
std::size_t PreviousUtf8(std::string_view text, std::size_t at) noexcept;
/// Appends `code` (U+FFFD for what is not a scalar value); returns how many bytes.
std::size_t AppendUtf8(char32_t code, std::string& out);

bool IsAscii(std::string_view text) noexcept;
/// No overlong forms, no surrogates, nothing past U+10FFFF. ASCII costs 16 bytes a step, the rest
/// is simdjson's check.
bool IsValidUtf8(std::string_view text) noexcept;
/// `text` itself if it is UTF-8, else `spare`, which becomes a repaired copy.
std::string_view ValidUtf8(std::string_view text, std::string& spare);
/// Appends `text` to `out` with each invalid part replaced by U+FFFD; returns how many there were.
std::size_t AppendRepairedUtf8(std::string_view text, std::string& out);

/// Code points in `text`; each invalid part counts as one.
std::size_t CountCodePoints(std::string_view text) noexcept;
/// Byte offset of the code point `count` steps after byte `at`, at most text.size().
/// Requires: at is on a code point border.
std::size_t AdvanceCodePoints(std::string_view text, std::size_t at, std::size_t count) noexcept;
/// The first `max_code_points` code points.
std::string_view CutCodePoints(std::string_view text, std::size_t max_code_points) noexcept;
/// As many whole code points as fit into `max_bytes`.
std::string_view CutBytes(std::string_view text, std::size_t max_bytes) noexcept;

}  // namespace hb
