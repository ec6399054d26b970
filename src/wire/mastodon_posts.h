// wire/mastodon_posts.h - posts and deletes of a Mastodon server: its stream and its timelines.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/output.h"

namespace hb {

struct MastodonOptions {
  /// The server that is read, "mastodon.social": its deletes name posts by ids of its own, which
  /// mean nothing elsewhere. "": unknown (a file), then deletes are skipped.
  std::string host{};
  bool keep_bots = true;      ///< posts of accounts that say that they are programs
  bool keep_unlisted = true;  ///< "visibility" other than "public"; private ones are never kept
  bool keep_noindex = true;   ///< posts of accounts that ask not to be indexed
};

/// Reads what Mastodon, and servers that speak its API, send.
///
/// A status is a post. Its id is its ActivityPub `uri`, so that the same post from two servers is
/// one. Its chain is "host/id", the name by which this server deletes it: a delete of it takes the
/// post and its edits along. A status that was edited is a new version, "uri#edited-" and the
/// moment, which replaces the first. A boost is a repost with the text of the original. The text is
/// the content warning, if there is one, and the content without HTML. An author is "user@host"
/// whatever server tells of it.
///
/// Threads  One at a time.
/// Errors   kInvalidArgument if a text cannot be used; nothing of it was appended.
class MastodonPosts {
 public:
  explicit MastodonPosts(MastodonOptions options);
  ~MastodonPosts();
  MastodonPosts(MastodonPosts&&) noexcept;
  MastodonPosts& operator=(MastodonPosts&&) noexcept;

  /// An event of a stream of server-sent events: "update", "status.update", "delete"; every other
  /// is skipped.
  Status Event(std::string_view event, std::string_view data, const WireRow& row, WireSink& sink);
  /// A message of the stream over WebSocket, or one status.
  Status Message(std::string_view text, const WireRow& row, WireSink& sink);

  /// A message of the stream over WebSocket, taken apart.
  struct StreamEvent {
    std::string type{}, data{};  ///< as Event takes them
  };
  /// kInvalidArgument: it is none; kUnavailable: the server says what is wrong.
  static Result<StreamEvent> SplitMessage(std::string_view text);
  /// Of a message that says what is wrong: the status of HTTP that it names; 0: none.
  static int ErrorStatus(std::string_view text);

  /// A page of a timeline, taken apart.
  struct Page {
    std::vector<std::string> statuses{};  ///< JSON of each, the last of the page (the oldest) first
    std::string newest{};                 ///< greatest id of this server, "" for none
  };
  static Result<Page> Split(std::string_view text);
  /// The id of the status in an event's data; "" if it has none.
  static std::string IdOf(std::string_view data);
  /// Where the server streams, out of its answer to /api/v2/instance: "wss://stream.example"; "" if
  /// it does not say.
  static std::string StreamingUrl(std::string_view instance);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// -1, 0 or 1: which of two ids of a server is the later one. They are numbers of up to 19 digits,
/// and on some servers other texts that grow: then the longer, then the greater one.
int CompareMastodonIds(std::string_view a, std::string_view b);

}  // namespace hb
