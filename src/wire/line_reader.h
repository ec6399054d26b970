// wire/line_reader.h - lines of a text that comes in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wire/csv_reader.h"

namespace hb {

/// Splits a text at line breaks (LF, CRLF); blank lines are passed over. Same use as CsvReader:
/// call Next with a view of the unread bytes, drop consumed() bytes, append on kNeedMore.
///
/// Memory  A line longer than `max_line_bytes` is kBad with its beginning, and is passed over to
/// its
///         end without being held.
class LineReader {
 public:
  using Step = CsvReader::Step;
  explicit LineReader(std::size_t max_line_bytes) : max_line_bytes_(max_line_bytes) {}

  Step Next(std::string_view rest, bool at_end);
  [[nodiscard]] std::size_t consumed() const { return consumed_; }
  [[nodiscard]] std::size_t lines() const { return lines_; }
  [[nodiscard]] std::size_t lines_before() const { return lines_before_; }
  /// The line, without its break.
  [[nodiscard]] std::string_view raw() const { return raw_; }
  [[nodiscard]] const char* reason() const { return reason_; }

 private:
  std::size_t max_line_bytes_;
  std::string_view raw_;
  const char* reason_ = "";
  std::size_t consumed_ = 0, lines_ = 0, lines_before_ = 0;
  std::size_t scanned_ = 0;
  bool skipping_ = false;
};

}  // namespace hb
