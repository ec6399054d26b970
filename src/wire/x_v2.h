// wire/x_v2.h - posts and compliance events of the X API v2. Internal to wire.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "wire/json_text.h"
#include "wire/output.h"

namespace hb {

/// What a message says beside its posts, to be found by id.
struct XIncludes {
  using Index = std::vector<std::pair<std::string_view, JsonObject>>;
  Index users, posts, media, places;
  void Clear();
  void Read(const JsonObject& root);
  /// Null if it is not there. Cost: O(log n).
  static const JsonObject* Find(const Index& index, std::string_view id);
};

/// Parses what https://docs.x.com gives: `{"data":{..},"includes":{..},"matching_rules":[..]}`, a
/// body with `data` an array, one post object by itself (also with its author and references put
/// inside, as twarc writes them), compliance events and batch compliance lines. Each renamed field
/// is read under both names (edit_history_tweet_ids and edit_history_post_ids, ...).
///
/// Choices  A repost has the text, links and tags of the original where that is included, since its
/// own
///          text is cut. A long post has the text of note_tweet. Without created_at the time is the
///          one inside the id. Each id before the post's own in its edit history is redacted as
///          edited.
class XV2 {
 public:
  /// False if `root` is nothing of this API.
  static bool Recognise(const JsonObject& root);
  Status Parse(const JsonObject& root, bool repaired, const WireRow& row, WireSink& sink);

 private:
  Status Post(const JsonObject& post, bool repaired, const WireRow& row, WireSink& sink);
  Status Event(std::string_view name, const JsonObject& event, const WireRow& row, WireSink& sink);

  XIncludes includes_;
};

}  // namespace hb
