// record/trend.h - something that rises, and why we say so.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/units.h"

namespace hb {

struct Trend {
  EventTime time{};         ///< end of the scored span, event time
  std::string scope;        ///< "all", "task:NAME", "lang:en", "country:US"
  std::string kind;         ///< "hashtag" (later "keyword", "entity")
  std::string key;          ///< without '#', folded
  std::uint64_t count = 0;  ///< posts in the scored span
  double baseline = 0;      ///< expected posts in such a span
  double score = 0;         ///< (count - baseline) / sqrt(baseline + 1)
  std::uint64_t authors = 0;
  double duplicate_share = 0;          ///< of near-duplicate texts, 0 .. 1
  std::vector<std::string> languages;  ///< most frequent first
  std::vector<std::string> example_ids;
  bool active = true;  ///< false: has just fallen out (hysteresis)
};

}  // namespace hb
