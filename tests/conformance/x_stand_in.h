// A stand-in for X's streams that tells each connection the same 60 posts, and nothing more; search
// finds them.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "component/component.h"
#include "simulate/http_server.h"

namespace hb::conformance {

inline std::string XPostJson(int i) {
  const std::string number = std::to_string(100 + i);
  return R"({"id":"2006000000000000)" + number + R"(","text":"post )" + number +
         R"(","created_at":"2025-12-31T23:50:00.)" + number +
         R"(Z","author_id":"7","edit_history_tweet_ids":["2006000000000000)" + number + "\"]}";
}

inline void TellSixtyPosts(simulate::Exchange& exchange) {
  if (exchange.request().path == "/2/tweets/search/recent") {
    std::string page = R"({"data":[)";
    for (int i = 59; i >= 0; --i) page += XPostJson(i) + (i > 0 ? "," : "");
    exchange.Answer(200, "application/json", page + R"(],"meta":{"result_count":60}})");
    return;
  }
  if (!exchange.request().path.ends_with("/stream")) {
    exchange.Answer(404, "application/json", "{}");
    return;
  }
  exchange.Begin(200, "application/json");
  for (int i = 0; i < 60; ++i) exchange.Send(R"({"data":)" + XPostJson(i) + "}\r\n");
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
