// source/x/x_search_source.h - X's recent search, asked again and again, as a source.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "env/env.h"
#include "source/source.h"
#include "source/x/budget.h"
#include "source/x/meter.h"
#include "source/x/x_client.h"
#include "source/x/x_helper.h"
#include "source/x/x_staged.h"

namespace hb {

/// Asks recent search for each task's posts since the last time: for who may not use the stream.
///
/// Rounds    A round asks, rule after rule and page after page, for the posts of a span that ends
///           `delay` ago and begins where the round before ended, by `since_id`. A long span is
///           asked for in rounds of `slice`, without a wait between them. When other rules are
///           asked for than before, since the budget pauses one or no more, or the tasks are other
///           ones, a round ends before its next page, and begins again with those.
/// Delivery  At least once: a position is the end of the last whole round. A post that two rules
///           find comes twice.
/// Gaps      What is older than search reaches when it is asked for; what a rule did not find since
///           search failed again and again, or since it refuses the rule (one gap while it does);
///           and a time that could not be asked for yet, told while it grows, and as refilled once
///           it was asked for.
/// Threads   Beside those of Source: one that asks.
/// Errors    kInvalidArgument: X refuses us (token, permission).
class XSearchSource : public Source {
 public:
  struct Options {
    std::string name;  ///< tells apps apart
    XAccess access;
    std::string rule{};  ///< asked for beside the tasks; "": none
    std::chrono::milliseconds every{60'000};
    std::chrono::milliseconds delay{30'000};  ///< posts are found by search so late
    std::chrono::milliseconds history{std::chrono::minutes(15)};  ///< before the first start
    std::chrono::milliseconds slice{std::chrono::hours(1)};
    std::size_t query_chars = 512;
    Meter::Prices prices;
    Budget::Options budget;
    std::chrono::milliseconds usage_every = std::chrono::minutes(15);
  };
  XSearchSource(Options options, Env& env);
  ~XSearchSource() override;

  [[nodiscard]] std::string Identity() const override;
  [[nodiscard]] std::string Title() const override { return "X"; }
  Status Resume(const Position& position) override;
  void SetTasks(const std::vector<Task>& active, std::uint32_t rules_version) override;
  Result<PollState> Poll(std::size_t limit, std::chrono::milliseconds wait, Intake& out) override;
  Status Acknowledge(const Position&) override { return Ok(); }  // X keeps nothing for us
  void Stop() noexcept override;
  [[nodiscard]] std::optional<EventTime> Watermark() const override;
  [[nodiscard]] Progress GetProgress() const override { return staged_.progress(); }
  [[nodiscard]] SourceHealth GetHealth() const override;

 private:
  void Begin();
  void AskForTasks();
  void Read(const XHelper::Portion& portion, Intake& out);
  /// Ends the round whose posts are all given.
  void FinishRound(Intake& out);
  /// Tells the round as a gap if search refused a rule; a longer one than the round before did.
  void TellRefused(const XHelper::Portion& end, Intake& out);
  void BeginRound(Intake& out);
  void ReviewBudget(Intake& out);
  /// Tells what has not been asked for yet, if that is long.
  void GiveLateGap(Intake& out);
  void TellLate(Intake& out);

  const Options options_;
  Env& env_;
  std::unique_ptr<XHelper> helper_;
  bool begun_ = false;
  std::atomic<bool> stopped_{false};

  XStaged staged_;
  Meter meter_;
  Budget budget_;
  BudgetGap budget_gap_;
  std::vector<Task> tasks_;                       ///< of a rule each
  bool in_round_ = false;                         ///< posts of a round may still come
  bool redo_ = false;                             ///< it does not ask for the rules as they are
  bool asking_ = false;                           ///< there is something to be asked for
  std::vector<Task> asked_;                       ///< of tasks_ those that are
  EventTime through_{};                           ///< all was asked for up to here; 0: not begun
  std::chrono::steady_clock::time_point next_{};  ///< when the next round may begin
  std::optional<XHelper::Portion> round_end_;     ///< waits until the round's posts are given
  EventTime promised_{};                          ///< from here on there must be no hole
  EventTime late_from_{}, late_to_{};             ///< the gap that was told; 0: none
  EventTime late_told_{};                         ///< when
  std::optional<Gap> refused_;                    ///< of the rounds before, by rules without search
  std::atomic<std::int64_t> watermark_ms_{0};
};

}  // namespace hb
