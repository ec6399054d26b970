#include "base/json.h"

#include <array>
#include <cstddef>

#include "base/utf8.h"

namespace hb {

namespace {

/// How many bytes from `at` on stand for themselves: ASCII but controls, quote and backslash.
std::size_t PlainEnd(std::string_view text, std::size_t at) {
  static constexpr auto kPlain = [] {
    std::array<bool, 256> plain{};
    for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
    return plain;
  }();
  while (at < text.size() && kPlain[static_cast<unsigned char>(text[at])]) ++at;
  return at;
}

void AppendHexEscape(unsigned code, std::string& out) {
  constexpr char kHex[] = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHex[(code >> shift) & 15];
}

void AppendAsciiEscape(char c, std::string& out) {
  constexpr std::string_view kShort = "\"\\\b\f\n\r\t", kLetter = "\"\\bfnrt";
  const std::size_t at = kShort.find(c);
  if (at == std::string_view::npos) {
    AppendHexEscape(static_cast<unsigned char>(c), out);
  } else {
    out += '\\';
    out += kLetter[at];
  }
}

}  // namespace

void AppendJsonEscaped(std::string_view text, std::string& out) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t plain = PlainEnd(text, at);
    out.append(text, at, plain - at);
    at = plain;
    if (at == text.size()) return;
    const CodePoint read = DecodeUtf8(text, at);
    if (read.code < 0x80) {
      AppendAsciiEscape(text[at], out);
    } else if (read.code == 0x2028 || read.code == 0x2029) {
      AppendHexEscape(read.code, out);
    } else if (!read.valid) {
      AppendUtf8(kReplacementChar, out);
    } else {
      out.append(text, at, read.size);
    }
    at += read.size;
  }
}

void AppendJsonString(std::string_view text, std::string& out) {
  out += '"';
  AppendJsonEscaped(text, out);
  out += '"';
}

std::string JsonQuote(std::string_view text) {
  std::string out;
  AppendJsonString(text, out);
  return out;
}

}  // namespace hb
