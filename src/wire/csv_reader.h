// wire/csv_reader.h - rows of a CSV text that comes in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/row_reader.h"

namespace hb {

/// Splits CSV (RFC 4180; LF or CRLF) into rows and fields, without copying what needs no unquoting.
/// More tolerant than the RFC where nothing is lost by it: a quote inside an unquoted field is a
/// quote, and text after a closing quote makes the whole field literal.
///
/// Memory   One row, at most max_row_bytes, plus 12 bytes a field.
/// Errors   A row that is too long, or has a quoted field that is never closed, is kBad: what is
///          consumed is its first line only, so that one stray quote does not take the rows after
///          it along. Reading lines twice is paid from a budget (kRescanBudget, refilled by
///          progress); once that is used up everything scanned is consumed, so hostile input costs
///          linear time.
class CsvReader final : public RowReader {
 public:
  struct Options {
    char delimiter = ',';
    bool quotes = true;  ///< false: a quote is an ordinary character (many TSV files)
    std::size_t max_row_bytes = std::size_t{4} << 20;
  };
  static constexpr std::int64_t kRescanBudget = std::int64_t{64} << 20;

  explicit CsvReader(Options options) : options_(options) {}

  /// After kRow, fields() are the row's.
  Step Next(std::string_view rest, bool at_end) override;
  [[nodiscard]] std::size_t fields() const { return spans_.size(); }
  /// Unquoted value. Lives until the next call of Next or a change of the buffer. i < fields().
  [[nodiscard]] std::string_view field(std::size_t i) const {
    const Span& span = spans_[i];
    return {(span.in_scratch ? scratch_.data() : row_) + span.begin, span.end - span.begin};
  }
  /// After kRow: says that the row makes no sense (wrong number of fields). If it spans several
  /// lines, consumed() becomes its first line only, as for kBad.
  void Reject();

 private:
  struct Span {
    std::uint32_t begin, end;
    bool in_scratch;
  };
  struct Masks {
    std::uint64_t delimiter, quote, newline;
  };
  [[nodiscard]] Masks Block(const char* at, std::size_t size) const;
  Step Scan(std::string_view rest, bool at_end);
  /// False if what looked like a quoted field over several lines cannot be one.
  bool EndField(std::size_t end) {
    if (quoted_) return EndQuotedField(end);
    spans_.push_back(
        {static_cast<std::uint32_t>(field_begin_), static_cast<std::uint32_t>(end), false});
    field_begin_ = end + 1;
    return true;
  }
  bool EndQuotedField(std::size_t end);
  Step EndRow(std::size_t end, std::size_t consumed);
  Step Bad(const char* reason, std::size_t scanned);
  Step SkipLine(std::string_view rest, bool at_end);
  void StartRow();
  void Unquote();

  Options options_;
  std::vector<Span> spans_;
  std::string scratch_;
  const char* row_ = nullptr;
  std::size_t blank_ = 0;
  std::int64_t rescan_budget_ = kRescanBudget;

  // The scan of the row at the front, kept over kNeedMore. Offsets count from the row's first byte.
  std::size_t scanned_ = 0, field_begin_ = 0, close_ = 0;
  std::size_t breaks_ = 0;       // line breaks inside quoted fields
  std::size_t first_break_ = 0;  // offset behind the first of them
  std::size_t field_breaks_ = 0;
  bool in_quotes_ = false, quoted_ = false, escaped_ = false, any_escaped_ = false;
  bool skipping_ = false;  // the rest of a line that was given up
};

}  // namespace hb
