// source/bluesky/bluesky_source.h - Bluesky's public posts, by Jetstream.
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
#include "source/bluesky/jetstream_connection.h"
#include "source/bluesky/jetstream_position.h"
#include "source/feed.h"
#include "source/source.h"
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
class BlueskySource : public Source {
 public:
  struct Options {
    JetstreamConnection::Options connection{};
    /// How much of the past the very first connection asks for.
    std::chrono::milliseconds history{0};
    std::size_t queue_bytes = std::size_t{64} << 20;
  };
  BlueskySource(Options options, Env& env);
  ~BlueskySource() override;

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
  void UseMessage(const FeedItem& item, Intake& out);
  void SettleHoles(std::int64_t time_us, Intake& out);
  void MarkFilled(Intake& out);
  void AddDead(const FeedItem& item, std::int64_t time_us, std::string reason, Intake& out);
  void AdvanceMark(EventTime time);

  const Options options_;
  const std::string identity_;
  Env& env_;
  const std::shared_ptr<JetstreamShared> shared_ = std::make_shared<JetstreamShared>();
  JetstreamEvents events_;
  JetstreamPosition position_;
  std::vector<Gap> holes_;  ///< behind which no event came yet
  std::vector<FeedItem> items_;
  std::unique_ptr<Feed> feed_;
  std::atomic<Feed*> started_{nullptr};
  std::atomic<bool> stopped_{false};
  std::atomic<std::int64_t> mark_ms_{std::numeric_limits<std::int64_t>::min()};
  std::atomic<std::uint64_t> rows_{0}, posts_{0}, dead_{0};
};

}  // namespace hb
