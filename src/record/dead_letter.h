// record/dead_letter.h - input that could not be used, kept so that it can be looked at and
// replayed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/units.h"

namespace hb {

struct DeadLetter {
  EventTime time{};        ///< arrival
  std::string source{};    ///< catalogue name
  std::string location{};  ///< "ira.csv.gz:123" (file and line), or an offset of the stream
  std::string reason{};    ///< for people: "field publish_date: not a date: '13/45/2016'"
  std::string raw{};       ///< the bytes as they came, cut at kMaxRawBytes
  bool cut = false;        ///< raw is not all of it
  /// Stable over restarts, so that it can be named; "" is DeadLetterId.
  std::string id{};
  /// What a reader of `raw` alone needs beside it: source/replay/letter_context.h. "": JSON that is
  /// recognised by itself.
  std::string context{};
  std::string row_id{};        ///< native id of a post of it that carries none
  std::uint32_t attempts = 0;  ///< how often it was replayed
  EventTime tried{};           ///< when it was replayed last
  bool used = false;           ///< then it could be used: it is a dead letter no more, raw is ""

  static constexpr std::size_t kMaxRawBytes = 256 * 1024;
};

/// A letter of what came at `time` from the source of that kind and could not be used; `raw` is cut
/// where it is too long.
DeadLetter MakeDeadLetter(EventTime time, std::string_view source, std::string location,
                          std::string reason, std::string_view raw);

/// 16 hex digits from the source (its identity, or its kind where that is not known), the place and
/// the bytes.
std::string DeadLetterId(std::string_view source, std::string_view location, std::string_view raw);

}  // namespace hb
