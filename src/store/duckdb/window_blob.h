// store/duckdb/window_blob.h - the partials of one window as the bytes of internal.windows.parts.
#pragma once

#include <array>
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

/// A partial but for the entries of its maps: of those only `approximate` is filled, and their
/// number beside.
struct PartTotals {
  Aggregate sums;
  std::array<std::size_t, kMaps> entries{};
};
/// As DecodePart, without a string for each key. kCorrupt.
Result<PartTotals> DecodeTotals(std::string_view part);

/// One key of a blob's maps and its posts; `key` lives as long as the blob.
struct BlobCount {
  std::string_view key;
  std::uint64_t count = 0;
};
/// The entries of one map of all parts of a blob added up, the `keep` largest of them, largest
/// first and then by key. kCorrupt.
Status TopOfBlob(std::string_view blob, KeyKind map, std::size_t keep, std::vector<BlobCount>& out);

}  // namespace hb::duck
