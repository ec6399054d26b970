// base/hex.h - bytes from hexadecimal text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hb {

/// The bytes behind pairs of hexadecimal digits, in either case. Requires: digits alone; a last one
/// without its pair is left out.
inline std::string FromHex(std::string_view hex) {
  const auto value = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  std::string out;
  out.reserve(hex.size() / 2);
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(value(hex[i]) * 16 + value(hex[i + 1]));
  return out;
}

}  // namespace hb
