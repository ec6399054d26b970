#include "source/x/x_recovery.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "simulate/http_server.h"

namespace hb {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr EventTime kFrom = FromMillis(1'768'003'200'000);  // 2026-01-10

TEST(XRecovery, CancelledAtAnyMomentItEndsAndMayBeginAnew) {
  auto server = simulate::Server::Start({}, [](simulate::Exchange& exchange) {
    exchange.Begin(200, "application/json");
    while (exchange.Wait(milliseconds(100))) continue;  // nothing ever comes
  });
  ASSERT_TRUE(server.ok());
  SystemClock clock;
  XRecovery recovery({.access = {server.value()->base_url(), "t"},
                      .path = "/2/tweets/search/stream",
                      .silence = seconds(600)},
                     clock);
  for (int round = 0; round < 50; ++round) {
    ASSERT_TRUE(recovery.Begin({kFrom, kFrom + seconds(60)})) << round;
    std::this_thread::sleep_for(std::chrono::microseconds(20 * round));  // another moment each time
    recovery.Cancel();
    const auto until = std::chrono::steady_clock::now() + seconds(30);
    while (recovery.state() == XRecovery::State::kRunning &&
           std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(milliseconds(1));
    }
    ASSERT_EQ(recovery.state(), XRecovery::State::kCancelled) << round;
  }
}

}  // namespace
}  // namespace hb
