// source/source_conformance.h - what every source must do, as tests. Only for *_test.cc files, one
// a program.
//
//   INSTANTIATE_TEST_SUITE_P(Demo, SourceConformance, testing::Values(SourceUnderTest{...}),
//   SourceTestName);
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "base/utf8.h"
#include "env/env.h"
#include "source/source.h"

namespace hb {

struct SourceUnderTest {
  std::string name;
  /// A new instance of the same source over the same input, which holds at least 30 posts. `clock`
  /// outlives it.
  std::function<Result<std::unique_ptr<Source>>(Clock& clock)> make;
};
/// What a list of tests shows instead of the bytes.
inline void PrintTo(const SourceUnderTest& source, std::ostream* out) { *out << source.name; }
inline std::string SourceTestName(const testing::TestParamInfo<SourceUnderTest>& info) {
  return info.param.name;
}

/// What was taken from a source, one entry a Poll.
struct Taken {
  std::vector<Intake> polls;
  PollState last = PollState::kMore;

  /// Posts from poll `from` on, each as one text that tells it from others.
  [[nodiscard]] std::vector<std::string> Posts(std::size_t from = 0) const {
    std::vector<std::string> posts;
    for (std::size_t i = from; i < polls.size(); ++i) {
      const PostBatch& batch = polls[i].posts;
      for (std::size_t row = 0; row < batch.size(); ++row) {
        posts.push_back(std::to_string(ToInt(batch.key[row])) + " " +
                        std::string(batch.content[row]));
      }
    }
    return posts;
  }
};

class SourceConformance : public testing::TestWithParam<SourceUnderTest> {
 protected:
  static constexpr std::chrono::milliseconds kNow{1'767'225'600'000};  // 2026-01-01
  /// A loaded machine may be this much later than a promise.
  static constexpr std::chrono::seconds kSlack{10};

  std::unique_ptr<Source> Make() {
    auto made = GetParam().make(clock_);
    EXPECT_TRUE(made.ok()) << made.error().message;
    return made.ok() ? std::move(made).value() : nullptr;
  }

  /// Polls until there are `posts` posts, the source is done, or nothing came 20 times; a source
  /// that must connect first is given more time for its first post.
  static Taken Take(Source& source, std::size_t posts, std::size_t limit) {
    Taken taken;
    std::size_t count = 0;
    const auto begin = std::chrono::steady_clock::now();
    const auto patient = [&](int idle) {
      return idle < 20 || (count == 0 && std::chrono::steady_clock::now() - begin < kSlack);
    };
    for (int idle = 0; count < posts && patient(idle) && taken.last != PollState::kDone;) {
      Intake intake;
      const Result<PollState> state = source.Poll(limit, std::chrono::milliseconds(20), intake);
      if (!state.ok()) {
        ADD_FAILURE() << state.error().message;
        break;
      }
      taken.last = state.value();
      idle = taken.last == PollState::kIdle ? idle + 1 : 0;
      count += intake.posts.size();
      taken.polls.push_back(std::move(intake));
    }
    return taken;
  }

  ManualClock clock_{EventTime(kNow)};
};

TEST_P(SourceConformance, IdentityIsTheSameForTheSameInput) {
  const auto one = Make(), other = Make();
  ASSERT_TRUE(one && other);
  EXPECT_EQ(one->Identity(), other->Identity());
  EXPECT_FALSE(one->Identity().empty());
  EXPECT_LE(one->Identity().size(), 200u);
  EXPECT_EQ(one->Title(), other->Title());
}

TEST_P(SourceConformance, PostsAreWholeAndUnmatched) {
  const auto source = Make();
  ASSERT_TRUE(source);
  const Taken taken = Take(*source, 500, 100);
  EXPECT_GE(taken.Posts().size(), 30u) << "too few to say anything";
  for (const Intake& intake : taken.polls) {
    const PostBatch& posts = intake.posts;
    EXPECT_EQ(posts.tasks.size(), 0u) << "ingest matches rules";
    EXPECT_TRUE(posts.rules_version.empty());
    for (std::size_t row = 0; row < posts.size(); ++row) {
      EXPECT_TRUE(IsValidUtf8(posts.content[row]));
      EXPECT_EQ(posts.source[row], GetParam().name);
      EXPECT_FALSE(posts.id[row].empty() && ToInt(posts.key[row]) == 0)
          << "no identity: " << posts.content[row];
      EXPECT_GE(ToMillis(posts.time[row]), 0);
    }
    for (const DeadLetter& letter : intake.dead) {
      EXPECT_FALSE(letter.reason.empty());
      EXPECT_FALSE(letter.location.empty());
    }
  }
}

TEST_P(SourceConformance, KeepsTheLimitAndGivesSmallPositions) {
  const auto source = Make();
  ASSERT_TRUE(source);
  const Taken taken = Take(*source, 30, 7);
  ASSERT_FALSE(taken.polls.empty());
  for (const Intake& intake : taken.polls) {
    EXPECT_LE(intake.posts.size(), 7u);
    EXPECT_FALSE(intake.end.empty());
    EXPECT_LT(intake.end.size(), 8192u);
  }
}

TEST_P(SourceConformance, GoesOnBehindAnyPositionWithoutLosingAPost) {
  const auto source = Make();
  ASSERT_TRUE(source);
  const Taken all = Take(*source, 200, 9);
  ASSERT_GE(all.polls.size(), 4u);
  for (const std::size_t cut :
       {std::size_t{0}, std::size_t{1}, all.polls.size() / 2, all.polls.size() - 1}) {
    const std::vector<std::string> wanted = all.Posts(cut + 1);
    const auto later = Make();
    ASSERT_TRUE(later);
    const Status resumed = later->Resume(all.polls[cut].end);
    ASSERT_TRUE(resumed.ok()) << resumed.error().message;
    // What comes again comes first: up to a minute of a busy stream.
    const std::size_t most = later->ExactPositions() ? wanted.size() : all.Posts().size() + 5'000;
    std::vector<std::string> got = Take(*later, most, 50).Posts();
    if (later->ExactPositions()) {
      got.resize(std::min(got.size(), wanted.size()));
      EXPECT_EQ(got, wanted) << "after poll " << cut;
    } else {
      // Some may come again; none may be missing.
      std::sort(got.begin(), got.end());
      for (const std::string& post : wanted) {
        EXPECT_TRUE(std::binary_search(got.begin(), got.end(), post))
            << "lost after poll " << cut << ": " << post;
      }
    }
  }
}

TEST_P(SourceConformance, RefusesAPositionThatIsNotItsOwn) {
  for (const char* wrong : {"nobody's position", "\xff\xfe", "0", "-1 -1 -1 -1 -1 -1 -1 -1 -1"}) {
    const auto source = Make();
    ASSERT_TRUE(source);
    const Status resumed = source->Resume(wrong);
    ASSERT_FALSE(resumed.ok()) << wrong;
    EXPECT_EQ(resumed.error().code, Code::kInvalidArgument) << wrong;
  }
}

TEST_P(SourceConformance, AcknowledgesWhatItGave) {
  const auto source = Make();
  ASSERT_TRUE(source);
  const Taken taken = Take(*source, 60, 20);
  for (const Intake& intake : taken.polls) EXPECT_TRUE(source->Acknowledge(intake.end).ok());
  ASSERT_FALSE(taken.polls.empty());
  EXPECT_TRUE(source->Acknowledge(taken.polls.back().end).ok()) << "the same again";
}

TEST_P(SourceConformance, AnEmptyPollEndsWithinItsWait) {
  const auto source = Make();
  ASSERT_TRUE(source);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 5; ++i) {
    Intake intake;
    ASSERT_TRUE(source->Poll(10, std::chrono::milliseconds(10), intake).ok());
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kSlack);
}

TEST_P(SourceConformance, StopEndsARunningPollAndAllLaterOnes) {
  const auto source = Make();
  ASSERT_TRUE(source);
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    source->Stop();
  });
  const auto begin = std::chrono::steady_clock::now();
  Code code = Code::kInternal;
  while (std::chrono::steady_clock::now() - begin < kSlack) {
    Intake intake;
    const Result<PollState> state = source->Poll(1000, std::chrono::seconds(60), intake);
    if (state.ok()) continue;
    code = state.error().code;
    break;
  }
  stopper.join();
  EXPECT_EQ(code, Code::kCancelled);
  Intake intake;
  const Result<PollState> again = source->Poll(10, std::chrono::seconds(60), intake);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Code::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2 * kSlack);
}

TEST_P(SourceConformance, WatermarkNeverGoesBack) {
  const auto source = Make();
  ASSERT_TRUE(source);
  EventTime highest = EventTime::min();
  for (int i = 0; i < 50; ++i) {
    Intake intake;
    const Result<PollState> state = source->Poll(11, std::chrono::milliseconds(1), intake);
    ASSERT_TRUE(state.ok());
    const EventTime mark = source->Watermark().value_or(highest);
    EXPECT_GE(mark, highest);
    highest = std::max(highest, mark);
    clock_.Advance(std::chrono::milliseconds(500));
    if (state.value() == PollState::kDone) {
      EXPECT_EQ(mark, EventTime::max()) << "a source at its end expects nothing more";
    }
  }
}

TEST_P(SourceConformance, WhatIsDoneStaysDone) {
  const auto source = Make();
  ASSERT_TRUE(source);
  if (Take(*source, 100'000, 1000).last != PollState::kDone)
    GTEST_SKIP() << "this source has no end";
  for (int i = 0; i < 3; ++i) {
    Intake intake;
    const Result<PollState> state = source->Poll(10, std::chrono::milliseconds(0), intake);
    ASSERT_TRUE(state.ok());
    EXPECT_EQ(state.value(), PollState::kDone);
    EXPECT_TRUE(intake.posts.empty() && intake.dead.empty() && intake.redactions.empty());
  }
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SourceConformance);

}  // namespace hb
