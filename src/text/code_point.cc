#include "text/code_point.h"

#include <cstddef>

namespace hb::text {
namespace {

#include "text/code_point_table.inc"

}  // namespace

std::uint32_t CodePointClass(char32_t code) noexcept {
  if (code >= 0x110000) return 0;
  return kClassBits[kClassStage2[(std::size_t{kClassStage1[code >> 7]} << 7) | (code & 127)]];
}

}  // namespace hb::text
