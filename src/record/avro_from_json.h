// record/avro_from_json.h - our records out of JSON.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "record/schema.h"

namespace hb {

/// Reads what AvroSchema::ToJson writes of a record of ours: an object with a member for each
/// field; those that are missing take their defaults, those that we do not know are passed over.
///
/// Threads  Any.
/// Errors   kCorrupt: no JSON, no object, a member of another type, one missing that has no
/// default.
class AvroFromJson {
 public:
  explicit AvroFromJson(RecordType type);
  ~AvroFromJson();
  /// Appends the record to `out`; nothing if it fails.
  Status Read(std::string_view json, std::string& out) const;

 private:
  struct Rep;
  std::unique_ptr<const Rep> rep_;
};

}  // namespace hb
