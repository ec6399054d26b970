// wire/jetstream.h - posts and deletes of Bluesky's Jetstream, v1 and v2. Internal to wire.
#pragma once

#include <string>

#include "base/result.h"
#include "wire/json_text.h"
#include "wire/output.h"

namespace hb {

/// Parses one event of https://github.com/bluesky-social/jetstream, in the v1 form ("time_us",
/// "kind", "commit") and the v2 form ("$type": "message" with a payload). A created post is a post;
/// its update is a new version of it, "uri#edited-" and the update's revision, which replaces the
/// first; deletes and account events are redactions; every other collection, identities and syncs
/// are skipped.
///
/// Time  The client sets createdAt and may lie: the earlier of it and the server's time counts, and
/// the
///       server's alone when the two are more than 24 hours apart.
class Jetstream {
 public:
  static bool Recognise(const JsonObject& root);
  Status Parse(const JsonObject& root, bool repaired, const WireRow& row, WireSink& sink);

 private:
  Status Commit(std::string_view did, EventTime server_time, const JsonObject& commit,
                bool repaired, const WireRow& row, WireSink& sink);
  Status Post(std::string_view did, EventTime server_time, const JsonObject& record, bool repaired,
              const WireRow& row, WireSink& sink);
  std::string uri_, edit_;  ///< id of the post, and of the version; "": the first one
};

}  // namespace hb
