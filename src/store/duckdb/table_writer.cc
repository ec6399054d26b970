#include "store/duckdb/table_writer.h"

#include <cstring>

#include "base/utf8.h"

namespace hb::duck {

namespace {

duckdb_string_t Wrap(std::string_view text) {
  duckdb_string_t out{};
  const auto length = static_cast<std::uint32_t>(text.size());
  out.value.inlined.length = length;
  if (length <= 12) {
    if (length != 0)
      std::memcpy(out.value.inlined.inlined, text.data(), length);  // the rest stays zero
  } else {
    std::memcpy(out.value.pointer.prefix, text.data(), 4);
    out.value.pointer.ptr = const_cast<char*>(text.data());  // NOLINT: DuckDB reads it only
  }
  return out;
}

}  // namespace

Result<TableWriter> TableWriter::Open(duckdb_connection connection, const char* schema,
                                      const char* table) {
  TableWriter writer;
  writer.table_ = table;
  const bool made =
      duckdb_appender_create(connection, schema, table, writer.appender_.out()) == DuckDBSuccess;
  if (!made) {
    const char* text = duckdb_appender_error(writer.appender_.get());
    return WriterError("table " + writer.table_, text == nullptr ? "no appender" : text);
  }
  const idx_t columns = duckdb_appender_column_count(writer.appender_.get());
  std::vector<LogicalType> types;
  std::vector<duckdb_logical_type> raw;
  for (idx_t i = 0; i < columns; ++i) {
    types.emplace_back(duckdb_appender_column_type(writer.appender_.get(), i));
    raw.push_back(types.back().get());
  }
  writer.chunk_ = Chunk(duckdb_create_data_chunk(raw.data(), columns));
  writer.capacity_ = duckdb_vector_size();
  writer.vectors_.resize(columns);
  writer.data_.resize(columns);
  writer.validity_.resize(columns);
  writer.lists_.resize(columns);
  for (idx_t i = 0; i < columns; ++i) {
    if (duckdb_get_type_id(raw[i]) != DUCKDB_TYPE_LIST) continue;
    writer.lists_[i].vector = duckdb_data_chunk_get_vector(writer.chunk_.get(), i);
  }
  writer.FetchPointers();
  return writer;
}

void TableWriter::FetchPointers() {
  for (idx_t i = 0; i < vectors_.size(); ++i) {
    vectors_[i] = duckdb_data_chunk_get_vector(chunk_.get(), i);
    data_[i] = duckdb_vector_get_data(vectors_[i]);
    validity_[i] = nullptr;
    List& list = lists_[i];
    if (list.vector == nullptr) continue;
    list = List{.vector = vectors_[i]};
  }
}

void TableWriter::PutNull(idx_t column, idx_t row) {
  std::uint64_t*& validity = validity_[column];
  if (validity == nullptr) {
    duckdb_vector_ensure_validity_writable(vectors_[column]);
    validity = duckdb_vector_get_validity(vectors_[column]);
  }
  validity[row >> 6] &= ~(1ull << (row & 63));
}

duckdb_string_t TableWriter::ToString(std::string_view text) {
  if (IsValidUtf8(text)) return Wrap(text);
  // Only text that no parser of ours lets through comes here.
  std::string& repaired = repaired_.emplace_back();
  AppendRepairedUtf8(text, repaired);
  return Wrap(repaired);
}

void TableWriter::Put(idx_t column, idx_t row, std::string_view text) {
  Data<duckdb_string_t>(column)[row] = ToString(text);
}

void TableWriter::PutBytes(idx_t column, idx_t row, std::string_view bytes) {
  Data<duckdb_string_t>(column)[row] = Wrap(bytes);
}

void TableWriter::Grow(List& list) {
  list.capacity = list.capacity == 0 ? 4096 : list.capacity * 2;
  // What was written so far is copied only up to the size that the vector knows.
  duckdb_list_vector_set_size(list.vector, list.size);
  duckdb_list_vector_reserve(list.vector, list.capacity);
  const duckdb_vector child = duckdb_list_vector_get_child(list.vector);
  list.text = static_cast<duckdb_string_t*>(duckdb_vector_get_data(child));
}

void TableWriter::PushText(idx_t column, std::string_view text) {
  List& list = lists_[column];
  if (list.size == list.capacity) Grow(list);
  list.text[list.size++] = ToString(text);
}

void TableWriter::EndList(idx_t column, idx_t row) {
  List& list = lists_[column];
  Data<duckdb_list_entry>(column)[row] = {list.begin, list.size - list.begin};
  list.begin = list.size;
}

Status TableWriter::Flush() {
  if (at_ == 0) return Ok();
  for (const List& list : lists_) {
    if (list.vector != nullptr) duckdb_list_vector_set_size(list.vector, list.size);
  }
  duckdb_data_chunk_set_size(chunk_.get(), at_);
  if (duckdb_append_data_chunk(appender_.get(), chunk_.get()) != DuckDBSuccess) {
    return WriterError("append to " + table_, duckdb_appender_error(appender_.get()));
  }
  duckdb_data_chunk_reset(chunk_.get());
  at_ = 0;
  repaired_.clear();
  FetchPointers();
  return Ok();
}

Status TableWriter::Advance(idx_t rows) {
  at_ += rows;
  return at_ == capacity_ ? Flush() : Ok();
}

Status TableWriter::Close() {
  HB_TRY(Flush());
  if (duckdb_appender_close(appender_.get()) != DuckDBSuccess) {
    return WriterError("append to " + table_, duckdb_appender_error(appender_.get()));
  }
  return Ok();
}

}  // namespace hb::duck
