// wire/sse_reader.h - server-sent events out of a stream that comes in pieces.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hb {

/// Reads the event stream format (https://html.spec.whatwg.org/multipage/server-sent-events.html,
/// "interpreting an event stream"): lines end with LF, CR or both; "id" and "retry" are passed
/// over.
///
/// Threads  One at a time.
/// Memory   One event, at most `max_bytes`.
class SseReader {
 public:
  /// An event: its type ("message" if none is said) and its data. False: read no more.
  using OnEvent = std::function<bool(std::string_view type, std::string_view data)>;
  using OnComment = std::function<void()>;  ///< servers say them to show that they live

  SseReader(std::size_t max_bytes, OnEvent on_event, OnComment on_comment);

  /// Reads the next piece. kCancelled: on_event said so; kExhausted: an event or a line is longer
  /// than max_bytes.
  Status Read(std::string_view piece);

 private:
  Status EndLine();
  const std::size_t max_bytes_;
  const OnEvent on_event_;
  const OnComment on_comment_;
  std::string line_, type_, data_;
  bool has_data_ = false, after_cr_ = false, first_ = true;
};

}  // namespace hb
