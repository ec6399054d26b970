#include "store/duckdb/cells.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>

#include "base/json.h"

namespace hb::duck {

namespace {

__extension__ using Wide = unsigned __int128;
__extension__ using SignedWide = __int128;

constexpr std::int64_t kMicrosADay = 86'400'000'000;

std::string ToText(std::int64_t value) { return std::to_string(value); }

std::string WideText(bool negative, Wide value) {
  if (value == 0) return "0";
  std::string out;
  while (value != 0) {
    out.insert(out.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  }
  return negative ? "-" + out : out;
}

/// A number that may be wider than 64 bits: a cell of 64 bits if it fits, else its digits.
Cell WideCell(std::uint64_t lower, std::uint64_t upper, bool is_signed) {
  const Wide bits = static_cast<Wide>(upper) << 64 | lower;
  const bool negative = is_signed && (upper >> 63) != 0;
  const Wide magnitude = negative ? ~bits + 1 : bits;
  constexpr auto kMax = static_cast<Wide>(std::numeric_limits<std::int64_t>::max());
  if (magnitude <= kMax) {
    const auto value = static_cast<std::int64_t>(magnitude);
    return negative ? -value : value;
  }
  return WideText(negative, magnitude);
}

/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days: std::chrono's
/// year ends at 32767, DuckDB's does not.
std::string DateText(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const std::int64_t day_of_era = days - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted = (5 * day_of_year + 2) / 153;
  const std::int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  char text[48];
  std::snprintf(text, sizeof text, "%04lld-%02d-%02d", static_cast<long long>(year),
                static_cast<int>(month),
                static_cast<int>(day_of_year - (153 * shifted + 2) / 5 + 1));
  return text;
}

std::string TimeText(std::int64_t micros) {
  const std::int64_t seconds = micros / 1'000'000;
  const std::int64_t fraction = micros % 1'000'000;
  char text[40];
  std::snprintf(text, sizeof text, "%02d:%02d:%02d", static_cast<int>(seconds / 3600),
                static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
  std::string out = text;
  if (fraction == 0) return out;
  if (fraction % 1000 == 0) {
    std::snprintf(text, sizeof text, ".%03d", static_cast<int>(fraction / 1000));
  } else {
    std::snprintf(text, sizeof text, ".%06d", static_cast<int>(fraction));
  }
  return out + text;
}

std::string IntervalText(const duckdb_interval& interval) {
  std::string out;
  const auto part = [&](std::int64_t value, const char* unit) {
    if (value == 0) return;
    if (!out.empty()) out += ' ';
    out += ToText(value) + unit + (value == 1 || value == -1 ? "" : "s");
  };
  part(interval.months / 12, " year");
  part(interval.months % 12, " month");
  part(interval.days, " day");
  if (interval.micros != 0 || out.empty()) {
    if (!out.empty()) out += ' ';
    const bool negative = interval.micros < 0;
    const std::int64_t micros = negative ? -interval.micros : interval.micros;
    out += (negative ? "-" : "") + TimeText(micros);
  }
  return out;
}

std::string UuidText(duckdb_hugeint value) {
  // Stored with its first bit turned, so that it sorts as text.
  const auto high = static_cast<std::uint64_t>(value.upper) ^ (1ull << 63);
  char text[40];
  std::snprintf(text, sizeof text, "%08x-%04x-%04x-%04x-%012llx", static_cast<unsigned>(high >> 32),
                static_cast<unsigned>(high >> 16 & 0xffff), static_cast<unsigned>(high & 0xffff),
                static_cast<unsigned>(value.lower >> 48),
                static_cast<unsigned long long>(value.lower & 0xffffffffffffull));
  return text;
}

std::string HexText(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::string BitText(std::string_view bytes) {
  // The first byte counts the padding bits at the front of the second.
  std::string out;
  if (bytes.empty()) return out;
  for (std::size_t i = static_cast<unsigned char>(bytes[0]); i < (bytes.size() - 1) * 8; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[1 + i / 8]);
    out += (byte >> (7 - i % 8) & 1) != 0 ? '1' : '0';
  }
  return out;
}

double Scaled(SignedWide value, unsigned scale) {
  double power = 1;
  for (unsigned i = 0; i < scale; ++i) power *= 10;
  return static_cast<double>(value) / power;
}

/// A vector with what is needed to read it; made once a chunk and column.
class Vector {
 public:
  explicit Vector(duckdb_vector vector)
      : vector_(vector), type_(duckdb_vector_get_column_type(vector)) {
    id_ = duckdb_get_type_id(type_.get());
    data_ = duckdb_vector_get_data(vector);
    validity_ = duckdb_vector_get_validity(vector);
    OpenChildren();
  }

  [[nodiscard]] Cell At(idx_t row) const;
  void Json(idx_t row, std::string& out) const;

 private:
  void OpenChildren();
  template <typename T>
  [[nodiscard]] T Value(idx_t row) const {
    return static_cast<const T*>(data_)[row];
  }
  [[nodiscard]] Cell Decimal(idx_t row) const;
  [[nodiscard]] std::string Enum(idx_t row) const;
  void JsonList(idx_t begin, idx_t size, std::string& out) const;
  void JsonStruct(idx_t row, std::string& out) const;
  void JsonMap(idx_t begin, idx_t size, std::string& out) const;

  duckdb_vector vector_;
  LogicalType type_;
  duckdb_type id_ = DUCKDB_TYPE_INVALID;
  const void* data_ = nullptr;
  const std::uint64_t* validity_ = nullptr;
  std::vector<Vector> children_;
  std::vector<std::string> names_;
};

void Vector::OpenChildren() {
  switch (id_) {
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_MAP: children_.emplace_back(duckdb_list_vector_get_child(vector_)); break;
    case DUCKDB_TYPE_ARRAY: children_.emplace_back(duckdb_array_vector_get_child(vector_)); break;
    case DUCKDB_TYPE_STRUCT: {
      const idx_t count = duckdb_struct_type_child_count(type_.get());
      for (idx_t i = 0; i < count; ++i) {
        char* name = duckdb_struct_type_child_name(type_.get(), i);
        names_.emplace_back(name);
        duckdb_free(name);
        children_.emplace_back(duckdb_struct_vector_get_child(vector_, i));
      }
      break;
    }
    default: break;
  }
}

Cell Vector::Decimal(idx_t row) const {
  const unsigned scale = duckdb_decimal_scale(type_.get());
  switch (duckdb_decimal_internal_type(type_.get())) {
    case DUCKDB_TYPE_SMALLINT: return Scaled(Value<std::int16_t>(row), scale);
    case DUCKDB_TYPE_INTEGER: return Scaled(Value<std::int32_t>(row), scale);
    case DUCKDB_TYPE_BIGINT: return Scaled(Value<std::int64_t>(row), scale);
    default: {
      const auto wide = Value<duckdb_hugeint>(row);
      return Scaled(static_cast<SignedWide>(static_cast<Wide>(wide.upper) << 64 | wide.lower),
                    scale);
    }
  }
}

std::string Vector::Enum(idx_t row) const {
  idx_t index = 0;
  switch (duckdb_enum_internal_type(type_.get())) {
    case DUCKDB_TYPE_UTINYINT: index = Value<std::uint8_t>(row); break;
    case DUCKDB_TYPE_USMALLINT: index = Value<std::uint16_t>(row); break;
    default: index = Value<std::uint32_t>(row); break;
  }
  char* name = duckdb_enum_dictionary_value(type_.get(), index);
  std::string out = name == nullptr ? "" : name;
  duckdb_free(name);
  return out;
}

Cell Vector::At(idx_t row) const {
  if (!IsValid(validity_, row)) return std::monostate();
  switch (id_) {
    case DUCKDB_TYPE_BOOLEAN: return Value<bool>(row);
    case DUCKDB_TYPE_TINYINT: return std::int64_t{Value<std::int8_t>(row)};
    case DUCKDB_TYPE_SMALLINT: return std::int64_t{Value<std::int16_t>(row)};
    case DUCKDB_TYPE_INTEGER: return std::int64_t{Value<std::int32_t>(row)};
    case DUCKDB_TYPE_BIGINT: return Value<std::int64_t>(row);
    case DUCKDB_TYPE_UTINYINT: return std::int64_t{Value<std::uint8_t>(row)};
    case DUCKDB_TYPE_USMALLINT: return std::int64_t{Value<std::uint16_t>(row)};
    case DUCKDB_TYPE_UINTEGER: return std::int64_t{Value<std::uint32_t>(row)};
    case DUCKDB_TYPE_UBIGINT: return WideCell(Value<std::uint64_t>(row), 0, false);
    case DUCKDB_TYPE_HUGEINT: {
      const auto value = Value<duckdb_hugeint>(row);
      return WideCell(value.lower, static_cast<std::uint64_t>(value.upper), true);
    }
    case DUCKDB_TYPE_UHUGEINT: {
      const auto value = Value<duckdb_uhugeint>(row);
      return WideCell(value.lower, value.upper, false);
    }
    case DUCKDB_TYPE_FLOAT: return static_cast<double>(Value<float>(row));
    case DUCKDB_TYPE_DOUBLE: return Value<double>(row);
    case DUCKDB_TYPE_DECIMAL: return Decimal(row);
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ: return TimestampText(Value<std::int64_t>(row));
    case DUCKDB_TYPE_TIMESTAMP_S: return TimestampText(Value<std::int64_t>(row) * 1'000'000);
    case DUCKDB_TYPE_TIMESTAMP_MS: return TimestampText(Value<std::int64_t>(row) * 1000);
    case DUCKDB_TYPE_TIMESTAMP_NS: return TimestampText(Value<std::int64_t>(row) / 1000);
    case DUCKDB_TYPE_DATE: return DateText(Value<std::int32_t>(row));
    case DUCKDB_TYPE_TIME: return TimeText(Value<std::int64_t>(row));
    case DUCKDB_TYPE_TIME_NS: return TimeText(Value<std::int64_t>(row) / 1000);
    case DUCKDB_TYPE_TIME_TZ:
      return TimeText(static_cast<std::int64_t>(Value<std::uint64_t>(row) >> 24));
    case DUCKDB_TYPE_INTERVAL: return IntervalText(Value<duckdb_interval>(row));
    case DUCKDB_TYPE_UUID: return UuidText(Value<duckdb_hugeint>(row));
    case DUCKDB_TYPE_VARCHAR: return std::string(View(Value<duckdb_string_t>(row)));
    case DUCKDB_TYPE_BLOB: return HexText(View(Value<duckdb_string_t>(row)));
    case DUCKDB_TYPE_BIT: return BitText(View(Value<duckdb_string_t>(row)));
    case DUCKDB_TYPE_ENUM: return Enum(row);
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_MAP:
    case DUCKDB_TYPE_ARRAY:
    case DUCKDB_TYPE_STRUCT: {
      std::string json;
      Json(row, json);
      return json;
    }
    default: return std::monostate();
  }
}

void Vector::Json(idx_t row, std::string& out) const {
  if (!IsValid(validity_, row)) {
    out += "null";
    return;
  }
  if (id_ == DUCKDB_TYPE_LIST || id_ == DUCKDB_TYPE_MAP) {
    const auto entry = Value<duckdb_list_entry>(row);
    return id_ == DUCKDB_TYPE_LIST ? JsonList(entry.offset, entry.length, out)
                                   : JsonMap(entry.offset, entry.length, out);
  }
  if (id_ == DUCKDB_TYPE_ARRAY) {
    const idx_t size = duckdb_array_type_array_size(type_.get());
    return JsonList(row * size, size, out);
  }
  if (id_ == DUCKDB_TYPE_STRUCT) return JsonStruct(row, out);
  const Cell cell = At(row);
  if (const auto* text = std::get_if<std::string>(&cell)) {
    AppendJsonString(*text, out);
  } else if (const auto* flag = std::get_if<bool>(&cell)) {
    out += *flag ? "true" : "false";
  } else if (const auto* whole = std::get_if<std::int64_t>(&cell)) {
    out += ToText(*whole);
  } else if (const auto* real = std::get_if<double>(&cell);
             real != nullptr && std::isfinite(*real)) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, *real).ptr;
    out.append(digits, end);
  } else {
    out += "null";  // JSON knows no NaN
  }
}

void Vector::JsonList(idx_t begin, idx_t size, std::string& out) const {
  out += '[';
  for (idx_t i = 0; i < size; ++i) {
    if (i != 0) out += ',';
    children_[0].Json(begin + i, out);
  }
  out += ']';
}

void Vector::JsonStruct(idx_t row, std::string& out) const {
  out += '{';
  for (std::size_t i = 0; i < children_.size(); ++i) {
    if (i != 0) out += ',';
    AppendJsonString(names_[i], out);
    out += ':';
    children_[i].Json(row, out);
  }
  out += '}';
}

void Vector::JsonMap(idx_t begin, idx_t size, std::string& out) const {
  const Vector& keys = children_[0].children_[0];
  const Vector& values = children_[0].children_[1];
  out += '{';
  for (idx_t i = begin; i < begin + size; ++i) {
    if (i != begin) out += ',';
    std::string key;
    keys.Json(i, key);
    if (!key.empty() && key.front() == '"') {
      out += key;
    } else {
      AppendJsonString(key, out);
    }
    out += ':';
    values.Json(i, out);
  }
  out += '}';
}

const char* TypeName(duckdb_type id) {
  switch (id) {
    case DUCKDB_TYPE_BOOLEAN: return "boolean";
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_UHUGEINT: return "bigint";
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_DECIMAL: return "double";
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS:
    case DUCKDB_TYPE_TIMESTAMP_TZ: return "timestamp";
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_MAP:
    case DUCKDB_TYPE_ARRAY:
    case DUCKDB_TYPE_STRUCT: return "json";
    case DUCKDB_TYPE_DATE: return "date";
    case DUCKDB_TYPE_TIME:
    case DUCKDB_TYPE_TIME_NS:
    case DUCKDB_TYPE_TIME_TZ:
    case DUCKDB_TYPE_INTERVAL:
    case DUCKDB_TYPE_UUID:
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_BLOB:
    case DUCKDB_TYPE_BIT:
    case DUCKDB_TYPE_ENUM:
    case DUCKDB_TYPE_SQLNULL: return "varchar";
    default: return nullptr;
  }
}

/// A nested type is fine when all its parts are.
bool IsReadable(duckdb_logical_type type) {
  const duckdb_type id = duckdb_get_type_id(type);
  if (TypeName(id) == nullptr) return false;
  if (id == DUCKDB_TYPE_LIST)
    return IsReadable(LogicalType(duckdb_list_type_child_type(type)).get());
  if (id == DUCKDB_TYPE_ARRAY)
    return IsReadable(LogicalType(duckdb_array_type_child_type(type)).get());
  if (id == DUCKDB_TYPE_MAP) {
    return IsReadable(LogicalType(duckdb_map_type_key_type(type)).get()) &&
           IsReadable(LogicalType(duckdb_map_type_value_type(type)).get());
  }
  if (id == DUCKDB_TYPE_STRUCT) {
    for (idx_t i = 0; i < duckdb_struct_type_child_count(type); ++i) {
      if (!IsReadable(LogicalType(duckdb_struct_type_child_type(type, i)).get())) return false;
    }
  }
  return true;
}

}  // namespace

Result<std::vector<SqlColumn>> ColumnsOf(duckdb_result& result) {
  std::vector<SqlColumn> columns;
  for (idx_t i = 0; i < duckdb_column_count(&result); ++i) {
    const LogicalType type(duckdb_column_logical_type(&result, i));
    const std::string name = duckdb_column_name(&result, i);
    if (!IsReadable(type.get())) {
      return Error{Code::kInvalidArgument, "column \"" + name +
                                               "\" has a type that cannot be shown: cast it, "
                                               "for example " +
                                               name + "::VARCHAR"};
    }
    columns.push_back({name, TypeName(duckdb_get_type_id(type.get()))});
  }
  return columns;
}

void AppendRows(const Chunk& chunk, std::size_t limit, std::vector<std::vector<Cell>>& rows) {
  const idx_t columns = duckdb_data_chunk_get_column_count(chunk.get());
  const idx_t count = std::min<idx_t>(limit, duckdb_data_chunk_get_size(chunk.get()));
  const std::size_t first = rows.size();
  rows.resize(first + count);
  for (std::size_t i = first; i < rows.size(); ++i) rows[i].resize(columns);
  for (idx_t c = 0; c < columns; ++c) {
    const Vector vector(duckdb_data_chunk_get_vector(chunk.get(), c));
    for (idx_t i = 0; i < count; ++i) rows[first + i][c] = vector.At(i);
  }
}

std::string TimestampText(std::int64_t micros) {
  if (micros == std::numeric_limits<std::int64_t>::max()) return "infinity";
  if (micros == -std::numeric_limits<std::int64_t>::max()) return "-infinity";
  std::int64_t days = micros / kMicrosADay;
  std::int64_t rest = micros % kMicrosADay;
  if (rest < 0) {
    rest += kMicrosADay;
    --days;
  }
  return DateText(days) + "T" + TimeText(rest) + "Z";
}

bool ParseTimestamp(std::string_view text, std::int64_t& micros) {
  std::size_t at = 0;
  const auto digits = [&](std::size_t count, int& value) {
    if (at + count > text.size() || text[at] == '-') return false;
    const char* begin = text.data() + at;
    const auto [end, error] = std::from_chars(begin, begin + count, value);
    at += count;
    return error == std::errc() && end == begin + count;
  };
  const auto take = [&](char c) { return at < text.size() && text[at] == c && ++at != 0; };
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!digits(4, year) || !take('-') || !digits(2, month) || !take('-') || !digits(2, day))
    return false;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return false;
  std::int64_t fraction = 0;
  int offset_minutes = 0;
  if (at < text.size()) {
    if (!take('T') && !take(' ')) return false;
    if (!digits(2, hour) || !take(':') || !digits(2, minute)) return false;
    if (take(':') && !digits(2, second)) return false;
    if (take('.')) {
      std::int64_t scale = 100'000;
      if (at == text.size()) return false;
      for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10) {
        fraction += (text[at] - '0') * scale;
      }
    }
    if (hour > 23 || minute > 59 || second > 60 || hour < 0 || minute < 0 || second < 0)
      return false;
    const bool plus = at < text.size() && text[at] == '+';
    if (!take('Z') && at < text.size()) {
      int hours = 0, minutes = 0;
      if (!take('+') && !take('-')) return false;
      if (!digits(2, hours)) return false;
      take(':');
      if (at < text.size() && !digits(2, minutes)) return false;
      offset_minutes = (plus ? 1 : -1) * (hours * 60 + minutes);
    }
  }
  if (at != text.size()) return false;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  micros = days * kMicrosADay +
           ((hour * 60ll + minute - offset_minutes) * 60 + second) * 1'000'000 + fraction;
  return true;
}

Status Bind(duckdb_prepared_statement statement, std::span<const Cell> parameters) {
  const idx_t count = duckdb_nparams(statement);
  if (count != parameters.size()) {
    return Error{Code::kInvalidArgument, "the statement has " + std::to_string(count) +
                                             " parameters, " + std::to_string(parameters.size()) +
                                             " values were given"};
  }
  for (idx_t i = 1; i <= count; ++i) {
    const Cell& cell = parameters[i - 1];
    duckdb_state state = DuckDBSuccess;
    if (const auto* flag = std::get_if<bool>(&cell)) {
      state = duckdb_bind_boolean(statement, i, *flag);
    } else if (const auto* whole = std::get_if<std::int64_t>(&cell)) {
      state = duckdb_bind_int64(statement, i, *whole);
    } else if (const auto* real = std::get_if<double>(&cell)) {
      state = duckdb_bind_double(statement, i, *real);
    } else if (const auto* text = std::get_if<std::string>(&cell)) {
      const duckdb_type type = duckdb_param_type(statement, i);
      std::int64_t micros = 0;
      if (type == DUCKDB_TYPE_TIMESTAMP && ParseTimestamp(*text, micros)) {
        state = duckdb_bind_timestamp(statement, i, duckdb_timestamp{micros});
      } else {
        state = duckdb_bind_varchar_length(statement, i, text->data(), text->size());
      }
    } else {
      state = duckdb_bind_null(statement, i);
    }
    if (state != DuckDBSuccess) {
      return Error{Code::kInvalidArgument, "parameter $" + std::to_string(i) + " cannot be used"};
    }
  }
  return Ok();
}

}  // namespace hb::duck
