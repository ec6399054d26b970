// CSV in pieces gives the same rows as in one, and rows never hold what is not in the text.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "wire/csv_posts.h"
#include "wire/csv_reader.h"
#include "wire/read_in_pieces.h"

namespace {

using hb::CsvReader;

/// Rows of `text`, joined.
std::string Rows(std::string_view text, std::size_t piece) {
  CsvReader reader({.delimiter = ',', .quotes = true, .max_row_bytes = 512});
  std::string rows;
  const hb::PiecesRead read =
      hb::ReadInPieces(reader, text, piece, [&](CsvReader::Step step, std::size_t) {
        if (step != CsvReader::Step::kRow) return;
        for (std::size_t i = 0; i < reader.fields(); ++i) rows.append(reader.field(i)).append("|");
        rows += '\n';
      });
  if (read.stuck || read.bytes != text.size()) std::abort();
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
