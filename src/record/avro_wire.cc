#include "record/avro_wire.h"

#include <simdjson.h>

namespace hb::avro {

bool IsUtf8(std::string_view text) {
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t high = 0;
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t eight;
    std::memcpy(&eight, at, 8);
    high |= eight;
  }
  for (; left > 0; ++at, --left) high |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(*at));
  if ((high & 0x8080808080808080ull) == 0) return true;
  return simdjson::validate_utf8(text.data(), text.size());
}

std::string Repaired(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  while (!text.empty()) {
    std::size_t length = 1;
    while (length <= 4 && length <= text.size() && !IsUtf8(text.substr(0, length))) ++length;
    if (length <= 4 && length <= text.size()) {
      out.append(text.substr(0, length));
      text.remove_prefix(length);
    } else {
      out.append("\xef\xbf\xbd");
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace hb::avro
