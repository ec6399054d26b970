// source/replay/letter_context.h - what a reader of one dead letter's bytes needs beside them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace hb {

/// How the file was read from which a dead letter came. In the record it is a JSON object of these
/// members; other members are passed over.
struct LetterContext {
  /// Longest header that is kept with each letter of a file.
  static constexpr std::size_t kMaxHeaderBytes = 16 * 1024;

  std::string format = "auto";  ///< csv, or as --format says of JSON
  char delimiter = ',';         ///< of a CSV
  bool quotes = true;           ///< of a CSV: a quote quotes
  std::string header;           ///< of a CSV: its first row; "" if it was too long to keep
  std::string map;              ///< "content=text,time=created_at"
};

std::string FormatLetterContext(const LetterContext& context);
/// "" is JSON that is recognised by itself. kCorrupt: `text` is not such an object.
Result<LetterContext> ParseLetterContext(std::string_view text);

}  // namespace hb
