#include "record/avro_from_json.h"

#include <simdjson.h>

#include <cmath>
#include <limits>
#include <optional>

#include "record/avro_handle.h"
#include "record/avro_schema.h"
#include "record/avro_schema_rep.h"
#include "record/avro_wire.h"

namespace hb {

namespace {

using avro::Target;
namespace dom = simdjson::dom;

constexpr std::string_view kBase64 = "base64:";

Error Corrupt(std::string message) { return {Code::kCorrupt, std::move(message)}; }

void PutLong(std::int64_t number, std::string& out) {
  avro::AppendRecord(out, [&](auto& sink) { sink.Long(number); });
}

/// RFC 4648, section 4; false if it is not that.
bool FromBase64(std::string_view text, std::string& out) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::uint32_t bits = 0;
  int have = 0;
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  for (const char c : text) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return false;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out += static_cast<char>(bits >> have);
  }
  return true;
}

/// Writes values of our schemas, which have no unions, maps or fixed.
class Writer {
 public:
  /// `own`: the schema's own JSON, for the defaults.
  Status Put(avro_schema_t schema, const dom::element& own, const dom::element& value,
             std::string& out) {
    schema = Target(schema);
    switch (avro_typeof(schema)) {
      case AVRO_RECORD: return PutRecord(schema, Named(own), value, out);
      case AVRO_ARRAY: return PutArray(schema, own, value, out);
      default: return PutPlain(schema, value, out);
    }
  }
  /// Notes each named type below `own`.
  void Learn(const dom::element& own) {
    std::string_view name;
    if (own["name"].get(name) == simdjson::SUCCESS) types_.emplace_back(name, own);
    dom::array fields;
    if (own["fields"].get(fields) == simdjson::SUCCESS) {
      for (const dom::element field : fields) Learn(Member(field, "type"));
    }
    dom::element items;
    if (own["items"].get(items) == simdjson::SUCCESS) Learn(items);
  }

 private:
  static dom::element Member(const dom::element& element, std::string_view name) {
    dom::element member;
    return element[name].get(member) == simdjson::SUCCESS ? member : element;
  }
  [[nodiscard]] dom::element Named(const dom::element& own) const {
    std::string_view name;
    if (own.get(name) != simdjson::SUCCESS) return own;
    for (const auto& [known, type] : types_) {
      if (known == name) return type;
    }
    return own;
  }

  Status PutRecord(avro_schema_t schema, const dom::element& own, const dom::element& value,
                   std::string& out) {
    dom::object members;
    dom::array fields;
    if (value.get(members) != simdjson::SUCCESS) return Corrupt("is no JSON object");
    if (own["fields"].get(fields) != simdjson::SUCCESS) return Corrupt("is not described");
    int at = 0;
    for (const dom::element field : fields) {
      const char* name = avro_schema_record_field_name(schema, at);
      dom::element member;
      if (members[name].get(member) != simdjson::SUCCESS &&
          field["default"].get(member) != simdjson::SUCCESS) {
        return Corrupt("has no member " + std::string(name));
      }
      const Status put = Put(avro_schema_record_field_get_by_index(schema, at),
                             Member(field, "type"), member, out);
      if (!put.ok()) return Corrupt("member " + std::string(name) + " " + put.error().message);
      ++at;
    }
    return Ok();
  }

  Status PutArray(avro_schema_t schema, const dom::element& own, const dom::element& value,
                  std::string& out) {
    dom::array elements;
    if (value.get(elements) != simdjson::SUCCESS) return Corrupt("is no list");
    if (elements.size() != 0) {
      PutLong(static_cast<std::int64_t>(elements.size()), out);
      for (const dom::element element : elements)
        HB_TRY(Put(avro_schema_array_items(schema), Member(own, "items"), element, out));
    }
    PutLong(0, out);
    return Ok();
  }

  static Status PutPlain(avro_schema_t schema, const dom::element& value, std::string& out) {
    switch (avro_typeof(schema)) {
      case AVRO_BOOLEAN: {
        bool truth = false;
        if (value.get(truth) != simdjson::SUCCESS) return Corrupt("is neither true nor false");
        out += truth ? '\1' : '\0';
        return Ok();
      }
      case AVRO_INT32:
      case AVRO_INT64: return PutWhole(schema, value, out);
      case AVRO_FLOAT:
      case AVRO_DOUBLE: return PutReal(schema, value, out);
      case AVRO_ENUM: return PutSymbol(schema, value, out);
      case AVRO_STRING:
      case AVRO_BYTES: return PutText(schema, value, out);
      default: return Corrupt("has a type that no record of ours has");
    }
  }

  static Status PutWhole(avro_schema_t schema, const dom::element& value, std::string& out) {
    std::int64_t number = 0;
    if (value.get(number) != simdjson::SUCCESS) return Corrupt("is no whole number");
    using Int = std::numeric_limits<std::int32_t>;
    if (avro_typeof(schema) == AVRO_INT32 && (number < Int::min() || number > Int::max()))
      return Corrupt("is too large");
    PutLong(number, out);
    return Ok();
  }

  static Status PutReal(avro_schema_t schema, const dom::element& value, std::string& out) {
    double number = std::numeric_limits<double>::quiet_NaN();
    if (!value.is_null() && value.get(number) != simdjson::SUCCESS) return Corrupt("is no number");
    avro::AppendRecord(out, [&](auto& sink) {
      if (avro_typeof(schema) == AVRO_FLOAT) return sink.Float(static_cast<float>(number));
      sink.Double(number);
    });
    return Ok();
  }

  static Status PutSymbol(avro_schema_t schema, const dom::element& value, std::string& out) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) return Corrupt("is no text");
    const int symbol = avro_schema_enum_get_by_name(schema, std::string(text).c_str());
    if (symbol < 0) return Corrupt("is none of its words");
    PutLong(symbol, out);
    return Ok();
  }

  static Status PutText(avro_schema_t schema, const dom::element& value, std::string& out) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) return Corrupt("is no text");
    std::string bytes;
    if (avro_typeof(schema) == AVRO_BYTES && text.starts_with(kBase64)) {
      if (!FromBase64(text.substr(kBase64.size()), bytes)) return Corrupt("is no base64");
      text = bytes;
    }
    avro::AppendRecord(out, [&](auto& sink) { sink.Bytes(text); });
    return Ok();
  }

  std::vector<std::pair<std::string_view, dom::element>> types_;
};

}  // namespace

struct AvroFromJson::Rep {
  explicit Rep(RecordType of) : schema(AvroSchema::Of(of)), name(RecordTypeName(of)) {
    const std::string_view text = SchemaText(of);
    // It is part of the program, and a test reads each.
    if (parser.parse(text.data(), text.size()).get(own) != simdjson::SUCCESS) std::abort();
    writer.Learn(own);
  }
  AvroSchema schema;
  std::string_view name;
  dom::parser parser;  ///< holds what `own` points into
  dom::element own;
  Writer writer;
};

AvroFromJson::AvroFromJson(RecordType type) : rep_(std::make_unique<const Rep>(type)) {}
AvroFromJson::~AvroFromJson() = default;

Status AvroFromJson::Read(std::string_view json, std::string& out) const {
  thread_local dom::parser parser;
  dom::element value;
  if (parser.parse(json.data(), json.size()).get(value) != simdjson::SUCCESS)
    return Corrupt("value is no JSON");
  const std::size_t before = out.size();
  Writer writer = rep_->writer;
  const Status put = writer.Put(rep_->schema.rep_->schema.get(), rep_->own, value, out);
  if (put.ok()) return put;
  out.resize(before);
  return Corrupt(std::string(rep_->name) + " " + put.error().message);
}

}  // namespace hb
