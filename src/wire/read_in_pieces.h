// wire/read_in_pieces.h - drives a reader as a source does. Only for tests and fuzz targets.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "wire/row_reader.h"

namespace hb {

/// What a reader made of a whole text.
struct PiecesRead {
  std::size_t lines = 0, bytes = 0;
  std::size_t most_held = 0;  ///< bytes of the text that were unread at once, at most
  bool stuck = false;         ///< it stopped making progress
};

/// Gives `text` to `reader` in pieces of `piece` bytes and calls on_row(step, line) for each row
/// and each bad row, `line` counted from 1.
template <typename OnRow>
PiecesRead ReadInPieces(RowReader& reader, std::string_view text, std::size_t piece,
                        const OnRow& on_row) {
  using Step = RowReader::Step;
  PiecesRead read;
  std::string buffer;
  std::size_t given = 0;
  for (std::size_t steps = 0;; ++steps) {
    const bool at_end = given == text.size();
    const Step step = reader.Next(buffer, at_end);
    if (step == Step::kRow || step == Step::kBad) {
      on_row(step, read.lines + reader.lines_before() + 1);
    }
    read.lines += reader.lines();
    read.bytes += reader.consumed();
    buffer.erase(0, reader.consumed());
    read.most_held = std::max(read.most_held, buffer.size());
    if (step == Step::kEnd) return read;
    if (step == Step::kNeedMore) {
      read.stuck = at_end && reader.consumed() == 0;
      buffer.append(text.substr(given, piece));
      given = std::min(text.size(), given + piece);
    }
    read.stuck = read.stuck || steps > 4 * text.size() + 16;
    if (read.stuck) return read;
  }
}

}  // namespace hb
