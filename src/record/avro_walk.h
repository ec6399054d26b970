// record/avro_walk.h - reads any value by its schema, for this folder only.
#pragma once

#include <string>
#include <string_view>

#include "record/avro_handle.h"
#include "record/avro_wire.h"

namespace hb::avro {

/// Reads one value after another by their schemas; with `json` it writes each down as it goes.
///
/// Memory  What is written to `json` only. Nesting and the number of parts are bounded, the latter
/// by the
///         bytes that were left at the start: a schema can ask for endless values of no bytes at
///         all.
class Walker {
 public:
  static constexpr int kMaxDepth = 64;

  /// Both outlive the walker. A fault is the cursor's.
  Walker(Cursor& cursor, std::string* json)
      : cursor_(cursor), json_(json), steps_left_(10'000 + 4 * cursor.remaining()) {}
  void Value(avro_schema_t schema, int depth);

 private:
  void Put(std::string_view text) {
    if (json_ != nullptr) json_->append(text);
  }
  void Plain(avro_schema_t schema);
  void Record(avro_schema_t schema, int depth);
  void Blocks(avro_schema_t schema, int depth);
  void Union(avro_schema_t schema, int depth);
  template <typename T>
  void Number(T number);

  Cursor& cursor_;
  std::string* json_;
  std::size_t steps_left_;
};

}  // namespace hb::avro
