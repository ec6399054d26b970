// wire/jetstream_events.h - events of Bluesky's Jetstream as they come, v1 and v2.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "wire/output.h"

namespace hb {

/// What the server says about an event, whether it could be used or not.
struct JetstreamEvent {
  std::int64_t time_us = 0;  ///< when the server had it, since 1970; 0: it does not say
};

/// Reads one event at a time. What becomes of it: JsonPosts, format kJetstream.
///
/// Threads  One at a time.
/// Errors   kInvalidArgument if it cannot be used; nothing was appended.
class JetstreamEvents {
 public:
  JetstreamEvents();
  ~JetstreamEvents();
  JetstreamEvents(const JetstreamEvents&) = delete;
  JetstreamEvents& operator=(const JetstreamEvents&) = delete;

  /// `event` is set as far as the text could be read, also with an error.
  Status Parse(std::string_view text, const WireRow& row, WireSink& sink, JetstreamEvent& event);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hb
