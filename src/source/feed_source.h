// source/feed_source.h - what sources that listen by a Feed, and keep nothing back, have in common.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "env/env.h"
#include "source/feed.h"
#include "source/source.h"

namespace hb {

/// "https://host:port/x" -> "host:port".
std::string HostOf(std::string_view url);
/// What a source of kind `kind` that listens to `name` at `url` is told from others by, at most 200
/// bytes: "mastodon:mastodon.social:public".
std::string IdentityOf(std::string_view kind, std::string_view url, std::string_view name);

/// Turns what a feed heard into intakes; the source of a network says what it means.
///
/// Lifecycle  The feed is made by the first Poll, behind Resume.
/// Threads    As those of Source. What a source adds is called on the ingest thread alone.
/// Memory     The feed's queue.
/// Errors     kInvalidArgument: the server refuses us for good.
class FeedSource : public Source {
 public:
  ~FeedSource() override;

  [[nodiscard]] std::string Identity() const override { return identity_; }
  Result<PollState> Poll(std::size_t limit, std::chrono::milliseconds wait, Intake& out) override;
  /// Nothing to do: the server keeps what was said for as long as it likes.
  Status Acknowledge(const Position& position) override;
  void Stop() noexcept override;
  [[nodiscard]] std::optional<EventTime> Watermark() const override;
  [[nodiscard]] Progress GetProgress() const override;
  [[nodiscard]] SourceHealth GetHealth() const override;

 protected:
  struct Network {
    std::string_view kind;   ///< catalogue name: "bluesky"
    std::string_view title;  ///< "Bluesky"
  };
  FeedSource(Network network, std::string identity, std::size_t queue_bytes, Env& env);

  /// What is listened to, for the first Poll.
  virtual std::unique_ptr<FeedConnection> Connect() = 0;
  /// When the server was heard last, before this process; 0: never.
  [[nodiscard]] virtual EventTime HeardUntil() const = 0;
  virtual void UseMessage(const FeedItem& item, Intake& out) = 0;
  /// Nobody listened from item.from to item.at, which is later.
  virtual void UseHole(const FeedItem& item, Intake& out) = 0;
  /// All items of a Poll, at least one, were used.
  virtual void UsedAll(EventTime last) = 0;
  /// It listens, and nothing came since `heard`.
  virtual void HeardNothing(EventTime heard) = 0;
  [[nodiscard]] virtual Position PositionNow() const = 0;

  struct Standing {
    std::string host, note;  ///< where it is connected; what a person should know, or ""
    bool catching_up = false;
  };
  [[nodiscard]] virtual Standing HowItStands() const = 0;

  /// Of the message `item`, `raw` could not be used.
  void AddDead(const FeedItem& item, std::string_view raw, std::string location, std::string reason,
               Intake& out);
  /// All before `time` is believed to have come; an earlier one than before changes nothing.
  void AdvanceMark(EventTime time);
  void CountMessage(std::size_t posts) {
    ++rows_;
    posts_ += posts;
  }
  [[nodiscard]] std::string_view kind() const { return network_.kind; }
  [[nodiscard]] const Clock& clock() const { return env_.clock; }

 private:
  void Begin();

  const Network network_;
  const std::string identity_;
  const std::size_t queue_bytes_;
  Env& env_;
  std::vector<FeedItem> items_;
  std::unique_ptr<Feed> feed_;
  std::atomic<Feed*> started_{nullptr};
  std::atomic<bool> stopped_{false};
  std::atomic<std::int64_t> mark_ms_{std::numeric_limits<std::int64_t>::min()};
  std::atomic<std::uint64_t> rows_{0}, posts_{0}, dead_{0};
};

}  // namespace hb
