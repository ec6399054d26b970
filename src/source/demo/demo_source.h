// source/demo/demo_source.h - believable posts without a network.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "env/env.h"
#include "source/demo/script.h"
#include "source/source.h"

namespace hb {

/// Says the script of a seed: first the past `history` as fast as it is asked for, then each post
/// when its moment comes by the wall clock of `env`. See DemoScript for what is in it. Its outages
/// are gaps: what was said meanwhile is left out, or comes late.
///
/// Delivery  Positions are exact, yet posts are doubled on purpose (the same id), so the cursor
/// alone
///           does not de-duplicate. After a break longer than `history` the posts in between are
///           left out, and that is a gap.
/// Time      Deterministic: what has been said up to a moment is a function of the seed and of the
/// second
///           it began with. About one post in 170 is one and a half to eleven minutes late.
class DemoSource : public Source {
 public:
  struct Options {
    std::uint64_t seed = 1;
    double rate = 25;  ///< posts a second, average over a day
    std::chrono::milliseconds history{2 *
                                      3'600'000};  ///< how much of the past is told at the start
  };
  DemoSource(const Options& options, Env& env);

  [[nodiscard]] std::string Identity() const override;
  [[nodiscard]] std::string Title() const override;
  Status Resume(const Position& position) override;
  Result<PollState> Poll(std::size_t limit, std::chrono::milliseconds wait, Intake& out) override;
  Status Acknowledge(const Position& position) override;
  void Stop() noexcept override;
  [[nodiscard]] std::optional<EventTime> Watermark() const override;
  [[nodiscard]] Progress GetProgress() const override;

 private:
  void Begin();
  void Load();
  void GiveGap(const DemoEvent& event, Intake& out);
  bool GiveDue(std::size_t limit, Intake& out);
  void Give(const DemoEvent& event, Intake& out);
  [[nodiscard]] EventTime NextDue();

  Options options_;
  Env& env_;
  DemoScript script_;
  bool begun_ = false;
  std::int64_t second_ = 0;  // being told
  std::size_t at_ = 0;       // next of its events
  std::vector<DemoEvent> events_;
  bool loaded_ = false;
  std::int64_t left_out_ = 0;  // first second that a break of the program left out; 0: none
  DemoPost post_;

  std::atomic<bool> stopped_{false};
  std::mutex stop_mutex_;
  std::condition_variable stop_changed_;
  std::atomic<std::int64_t> told_ms_{std::numeric_limits<std::int64_t>::min()};
  std::atomic<std::uint64_t> rows_{0};
};

}  // namespace hb
