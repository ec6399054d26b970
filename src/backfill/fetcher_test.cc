#include "backfill/fetcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "backfill/backfill_testing.h"
#include "env/temporary_folder.h"

namespace hb::backfill {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::Pair;

class FetcherTest : public testing::Test {
 protected:
  std::unique_ptr<Ledger> Open(Plan plan = TwoHours()) {
    auto ledger = Ledger::Open(std::move(plan), staging_);
    EXPECT_TRUE(ledger.ok()) << ledger.error().message;
    return ledger.ok() ? std::move(ledger).value() : nullptr;
  }
  /// Fetches until it ends by itself.
  Status Run(Ledger& ledger, std::size_t parallel = 3) {
    Fetcher fetcher({.parallel = parallel, .first_wait = std::chrono::milliseconds(1)}, ledger,
                    staging_, search_, clock_);
    fetcher.Start();
    while (!fetcher.Ended()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return fetcher.status();
  }
  /// Every staged page, by name.
  std::map<std::string, std::string> Staged() {
    std::map<std::string, std::string> pages;
    const auto names = staging_.List("posts/");
    for (const std::string& name : names.value()) pages[name] = staging_.Get(name).value();
    return pages;
  }

  MemoryStaging staging_;
  KnownSearch search_;
  SystemClock clock_;
};

TEST_F(FetcherTest, EveryPageOfEveryWindowIsStagedOnOneLine) {
  const auto ledger = Open();
  ASSERT_EQ(ledger->size(), 16u);
  ASSERT_TRUE(Run(*ledger).ok());
  const Totals totals = ledger->GetTotals();
  EXPECT_EQ(totals.done, 16u);
  // 0 7 14 21 28 4 11 18 posts, of two rules.
  EXPECT_EQ(totals.posts, 2u * 103);
  EXPECT_EQ(Staged().size(), 2u * (0 + 1 + 2 + 3 + 3 + 1 + 2 + 2));
  for (const auto& [name, page] : Staged()) {
    EXPECT_EQ(page.find('\n'), page.size() - 1) << name;
    EXPECT_THAT(page, HasSubstr("result_count"));
  }
  EXPECT_THAT(search_.fetched(), Each(Pair(testing::_, 1)));
  EXPECT_EQ(ledger->Get(8).expected, 28u);
  EXPECT_EQ(ledger->Get(8).fetched, 28u);
}

TEST_F(FetcherTest, APlanIsReadAsItWasWritten) {
  EXPECT_EQ(ReadPlan(staging_).error().code, Code::kNotFound);
  Plan plan = TwoHours(12);
  plan.rules[0].rule = R"(tea "two cups" \\ -x)";
  ASSERT_TRUE(Open(plan));
  EXPECT_EQ(ReadPlan(staging_).value().Json(), plan.Json());
  for (
      const char* wrong :
      {"", "[]", R"({"rules":[],"start_ms":0,"end_ms":1,"window_ms":60000,"limit":1})",
       R"({"rules":[{"tag":"a"}],"start_ms":0,"end_ms":1,"window_ms":60000,"limit":1})",
       R"({"rules":[{"tag":"a","rule":"b"}],"start_ms":-9e99,"end_ms":1,"window_ms":60000,"limit":1})"}) {
    EXPECT_EQ(ParsePlan(wrong).error().code, Code::kInvalidArgument) << wrong;
  }
}

TEST_F(FetcherTest, ALimitIsKeptAndTheCountTellsWhatIsMissing) {
  const auto ledger = Open(TwoHours(12));
  ASSERT_TRUE(Run(*ledger).ok());
  EXPECT_EQ(ledger->Get(8).state, WindowState::kDone);
  EXPECT_EQ(ledger->Get(8).fetched, 12u);
  EXPECT_EQ(ledger->Get(8).expected, 28u);
}

TEST_F(FetcherTest, WhatIsDoneIsNotFetchedAgain) {
  ASSERT_TRUE(Run(*Open()).ok());
  const auto again = Open();
  EXPECT_EQ(again->GetTotals().done, 16u);
  ASSERT_TRUE(Run(*again).ok());
  EXPECT_THAT(search_.fetched(), Each(Pair(testing::_, 1)));
}

TEST_F(FetcherTest, CutOffAnywhereItEndsWithTheSamePages) {
  ASSERT_TRUE(Run(*Open()).ok());
  const auto whole = Staged();
  const std::size_t puts = 1'000'000 - staging_.puts_left;
  for (std::size_t cut = 1; cut < puts; ++cut) {
    MemoryStaging cut_off;
    cut_off.puts_left = cut;
    KnownSearch search;
    const auto run = [&] {
      auto ledger = Ledger::Open(TwoHours(), cut_off);
      ASSERT_TRUE(ledger.ok());
      Fetcher fetcher({.parallel = 2}, *ledger.value(), cut_off, search, clock_);
      fetcher.Start();
      while (!fetcher.Ended()) std::this_thread::yield();
      if (cut_off.puts_left == 0) {
        EXPECT_EQ(fetcher.status().error().code, Code::kExhausted);
      }
    };
    run();
    cut_off.puts_left = 1'000'000;
    run();
    std::map<std::string, std::string> pages;
    const auto names = cut_off.List("posts/");
    for (const std::string& name : names.value()) pages[name] = cut_off.Get(name).value();
    ASSERT_EQ(pages, whole) << "after " << cut << " objects";
    // At most the pages under way are fetched twice, one of each worker.
    int twice = 0;
    for (const auto& [page, times] : search.fetched()) twice += times - 1;
    EXPECT_LE(twice, 2);
  }
}

TEST_F(FetcherTest, WhatMayPassIsTriedAgainAndThenGivenUp) {
  std::atomic<int> failures{0};
  search_.before = [&](const SearchQuery& query) -> Status {
    if (query.rule == "cup" && query.start == kStart) {
      ++failures;
      return Error{Code::kUnavailable, "over capacity"};
    }
    return Ok();
  };
  const auto ledger = Open();
  ASSERT_TRUE(Run(*ledger).ok());
  EXPECT_EQ(failures, 5);
  EXPECT_EQ(ledger->GetTotals().done, 15u);
  EXPECT_EQ(ledger->Get(1).state, WindowState::kFailed);
  EXPECT_EQ(ledger->Get(1).error, "over capacity");

  search_.before = nullptr;
  const auto later = Open();
  EXPECT_EQ(later->Get(1).state, WindowState::kFailed);
  later->Retry();
  ASSERT_TRUE(Run(*later).ok());
  EXPECT_EQ(later->GetTotals().done, 16u);
}

TEST_F(FetcherTest, WhatCannotPassIsNotTriedAgain) {
  std::atomic<int> asked{0};
  search_.before = [&](const SearchQuery&) -> Status {
    ++asked;
    return Error{Code::kInvalidArgument, "HTTP 400: no such operator"};
  };
  const auto ledger = Open();
  ASSERT_TRUE(Run(*ledger).ok());
  EXPECT_EQ(asked, 16);
  EXPECT_EQ(ledger->GetTotals().failed, 16u);
}

TEST_F(FetcherTest, ARateLimitHoldsAllBackUntilItIsOver) {
  ManualClock clock(kStart);
  search_.limited = 60'000;
  const auto ledger = Open();
  Fetcher fetcher({.parallel = 2}, *ledger, staging_, search_, clock);
  EXPECT_FALSE(fetcher.Ended()) << "it has not begun";
  fetcher.Start();
  while (fetcher.GetProgress().limited.count() == 0) std::this_thread::yield();
  search_.limited = 0;
  clock.Advance(std::chrono::seconds(59));
  EXPECT_EQ(fetcher.GetProgress().totals.posts, 0u);
  EXPECT_EQ(fetcher.GetProgress().limited, std::chrono::seconds(1));
  clock.Advance(std::chrono::seconds(2));
  while (!fetcher.Ended()) std::this_thread::yield();
  EXPECT_EQ(ledger->GetTotals().done, 16u);
}

TEST_F(FetcherTest, AnotherPlanIsRefused) {
  ASSERT_NE(Open(), nullptr);
  Plan other = TwoHours();
  other.limit = 7;
  const auto refused = Ledger::Open(other, staging_);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
  EXPECT_THAT(refused.error().message, HasSubstr("\"limit\":7"));
}

TEST_F(FetcherTest, PlansThatCannotBeAreRefused) {
  const auto refusal = [&](auto change) {
    Plan plan = TwoHours();
    change(plan);
    return plan.Check().ok() ? std::string("none") : plan.Check().error().message;
  };
  EXPECT_THAT(refusal([](Plan& plan) { plan.rules.clear(); }), HasSubstr("no rule"));
  EXPECT_THAT(refusal([](Plan& plan) { plan.end = plan.start; }), HasSubstr("not after"));
  EXPECT_THAT(refusal([](Plan& plan) { plan.window = std::chrono::milliseconds(1); }),
              HasSubstr("minute"));
  EXPECT_THAT(refusal([](Plan& plan) { plan.limit = 0; }), HasSubstr("limit"));
  EXPECT_THAT(refusal([](Plan& plan) { plan.end += std::chrono::years(100); }),
              HasSubstr("longer windows"));
}

TEST_F(FetcherTest, ARowThatIsBrokenIsNamed) {
  ASSERT_TRUE(Run(*Open()).ok());
  const std::string name = staging_.List("ledger/").value().at(3);
  ASSERT_TRUE(staging_.Put(name, "{\"state\":").ok());
  const auto refused = Ledger::Open(TwoHours(), staging_);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, HasSubstr(name));
}

TEST(LocalStaging, HoldsWhatIsPut) {
  const TemporaryFolder folder;
  const auto staging = OpenLocalStaging(folder.path() + "/made");
  ASSERT_TRUE(staging.ok());
  EXPECT_TRUE(staging.value()->List("a/").value().empty());
  EXPECT_EQ(staging.value()->Get("a/one").error().code, Code::kNotFound);
  ASSERT_TRUE(staging.value()->Put("a/one", "1").ok());
  ASSERT_TRUE(staging.value()->Put("a/b/two", "2").ok());
  ASSERT_TRUE(staging.value()->Put("c", "3").ok());
  ASSERT_TRUE(staging.value()->Put("a/one", "again").ok());
  EXPECT_EQ(staging.value()->Get("a/one").value(), "again");
  EXPECT_THAT(staging.value()->List("a/").value(), testing::ElementsAre("a/b/two", "a/one"));
  EXPECT_THAT(staging.value()->List("").value(), testing::ElementsAre("a/b/two", "a/one", "c"));
  EXPECT_FALSE(OpenLocalStaging(folder.path() + "/made/c").ok());
}

}  // namespace
}  // namespace hb::backfill
