#include "wire/sse_reader.h"

#include <utility>

namespace hb {

SseReader::SseReader(std::size_t max_bytes, OnEvent on_event, OnComment on_comment)
    : max_bytes_(max_bytes), on_event_(std::move(on_event)), on_comment_(std::move(on_comment)) {}

Status SseReader::EndLine() {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  std::string_view line = line_;
  if (std::exchange(first_, false) && line.starts_with(kByteOrderMark))
    line.remove_prefix(kByteOrderMark.size());
  if (line.empty()) {
    bool go_on = true;
    if (has_data_) go_on = on_event_(type_.empty() ? "message" : std::string_view(type_), data_);
    type_.clear();
    data_.clear();
    has_data_ = false;
    return go_on ? Ok() : Status(Error{Code::kCancelled, "stopped by the reader"});
  }
  if (line.front() == ':') {
    if (on_comment_) on_comment_();
    return Ok();
  }
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "event") type_ = value;
  if (name == "data") {
    if (data_.size() + value.size() > max_bytes_)
      return Error{Code::kExhausted, "an event is longer than " + std::to_string(max_bytes_)};
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
  }
  return Ok();
}

Status SseReader::Read(std::string_view piece) {
  while (!piece.empty()) {
    if (std::exchange(after_cr_, false) && piece.front() == '\n') {
      piece.remove_prefix(1);
      continue;
    }
    const std::size_t end = piece.find_first_of("\r\n");
    const std::string_view part = piece.substr(0, end);
    if (line_.size() + part.size() > max_bytes_)
      return Error{Code::kExhausted, "a line is longer than " + std::to_string(max_bytes_)};
    line_ += part;
    if (end == std::string_view::npos) return Ok();
    after_cr_ = piece[end] == '\r';
    piece.remove_prefix(end + 1);
    const Status ended = EndLine();
    line_.clear();
    HB_TRY(ended);
  }
  return Ok();
}

}  // namespace hb
