#include "wire/json_splitter.h"

#include <algorithm>

namespace hb {

namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::size_t Lines(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

/// Goes on with the value at rest[0]; true with `at` behind it if its end was found.
bool JsonSplitter::FindEnd(std::string_view rest, std::size_t& at) {
  for (at = scanned_; at < rest.size(); ++at) {
    const char c = rest[at];
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
        if (depth_ == 0) {
          ++at;
          return true;
        }
      }
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if (c == '}' || c == ']') {
      if (depth_ == 0) return true;  // of the array around a bare value
      if (--depth_ == 0) {
        ++at;
        return true;
      }
    } else if (depth_ == 0 && (c == ',' || IsBlank(c))) {
      return true;  // a number or a word
    }
  }
  return false;
}

JsonSplitter::Step JsonSplitter::Finish(Step step, std::string_view rest, std::size_t consumed) {
  consumed_ += consumed;
  lines_ += Lines(rest.substr(0, consumed));
  return step;
}

JsonSplitter::Step JsonSplitter::Next(std::string_view rest, bool at_end) {
  consumed_ = lines_ = lines_before_ = 0;
  for (;;) {
    if (!in_value_) {
      // Between values: blanks, commas and the brackets of an array at the top.
      std::size_t skip = 0;
      while (skip < rest.size() &&
             (IsBlank(rest[skip]) || rest[skip] == ',' || rest[skip] == '[' || rest[skip] == ']')) {
        ++skip;
      }
      lines_ += Lines(rest.substr(0, skip));
      lines_before_ = lines_;
      consumed_ += skip;
      rest.remove_prefix(skip);
      if (rest.empty()) return at_end ? Step::kEnd : Step::kNeedMore;
      in_value_ = true;
      in_string_ = escaped_ = false;
      scanned_ = 0;
      depth_ = 0;
    }
    std::size_t at = 0;
    const bool found = FindEnd(rest, at);
    // A bracket that closes nothing is passed over by itself.
    if (found && at == 0) at = 1;
    if (skipping_) {
      scanned_ = 0;
      if (!found) return Finish(at_end ? Step::kEnd : Step::kNeedMore, rest, rest.size());
      skipping_ = in_value_ = false;
      Finish(Step::kNeedMore, rest, at);
      rest.remove_prefix(at);
      continue;
    }
    if (!found && rest.size() > max_value_bytes_) {
      raw_ = rest;
      reason_ = "value is longer than allowed";
      skipping_ = true;
      scanned_ = 0;
      return Finish(Step::kBad, rest, rest.size());
    }
    if (!found && !at_end) {
      scanned_ = rest.size();
      return Step::kNeedMore;
    }
    if (!found) at = rest.size();
    in_value_ = false;
    scanned_ = 0;
    raw_ = rest.substr(0, at);
    if (raw_.size() > max_value_bytes_) {
      reason_ = "value is longer than allowed";
      return Finish(Step::kBad, rest, at);
    }
    return Finish(Step::kRow, rest, at);
  }
}

bool IsJsonDocument(std::string_view head) {
  const std::size_t begin = head.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return false;
  head.remove_prefix(begin);
  if (head[0] == '[') return true;
  const std::size_t newline = head.find('\n');
  if (newline == std::string_view::npos) return false;
  JsonSplitter first(SIZE_MAX);
  if (first.Next(head.substr(0, newline), false) == RowReader::Step::kRow) return false;
  // The first line is cut off, or the object goes on: then the next line is no object of its own.
  const std::size_t next = head.find_first_not_of(" \t\r\n", newline);
  return next == std::string_view::npos || head[next] != '{' || head[next - 1] != '\n';
}

}  // namespace hb
