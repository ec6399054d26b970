// wire/mastodon.h - statuses and streaming events of Mastodon. Internal to wire; others use
// mastodon_posts.h.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/html_text.h"
#include "wire/json_text.h"
#include "wire/mastodon_posts.h"
#include "wire/output.h"

namespace hb {

/// Reads parsed JSON: a Status (https://docs.joinmastodon.org/entities/Status/), and a message of
/// the streaming API over WebSocket, whose payload is JSON within a string
/// (https://docs.joinmastodon.org/methods/streaming/). What becomes of them: mastodon_posts.h.
///
/// Threads  One at a time.
class Mastodon {
 public:
  explicit Mastodon(MastodonOptions options = {}) : options_(std::move(options)) {}

  static bool Recognise(const JsonObject& root);
  /// A status or a message, whichever it is.
  hb::Status Parse(const JsonObject& root, bool repaired, const WireRow& row, WireSink& sink);
  /// One event of the stream; `data` is JSON, or the id of a delete.
  hb::Status Event(std::string_view event, std::string_view data, const WireRow& row,
                   WireSink& sink);

 private:
  hb::Status ReadStatus(const JsonObject& status, bool repaired, const WireRow& row,
                        WireSink& sink);
  [[nodiscard]] bool IsWanted(const JsonObject& status) const;

  const MastodonOptions options_;
  JsonText payload_;
  HtmlText html_;
  std::string id_, chain_, content_, author_, other_;  // of the post that is read
};

}  // namespace hb
