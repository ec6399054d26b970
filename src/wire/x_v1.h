// wire/x_v1.h - posts and notices of the X API v1.1. Internal to wire.
#pragma once

#include "base/result.h"
#include "wire/json_text.h"
#include "wire/output.h"

namespace hb {

/// Parses a v1.1 post ("Wed Aug 27 13:08:45 +0000 2008", text or full_text, extended_tweet,
/// retweeted_status, quoted_status, user) and the notices of its streams: delete, scrub_geo,
/// status_withheld, user_withheld become redactions; limit, warning, disconnect and the like are
/// skipped. Shapes as in the archived "Tweet object" and "Streaming message types" pages of X's
/// documentation.
class XV1 {
 public:
  static bool Recognise(const JsonObject& root);
  static Status Parse(const JsonObject& root, bool repaired, const WireRow& row, WireSink& sink);
};

}  // namespace hb
