// wire/export_reader.h - reads what wire/export.h writes, and flat objects like it. Internal to
// wire.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/columns.h"
#include "wire/json_text.h"
#include "wire/output.h"

namespace hb {

/// Names of the PostFlag bits in an export. Stored in people's files: append only.
struct ExportFlag {
  std::string_view name;
  std::uint16_t bit;
};
inline constexpr std::array<ExportFlag, 8> kExportFlags = {{{"verified", kFlagVerified},
                                                            {"media", kFlagMedia},
                                                            {"images", kFlagImages},
                                                            {"video", kFlagVideo},
                                                            {"geo", kFlagGeo},
                                                            {"nullcast", kFlagNullcast},
                                                            {"sensitive", kFlagSensitive},
                                                            {"repaired", kFlagRepaired}}};

/// Our own export: docs/formats/export.md.
class ExportReader {
 public:
  static bool Recognise(const JsonObject& root);
  static Status Parse(const JsonObject& root, bool repaired, const WireRow& row, WireSink& sink);
};

/// Flat JSON objects of anybody, by the names of wire/columns.h or those of --map, where a dot goes
/// into an object: author=user.name.
class GenericReader {
 public:
  explicit GenericReader(ColumnMap map) : map_(std::move(map)) {}
  Status Parse(const JsonObject& root, bool repaired, const WireRow& row, WireSink& sink);

 private:
  ColumnMap map_;
  std::array<IdBuffer, kPostColumns> buffers_;
};

}  // namespace hb
