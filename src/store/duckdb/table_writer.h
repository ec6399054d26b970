// store/duckdb/table_writer.h - appends rows to a table column by column, without SQL.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/duckdb/duck.h"

namespace hb::duck {

/// Fills DuckDB data chunks and appends them to one table, inside the connection's transaction.
///
/// Lifecycle  Make one per Write; fill columns for rows 0..room()-1 from `at()`, Advance, Close.
/// Threads    One.
/// Ownership  Text is not copied: what Put and PushText are given must live until the next Advance
/// that
///            fills the chunk, or Close. DuckDB copies it then.
/// Errors     As WriterError.
class TableWriter {
 public:
  static Result<TableWriter> Open(duckdb_connection connection, const char* schema,
                                  const char* table);

  /// The row that is filled next, and how many fit before the chunk is full.
  [[nodiscard]] idx_t at() const { return at_; }
  [[nodiscard]] idx_t room() const { return capacity_ - at_; }
  [[nodiscard]] idx_t columns() const { return vectors_.size(); }

  /// Where the values of a column are written. Requires: its physical type is T.
  template <typename T>
  T* Data(idx_t column) {
    return static_cast<T*>(data_[column]);
  }
  void PutNull(idx_t column, idx_t row);
  void Put(idx_t column, idx_t row, std::string_view text);
  /// Unknown is NULL in SQL.
  void PutOrNull(idx_t column, idx_t row, std::string_view text) {
    if (text.empty()) {
      PutNull(column, row);
    } else {
      Put(column, row, text);
    }
  }
  /// Bytes that need not be UTF-8, for BLOB columns.
  void PutBytes(idx_t column, idx_t row, std::string_view bytes);
  /// Lists: PushText for each value of `row`, then EndList. Rows in ascending order.
  void PushText(idx_t column, std::string_view text);
  void EndList(idx_t column, idx_t row);

  /// Keeps a text that the caller has no home for, until Close.
  const std::string& Keep(std::string text) { return kept_.emplace_back(std::move(text)); }
  /// Says that `rows` rows have been filled from at(); appends the chunk when it is full.
  Status Advance(idx_t rows);
  /// Appends what is left and hands all rows to the transaction.
  Status Close();
  /// Appends a chunk that is not full yet, so that the text it points to may go. at() is 0
  /// afterwards.
  Status Flush();

 private:
  struct List {
    duckdb_vector vector = nullptr;  ///< of the list column
    idx_t begin = 0;                 ///< of the row being built
    idx_t size = 0;                  ///< values so far in this chunk
    idx_t capacity = 0;
    duckdb_string_t* text = nullptr;
  };

  void FetchPointers();
  void Grow(List& list);
  duckdb_string_t ToString(std::string_view text);

  std::string table_;
  AppenderHandle appender_;
  Chunk chunk_;
  idx_t capacity_ = 0;
  idx_t at_ = 0;
  std::vector<duckdb_vector> vectors_;
  std::vector<void*> data_;
  std::vector<std::uint64_t*> validity_;  ///< nullptr until the first NULL of the chunk
  std::vector<List> lists_;               ///< by column
  std::deque<std::string> kept_;
  std::deque<std::string> repaired_;  ///< texts that were not valid UTF-8
};

}  // namespace hb::duck
