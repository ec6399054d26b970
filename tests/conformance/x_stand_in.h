// A stand-in for X's streams that tells each connection the same 60 posts, and nothing more.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "component/component.h"
#include "simulate/http_server.h"

namespace hb::conformance {

inline void TellSixtyPosts(simulate::Exchange& exchange) {
  exchange.Begin(200, "application/json");
  for (int i = 0; i < 60; ++i) {
    const std::string number = std::to_string(100 + i);
    exchange.Send(R"({"data":{"id":"2006000000000000)" + number + R"(","text":"post )" + number +
                  R"(","created_at":"2025-12-31T23:50:00.)" + number +
                  R"(Z","author_id":"7","edit_history_tweet_ids":["2006000000000000)" + number +
                  "\"]}}\r\n");
  }
  while (exchange.Send("\r\n") && exchange.Wait(std::chrono::milliseconds(500))) {
  }
}

/// Where it listens, as settings. It starts at the first call and ends with the program.
inline Settings::Values XStandIn() {
  static const std::unique_ptr<simulate::Server> server = [] {
    auto started = simulate::Server::Start({}, TellSixtyPosts);
    EXPECT_TRUE(started.ok());
    return std::move(started).value();
  }();
  return {{"base_url", server->base_url()}};
}

}  // namespace hb::conformance
