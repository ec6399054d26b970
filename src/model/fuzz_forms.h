// model/fuzz_forms.h - for fuzz targets: a model file as it came, and with its checksum mended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/hash.h"

namespace hb::model {

/// Calls use(bytes) with the bytes, and with the sum at byte 16 set to what is behind it, as both
/// model formats have it: nothing behind a wrong sum would ever be reached.
template <typename Use>
void ForEachForm(const std::uint8_t* data, std::size_t size, Use use) {
  constexpr std::size_t kSumAt = 16, kSummedFrom = 24;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  use(std::string_view(bytes));
  if (size >= kSummedFrom) {
    const std::uint64_t sum = Hash64(std::string_view(bytes).substr(kSummedFrom));
    for (std::size_t i = 0; i < 8; ++i) bytes[kSumAt + i] = static_cast<char>(sum >> (8 * i));
    use(std::string_view(bytes));
  }
}

}  // namespace hb::model
