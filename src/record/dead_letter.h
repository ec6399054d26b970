// record/dead_letter.h - input that could not be used, kept so that it can be looked at and
// replayed.
#pragma once

#include <cstdint>
#include <string>

#include "base/units.h"

namespace hb {

struct DeadLetter {
  EventTime time{};        ///< arrival
  std::string source{};    ///< catalogue name
  std::string location{};  ///< "ira.csv.gz:123" (file and line), or an offset of the stream
  std::string reason{};    ///< for people: "field publish_date: not a date: '13/45/2016'"
  std::string raw{};       ///< the bytes as they came, cut at kMaxRawBytes
  bool cut = false;        ///< raw is not all of it

  static constexpr std::size_t kMaxRawBytes = 256 * 1024;
};

}  // namespace hb
