// source/bluesky/bluesky_source.h - Bluesky's public posts, by Jetstream.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "env/env.h"
#include "source/bluesky/jetstream_connection.h"
#include "source/bluesky/jetstream_position.h"
#include "source/feed_source.h"
#include "wire/jetstream_events.h"

namespace hb {

/// Posts, deletes, edits and account events of Bluesky as they happen.
///
/// Delivery  The position is the server's time of the newest event. Each connection, after a
/// restart
///           too, asks for what came some seconds before it: what comes twice has the same key.
/// Gaps      Every time in which nobody listened is one. Its part that the server's history still
///           has is marked as refilled when the replay has passed its end, also after a restart;
///           the rest says that the history does not reach back.
/// Time      The watermark follows the server's clock, ten seconds behind.
/// Memory    Feed's queue.
class BlueskySource : public FeedSource {
 public:
  struct Options {
    JetstreamConnection::Options connection{};
    /// How much of the past the very first connection asks for.
    std::chrono::milliseconds history{0};
    std::size_t queue_bytes = std::size_t{64} << 20;
  };
  BlueskySource(Options options, Env& env);

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
  void SettleHoles(std::int64_t time_us, Intake& out);
  void MarkFilled(Intake& out);

  const Options options_;
  const std::shared_ptr<JetstreamShared> shared_ = std::make_shared<JetstreamShared>();
  JetstreamEvents events_;
  JetstreamPosition position_;
  std::vector<Gap> holes_;  ///< behind which no event came yet
};

}  // namespace hb
