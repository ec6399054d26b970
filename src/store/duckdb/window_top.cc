#include "store/duckdb/window_top.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "store/duckdb/window_blob.h"

namespace hb::duck {

namespace {

constexpr std::size_t kTop = 50;  // entries of each list

std::optional<KeyKind> MapNamed(std::string_view name) {
  const auto* map = std::ranges::find(kAggregateMaps, name, &AggregateMap::name);
  if (map == kAggregateMaps.end()) return std::nullopt;
  return static_cast<KeyKind>(map - kAggregateMaps.begin());
}

/// A user may give any bytes.
bool TopOfRow(std::string_view parts, std::string_view name, std::vector<BlobCount>& out) {
  const std::optional<KeyKind> map = MapNamed(name);
  return map && TopOfBlob(parts, *map, kTop, out).ok();
}

void SetNull(duckdb_vector vector, idx_t row) {
  duckdb_vector_ensure_validity_writable(vector);
  duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), row);
}

void WindowTop(duckdb_function_info, duckdb_data_chunk input, duckdb_vector output) {
  const duckdb_vector blobs = duckdb_data_chunk_get_vector(input, 0);
  const duckdb_vector names = duckdb_data_chunk_get_vector(input, 1);
  const auto* blob = static_cast<const duckdb_string_t*>(duckdb_vector_get_data(blobs));
  const auto* name = static_cast<const duckdb_string_t*>(duckdb_vector_get_data(names));
  const std::uint64_t* has_blob = duckdb_vector_get_validity(blobs);
  const std::uint64_t* has_name = duckdb_vector_get_validity(names);
  const duckdb_vector child = duckdb_list_vector_get_child(output);
  const duckdb_vector keys = duckdb_struct_vector_get_child(child, 0);
  const duckdb_vector posts = duckdb_struct_vector_get_child(child, 1);
  idx_t size = 0, capacity = 0;
  std::vector<BlobCount> top;
  for (idx_t row = 0; row < duckdb_data_chunk_get_size(input); ++row) {
    top.clear();
    const bool known = IsValid(has_blob, row) && IsValid(has_name, row) &&
                       TopOfRow(View(blob[row]), View(name[row]), top);
    if (!known) {
      top.clear();
      SetNull(output, row);
    }
    if (size + top.size() > capacity) {
      duckdb_list_vector_set_size(output, size);
      capacity = std::max<idx_t>(2 * capacity, 4096);
      duckdb_list_vector_reserve(output, capacity);
    }
    auto* counts = static_cast<std::int64_t*>(duckdb_vector_get_data(posts));
    static_cast<duckdb_list_entry*>(duckdb_vector_get_data(output))[row] = {size, top.size()};
    for (const BlobCount& entry : top) {
      duckdb_vector_assign_string_element_len(keys, size, entry.key.data(), entry.key.size());
      counts[size++] = static_cast<std::int64_t>(entry.count);
    }
  }
  duckdb_list_vector_set_size(output, size);
}

}  // namespace

Status RegisterWindowTop(duckdb_connection connection) {
  const LogicalType varchar(duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
  const LogicalType blob(duckdb_create_logical_type(DUCKDB_TYPE_BLOB));
  const LogicalType bigint(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
  duckdb_logical_type types[] = {varchar.get(), bigint.get()};
  const char* names[] = {"key", "posts"};
  const LogicalType entry(duckdb_create_struct_type(types, names, 2));
  const LogicalType list(duckdb_create_list_type(entry.get()));
  const Owned<duckdb_scalar_function, duckdb_destroy_scalar_function> function(
      duckdb_create_scalar_function());
  duckdb_scalar_function_set_name(function.get(), "window_top");
  duckdb_scalar_function_add_parameter(function.get(), blob.get());
  duckdb_scalar_function_add_parameter(function.get(), varchar.get());
  duckdb_scalar_function_set_return_type(function.get(), list.get());
  duckdb_scalar_function_set_special_handling(function.get());  // NULLs come to WindowTop too
  duckdb_scalar_function_set_function(function.get(), WindowTop);
  if (duckdb_register_scalar_function(connection, function.get()) != DuckDBSuccess) {
    return Error{Code::kInternal, "duckdb: window_top was refused"};
  }
  return Ok();
}

}  // namespace hb::duck
