#include "serve/statement_gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <optional>
#include <thread>

#include "serve/api_testing.h"

namespace hb {
namespace {

using std::chrono::milliseconds;

TEST(StatementGate, FewRunFewWaitAndTheRestIsRefusedAtOnce) {
  StatementGate gate({.at_once = 1, .waiting = 1});
  auto running = gate.Wait(milliseconds(0));
  ASSERT_TRUE(running.ok());
  auto waiting = std::async(std::launch::async, [&] {
    auto turn = gate.Wait(milliseconds(60'000));
    while (!turn.ok()) turn = gate.Wait(milliseconds(60'000));  // The other one held the place.
    return turn;
  });
  // Until the other one waits, this one does, and goes away.
  std::optional<Error> refused;
  while (!refused || refused->message.find("wait already") == std::string::npos) {
    auto turn = gate.Wait(milliseconds(1));
    ASSERT_FALSE(turn.ok());
    refused = turn.error();
  }
  EXPECT_EQ(refused->code, Code::kUnavailable);
  { const StatementGate::Turn done = std::move(running).value(); }
  auto turn = waiting.get();
  ASSERT_TRUE(turn.ok()) << turn.error().message;
  EXPECT_FALSE(gate.Wait(milliseconds(1)).ok()) << "the turn is taken";
}

TEST(StatementGate, WaitingEndsWithTheTimeLimit) {
  StatementGate gate({.at_once = 1, .waiting = 4});
  const auto running = gate.Wait(milliseconds(0));
  const auto late = gate.Wait(milliseconds(20));
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, Code::kTimedOut);
}

TEST(StatementGate, WhoWaitsIsSentAwayWhenTheServerStops) {
  StatementGate gate({.at_once = 1, .waiting = 4});
  const auto running = gate.Wait(milliseconds(0));
  auto waiting = std::async(std::launch::async, [&] { return gate.Wait(milliseconds(60'000)); });
  gate.Close();
  EXPECT_FALSE(waiting.get().ok());
  EXPECT_FALSE(gate.Wait(milliseconds(0)).ok());
}

TEST(StatementGate, NeverMoreRunThanAreLetIn) {
  StatementGate gate({.at_once = 2, .waiting = 100});
  std::atomic<int> running = 0, most = 0, served = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 200; ++n) {
        const auto turn = gate.Wait(milliseconds(60'000));
        if (!turn.ok()) continue;
        const int now = ++running;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        ++served;
        --running;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(served, 1600);
  EXPECT_LE(most, 2);
}

TEST_F(ApiTest, AStatementThatGetsNoTurnIsToldToComeAgain) {
  WritePosts(0, 10);
  StatementGate gate({.at_once = 1, .waiting = 0});
  const auto ask = [&](const char* path, const std::string& body) {
    const HttpRequest request{
        .method = "POST", .path = path, .query = {}, .headers = {}, .body = body};
    return HandleRequest(request, *backend_, (dir_ / "exports").string(), &gate);
  };
  const std::string sql = R"({"query":"SELECT 1"})";
  EXPECT_EQ(ask("/api/v1/sql", sql).status, 200);
  const auto running = gate.Wait(milliseconds(0));
  for (const char* path : {"/api/v1/sql", "/api/v1/sql/export", "/es/_sql"}) {
    const HttpResponse answer = ask(path, sql);
    EXPECT_EQ(answer.status, 503) << path;
    const std::pair<std::string, std::string> again{"Retry-After", "2"};
    EXPECT_NE(std::find(answer.headers.begin(), answer.headers.end(), again), answer.headers.end());
  }
  // What the API itself asks needs no turn.
  const HttpRequest ready{
      .method = "GET", .path = "/readyz", .query = {}, .headers = {}, .body = ""};
  EXPECT_EQ(HandleRequest(ready, *backend_, "", &gate).status, 200);
}

}  // namespace
}  // namespace hb
