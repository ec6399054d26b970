#include "record/avro_walk.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "base/json.h"

namespace hb::avro {

namespace {

// RFC 4648, section 4.
void PutBase64(std::string_view bytes, std::string& out) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      three = (three << 8) | (i + k < bytes.size() ? static_cast<std::uint8_t>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += k <= bytes.size() - i ? kDigits[(three >> (18 - 6 * k)) & 63] : '=';
    }
  }
}

void PutJsonBytes(std::string_view bytes, std::string& out) {
  bool plain = IsValidUtf8(bytes);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    plain = plain && (byte >= 0x20 || c == '\n' || c == '\r' || c == '\t') && byte != 0x7f;
  }
  if (plain) return AppendJsonString(bytes, out);
  out += "\"base64:";
  PutBase64(bytes, out);
  out += '"';
}

template <typename Number>
void PutJsonNumber(Number number, std::string& out) {
  if constexpr (std::is_floating_point_v<Number>) {
    if (!std::isfinite(number)) {
      out += "null";
      return;
    }
    // As a whole number it would lose its sign.
    if (number == 0 && std::signbit(number)) {
      out += "-0.0";
      return;
    }
  }
  char text[40];
  out.append(text, std::to_chars(text, text + sizeof text, number).ptr);
}

}  // namespace

void Walker::Value(avro_schema_t schema, int depth) {
  // A schema can ask for endless values of no bytes at all, or nest without end.
  if (depth > kMaxDepth) cursor_.Fail("value is nested too deeply");
  if (steps_left_ == 0) cursor_.Fail("value has too many parts for its bytes");
  if (cursor_.failed()) return;
  --steps_left_;
  switch (avro_typeof(schema)) {
    case AVRO_LINK: return Value(avro_schema_link_target(schema), depth + 1);
    case AVRO_RECORD: return Record(schema, depth);
    case AVRO_ARRAY:
    case AVRO_MAP: return Blocks(schema, depth);
    case AVRO_UNION: return Union(schema, depth);
    default: return Plain(schema);
  }
}

void Walker::Plain(avro_schema_t schema) {
  switch (avro_typeof(schema)) {
    case AVRO_NULL: return Put("null");
    case AVRO_BOOLEAN: return Put(cursor_.Boolean() ? "true" : "false");
    case AVRO_INT32: return Number(cursor_.Int());
    case AVRO_INT64: return Number(cursor_.Long());
    case AVRO_FLOAT: return Number(cursor_.Float());
    case AVRO_DOUBLE: return Number(cursor_.Double());
    case AVRO_STRING: {
      const std::string_view text = cursor_.String();
      if (json_ != nullptr) AppendJsonString(text, *json_);
      return;
    }
    case AVRO_BYTES: {
      const std::string_view bytes = cursor_.Bytes();
      if (json_ != nullptr) PutJsonBytes(bytes, *json_);
      return;
    }
    case AVRO_FIXED: {
      const std::string_view bytes = cursor_.Raw(avro_schema_fixed_size(schema));
      if (json_ != nullptr) PutJsonBytes(bytes, *json_);
      return;
    }
    case AVRO_ENUM: {
      const int symbols = avro_schema_enum_number_of_symbols(schema);
      const std::int64_t index = cursor_.Long();
      if (index < 0 || index >= symbols) {
        cursor_.Fail("enum has no such symbol");
      } else if (json_ != nullptr) {
        AppendJsonString(avro_schema_enum_get(schema, static_cast<int>(index)), *json_);
      }
      return;
    }
    default: cursor_.Fail("type is not known");
  }
}

template <typename T>
void Walker::Number(T number) {
  if (json_ != nullptr) PutJsonNumber(number, *json_);
}

void Walker::Record(avro_schema_t schema, int depth) {
  Put("{");
  const auto fields = static_cast<int>(avro_schema_record_size(schema));
  for (int i = 0; i < fields && !cursor_.failed(); ++i) {
    if (i > 0) Put(",");
    if (json_ != nullptr) AppendJsonString(avro_schema_record_field_name(schema, i), *json_);
    Put(":");
    Value(avro_schema_record_field_get_by_index(schema, i), depth + 1);
  }
  Put("}");
}

void Walker::Blocks(avro_schema_t schema, int depth) {
  const bool is_map = avro_typeof(schema) == AVRO_MAP;
  avro_schema_t items = is_map ? avro_schema_map_values(schema) : avro_schema_array_items(schema);
  bool first = true;
  Put(is_map ? "{" : "[");
  cursor_.Blocks([&] {
    if (!std::exchange(first, false)) Put(",");
    if (is_map) {
      const std::string_view key = cursor_.String();
      if (json_ != nullptr) AppendJsonString(key, *json_);
      Put(":");
    }
    Value(items, depth + 1);
  });
  Put(is_map ? "}" : "]");
}

void Walker::Union(avro_schema_t schema, int depth) {
  const std::int64_t branch = cursor_.Long();
  if (branch < 0 || static_cast<std::uint64_t>(branch) >= avro_schema_union_size(schema)) {
    cursor_.Fail("union has no such branch");
    return;
  }
  Value(avro_schema_union_branch(schema, static_cast<int>(branch)), depth + 1);
}

}  // namespace hb::avro
