// Any bytes as the plan of a staging: one that is read is written as the same plan.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "backfill/ledger.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto plan =
      hb::backfill::ParsePlan(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!plan.ok()) return 0;
  const std::string written = plan.value().Json();
  const auto again = hb::backfill::ParsePlan(written);
  if (!again.ok() || again.value().Json() != written) std::abort();
  return 0;
}
