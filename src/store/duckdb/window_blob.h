// store/duckdb/window_blob.h - the partials of one window as the bytes of internal.windows.parts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "record/aggregate.h"

namespace hb::duck {

/// One partial still encoded.
struct PartView {
  Partition partition{};
  std::uint32_t revision = 0;
  std::string_view bytes;  ///< Whole part, for copying; lives as long as the blob.
};

/// Appends one partial. Layout: docs/formats/store.md, "parts".
void AppendPart(const Aggregate& aggregate, std::string& blob);
/// Finds the parts of a blob. kCorrupt if it is cut short.
Status SplitParts(std::string_view blob, std::vector<PartView>& parts);
/// Decodes one part; the caller fills task, start and size of the key. kCorrupt.
Result<Aggregate> DecodePart(std::string_view part);

}  // namespace hb::duck
