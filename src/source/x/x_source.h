// source/x/x_source.h - X's streams as sources: what x_stream and x_sample have in common.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "env/env.h"
#include "source/feed.h"
#include "source/source.h"
#include "source/x/budget.h"
#include "source/x/holes.h"
#include "source/x/meter.h"
#include "source/x/x_client.h"
#include "source/x/x_compliance_feeds.h"
#include "source/x/x_helper.h"
#include "source/x/x_recovery.h"
#include "source/x/x_staged.h"
#include "wire/x_answers.h"

namespace hb {

/// Listens to one of X's streams, and asks for what was missed meanwhile.
///
/// Delivery  At least once: a position is a moment, and what was said after the last one that is
///           safe in the log is a hole of the next run, which search fills. Posts come doubled.
/// Gaps      Every time without a byte, from before the last one to the first one after; told while
///           it grows, and again as search fills it. It begins earlier by `delay`, and by as much
///           as the last posts came late: what X had still to say is lost as well. What search
///           gives is not quite what the stream would have given: `exact` is false then.
///           While rules are thinned or paused to keep to the budget there is a gap as well, filled
///           as far as posts still come; nothing is searched for then, and a search under way
///           ends before its next page.
/// Threads   Beside those of Source: one that listens, one that asks.
/// Errors    kInvalidArgument: X refuses us (token, permission).
class XSource : public Source {
 public:
  struct Options {
    std::string kind;  ///< "x_stream": the source of its posts
    std::string name;  ///< tells apps apart
    XAccess access;
    std::string path;   ///< of the stream
    bool rules = true;  ///< it is filtered by rules that are kept equal to the tasks
    std::string tag_prefix = "heartbeat:";
    bool refill = true;
    bool recovery = false;  ///< the stream itself is asked first for what it did not send
    std::chrono::milliseconds refill_after{30'000};
    std::chrono::milliseconds delay{10'000};
    std::chrono::milliseconds silence{21'000};
    bool compliance = false;   ///< listen to X's compliance streams too
    int backfill_minutes = 0;  ///< that X sends again after a break: 0 to 5
    std::size_t query_chars = 512;
    std::size_t queue_bytes = std::size_t{64} << 20;
    std::size_t max_line_bytes = std::size_t{4} << 20;
    Meter::Prices prices;
    Budget::Options budget;
    std::chrono::milliseconds usage_every = std::chrono::minutes(15);  ///< 0: X is not asked
    std::uint64_t seed = 1;
  };
  XSource(Options options, Env& env);
  ~XSource() override;

  [[nodiscard]] std::string Identity() const override;
  [[nodiscard]] std::string Title() const override { return "X"; }
  Status Resume(const Position& position) override;
  void SetTasks(const std::vector<Task>& active, std::uint32_t rules_version) override;
  Result<PollState> Poll(std::size_t limit, std::chrono::milliseconds wait, Intake& out) override;
  Status Acknowledge(const Position& position) override;
  void Stop() noexcept override;
  [[nodiscard]] std::optional<EventTime> Watermark() const override;
  [[nodiscard]] Progress GetProgress() const override;
  [[nodiscard]] SourceHealth GetHealth() const override;

 private:
  void Begin();
  [[nodiscard]] Position PositionNow() const;
  void Read(const FeedItem& item, Intake& out);
  /// `live`: the stream said it just now.
  void ReadMessage(const FeedItem& item, bool live, Intake& out);
  void TakeRecovered(std::size_t limit, Intake& out);
  void TakeDeleted(Intake& out);
  void ReadPortion(const XHelper::Portion& portion, Intake& out);
  /// By how much the last posts came later than they were said.
  [[nodiscard]] std::chrono::milliseconds Lag() const;
  void GiveOpenGap(const FeedState& state, Intake& out);
  /// Has X asked for as much of each rule as the budget allows.
  void AskForTasks();
  void ReviewBudget(const FeedState& state, Intake& out);
  void AskForMissed(Intake& out);
  [[nodiscard]] std::optional<Error> StoppedError(const FeedState& state) const;

  const Options options_;
  Env& env_;
  std::unique_ptr<XHelper> helper_;
  mutable Mutex feed_mutex_;
  std::unique_ptr<Feed> feed_ HB_GUARDED_BY(feed_mutex_);  ///< made by the first Poll
  /// Made with it, under the same mutex; read by the ingest thread without.
  std::unique_ptr<XRecovery> recovery_;
  std::optional<Holes::Slice> recovering_;
  std::unique_ptr<XComplianceFeeds> compliance_;  ///< likewise
  Feed* listening_ = nullptr;                     ///< the same, for the ingest thread
  std::atomic<bool> stopped_{false};

  XAnswers answers_;
  XStaged staged_;
  std::vector<FeedItem> items_;
  std::size_t items_at_ = 0;
  std::optional<XHelper::Portion> portion_end_;  ///< given once its posts are
  Holes holes_;
  Meter meter_;
  Budget budget_;
  std::vector<Task> tasks_;  ///< of a rule each
  BudgetGap budget_gap_;
  std::vector<Gap> budget_gaps_;                ///< of the budget, to be told by the next poll
  EventTime heard_{};                           ///< everything that came up to here was given
  std::deque<std::chrono::milliseconds> lags_;  ///< of the last messages
  EventTime open_gap_told_{};                   ///< when the gap that is open now was told last
  std::deque<EventTime> breaks_;                ///< of the last 15 minutes
  std::uint64_t unknown_ = 0;                   ///< messages that mean nothing to us
  std::atomic<std::int64_t> watermark_ms_{0};
};

}  // namespace hb
