// wire/json_splitter.h - the values of a JSON text that spans lines, or of one long array.
#pragma once

#include <cstddef>
#include <string_view>

#include "wire/row_reader.h"

namespace hb {

/// Splits JSON values that follow each other, however they are laid out; of an array at the top
/// each element is a value of its own, so that a file that is one array of any length is read piece
/// by piece. Looks at brackets and strings only: whether a value is JSON is for its reader to say.
class JsonSplitter final : public RowReader {
 public:
  explicit JsonSplitter(std::size_t max_value_bytes) : max_value_bytes_(max_value_bytes) {}

  Step Next(std::string_view rest, bool at_end) override;

 private:
  bool FindEnd(std::string_view rest, std::size_t& at);
  Step Finish(Step step, std::string_view rest, std::size_t consumed);

  std::size_t max_value_bytes_;
  // The value at the front, kept over kNeedMore.
  std::size_t scanned_ = 0;
  int depth_ = 0;
  bool in_string_ = false, escaped_ = false, in_value_ = false, skipping_ = false;
};

/// True if a file that begins with `head` (its first bytes are a bracket) is better read value by
/// value than line by line: an array, or an object that goes on after its first line.
bool IsJsonDocument(std::string_view head);

}  // namespace hb
