#include "source/bluesky/jetstream_position.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "base/utf8.h"

namespace hb {

namespace {

constexpr std::string_view kTag = "bluesky1";
constexpr std::size_t kMostCauseBytes = 160;

/// Takes "number " off the front of `line`; the last one may end with the line.
bool TakeNumber(std::string_view& line, std::int64_t& number) {
  const char* const end = line.data() + line.size();
  const auto [next, error] = std::from_chars(line.data(), end, number);
  if (error != std::errc() || number < 0 || (next != end && *next != ' ')) return false;
  line.remove_prefix(static_cast<std::size_t>(next - line.data()) + (next != end));
  return true;
}

}  // namespace

std::string JetstreamPosition::Text() const {
  std::string text = fmt::format("{} {} {}", kTag, time_us, ToMillis(heard));
  for (std::size_t i = filling.size() - std::min(filling.size(), kMostGaps); i < filling.size();
       ++i) {
    const Gap& gap = filling[i];
    text += fmt::format("\n{} {} {}", ToMillis(gap.from), ToMillis(gap.to),
                        CutBytes(gap.cause, kMostCauseBytes));
  }
  return text;
}

Result<JetstreamPosition> JetstreamPosition::Read(std::string_view text) {
  const Error wrong{Code::kInvalidArgument,
                    fmt::format("bluesky: '{}' is not a position of it", CutBytes(text, 64))};
  JetstreamPosition position;
  std::size_t line_end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, line_end);
  if (!line.starts_with(kTag) || line.size() == kTag.size()) return wrong;
  line.remove_prefix(kTag.size() + 1);
  std::int64_t heard = 0;
  if (!TakeNumber(line, position.time_us) || !TakeNumber(line, heard) || !line.empty())
    return wrong;
  position.heard = FromMillis(heard);
  while (line_end < text.size()) {
    text.remove_prefix(line_end + 1);
    line_end = std::min(text.find('\n'), text.size());
    line = text.substr(0, line_end);
    std::int64_t from = 0, to = 0;
    if (!TakeNumber(line, from) || !TakeNumber(line, to) || to < from) return wrong;
    if (position.filling.size() == kMostGaps) return wrong;
    position.filling.push_back(
        {.from = FromMillis(from), .to = FromMillis(to), .cause = std::string(line)});
  }
  return position;
}

}  // namespace hb
