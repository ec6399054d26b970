#include "source/reconnect.h"

#include <algorithm>
#include <utility>

namespace hb {

namespace {
using std::chrono::milliseconds;
constexpr milliseconds kNetworkStep{250};
constexpr milliseconds kNetworkTop{16'000};
constexpr std::chrono::seconds kGoodStream{60};
constexpr milliseconds kLongestAsked = std::chrono::hours(24);
constexpr double kSpread = 0.1;
}  // namespace

const char* EndKindName(EndKind kind) {
  switch (kind) {
    case EndKind::kClosed: return "connection closed";
    case EndKind::kNetwork: return "connection lost";
    case EndKind::kSilent: return "stream silent";
    case EndKind::kPassing: return "server error";
    case EndKind::kRateLimited: return "rate limit";
    case EndKind::kTooManyConnections: return "too many connections";
    case EndKind::kUsageCapped: return "usage cap";
    case EndKind::kNoRules: return "no rules";
    case EndKind::kNothingAsked: return "no tasks";
    case EndKind::kRefused: return "refused";
  }
  return "unknown";
}

milliseconds Reconnect::Doubling::Take() {
  const milliseconds wait = std::clamp(next, first, top);
  next = std::min(wait * 2, top);
  return wait;
}

void Reconnect::ResetWaits() {
  network_ = milliseconds(0);
  for (Doubling* each : {&passing_, &limited_, &crowded_, &capped_}) each->next = milliseconds(0);
}

milliseconds Reconnect::Spread(milliseconds wait) {
  const double extra = static_cast<double>(wait.count()) * kSpread * random_.Unit();
  return wait + milliseconds(static_cast<std::int64_t>(extra));
}

milliseconds Reconnect::TakeNetwork() {
  network_ = std::min(network_ + kNetworkStep, kNetworkTop);
  return Spread(network_);
}

void Reconnect::Heard(TimePoint now) {
  if (!good_) {
    good_ = true;
    good_since_ = now;
    failures_ = 0;
    synced_ = false;
  }
  if (now - good_since_ >= kGoodStream) ResetWaits();
}

Reconnect::Next Reconnect::Ended(const Ending& ending) {
  const bool good = std::exchange(good_, false);
  const milliseconds asked = std::clamp(ending.retry_after, milliseconds(0), kLongestAsked);
  const auto wait = [&](milliseconds own) { return std::max(own, asked); };
  ++failures_;
  switch (ending.kind) {
    case EndKind::kClosed:
    case EndKind::kNetwork: return {Action::kTry, wait(good ? milliseconds(0) : TakeNetwork())};
    case EndKind::kSilent: return {};
    case EndKind::kPassing: return {Action::kTry, wait(Spread(passing_.Take()))};
    case EndKind::kRateLimited: return {Action::kTry, wait(Spread(limited_.Take()))};
    case EndKind::kTooManyConnections: return {Action::kTry, wait(Spread(crowded_.Take())), true};
    case EndKind::kNoRules:
      if (!std::exchange(synced_, true)) return {Action::kSync, asked};
      return {Action::kSync, wait(Spread(passing_.Take()))};
    case EndKind::kNothingAsked: return {Action::kHold};
    case EndKind::kUsageCapped: return {Action::kHold, wait(Spread(capped_.Take())), true};
    case EndKind::kRefused: return {Action::kStop, milliseconds(0), true};
  }
  return {};
}

}  // namespace hb
