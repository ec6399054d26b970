// source/feed_source_testing.h - listens to a source of a network. Only for *_test.cc files.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "env/env.h"
#include "record/identity.h"
#include "source/source.h"

namespace hb {

inline constexpr EventTime kStart{std::chrono::milliseconds(1'767'225'600'000)};  // 2026-01-01
inline constexpr std::chrono::seconds kLong{140};  ///< for what must happen, on a loaded machine

/// Everything that a source gave.
struct Heard {
  std::map<std::string, std::string> posts;  ///< first versions: id -> chain
  std::set<std::string> edits, deleted;
  std::map<EventTime, Gap> gaps;  ///< by begin: a later record replaces the earlier
  std::vector<DeadLetter> dead;
  Position end;

  [[nodiscard]] std::set<std::string> MissingOf(const std::set<std::string>& wanted) const {
    std::set<std::string> missing;
    for (const std::string& id : wanted) {
      if (!posts.contains(id)) missing.insert(id);
    }
    return missing;
  }
  [[nodiscard]] bool AllFilled() const {
    return std::all_of(gaps.begin(), gaps.end(),
                       [](const auto& gap) { return gap.second.refilled == kMicro; });
  }
};

/// A source beside a stand-in for its network, by a clock that moves while it is polled.
class FeedSourceTest : public testing::Test {
 protected:
  static constexpr std::chrono::milliseconds kStep{100};

  static Result<PollState> PollOnce(Source& source, Heard& heard) {
    Intake intake;
    const Result<PollState> state = source.Poll(200, std::chrono::milliseconds(20), intake);
    for (std::size_t i = 0; i < intake.posts.size(); ++i) {
      const std::string id(intake.posts.id[i]);
      if (SplitEditedId(id)) {
        heard.edits.insert(id);
      } else {
        heard.posts[id] = intake.posts.chain[i];
      }
    }
    for (const Redaction& redaction : intake.redactions) {
      if (redaction.kind == RedactionKind::kDelete) heard.deleted.insert(redaction.id);
    }
    for (const Gap& gap : intake.gaps) heard.gaps[gap.from] = gap;
    for (DeadLetter& dead : intake.dead) heard.dead.push_back(std::move(dead));
    if (!intake.end.empty()) heard.end = intake.end;
    return state;
  }
  /// Polls and moves the clock until `enough`.
  void Listen(Source& source, Heard& heard, const std::function<bool()>& enough) {
    const auto until = std::chrono::steady_clock::now() + kLong;
    while (!enough()) {
      ASSERT_LT(std::chrono::steady_clock::now(), until) << "it took too long";
      const Result<PollState> state = PollOnce(source, heard);
      ASSERT_TRUE(state.ok()) << state.error().message;
      clock_.Advance(state.value() == PollState::kIdle ? kStep : kStep / 2);
    }
  }
  /// Until `to`, and until all of `wanted` came.
  void ListenFor(Source& source, Heard& heard, const std::set<std::string>& wanted, EventTime to) {
    Listen(source, heard, [&] { return clock_.Now() >= to && heard.MissingOf(wanted).empty(); });
  }

  ManualClock clock_{kStart};
  Env env_{clock_, testing::TempDir()};
};

}  // namespace hb
