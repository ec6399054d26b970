// source/mastodon/mastodon_source.h - the public posts of a Mastodon server.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "env/env.h"
#include "source/feed_source.h"
#include "source/mastodon/mastodon_connection.h"
#include "source/mastodon/mastodon_position.h"
#include "wire/mastodon_posts.h"

namespace hb {

/// Posts, edits, boosts and deletes that a server's stream tells, and its timeline's where the
/// stream was not heard.
///
/// Delivery  The position is the id of the newest status. After each connection, after a restart
///           too, the timeline is read from a minute before it: what comes twice has the same key.
/// Gaps      Every time in which nobody listened is one. It is marked as refilled when the timeline
///           has nothing newer; not exactly, because a timeline has no deletes and no edits.
/// Time      The watermark is half a minute behind the clock: posts of other servers come late.
/// Memory    Feed's queue.
class MastodonSource : public FeedSource {
 public:
  struct Options {
    MastodonConnection::Options connection{};
    MastodonOptions posts{};  ///< `host` is that of the server
    std::size_t queue_bytes = std::size_t{32} << 20;
  };
  MastodonSource(Options options, Env& env);

  [[nodiscard]] std::string Title() const override;
  Status Resume(const Position& position) override;

 private:
  std::unique_ptr<FeedConnection> Connect() override;
  [[nodiscard]] EventTime HeardUntil() const override { return position_.heard; }
  void UseMessage(const FeedItem& item, Intake& out) override;
  void UseHole(const FeedItem& item, Intake& out) override;
  void UsedAll(EventTime last) override;
  void HeardNothing(EventTime heard) override;
  [[nodiscard]] Position PositionNow() const override { return position_.Text(); }
  [[nodiscard]] Standing HowItStands() const override;
  void UseEvent(std::string_view type, std::string_view data, const FeedItem& item, Intake& out);
  void EndRefill(std::string_view why_not, Intake& out);
  void NoteNewest(std::string id);

  const Options options_;
  const std::shared_ptr<MastodonShared> shared_ = std::make_shared<MastodonShared>();
  MastodonPosts posts_;
  MastodonPosition position_;
  std::vector<Gap> filling_;  ///< holes behind which the timeline was not read to its end yet
};

}  // namespace hb
