#include "source/mastodon/mastodon_position.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/utf8.h"

namespace hb {

namespace {
constexpr std::string_view kTag = "mastodon1 ";
constexpr std::size_t kLongestId = 64;
}  // namespace

std::string MastodonPosition::Text() const {
  return fmt::format("{}{} {}", kTag, ToMillis(heard), newest);
}

Result<MastodonPosition> MastodonPosition::Read(std::string_view text) {
  const Error wrong{Code::kInvalidArgument,
                    fmt::format("mastodon: '{}' is not a position of it", CutBytes(text, 64))};
  if (!text.starts_with(kTag)) return wrong;
  text.remove_prefix(kTag.size());
  std::int64_t heard = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), heard);
  if (error != std::errc() || heard < 0 || end == text.data() + text.size() || *end != ' ')
    return wrong;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  if (text.size() > kLongestId ||
      !std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; }))
    return wrong;
  return MastodonPosition{.heard = FromMillis(heard), .newest = std::string(text)};
}

}  // namespace hb
