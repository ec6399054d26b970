#include "record/dead_letter.h"

#include <utility>

#include "base/hash.h"

namespace hb {

DeadLetter MakeDeadLetter(EventTime time, std::string_view source, std::string location,
                          std::string reason, std::string_view raw) {
  DeadLetter letter;
  letter.time = time;
  letter.source = source;
  letter.location = std::move(location);
  letter.reason = std::move(reason);
  letter.raw = raw.substr(0, DeadLetter::kMaxRawBytes);
  letter.cut = raw.size() > DeadLetter::kMaxRawBytes;
  return letter;
}

std::string DeadLetterId(std::string_view source, std::string_view location, std::string_view raw) {
  // Each hash seeds the next: no two ways to cut the same bytes into three meet.
  const std::uint64_t hash = Hash64(raw, Hash64(location, Hash64(source)));
  constexpr char kDigits[] = "0123456789abcdef";
  std::string id;
  for (int shift = 60; shift >= 0; shift -= 4) id.push_back(kDigits[hash >> shift & 15]);
  return id;
}

}  // namespace hb
