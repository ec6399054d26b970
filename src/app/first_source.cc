#include "app/first_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "app/catalogue.h"
#include "pipeline/topics.h"
#include "source/bluesky/jetstream_connection.h"

namespace hb {

namespace {

constexpr std::chrono::seconds kTryFor{3};
constexpr char kLive[] = "bluesky";
constexpr char kHowTo[] = "--source NAME listens to another, --replay FILE plays a file";

FirstSource Demo(const std::string& why) {
  return {
      {"demo", {}},
      fmt::format("no source is configured{}: showing the built-in demo stream ({})", why, kHowTo)};
}

/// One of the servers that the source takes by itself stands for all of them.
bool IsUsual(const std::string& url) {
  const auto entry = FindSource(kLive);
  if (!entry.ok()) return false;
  return std::any_of(
      entry.value()->fields.begin(), entry.value()->fields.end(), [&](const Field& field) {
        return field.name == "url" && field.fallback.find(url) != std::string_view::npos;
      });
}

}  // namespace

FirstSource ChooseFirstSource(const std::string& try_first, const std::string& offline_because,
                              bool heard_before) {
  if (try_first.empty()) return Demo("");
  if (!offline_because.empty())
    return Demo(fmt::format(", and {} keeps heartbeat off the network", offline_because));
  const Status there = heard_before ? Status(Ok()) : JetstreamConnection::Knock(try_first, kTryFor);
  if (!there.ok())
    return Demo(fmt::format(", and Bluesky does not answer ({})", there.error().message));
  FirstSource first{{kLive, {}}, {}};
  if (!IsUsual(try_first)) first.source.values["url"] = try_first;
  first.line = fmt::format(
      "no source is configured: listening to Bluesky's public posts at {} (--source demo shows the "
      "built-in demo stream, {})",
      JetstreamConnection::HostOf(try_first), kHowTo);
  return first;
}

Result<bool> HasHeardBluesky(Log& log) {
  bool heard = false;
  HB_TRY(log.ScanState(kCursorState, Partition{0}, [&](std::string_view key, std::string_view) {
    heard = key.starts_with("bluesky:");
    return !heard;
  }));
  return heard;
}

std::string OfflineBecause() {
  for (const char* name : {"HEARTBEAT_OFFLINE", "CI"}) {
    const char* const text = std::getenv(name);
    const std::string_view value = text == nullptr ? "" : text;
    if (!value.empty() && value != "0" && value != "false") return name;
  }
  return {};
}

}  // namespace hb
