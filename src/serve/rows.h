// serve/rows.h - from the store's SQL to JSON: statements built of fixed pieces, and cells of
// answers.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "serve/json_writer.h"
#include "store/store.h"

namespace hb {

/// A statement whose text comes from this folder only. Whatever a request says goes in by Bind, as
/// a positional parameter.
class Statement {
 public:
  Statement() = default;
  explicit Statement(std::string_view text) : text_(text) {}
  Statement& Add(std::string_view text) {
    text_ += text;
    return *this;
  }
  /// Adds the place of a parameter: "$3".
  Statement& Bind(Cell value) {
    parameters_.push_back(std::move(value));
    text_ += '$' + std::to_string(parameters_.size());
    return *this;
  }
  Statement& BindText(std::string_view value) { return Bind(std::string(value)).Add("::VARCHAR"); }
  Statement& BindTime(EventTime time);
  /// Adds another one; its parameters are numbered anew.
  Statement& Append(const Statement& other);
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::vector<Cell>& parameters() const { return parameters_; }
  [[nodiscard]] Result<SqlResult> Ask(
      SqlStore& store, std::size_t rows = 100'000,
      std::chrono::milliseconds time = std::chrono::seconds(10)) const {
    return store.Query(text_, parameters_, {.rows = rows, .time = time});
  }

 private:
  std::string text_;
  std::vector<Cell> parameters_;
};

/// One time limit for several questions: each is given what the ones before have left.
class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds limit)
      : until_(std::chrono::steady_clock::now() + limit) {}
  /// At most 10 s, at least a millisecond.
  [[nodiscard]] std::chrono::milliseconds Left() const {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until_ - std::chrono::steady_clock::now());
    return std::clamp(left, std::chrono::milliseconds(1), std::chrono::milliseconds(10'000));
  }

 private:
  std::chrono::steady_clock::time_point until_;
};

using Row = std::vector<Cell>;

/// The cell as a number or text; 0 or "" if it is NULL or of another type.
std::int64_t IntAt(const Row& row, std::size_t column);
double NumberAt(const Row& row, std::size_t column);
std::string_view TextAt(const Row& row, std::size_t column);
[[nodiscard]] inline bool IsNull(const Row& row, std::size_t column) {
  return std::holds_alternative<std::monostate>(row[column]);
}
/// Milliseconds since 1970 in the cell, as ISO text; null if it is NULL.
void WriteMillis(const Row& row, std::size_t column, JsonWriter& json);
/// Any cell as JSON; of the type "json" as it is.
void WriteCell(const Cell& cell, std::string_view type, JsonWriter& json);
/// The JSON text of a list in the cell; [] if it is NULL.
void WriteList(const Row& row, std::size_t column, JsonWriter& json);

}  // namespace hb
