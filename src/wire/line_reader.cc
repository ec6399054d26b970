#include "wire/line_reader.h"

#include <cstring>

namespace hb {

namespace {
bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
}  // namespace

LineReader::Step LineReader::Next(std::string_view rest, bool at_end) {
  consumed_ = lines_ = lines_before_ = 0;
  for (;;) {
    const std::size_t begin = consumed_;
    const void* found =
        begin + scanned_ < rest.size()
            ? std::memchr(rest.data() + begin + scanned_, '\n', rest.size() - begin - scanned_)
            : nullptr;
    if (found == nullptr && !skipping_ && rest.size() - begin > max_line_bytes_) {
      raw_ = rest.substr(begin);
      reason_ = "line is longer than allowed";
      lines_before_ = lines_;
      consumed_ = rest.size();
      scanned_ = 0;
      skipping_ = true;
      return Step::kBad;
    }
    if (found == nullptr && !at_end) {
      if (skipping_) {
        consumed_ = rest.size();
      } else {
        scanned_ = rest.size() - begin;
      }
      return Step::kNeedMore;
    }
    const std::size_t end =
        found == nullptr ? rest.size()
                         : static_cast<std::size_t>(static_cast<const char*>(found) - rest.data());
    scanned_ = 0;
    consumed_ = found == nullptr ? end : end + 1;
    const std::size_t before = lines_;
    if (found != nullptr) ++lines_;
    if (skipping_) {
      skipping_ = false;
      if (found == nullptr) return Step::kEnd;
      continue;
    }
    std::string_view line = rest.substr(begin, end - begin);
    while (!line.empty() && IsBlank(line.back())) line.remove_suffix(1);
    while (!line.empty() && IsBlank(line.front())) line.remove_prefix(1);
    if (line.empty()) {
      if (found == nullptr) return Step::kEnd;
      continue;
    }
    lines_before_ = before;
    raw_ = line;
    if (line.size() > max_line_bytes_) {
      reason_ = "line is longer than allowed";
      return Step::kBad;
    }
    return Step::kRow;
  }
}

}  // namespace hb
