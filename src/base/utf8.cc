#include "base/utf8.h"

#include <simdjson.h>

#include <cstring>

namespace hb {
namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080u;

std::uint64_t Load8(const char* p) {
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

/// First byte at or after `at` that is not ASCII, or the end.
std::size_t SkipAscii(std::string_view text, std::size_t at) {
  while (at + 16 <= text.size()) {
    if (((Load8(text.data() + at) | Load8(text.data() + at + 8)) & kHighBits) != 0) break;
    at += 16;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

bool IsContinuation(unsigned char byte) { return (byte & 0xC0) == 0x80; }

CodePoint Invalid(std::uint32_t size) { return {kReplacementChar, size, false}; }

}  // namespace

CodePoint DecodeUtf8Slowly(std::string_view text, std::size_t at) noexcept {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data()) + at;
  const std::size_t left = text.size() - at;
  const unsigned lead = p[0];
  if (lead < 0x80) return {lead, 1, true};
  if (lead < 0xC2 || lead > 0xF4) return Invalid(1);
  if (left < 2) return Invalid(1);
  // The second byte has a narrower range after four of the leads (Unicode table 3-7).
  const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (p[1] < low || p[1] > high) return Invalid(1);
  if (lead < 0xE0) return {((lead & 0x1Fu) << 6) | (p[1] & 0x3Fu), 2, true};
  if (left < 3 || !IsContinuation(p[2])) return Invalid(2);
  if (lead < 0xF0) {
    return {((lead & 0x0Fu) << 12) | ((p[1] & 0x3Fu) << 6) | (p[2] & 0x3Fu), 3, true};
  }
  if (left < 4 || !IsContinuation(p[3])) return Invalid(3);
  return {((lead & 0x07u) << 18) | ((p[1] & 0x3Fu) << 12) | ((p[2] & 0x3Fu) << 6) | (p[3] & 0x3Fu),
          4, true};
}

std::size_t PreviousUtf8(std::string_view text, std::size_t at) noexcept {
  std::size_t start = at - 1;
  while (start > 0 && at - start < 4 && IsContinuation(static_cast<unsigned char>(text[start]))) {
    --start;
  }
  const CodePoint read = DecodeUtf8(text, start);
  return start + read.size == at ? start : at - 1;
}

std::size_t AppendUtf8(char32_t code, std::string& out) {
  if (code >= 0x110000 || (code >= 0xD800 && code < 0xE000)) code = kReplacementChar;
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
    return 1;
  }
  char bytes[4];
  std::size_t size;
  if (code < 0x800) {
    bytes[0] = static_cast<char>(0xC0 | (code >> 6));
    size = 2;
  } else if (code < 0x10000) {
    bytes[0] = static_cast<char>(0xE0 | (code >> 12));
    size = 3;
  } else {
    bytes[0] = static_cast<char>(0xF0 | (code >> 18));
    size = 4;
  }
  for (std::size_t i = size - 1; i > 0; --i, code >>= 6) {
    bytes[i] = static_cast<char>(0x80 | (code & 0x3F));
  }
  out.append(bytes, size);
  return size;
}

bool IsAscii(std::string_view text) noexcept {
  std::uint64_t seen = 0;
  if (text.size() < 8) {
    for (const char c : text) seen |= static_cast<unsigned char>(c);
    return seen < 0x80;
  }
  // Without a branch a word: most texts are short. The last load overlaps the one before.
  const char* const last = text.data() + text.size() - 8;
  for (const char* at = text.data(); at < last; at += 8) seen |= Load8(at);
  return ((seen | Load8(last)) & kHighBits) == 0;
}

bool IsValidUtf8(std::string_view text) noexcept {
  return IsAscii(text) || simdjson::validate_utf8(text.data(), text.size());
}

std::string_view ValidUtf8(std::string_view text, std::string& spare) {
  if (IsValidUtf8(text)) return text;
  spare.clear();
  AppendRepairedUtf8(text, spare);
  return spare;
}

std::size_t AppendRepairedUtf8(std::string_view text, std::string& out) {
  std::size_t bad = 0;
  std::size_t kept = 0;
  for (std::size_t at = SkipAscii(text, 0); at < text.size(); at = SkipAscii(text, at)) {
    const CodePoint read = DecodeUtf8(text, at);
    if (!read.valid) {
      out.append(text, kept, at - kept);
      AppendUtf8(kReplacementChar, out);
      kept = at + read.size;
      ++bad;
    }
    at += read.size;
  }
  out.append(text, kept, text.size() - kept);
  return bad;
}

std::size_t CountCodePoints(std::string_view text) noexcept {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) at += DecodeUtf8(text, at).size;
  return count;
}

std::size_t AdvanceCodePoints(std::string_view text, std::size_t at, std::size_t count) noexcept {
  for (; count > 0 && at < text.size(); --count) at += DecodeUtf8(text, at).size;
  return at;
}

std::string_view CutCodePoints(std::string_view text, std::size_t max_code_points) noexcept {
  return text.substr(0, AdvanceCodePoints(text, 0, max_code_points));
}

std::string_view CutBytes(std::string_view text, std::size_t max_bytes) noexcept {
  if (text.size() <= max_bytes) return text;
  // A sequence is at most four bytes, so the border lies within the three before.
  std::size_t cut = max_bytes;
  for (std::size_t back = 0; back < 4 && back <= max_bytes; ++back) {
    const std::size_t start = max_bytes - back;
    if (IsContinuation(static_cast<unsigned char>(text[start]))) continue;
    if (start + DecodeUtf8(text, start).size > max_bytes) cut = start;
    break;
  }
  return text.substr(0, cut);
}

}  // namespace hb
