// store/duckdb/duck.h - owners of DuckDB's C handles, and its errors as ours.
#pragma once

#include <duckdb.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace hb::duck {

/// Owns one C handle and gives it back with `Destroy`.
template <typename Handle, auto Destroy>
class Owned {
 public:
  Owned() = default;
  explicit Owned(Handle handle) : handle_(handle) {}
  Owned(Owned&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Owned& operator=(Owned&& other) noexcept {
    if (this != &other) {
      Reset();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  ~Owned() { Reset(); }
  void Reset() {
    if (handle_ != nullptr) Destroy(&handle_);
    handle_ = nullptr;
  }
  [[nodiscard]] Handle get() const { return handle_; }
  Handle* out() { return &handle_; }  ///< For functions that make the handle.
  explicit operator bool() const { return handle_ != nullptr; }

 private:
  Handle handle_ = nullptr;
};

using Database = Owned<duckdb_database, duckdb_close>;
using Connection = Owned<duckdb_connection, duckdb_disconnect>;
using Config = Owned<duckdb_config, duckdb_destroy_config>;
using Prepared = Owned<duckdb_prepared_statement, duckdb_destroy_prepare>;
using Extracted = Owned<duckdb_extracted_statements, duckdb_destroy_extracted>;
using Pending = Owned<duckdb_pending_result, duckdb_destroy_pending>;
using Chunk = Owned<duckdb_data_chunk, duckdb_destroy_data_chunk>;
using LogicalType = Owned<duckdb_logical_type, duckdb_destroy_logical_type>;
using AppenderHandle = Owned<duckdb_appender, duckdb_appender_destroy>;

/// Owns a duckdb_result, which is a struct and not a handle.
class QueryResult {
 public:
  QueryResult() = default;
  QueryResult(QueryResult&& other) noexcept
      : result_(std::exchange(other.result_, duckdb_result{})) {}
  QueryResult& operator=(QueryResult&& other) noexcept {
    if (this != &other) {
      duckdb_destroy_result(&result_);
      result_ = std::exchange(other.result_, duckdb_result{});
    }
    return *this;
  }
  ~QueryResult() { duckdb_destroy_result(&result_); }
  duckdb_result* get() { return &result_; }
  /// The next chunk, empty at the end.
  Chunk Next() { return Chunk(duckdb_fetch_chunk(result_)); }

 private:
  duckdb_result result_{};
};

/// An error of DuckDB taken apart: with `errors_as_json` set it is an object with the place in the
/// SQL text.
struct Problem {
  std::string kind;            ///< "Parser", "Binder", "IO", ...
  std::string message;         ///< First letter as DuckDB wrote it.
  std::int64_t position = -1;  ///< Byte of the statement; -1 unknown.
};
Problem ParseProblem(std::string_view text);

/// What the writer should do about a failure: a full disk is kExhausted, a broken file kCorrupt,
/// our own bad SQL kInternal, anything that another attempt may cure kUnavailable.
Error WriterError(std::string_view what, std::string_view text);

/// Runs one or more statements and drops their answer.
Status Run(duckdb_connection connection, const std::string& sql);
/// Runs one statement and keeps its answer.
Result<QueryResult> Ask(duckdb_connection connection, const std::string& sql);
/// The one integer that `sql` answers; NULL and no row are 0.
Result<std::int64_t> AskInt(duckdb_connection connection, const std::string& sql);

/// Values of column `column` of a chunk. Requires: the column's physical type is T.
template <typename T>
T* Values(const Chunk& chunk, idx_t column) {
  return static_cast<T*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk.get(), column)));
}
/// The bytes of a string value; they live as long as its chunk, and as `text` itself.
inline std::string_view View(const duckdb_string_t& text) {
  const std::uint32_t length = text.value.inlined.length;
  return {length <= 12 ? text.value.inlined.inlined : text.value.pointer.ptr, length};
}
inline bool IsValid(const std::uint64_t* validity, idx_t row) {
  return validity == nullptr || ((validity[row >> 6] >> (row & 63)) & 1) != 0;
}

/// `text` as an SQL string literal, quotes doubled.
std::string Quote(std::string_view text);

}  // namespace hb::duck
