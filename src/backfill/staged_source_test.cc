#include "backfill/staged_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "backfill/backfill_testing.h"
#include "backfill/fetcher.h"
#include "backfill/scrub.h"
#include "source/source_conformance.h"

namespace hb::backfill {
namespace {

/// A staging with its ledger, all fetched but what the search refuses.
struct Fetched {
  explicit Fetched(KnownSearch& search, Plan plan = TwoHours()) {
    ledger = Ledger::Open(std::move(plan), staging).value();
    Fetch(search);
  }
  void Fetch(KnownSearch& search) {
    SystemClock clock;
    Fetcher fetcher({.parallel = 1}, *ledger, staging, search, clock);
    fetcher.Start();
    while (!fetcher.Ended()) std::this_thread::yield();
  }
  std::unique_ptr<Source> Open(Clock& clock, bool whole = true) {
    return std::make_unique<StagedSource>(
        StagedSource::Options{.kind = "x_search", .identity = "two-hours"},
        StagedSource::Parts{*ledger, staging, [whole] { return whole; }, clock});
  }

  MemoryStaging staging;
  std::unique_ptr<Ledger> ledger;
};

SourceUnderTest Whole() {
  return {"x_search", [](Clock& clock) -> Result<std::unique_ptr<Source>> {
            static KnownSearch search;
            static Fetched fetched(search);
            return fetched.Open(clock);
          }};
}
INSTANTIATE_TEST_SUITE_P(Staged, SourceConformance, testing::Values(Whole()), SourceTestName);

TEST(StagedSource, APageThatIsGoneLeavesThePositionBehindThosePostsThatWereGiven) {
  SystemClock clock;
  KnownSearch search;
  Fetched fetched(search);
  const std::string page = fetched.ledger->PageName(4, 1);
  const std::string kept = fetched.staging.Get(page).value();
  fetched.staging.Remove(page);
  Intake first, second;
  const auto source = fetched.Open(clock);
  EXPECT_EQ(source->Poll(1000, std::chrono::milliseconds(0), first).error().code, Code::kNotFound);
  EXPECT_GT(first.posts.size(), 0u);
  ASSERT_TRUE(fetched.staging.Put(page, kept).ok());
  const auto resumed = fetched.Open(clock);
  ASSERT_TRUE(resumed->Resume(first.end).ok());
  ASSERT_TRUE(resumed->Poll(1000, std::chrono::milliseconds(0), second).ok());
  EXPECT_EQ(first.posts.size() + second.posts.size(), 206u);
}

TEST(StagedSource, WhatFailedComesLaterAndNothingTwice) {
  SystemClock clock;
  KnownSearch search;
  search.before = [](const SearchQuery& query) -> Status {
    if (query.start == kStart + std::chrono::minutes(30)) return Error{Code::kNotFound, "gone"};
    return Ok();
  };
  Fetched fetched(search);
  Position left;
  std::vector<std::string> first, second;
  const auto take = [&](std::vector<std::string>& ids) {
    const auto source = fetched.Open(clock);
    if (!left.empty()) {
      ASSERT_TRUE(source->Resume(left).ok());
    }
    PollState state = PollState::kMore;
    while (state != PollState::kDone) {
      Intake intake;
      const auto polled = source->Poll(7, std::chrono::milliseconds(0), intake);
      ASSERT_TRUE(polled.ok());
      state = polled.value();
      EXPECT_LE(intake.posts.size(), 7u);
      for (std::size_t i = 0; i < intake.posts.size(); ++i) {
        EXPECT_EQ(intake.posts.source[i], "x_search");
        ids.emplace_back(intake.posts.id[i]);
      }
      left = intake.end;
    }
  };
  take(first);
  EXPECT_EQ(first.size(), 206u - 2 * 14);
  search.before = nullptr;
  fetched.ledger->Retry();
  fetched.Fetch(search);
  take(second);
  EXPECT_EQ(second.size(), 2u * 14);
  std::set<std::string> all(first.begin(), first.end());
  all.insert(second.begin(), second.end());
  EXPECT_EQ(all.size(), 206u);
}

/// All that a source gives, from where it stands.
Intake TakeAll(Source& source) {
  Intake intake;
  while (source.Poll(1'000, std::chrono::milliseconds(0), intake).value() != PollState::kDone) {
  }
  return intake;
}

TEST(StagedSource, WhatFailedIsAGapUntilItIsThere) {
  SystemClock clock;
  KnownSearch search;
  search.before = [](const SearchQuery& query) -> Status {
    if (query.rule == "tea" && query.start == kStart + std::chrono::minutes(30))
      return Error{Code::kNotFound, "gone"};
    return Ok();
  };
  Fetched fetched(search);
  const auto source = fetched.Open(clock);
  const Intake first = TakeAll(*source);
  ASSERT_EQ(first.gaps.size(), 1u);
  const Gap& gap = first.gaps[0];
  EXPECT_EQ(gap.source, "x_search:backfill:tea");
  EXPECT_EQ(gap.from, kStart + std::chrono::minutes(30));
  EXPECT_EQ(gap.to, kStart + std::chrono::minutes(45));
  EXPECT_EQ(gap.cause, "not fetched: gone");
  EXPECT_EQ(gap.refilled, 0u);
  StagedSource known({.kind = "x_search", .identity = "two-hours", .open_gaps = first.gaps},
                     {*fetched.ledger, fetched.staging, [] { return true; }, clock});
  ASSERT_TRUE(known.Resume(first.end).ok());
  EXPECT_TRUE(TakeAll(known).gaps.empty()) << "what is known is not told again";

  search.before = nullptr;
  fetched.ledger->Retry();
  fetched.Fetch(search);
  StagedSource later({.kind = "x_search", .identity = "two-hours", .open_gaps = first.gaps},
                     {*fetched.ledger, fetched.staging, [] { return true; }, clock});
  ASSERT_TRUE(later.Resume(first.end).ok());
  const Intake second = TakeAll(later);
  ASSERT_EQ(second.gaps.size(), 1u);
  EXPECT_EQ(second.gaps[0].source, gap.source);
  EXPECT_EQ(second.gaps[0].from, gap.from);
  EXPECT_EQ(second.gaps[0].refilled, static_cast<std::uint32_t>(kMicro));
}

TEST(StagedSource, WhatTheLimitLeftOutIsAGapByItsShare) {
  SystemClock clock;
  KnownSearch search;
  Fetched fetched(search, TwoHours(20));
  const auto source = fetched.Open(clock);
  // 28 and 21 posts of 20, of two rules each: of pages of ten, two.
  const Intake intake = TakeAll(*source);
  ASSERT_EQ(intake.gaps.size(), 4u);
  EXPECT_EQ(intake.gaps[0].source, "x_search:backfill:tea");
  EXPECT_EQ(intake.gaps[1].source, "x_search:backfill:cups");
  EXPECT_EQ(intake.gaps[0].cause, "20 of 21 posts fetched, by the limit of 20");
  EXPECT_EQ(intake.gaps[0].refilled, 952'380u);
  EXPECT_EQ(intake.gaps[2].refilled, 714'285u);
  EXPECT_TRUE(intake.gaps[0].exact);
}

TEST(StagedSource, APageThatCannotBeReadIsADeadLetter) {
  SystemClock clock;
  KnownSearch search;
  Fetched fetched(search);
  const std::string name = fetched.ledger->PageName(2, 0);
  ASSERT_TRUE(fetched.staging.Put(name, "{\"data\":[{\"id\"\n").ok());
  const auto source = fetched.Open(clock);
  Intake intake;
  while (source->Poll(1'000, std::chrono::milliseconds(0), intake).value() != PollState::kDone) {
  }
  ASSERT_EQ(intake.dead.size(), 1u);
  EXPECT_EQ(intake.dead[0].location, name);
  EXPECT_EQ(intake.posts.size(), 206u - 7);
}

TEST(StagedSource, WhatIsTakenOutLeavesTheOthersTheirPlace) {
  SystemClock clock;
  KnownSearch search;
  Fetched fetched(search);
  const auto source = fetched.Open(clock);
  Intake first;
  ASSERT_TRUE(source->Poll(5, std::chrono::milliseconds(0), first).ok());
  ASSERT_EQ(first.posts.size(), 5u);
  // One that was given already, and one that was not.
  const std::string given(first.posts.id[1]);
  const std::string next = std::to_string(std::stoull(std::string(first.posts.id[4])) + (1 << 22));
  const auto scrubbed =
      ScrubStaging(fetched.staging, [&](const PostBatch& posts, std::vector<bool>& gone) {
        for (std::size_t i = 0; i < posts.size(); ++i) {
          gone[i] = posts.id[i] == given || posts.id[i] == next;
        }
      });
  ASSERT_TRUE(scrubbed.ok());
  ASSERT_EQ(scrubbed.value().posts, 2u);

  const auto later = fetched.Open(clock);
  ASSERT_TRUE(later->Resume(first.end).ok());
  const Intake rest = TakeAll(*later);
  std::set<std::string> all;
  for (const Intake* intake : std::initializer_list<const Intake*>{&first, &rest}) {
    for (std::size_t i = 0; i < intake->posts.size(); ++i) all.emplace(intake->posts.id[i]);
  }
  EXPECT_EQ(first.posts.size() + rest.posts.size(), 205u);
  EXPECT_EQ(all.size(), 205u);
  EXPECT_FALSE(all.contains(next));
  EXPECT_TRUE(rest.dead.empty());
}

TEST(StagedSource, WaitsForWhatIsStillFetched) {
  SystemClock clock;
  KnownSearch search;
  Fetched fetched(search);
  const auto source = fetched.Open(clock, false);
  Intake intake;
  while (source->Poll(1'000, std::chrono::milliseconds(0), intake).value() == PollState::kMore) {
  }
  EXPECT_EQ(intake.posts.size(), 206u);
  EXPECT_EQ(source->Poll(1'000, std::chrono::milliseconds(0), intake).value(), PollState::kIdle);
}

}  // namespace
}  // namespace hb::backfill
