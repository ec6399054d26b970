#include "wire/utf8_repair.h"

#include <simdjson.h>

#include <cstddef>

namespace hb {

namespace {

/// Length of the well-formed sequence at the front of `text`, or 0; then `bad` is the length of the
/// maximal ill-formed part, at least 1. Table 3-7 of the Unicode standard. Requires: !text.empty().
std::size_t Sequence(std::string_view text, std::size_t& bad) {
  const auto at = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  bad = 1;
  std::size_t length = 0;
  unsigned low = 0x80, high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;  // no surrogates
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if (at(i) < low || at(i) > high) return 0;
    bad = i + 1;
    low = 0x80;
    high = 0xBF;
  }
  return length;
}

}  // namespace

bool IsWholeUtf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

void AppendRepaired(std::string_view text, std::string& out) {
  while (!text.empty()) {
    std::size_t bad = 1;
    const std::size_t good = Sequence(text, bad);
    if (good > 0) {
      out.append(text.substr(0, good));
      text.remove_prefix(good);
    } else {
      out.append("\xEF\xBF\xBD");
      text.remove_prefix(bad);
    }
  }
}

}  // namespace hb
