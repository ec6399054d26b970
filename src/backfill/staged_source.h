// backfill/staged_source.h - the posts that a backfill staged, as a source of the pipeline.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backfill/ledger.h"
#include "backfill/staging.h"
#include "env/env.h"
#include "record/gap.h"
#include "source/source.h"
#include "wire/json_posts.h"

namespace hb::backfill {

/// Names the gaps of a rule, of all backfills by `kind` together.
std::string GapSource(std::string_view kind, std::string_view tag);

/// Gives the posts of each window that is done, while others are still being fetched. A window that
/// failed is left out and comes in a later run, when it could be fetched.
///
/// Gaps      A window that failed, or of which the limit of the plan left something out, is a gap
/// of
///           GapSource of its rule, by as much as the network's count says. A later backfill that
///           has the window whole refills it.
/// Identity  Of the plan's staging. A position says which windows were given, and how far the one
///           under way.
/// End       When nothing is being fetched any more and all that is done was given.
class StagedSource : public Source {
 public:
  struct Options {
    std::string kind;              ///< "x_search": the source that each post names
    std::string identity;          ///< stable over restarts, at most 180 bytes
    std::vector<Gap> open_gaps{};  ///< of earlier backfills: not refilled yet
  };
  struct Parts {
    const Ledger& ledger;
    Staging& staging;
    /// True once no window will be done that is not now. Any thread.
    std::function<bool()> fetched;
    Clock& clock;
  };
  StagedSource(Options options, Parts parts);

  [[nodiscard]] std::string Identity() const override { return "backfill:" + options_.identity; }
  [[nodiscard]] std::string Title() const override { return "backfill " + options_.identity; }
  /// Positions repeat nothing, but two rules may have found one post, and a live stream too.
  [[nodiscard]] bool ExactPositions() const override { return false; }
  Status Resume(const Position& position) override;
  Result<PollState> Poll(std::size_t limit, std::chrono::milliseconds wait, Intake& out) override;
  Status Acknowledge(const Position&) override { return Ok(); }
  void Stop() noexcept override { stopping_ = true; }
  [[nodiscard]] std::optional<EventTime> Watermark() const override;
  [[nodiscard]] Progress GetProgress() const override;

 private:
  /// Appends rows of the page under way; loads the next one if there is none. False: nothing is
  /// left that can be given now.
  Result<bool> Advance(std::size_t limit, Intake& out);
  /// The first window that is done and was not given.
  std::optional<std::size_t> NextWindow();
  Status LoadPage();
  void MarkGiven(std::size_t window);
  [[nodiscard]] Position Encode() const;
  /// What is missing of a window that is done or failed; nothing if it is whole.
  [[nodiscard]] std::optional<Gap> MissingOf(const Window& window) const;
  /// Tells the gap that the window is, or those that it refills.
  void TellGaps(const Window& window, Intake& out);
  /// Of the windows that failed, once nothing is fetched any more; but those that are known.
  void TellFailed(Intake& out);

  const Options options_;
  const Parts parts_;
  JsonPosts parser_{JsonFormat::kX2};
  std::vector<bool> given_;            ///< of each window
  std::size_t first_open_ = 0;         ///< all before it were given
  std::optional<std::size_t> window_;  ///< under way
  std::uint32_t page_ = 0;
  std::size_t row_ = 0;  ///< of the page, given already
  bool loaded_ = false;  ///< batch_ is that page
  Intake batch_;
  bool told_failed_ = false;
  std::atomic<bool> stopping_{false};
  std::atomic<std::int64_t> watermark_ms_;
  std::atomic<std::uint64_t> posts_{0}, dead_{0}, windows_given_{0};
};

}  // namespace hb::backfill
