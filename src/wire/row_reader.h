// wire/row_reader.h - what all splitters of a text that comes in pieces have in common.
#pragma once

#include <cstddef>
#include <string_view>

namespace hb {

/// Finds the next row (a CSV row, a line, a JSON value) of a text that is read piece by piece.
///
/// Use      Keep the unread bytes in one buffer. Call Next with a view of them, then drop
///          consumed() bytes from the front whatever Next said. After kNeedMore, append bytes and
///          call again: the scan goes on where it stopped, so tiny pieces cost nothing extra.
/// Threads  One at a time.
/// Memory   A row longer than the reader's bound is kBad with its beginning, and is passed over to
///          its end without being held.
class RowReader {
 public:
  enum class Step {
    kRow,       ///< raw() is a row; blank ones never are
    kBad,       ///< reason() says why; raw() is what could not be used, or its beginning
    kNeedMore,  ///< the row goes on behind the view
    kEnd,       ///< nothing is left
  };

  virtual ~RowReader() = default;

  /// Looks for the next row at the front of `rest`. `at_end`: nothing follows `rest`.
  virtual Step Next(std::string_view rest, bool at_end) = 0;
  [[nodiscard]] std::size_t consumed() const { return consumed_; }
  /// Line breaks within consumed().
  [[nodiscard]] std::size_t lines() const { return lines_; }
  /// Blank lines passed before the row, part of lines().
  [[nodiscard]] std::size_t lines_before() const { return lines_before_; }
  /// The row's bytes, without the break behind it. Lives until the buffer changes.
  [[nodiscard]] std::string_view raw() const { return raw_; }
  [[nodiscard]] const char* reason() const { return reason_; }

 protected:
  RowReader() = default;
  RowReader(const RowReader&) = default;
  RowReader& operator=(const RowReader&) = default;
  RowReader(RowReader&&) = default;
  RowReader& operator=(RowReader&&) = default;

  std::string_view raw_;
  const char* reason_ = "";
  std::size_t consumed_ = 0, lines_ = 0, lines_before_ = 0;
};

}  // namespace hb
