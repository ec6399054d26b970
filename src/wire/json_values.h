// wire/json_values.h - values of a log as JSON, ours and those of others.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "record/avro_from_json.h"
#include "record/avro_schema.h"
#include "record/schema.h"
#include "record/value_format.h"

namespace hb {

/// One JSON object a value, with the members of our record's fields (AvroSchema::ToJson). On
/// `ingest` any post that JsonPosts reads is taken too: X's API v2 and v1.1, Jetstream, our export,
/// flat objects; it must be one post, since a value is one record. What it says of other posts
/// (edits, deletes) is not taken.
///
/// Threads  Any.
/// Errors   kCorrupt: no JSON, no post of any kind that is known, several.
class JsonValues : public ValueFormat {
 public:
  /// `classic`: `ingest` and `sentiment` are written with the members of the older form alone.
  explicit JsonValues(bool classic = false);
  ~JsonValues() override;
  Status Encode(const std::string& topic, std::string_view avro, std::string& out) override;
  Status Decode(const std::string& topic, std::string_view bytes, std::string& avro) override;
  [[nodiscard]] bool TakesAnyKey() const override { return true; }

 private:
  struct Known {
    AvroSchema written;
    std::unique_ptr<const AvroFromJson> reader;
  };
  const bool classic_;
  std::map<RecordType, Known> types_;
};

}  // namespace hb
