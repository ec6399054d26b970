// JSON values and lines in pieces are the same as in one, and every byte is passed exactly once.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "wire/json_splitter.h"
#include "wire/line_reader.h"

namespace {

template <typename Reader>
std::string Rows(std::string_view text, std::size_t piece) {
  using Step = hb::CsvReader::Step;
  Reader reader(256);
  std::string rows, buffer;
  std::size_t given = 0, passed = 0, lines = 0;
  for (std::size_t steps = 0;; ++steps) {
    if (steps > 4 * text.size() + 16) std::abort();
    const Step step = reader.Next(buffer, given == text.size());
    if (step == Step::kRow) rows.append(reader.raw()).append("\n");
    passed += reader.consumed();
    lines += reader.lines();
    buffer.erase(0, reader.consumed());
    if (step == Step::kEnd) break;
    if (step == Step::kNeedMore) {
      buffer.append(text.substr(given, piece));
      given += std::min(piece, text.size() - given);
    }
  }
  if (passed != text.size()) std::abort();
  if (lines != static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'))) std::abort();
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
