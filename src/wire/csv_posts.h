// wire/csv_posts.h - posts out of CSV rows, by the names of the columns.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/columns.h"
#include "wire/csv_reader.h"
#include "wire/output.h"

namespace hb {

/// Turns rows into posts. Text that is not valid UTF-8 is repaired and the post marked so.
///
/// Threads  One at a time.
class CsvPosts {
 public:
  /// `header` is borrowed for the call. Errors as FindColumns.
  static Result<CsvPosts> Create(const CsvReader& header, const ColumnMap& map);

  /// Appends the post of `row`. kInvalidArgument, with nothing appended, if the row has not as many
  /// fields as the header or its time is none; the message names the field.
  Status Append(const CsvReader& row, const WireRow& context, PostBatch& posts);
  [[nodiscard]] std::size_t columns() const { return header_.size(); }

 private:
  CsvPosts() = default;
  std::string_view Get(const CsvReader& row, PostColumn column);

  std::vector<std::string> header_;
  ColumnIndex index_{};
  bool repair_ = false;  // of the row being read
  std::array<std::string, kPostColumns> repaired_;
};

/// The delimiter that the first line of a file without quotes suggests: the most frequent of , ;
/// and tab; a comma if there is none.
char GuessDelimiter(std::string_view first_line);

}  // namespace hb
