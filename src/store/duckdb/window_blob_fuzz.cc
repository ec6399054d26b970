// Bytes of internal.windows.parts, and times given as text: an error or a value, never a crash.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "store/duckdb/cells.h"
#include "store/duckdb/window_blob.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::int64_t micros = 0;
  if (hb::duck::ParseTimestamp(bytes, micros) && hb::duck::TimestampText(micros).empty())
    std::abort();
  std::vector<hb::duck::BlobCount> top;
  for (unsigned map = 0; map < hb::kMaps; ++map) {
    if (!hb::duck::TopOfBlob(bytes, static_cast<hb::KeyKind>(map), 50, top).ok()) continue;
    if (top.size() > 50) std::abort();
  }
  std::vector<hb::duck::PartView> parts;
  if (!hb::duck::SplitParts(bytes, parts).ok()) return 0;
  for (const hb::duck::PartView& part : parts) {
    const auto decoded = hb::duck::DecodePart(part.bytes);
    const auto totals = hb::duck::DecodeTotals(part.bytes);
    if (totals.ok() != decoded.ok()) std::abort();
    if (!decoded.ok()) continue;
    if (totals.value().sums.posts != decoded.value().posts ||
        totals.value().entries[3] != decoded.value().words.counts.size()) {
      std::abort();
    }
    // What can be read can be written and read again.
    std::string again;
    hb::duck::AppendPart(decoded.value(), again);
    const auto twice = hb::duck::DecodePart(again);
    if (!twice.ok() || !(twice.value() == decoded.value())) std::abort();
  }
  return 0;
}
