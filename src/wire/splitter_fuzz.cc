// JSON values and lines in pieces are the same as in one, and every byte is passed exactly once.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "wire/json_splitter.h"
#include "wire/line_reader.h"
#include "wire/read_in_pieces.h"

namespace {

template <typename Reader>
std::string Rows(std::string_view text, std::size_t piece) {
  Reader reader(256);
  std::string rows;
  const hb::PiecesRead read =
      hb::ReadInPieces(reader, text, piece, [&](hb::RowReader::Step step, std::size_t) {
        if (step == hb::RowReader::Step::kRow) rows.append(reader.raw()).append("\n");
      });
  if (read.stuck || read.bytes != text.size()) std::abort();
  const auto breaks = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  if (read.lines != breaks) std::abort();
  return rows;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (Rows<hb::JsonSplitter>(text, 3) != Rows<hb::JsonSplitter>(text, 100'000) && size < 256)
    std::abort();
  if (Rows<hb::LineReader>(text, 3) != Rows<hb::LineReader>(text, 100'000)) std::abort();
  hb::IsJsonDocument(text);
  return 0;
}
