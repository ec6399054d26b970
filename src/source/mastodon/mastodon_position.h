// source/mastodon/mastodon_position.h - how far a Mastodon server was read.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"

namespace hb {

struct MastodonPosition {
  /// When the server was heard last, by our clock; the begin of a hole that is not refilled yet.
  EventTime heard{};
  std::string newest{};  ///< id of the newest status that was read, "" for none

  [[nodiscard]] std::string Text() const;
  /// kInvalidArgument: it is not one.
  static Result<MastodonPosition> Read(std::string_view text);
};

}  // namespace hb
