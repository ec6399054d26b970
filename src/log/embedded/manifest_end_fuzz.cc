// The search for a torn end in any bytes: it must end, and what it keeps must be whole.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "log/embedded/manifest_end.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto torn = hb::embedded::TornFrom(bytes);
  if (!torn) return 0;
  if (*torn == 0 || *torn >= size) std::abort();
  if (hb::embedded::TornFrom(bytes.substr(0, *torn))) std::abort();
  return 0;
}
