// CSV in pieces gives the same rows as in one, and rows never hold what is not in the text.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "wire/csv_posts.h"
#include "wire/csv_reader.h"

namespace {

using hb::CsvReader;

/// Rows and bad rows of `text`, joined.
std::string Rows(std::string_view text, std::size_t piece) {
  CsvReader reader({.delimiter = ',', .quotes = true, .max_row_bytes = 512});
  std::string rows, buffer;
  std::size_t given = 0, passed = 0;
  for (std::size_t steps = 0;; ++steps) {
    if (steps > 4 * text.size() + 16) std::abort();  // no progress
    const bool at_end = given == text.size();
    const CsvReader::Step step = reader.Next(buffer, at_end);
    if (step == CsvReader::Step::kRow) {
      for (std::size_t i = 0; i < reader.fields(); ++i) rows.append(reader.field(i)).append("|");
      rows += '\n';
    }
    passed += reader.consumed();
    buffer.erase(0, reader.consumed());
    if (step == CsvReader::Step::kEnd) break;
    if (step == CsvReader::Step::kNeedMore) {
      buffer.append(text.substr(given, piece));
      given += std::min(piece, text.size() - given);
    }
  }
  if (passed != text.size()) std::abort();
  return rows;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (size < 512 && Rows(text, 1) != Rows(text, 4096)) std::abort();
  Rows(text, 7);

  CsvReader reader({.delimiter = hb::GuessDelimiter(text.substr(0, text.find('\n')))});
  std::size_t at = 0;
  if (reader.Next(text, true) != CsvReader::Step::kRow) return 0;
  auto posts = hb::CsvPosts::Create(reader, {});
  if (!posts.ok()) return 0;
  hb::PostBatch batch;
  at += reader.consumed();
  for (;;) {
    const CsvReader::Step step = reader.Next(text.substr(at), true);
    if (step == CsvReader::Step::kEnd) return 0;
    if (step == CsvReader::Step::kRow) {
      const bool ok = posts.value().Append(reader, {.source = "fuzz", .row_id = "r"}, batch).ok();
      if (!ok) reader.Reject();
    }
    at += reader.consumed();
  }
}
