// wire/line_reader.h - lines of a text that comes in pieces.
#pragma once

#include <cstddef>
#include <string_view>

#include "wire/row_reader.h"

namespace hb {

/// Splits a text at line breaks (LF, CRLF); blank lines are passed over, blanks at both ends of a
/// line are not part of it.
class LineReader final : public RowReader {
 public:
  explicit LineReader(std::size_t max_line_bytes) : max_line_bytes_(max_line_bytes) {}

  Step Next(std::string_view rest, bool at_end) override;

 private:
  std::size_t max_line_bytes_;
  std::size_t scanned_ = 0;
  bool skipping_ = false;
};

}  // namespace hb
