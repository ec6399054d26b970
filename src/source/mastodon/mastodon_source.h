// source/mastodon/mastodon_source.h - the public posts of a Mastodon server.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "env/env.h"
#include "source/feed.h"
#include "source/mastodon/mastodon_connection.h"
#include "source/mastodon/mastodon_position.h"
#include "source/source.h"
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
class MastodonSource : public Source {
 public:
  struct Options {
    MastodonConnection::Options connection{};
    MastodonOptions posts{};  ///< `host` is that of the server
    std::size_t queue_bytes = std::size_t{32} << 20;
  };
  MastodonSource(Options options, Env& env);
  ~MastodonSource() override;

  [[nodiscard]] std::string Identity() const override { return identity_; }
  [[nodiscard]] std::string Title() const override;
  Status Resume(const Position& position) override;
  Result<PollState> Poll(std::size_t limit, std::chrono::milliseconds wait, Intake& out) override;
  Status Acknowledge(const Position& position) override;
  void Stop() noexcept override;
  [[nodiscard]] std::optional<EventTime> Watermark() const override;
  [[nodiscard]] Progress GetProgress() const override;
  [[nodiscard]] SourceHealth GetHealth() const override;

 private:
  void Begin();
  void Use(const FeedItem& item, Intake& out);
  void EndRefill(std::string_view why_not, Intake& out);
  void NoteNewest(std::string id);
  void AddDead(const FeedItem& item, std::string_view raw, std::string reason, Intake& out);

  const Options options_;
  const std::string identity_;
  Env& env_;
  const std::shared_ptr<MastodonShared> shared_ = std::make_shared<MastodonShared>();
  MastodonPosts posts_;
  MastodonPosition position_;
  std::vector<Gap> filling_;  ///< holes behind which the timeline was not read to its end yet
  std::vector<FeedItem> items_;
  std::unique_ptr<Feed> feed_;
  std::atomic<Feed*> started_{nullptr};
  std::atomic<bool> stopped_{false};
  std::atomic<std::int64_t> mark_ms_{std::numeric_limits<std::int64_t>::min()};
  std::atomic<std::uint64_t> rows_{0}, posts_given_{0}, dead_{0};
};

}  // namespace hb
