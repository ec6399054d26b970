// wire/json_splitter.h - the values of a JSON text that spans lines, or of one long array.
#pragma once

#include <cstddef>
#include <string_view>

#include "wire/csv_reader.h"

namespace hb {

/// Splits JSON values that follow each other, however they are laid out; of an array at the top
/// each element is a value of its own, so that a file that is one array of any length is read piece
/// by piece. Looks at brackets and strings only: whether a value is JSON is for its reader to say.
/// Same use as CsvReader.
///
/// Memory  A value longer than max_value_bytes is kBad with its beginning, and is passed over to
/// its
///         end without being held.
class JsonSplitter {
 public:
  using Step = CsvReader::Step;
  explicit JsonSplitter(std::size_t max_value_bytes) : max_value_bytes_(max_value_bytes) {}

  Step Next(std::string_view rest, bool at_end);
  [[nodiscard]] std::size_t consumed() const { return consumed_; }
  [[nodiscard]] std::size_t lines() const { return lines_; }
  [[nodiscard]] std::size_t lines_before() const { return lines_before_; }
  [[nodiscard]] std::string_view raw() const { return raw_; }
  [[nodiscard]] const char* reason() const { return reason_; }

 private:
  bool FindEnd(std::string_view rest, std::size_t& at);
  Step Finish(Step step, std::string_view rest, std::size_t consumed);

  std::size_t max_value_bytes_;
  std::string_view raw_;
  const char* reason_ = "";
  std::size_t consumed_ = 0, lines_ = 0, lines_before_ = 0;
  // The value at the front, kept over kNeedMore.
  std::size_t scanned_ = 0;
  int depth_ = 0;
  bool in_string_ = false, escaped_ = false, in_value_ = false, skipping_ = false;
};

/// True if a file that begins with `head` (its first bytes are a bracket) is better read value by
/// value than line by line: an array, or an object that goes on after its first line.
bool IsJsonDocument(std::string_view head);

}  // namespace hb
