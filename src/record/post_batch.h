// record/post_batch.h - posts on their way through the pipeline, held as columns.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "record/columns.h"

namespace hb {

/// What a post is to the conversation. Stored: append only.
enum class PostKind : std::uint8_t { kPost = 0, kRepost = 1, kReply = 2, kQuote = 3 };
/// "post", "repost", "reply", "quote".
std::string_view PostKindName(PostKind kind) noexcept;

/// Facts about a post that rules ask for. A bit set; stored: append only.
enum PostFlag : std::uint16_t {
  kFlagVerified = 1u << 0,  ///< author is verified
  kFlagMedia = 1u << 1,     ///< any media attached
  kFlagImages = 1u << 2,
  kFlagVideo = 1u << 3,
  kFlagGeo = 1u << 4,
  kFlagNullcast = 1u << 5,
  kFlagSensitive = 1u << 6,
  kFlagRepaired = 1u << 7,  ///< content held invalid UTF-8, replaced by U+FFFD at the door
};

/// One post by itself: what a parser fills, and what is appended to a batch. Views are borrowed for
/// the call. Empty means unknown.
struct PostView {
  EventTime time{};            ///< the post's own time
  PostKey key{};               ///< see record/identity.h
  std::string_view id{};       ///< native id: X id, at-uri, ActivityPub uri, or "digest#row"
  std::string_view source{};   ///< catalogue name of the source: "replay", "demo", ...
  std::string_view content{};  ///< valid UTF-8
  std::string_view lang{};     ///< as the platform says; analysis finds its own
  std::string_view author{};   ///< native author id, or handle where there is none
  std::string_view handle{};   ///< user name without @
  std::string_view country{};  ///< ISO 3166-1 alpha-2
  std::string_view conversation{};
  std::string_view chain{};      ///< first id of the edit chain when this is an edit, else ""
  std::string_view reply_to{};   ///< handle or id that is replied to
  std::string_view repost_of{};  ///< handle or id whose post is reposted or quoted
  PostKind kind = PostKind::kPost;
  std::uint16_t flags = 0;      ///< PostFlag bits
  std::int64_t followers = -1;  ///< of the author; -1 unknown
};

/// Posts as columns; row i of every column belongs together.
///
/// Threads  A plain value: one writer, or any number of readers.
/// Memory   Clear keeps capacity; in steady state a batch that is used again allocates nothing.
class PostBatch {
 public:
  /// Appends `post`. Values that were pushed to `urls` and `hashtags` since the last Append become
  /// its lists. Does not touch `tasks` and `rules_version`: ingest fills them.
  void Append(const PostView& post);
  /// Appends row `row` of `other`, lists included.
  void AppendRow(const PostBatch& other, std::size_t row);
  [[nodiscard]] PostView Row(std::size_t row) const;  ///< Views live until the batch changes.
  [[nodiscard]] std::size_t size() const { return time.size(); }
  [[nodiscard]] bool empty() const { return time.empty(); }
  void Clear();
  void Truncate(std::size_t rows);
  [[nodiscard]] std::size_t memory() const;

  std::vector<EventTime> time;
  std::vector<PostKey> key;
  StringColumn id, source, content, lang, author, handle, country, conversation, chain, reply_to,
      repost_of;
  std::vector<PostKind> kind;
  std::vector<std::uint16_t> flags;
  std::vector<std::int64_t> followers;
  ListColumn urls, hashtags;  ///< As the source gave them (expanded urls; tags without '#').
  /// Tags of the tasks whose rules matched, set by ingest. `tasks` may have fewer rows than the
  /// batch while it has not been matched yet.
  ListColumn tasks;
  std::vector<std::uint32_t> rules_version;
};

}  // namespace hb
