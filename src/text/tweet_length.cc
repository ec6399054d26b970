#include "text/tweet_length.h"

#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <string>
#include <vector>

#include "text/emoji.h"
#include "text/entities.h"
#include "text/utf8.h"

namespace hb {
namespace {

constexpr int kUrlWeight = 23;

int Utf16Units(std::string_view text) {
  int units = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint read = DecodeUtf8(text, at);
    units += read.code >= 0x10000 ? 2 : 1;
    at += read.size;
  }
  return units;
}

std::string Normalized(std::string_view text) {
  if (IsAscii(text)) return std::string(text);
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(error);
  if (U_FAILURE(error)) return std::string(text);
  std::string out;
  const icu::UnicodeString wide =
      icu::UnicodeString::fromUTF8({text.data(), static_cast<int>(text.size())});
  nfc->normalize(wide, error).toUTF8String(out);
  return U_FAILURE(error) ? std::string(text) : out;
}

bool IsNarrow(char32_t c) {
  return c <= 0x10FF || (c >= 0x2000 && c <= 0x200D) || (c >= 0x2010 && c <= 0x201F) ||
         (c >= 0x2032 && c <= 0x2037);
}

bool IsForbidden(char32_t c) { return c == 0xFFFE || c == 0xFEFF || c == 0xFFFF; }

}  // namespace

TweetLength MeasureTweet(std::string_view text, const TweetRules& rules) {
  const std::string normal = Normalized(text);
  const std::vector<Entity> entities = ExtractEntities(normal);
  TweetLength length{0, 0, true, 0, 0};
  int units = 0;
  int fitting = 0;
  std::size_t entity = 0;
  for (std::size_t at = 0; at < normal.size();) {
    std::size_t size = 0;
    int weight = 1;
    while (entity < entities.size() && entities[entity].begin < at) ++entity;
    if (entity < entities.size() && entities[entity].begin == at &&
        entities[entity].kind == EntityKind::kUrl) {
      size = entities[entity].end - at;
      weight = kUrlWeight;
    } else if (rules.emoji_as_one && (size = MatchEmoji(normal, at)) != 0) {
      weight = 2;
    } else {
      const CodePoint read = DecodeUtf8(normal, at);
      size = read.size;
      if (rules.narrow_halves && !IsNarrow(read.code)) weight = 2;
      if (IsForbidden(read.code)) length.valid = false;
    }
    units += Utf16Units(std::string_view(normal).substr(at, size));
    length.weighted += weight;
    if (length.valid && length.weighted <= rules.max_weighted) fitting = units;
    at += size;
  }
  const int shrunk = Utf16Units(text) - units;
  length.valid = length.valid && length.weighted > 0 && length.weighted <= rules.max_weighted;
  length.permillage = length.weighted * 1000 / rules.max_weighted;
  length.display_end = std::max(0, units + shrunk - 1);
  length.valid_end = std::max(0, fitting + shrunk - 1);
  return length;
}

}  // namespace hb
