// An event stream in pieces gives the same events as in one, and no event is longer than allowed.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "wire/sse_reader.h"

namespace {

std::string Events(std::string_view text, std::size_t piece) {
  constexpr std::size_t kMost = 200;
  std::string events;
  hb::SseReader reader(
      kMost,
      [&](std::string_view type, std::string_view data) {
        if (type.size() > kMost || data.size() > 2 * kMost) std::abort();
        events.append(type).append("|").append(data).append("\n");
        return true;
      },
      [&] { events += ":\n"; });
  for (std::size_t at = 0; at < text.size(); at += piece) {
    if (!reader.Read(text.substr(at, piece)).ok()) break;
  }
  return events;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (Events(text, 1) != Events(text, 4096)) std::abort();
  return 0;
}
