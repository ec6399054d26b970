#include <simdjson.h>

#include <optional>
#include <utility>
#include <vector>

#include "record/avro_handle.h"
#include "record/avro_schema.h"
#include "record/avro_schema_rep.h"
#include "record/avro_wire.h"

namespace hb {

namespace {

using avro::Target;
namespace dom = simdjson::dom;

Error Unusable(std::string message) { return {Code::kInvalidArgument, std::move(message)}; }

std::string BinaryLong(std::int64_t number) {
  std::string bytes;
  avro::AppendRecord(bytes, [&](auto& sink) { sink.Long(number); });
  return bytes;
}

// ---- defaults: libavro drops them when it parses a schema, so they are read from its text ----

/// Appends the binary form of a default. `schema` is one of ours and the value fits it (a test encodes
/// each), so what is not used there is not here.
Status PutDefault(avro_schema_t schema, const dom::element& value, std::string& out);

Status PutDefaultRecord(avro_schema_t schema, const dom::element& value, std::string& out) {
  dom::object members;
  if (value.get(members) != simdjson::SUCCESS) return Unusable("default of a record is no object");
  const auto fields = static_cast<int>(avro_schema_record_size(schema));
  for (int i = 0; i < fields; ++i) {
    dom::element member;
    if (members[avro_schema_record_field_name(schema, i)].get(member) != simdjson::SUCCESS) {
      return Unusable("default of a record lacks a field");
    }
    HB_TRY(PutDefault(avro_schema_record_field_get_by_index(schema, i), member, out));
  }
  return Ok();
}

Status PutDefaultArray(avro_schema_t schema, const dom::element& value, std::string& out) {
  dom::array elements;
  if (value.get(elements) != simdjson::SUCCESS) return Unusable("default of an array is no array");
  if (elements.size() != 0) {
    out += BinaryLong(static_cast<std::int64_t>(elements.size()));
    for (const dom::element element : elements) {
      HB_TRY(PutDefault(avro_schema_array_items(schema), element, out));
    }
  }
  out += BinaryLong(0);
  return Ok();
}

Status PutDefault(avro_schema_t schema, const dom::element& value, std::string& out) {
  schema = Target(schema);
  std::int64_t number = 0;
  double real = 0;
  bool truth = false;
  std::string_view text;
  bool fits = true;
  switch (avro_typeof(schema)) {
    case AVRO_RECORD: return PutDefaultRecord(schema, value, out);
    case AVRO_ARRAY: return PutDefaultArray(schema, value, out);
    case AVRO_BOOLEAN: fits = value.get(truth) == simdjson::SUCCESS; break;
    case AVRO_INT32:
    case AVRO_INT64: fits = value.get(number) == simdjson::SUCCESS; break;
    case AVRO_FLOAT:
    case AVRO_DOUBLE: fits = value.get(real) == simdjson::SUCCESS; break;
    case AVRO_STRING:
    case AVRO_BYTES: fits = value.get(text) == simdjson::SUCCESS; break;
    case AVRO_ENUM:
      fits = value.get(text) == simdjson::SUCCESS;
      number = avro_schema_enum_get_by_name(schema, std::string(text).c_str());
      fits = fits && number >= 0;
      break;
    default: fits = false;
  }
  if (!fits) return Unusable("default does not fit its type");
  const auto type = avro_typeof(schema);
  avro::AppendRecord(out, [&](auto& sink) {
    if (type == AVRO_BOOLEAN) return sink.Boolean(truth);
    if (type == AVRO_FLOAT) return sink.Float(static_cast<float>(real));
    if (type == AVRO_DOUBLE) return sink.Double(real);
    if (type == AVRO_STRING || type == AVRO_BYTES) return sink.String(text);
    sink.Long(number);
  });
  return Ok();
}

/// Binary default of each field of a schema of ours; nothing where it has none.
Result<std::vector<std::optional<std::string>>> Defaults(avro_schema_t schema, std::string_view text) {
  dom::parser parser;
  dom::element root;
  dom::array fields;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS ||
      root["fields"].get(fields) != simdjson::SUCCESS ||
      fields.size() != avro_schema_record_size(schema)) {
    return Error{Code::kInternal, "own schema cannot be read"};
  }
  std::vector<std::optional<std::string>> defaults;
  int i = 0;
  for (const dom::element field : fields) {
    defaults.emplace_back();
    dom::element value;
    if (field["default"].get(value) == simdjson::SUCCESS) {
      HB_TRY(PutDefault(avro_schema_record_field_get_by_index(schema, i), value, defaults.back().emplace()));
    }
    ++i;
  }
  return defaults;
}

// ---- what a writer's schema may be ----

/// Counts the types below `schema`, following links, since libavro makes a value of each at once. A
/// type within itself, or doubled over and over, passes any bound.
bool IsSmall(avro_schema_t schema, int depth, int& types_left) {
  if (depth > AvroSchema::kMaxDepth || --types_left < 0) return false;
  schema = Target(schema);
  switch (avro_typeof(schema)) {
    case AVRO_RECORD:
      for (std::size_t i = 0; i < avro_schema_record_size(schema); ++i) {
        if (!IsSmall(avro_schema_record_field_get_by_index(schema, static_cast<int>(i)), depth + 1, types_left)) {
          return false;
        }
      }
      return true;
    case AVRO_ARRAY: return IsSmall(avro_schema_array_items(schema), depth + 1, types_left);
    case AVRO_MAP: return IsSmall(avro_schema_map_values(schema), depth + 1, types_left);
    case AVRO_UNION:
      for (std::size_t i = 0; i < avro_schema_union_size(schema); ++i) {
        if (!IsSmall(avro_schema_union_branch(schema, static_cast<int>(i)), depth + 1, types_left)) return false;
      }
      return true;
    case AVRO_FIXED: return avro_schema_fixed_size(schema) <= (1 << 20);
    default: return true;
  }
}

bool IsText(avro_type_t type) { return type == AVRO_STRING || type == AVRO_BYTES; }

// libavro matches symbols by their place, not by their name, and reads past the end of the shorter list.
std::vector<std::optional<std::string>> MapSymbols(avro_schema_t from, avro_schema_t to,
                                                   const std::optional<std::string>& fallback) {
  std::vector<std::optional<std::string>> symbols;
  for (int i = 0; i < avro_schema_enum_number_of_symbols(from); ++i) {
    const int ours = avro_schema_enum_get_by_name(to, avro_schema_enum_get(from, i));
    symbols.push_back(ours >= 0 ? BinaryLong(ours) : fallback);
  }
  return symbols;
}

}  // namespace

struct AvroResolver::Rep {
  /// Where a field of ours comes from.
  struct Field {
    int from = -1;             ///< field of the projection; -1: the default
    std::string fallback{};    ///< binary default
    bool is_seconds = false;   ///< `time` as an int
    bool is_enum = false;
    /// Binary form of our symbol for each of the writer's; nothing where we have neither it nor a default.
    std::vector<std::optional<std::string>> symbols{};
  };
  explicit Rep(AvroSchema writer_schema) : writer(std::move(writer_schema)) {}
  AvroSchema writer;
  std::vector<Field> fields;
  // Destroyed in reverse order: values before their classes, those before the schemas.
  avro::SchemaHandle projection;  ///< our fields that the writer has, in our order and types
  avro::IfaceHandle projection_class, resolved_class;
  avro::ValueHandle projected, resolved;
  avro::ReaderHandle reader;
};

AvroResolver::AvroResolver(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
AvroResolver::AvroResolver(AvroResolver&&) noexcept = default;
AvroResolver& AvroResolver::operator=(AvroResolver&&) noexcept = default;
AvroResolver::~AvroResolver() = default;

Result<AvroResolver> AvroResolver::Create(const AvroSchema& writer, RecordType type) {
  avro_schema_t from = writer.rep_->schema.get();
  if (avro_typeof(from) != AVRO_RECORD) return Unusable("writer's schema is no record");
  int types_left = 10'000;
  if (!IsSmall(from, 0, types_left)) return Unusable("writer's schema is nested too deeply or too large");

  const AvroSchema ours = AvroSchema::Of(type);
  avro_schema_t to = ours.rep_->schema.get();
  HB_ASSIGN(auto defaults, Defaults(to, SchemaText(type)));
  auto rep = std::make_unique<Rep>(writer);
  // Of the writer's name: records are matched by the topic they lie on, not by what others call them.
  rep->projection.reset(avro_schema_record(avro_schema_name(from), avro_schema_namespace(from)));
  for (std::size_t i = 0; i < defaults.size(); ++i) {
    const char* name = avro_schema_record_field_name(to, static_cast<int>(i));
    avro_schema_t field = Target(avro_schema_record_field_get_by_index(to, static_cast<int>(i)));
    const int index = avro_schema_record_field_get_index(from, name);
    Rep::Field& source = rep->fields.emplace_back();
    if (index < 0) {
      if (!defaults[i]) return Unusable(std::string("writer's schema lacks the field ") + name);
      source.fallback = std::move(*defaults[i]);
      continue;
    }
    avro_schema_t written = Target(avro_schema_record_field_get_by_index(from, index));
    source.is_seconds = std::string_view(name) == "time" && avro_typeof(written) == AVRO_INT32;
    if (avro_typeof(field) == AVRO_ENUM) {
      if (avro_typeof(written) != AVRO_ENUM) return Unusable(std::string(name) + " is no enum");
      source.is_enum = true;
      source.symbols = MapSymbols(written, field, defaults[i]);
    }
    // libavro does not read text and bytes for each other; they have the same form.
    const bool as_written = source.is_seconds || source.is_enum ||
                            (IsText(avro_typeof(field)) && IsText(avro_typeof(written)));
    source.from = static_cast<int>(avro_schema_record_size(rep->projection.get()));
    avro_schema_record_field_append(rep->projection.get(), name, as_written ? written : field);
  }
  rep->resolved_class.reset(avro_resolved_writer_new(from, rep->projection.get()));
  if (!rep->resolved_class) return Unusable(std::string("writer's schema does not fit: ") + avro_strerror());
  rep->projection_class.reset(avro_generic_class_from_schema(rep->projection.get()));
  rep->reader.reset(avro_reader_memory(nullptr, 0));
  if (!rep->projection_class || !rep->reader ||
      avro_generic_value_new(rep->projection_class.get(), rep->projected.get()) != 0 ||
      avro_resolved_writer_new_value(rep->resolved_class.get(), rep->resolved.get()) != 0) {
    return Error{Code::kInternal, std::string("libavro: ") + avro_strerror()};
  }
  avro_resolved_writer_set_dest(rep->resolved.get(), rep->projected.get());
  return AvroResolver(std::move(rep));
}

Status AvroResolver::Resolve(std::string_view bytes, std::string& out) {
  Rep& rep = *rep_;
  // libavro allocates what a length says before it looks for the bytes, so it gets only good ones.
  HB_TRY(rep.writer.Check(bytes));
  avro_reader_memory_set_source(rep.reader.get(), bytes.data(), static_cast<std::int64_t>(bytes.size()));
  avro_value_reset(rep.projected.get());
  if (avro_value_read(rep.reader.get(), rep.resolved.get()) != 0) {
    return Unusable(std::string("record does not fit ours: ") + avro_strerror());
  }
  std::string result;
  for (const Rep::Field& source : rep.fields) {
    if (source.from < 0) {
      result += source.fallback;
      continue;
    }
    avro_value_t value;
    if (avro_value_get_by_index(rep.projected.get(), static_cast<std::size_t>(source.from), &value, nullptr) != 0) {
      return Error{Code::kInternal, std::string("libavro: ") + avro_strerror()};
    }
    if (source.is_seconds) {
      std::int32_t seconds = 0;
      avro_value_get_int(&value, &seconds);
      result += BinaryLong(std::int64_t{seconds} * 1000);
      continue;
    }
    if (source.is_enum) {
      int symbol = 0;
      avro_value_get_enum(&value, &symbol);
      const auto& ours = source.symbols.at(static_cast<std::size_t>(symbol));
      if (!ours) return Unusable("record has a symbol that ours lacks");
      result += *ours;
      continue;
    }
    std::size_t size = 0;
    if (avro_value_sizeof(&value, &size) != 0) {
      return Error{Code::kInternal, std::string("libavro: ") + avro_strerror()};
    }
    const std::size_t before = result.size();
    result.resize(before + size);
    const avro::WriterHandle sink(
        avro_writer_memory(result.data() + before, static_cast<std::int64_t>(size)));
    if (!sink || avro_value_write(sink.get(), &value) != 0) {
      return Error{Code::kInternal, std::string("libavro: ") + avro_strerror()};
    }
  }
  out += result;
  return Ok();
}

}  // namespace hb
