// Where Bluesky and Mastodon are stood in for while the conformance tests run.
#pragma once

#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "component/component.h"
#include "env/env.h"
#include "simulate/simulator.h"

namespace hb::conformance {

/// "127.0.0.1:PORT": two minutes of posts before the moment at which the clock of SourceConformance
/// begins, and no more.
inline const std::string& Simulated() {
  static ManualClock clock(FromMillis(1'767'225'600'000));
  static const auto simulator = [] {
    simulate::Simulator::Options options;
    options.corpus.begin = clock.Now() - std::chrono::minutes(2);
    return simulate::Simulator::Start(std::move(options), clock).value();
  }();
  static const std::string address = simulator->base_url().substr(std::strlen("http://"));
  return address;
}

inline Settings::Values BlueskyStandIn() {
  return {{"url", "ws://" + Simulated() + "/subscribe"}};
}
inline Settings::Values MastodonStandIn() { return {{"base_url", "http://" + Simulated()}}; }

}  // namespace hb::conformance
