#include "store/duckdb/x_texts.h"

#include <algorithm>
#include <string>

#include "base/hash.h"

namespace hb::duck {

namespace {
constexpr char kOfX[] = " FROM main.posts WHERE source IN ('x_stream', 'x_sample', 'x_search')";
}

bool XTexts::MayHold(duckdb_logical_type type) {
  switch (duckdb_get_type_id(type)) {
    case DUCKDB_TYPE_BOOLEAN:
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_UHUGEINT:
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_DECIMAL:
    case DUCKDB_TYPE_DATE:
    case DUCKDB_TYPE_TIME:
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
    case DUCKDB_TYPE_INTERVAL:
    case DUCKDB_TYPE_UUID: return false;
    default: return true;  // texts, what may nest them, and what is not known yet
  }
}

Result<XTexts> XTexts::Load(duckdb_connection connection) {
  XTexts out;
  HB_ASSIGN(const std::int64_t posts, AskInt(connection, std::string("SELECT count(*)") + kOfX));
  out.texts_.reserve(2 * static_cast<std::size_t>(posts));  // growing would hold them thrice
  const std::string sql = std::string("SELECT content, word") + kOfX;
  Prepared select;
  if (duckdb_prepare(connection, sql.c_str(), select.out()) != DuckDBSuccess) {
    return WriterError(sql, duckdb_prepare_error(select.get()));
  }
  QueryResult rows;  // streamed: the texts need not fit into memory
  if (duckdb_execute_prepared_streaming(select.get(), rows.get()) != DuckDBSuccess) {
    return WriterError(sql, duckdb_result_error(rows.get()));
  }
  while (const Chunk chunk = rows.Next()) {
    const std::uint64_t* valid[2];
    for (idx_t i = 0; i < 2; ++i) {
      valid[i] = duckdb_vector_get_validity(duckdb_data_chunk_get_vector(chunk.get(), i));
    }
    for (idx_t row = 0; row < duckdb_data_chunk_get_size(chunk.get()); ++row) {
      if (!IsValid(valid[0], row)) continue;
      const std::uint64_t text = Hash64(View(Values<duckdb_string_t>(chunk, 0)[row]));
      out.texts_.emplace_back(text, text);
      if (!IsValid(valid[1], row)) continue;
      const std::string_view words = View(Values<duckdb_string_t>(chunk, 1)[row]);
      if (!words.empty()) out.texts_.emplace_back(Hash64(words), text);
    }
  }
  const char* error = duckdb_result_error(rows.get());
  if (error != nullptr && *error != '\0') return WriterError(sql, error);
  std::sort(out.texts_.begin(), out.texts_.end());
  return out;
}

void XTexts::Filter(const Chunk& chunk, TextGate& gate) const {
  if (texts_.empty()) return;
  const idx_t size = duckdb_data_chunk_get_size(chunk.get());
  for (idx_t i = 0; i < duckdb_data_chunk_get_column_count(chunk.get()); ++i) {
    FilterVector(duckdb_data_chunk_get_vector(chunk.get(), i), size, gate);
  }
}

void XTexts::FilterVector(duckdb_vector vector, idx_t size, TextGate& gate) const {
  const LogicalType type(duckdb_vector_get_column_type(vector));
  switch (duckdb_get_type_id(type.get())) {
    case DUCKDB_TYPE_VARCHAR: return FilterTexts(vector, size, gate);
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_MAP:
      return FilterVector(duckdb_list_vector_get_child(vector), duckdb_list_vector_get_size(vector),
                          gate);
    case DUCKDB_TYPE_ARRAY:
      return FilterVector(duckdb_array_vector_get_child(vector),
                          size * duckdb_array_type_array_size(type.get()), gate);
    case DUCKDB_TYPE_STRUCT: return FilterStruct(vector, type.get(), size, gate);
    default: return;
  }
}

void XTexts::FilterStruct(duckdb_vector vector, duckdb_logical_type type, idx_t size,
                          TextGate& gate) const {
  for (idx_t i = 0; i < duckdb_struct_type_child_count(type); ++i) {
    FilterVector(duckdb_struct_vector_get_child(vector, i), size, gate);
  }
}

void XTexts::FilterTexts(duckdb_vector vector, idx_t size, TextGate& gate) const {
  const auto* values = static_cast<const duckdb_string_t*>(duckdb_vector_get_data(vector));
  for (idx_t row = 0; row < size; ++row) {
    if (!IsValid(duckdb_vector_get_validity(vector), row)) continue;
    const std::string_view value = View(values[row]);
    if (value.empty()) continue;
    const std::uint64_t hash = Hash64(value);
    const auto at = std::lower_bound(texts_.begin(), texts_.end(),
                                     std::pair<std::uint64_t, std::uint64_t>(hash, 0));
    if (at == texts_.end() || at->first != hash || gate.Allows(at->second)) continue;
    duckdb_vector_ensure_validity_writable(vector);
    duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), row);
  }
}

}  // namespace hb::duck
