// How the conformance tests make each component of the catalogue. A new component adds one line
// here.
#pragma once

#include <cstdlib>
#include <map>
#include <string>

#include "component/component.h"
#include "stand_in.h"
#include "x_stand_in.h"

namespace hb::conformance {

struct Sample {
  Settings::Values values;
  /// Environment variable without which it cannot be tried here (a server's address, say), and
  /// which its values may name as "${...}". Its tests are skipped then and say so.
  const char* needs = nullptr;
  /// Values that are known only once the tests run: where a stand-in listens.
  Settings::Values (*more)() = nullptr;
};
using Samples = std::map<std::string, Sample, std::less<>>;

inline const Samples kSourceSamples = {
    {"replay",
     {.values = {{"path", HB_SOURCE_DIR "/tests/conformance/posts.csv"}, {"speed", "max"}}}},
    {"demo", {.values = {{"rate", "50"}, {"history", "2m"}}}},
    {"x_stream", {.values = {{"token", "t"}}, .more = XStandIn}},
    {"x_sample", {.values = {{"token", "t"}}, .more = XStandIn}},
    {"x_search", {.values = {{"token", "t"}, {"rule", "post"}}, .more = XStandIn}},
    {"bluesky", {.values = {{"history", "1m"}}, .more = BlueskyStandIn}},
    {"mastodon", {.values = {{"keep_bots", "true"}}, .more = MastodonStandIn}},
};
inline const Samples kLogSamples = {
    {"embedded", {.values = {{"sync_every_ms", "0"}, {"min_free_bytes", "0"}}}},
};
inline const Samples kStoreSamples = {
    {"duckdb", {.values = {{"memory_limit_bytes", "128MiB"}}}},
};

/// The sample's values, ready for the entry's fields.
inline Result<Settings> SettingsOf(std::span<const Field> fields, const Sample& sample) {
  Settings::Values values = sample.values;
  if (sample.more != nullptr) values.merge(sample.more());
  for (auto& [name, value] : values) {
    if (sample.needs != nullptr && value == std::string("${") + sample.needs + "}")
      value = std::getenv(sample.needs);
  }
  return Settings::Parse(fields, values);
}

/// Why it cannot be tried here; "" if it can.
inline std::string Missing(const Sample& sample) {
  if (sample.needs == nullptr || std::getenv(sample.needs) != nullptr) return "";
  return std::string("the environment has no ") + sample.needs;
}

}  // namespace hb::conformance
