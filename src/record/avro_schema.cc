#include "record/avro_schema.h"

#include <cstdlib>
#include <utility>

#include "record/avro_schema_rep.h"
#include "record/avro_walk.h"
#include "record/avro_wire.h"

namespace hb {

using avro::Cursor;
using avro::Walker;

Result<AvroSchema> AvroSchema::Parse(std::string_view json) {
  if (json.size() > kMaxText) {
    return Error{Code::kInvalidArgument, "schema has " + std::to_string(json.size()) +
                                             " bytes, at most " + std::to_string(kMaxText) +
                                             " are read"};
  }
  avro_schema_t parsed = nullptr;
  if (avro_schema_from_json_length(json.data(), json.size(), &parsed) != 0) {
    return Error{Code::kInvalidArgument, std::string("not an avro schema: ") + avro_strerror()};
  }
  auto rep = std::make_shared<Rep>();
  rep->schema.reset(parsed);
  return AvroSchema(std::move(rep));
}

AvroSchema AvroSchema::Of(RecordType type) {
  auto parsed = Parse(SchemaText(type));
  if (!parsed.ok()) std::abort();  // It is part of the program, and a test parses each.
  return std::move(parsed).value();
}

Result<std::string> AvroSchema::ToJson(std::string_view bytes) const {
  std::string json;
  Cursor cursor(bytes);
  Walker(cursor, &json).Value(rep_->schema.get(), 0);
  HB_TRY(cursor.Finish("record"));
  return json;
}

Status AvroSchema::Check(std::string_view bytes) const {
  Cursor cursor(bytes);
  Walker(cursor, nullptr).Value(rep_->schema.get(), 0);
  return cursor.Finish("record");
}

}  // namespace hb
