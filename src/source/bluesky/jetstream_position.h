// source/bluesky/jetstream_position.h - how far Jetstream was read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "record/gap.h"

namespace hb {

/// Where the source stands, small and readable.
struct JetstreamPosition {
  static constexpr std::size_t kMostGaps = 8;

  std::int64_t time_us = 0;  ///< server's time of the newest event that was read; 0: none yet
  EventTime heard{};         ///< when the server was heard last, by our clock
  /// Holes that the server's replay is filling: passed once time_us is at their end.
  std::vector<Gap> filling{};

  [[nodiscard]] std::string Text() const;
  /// kInvalidArgument: it is not one.
  static Result<JetstreamPosition> Read(std::string_view text);
};

}  // namespace hb
