#include "text/emoji.h"

#include <cstring>

#include "base/hash.h"
#include "text/code_point.h"
#include "text/utf8.h"

namespace hb {
namespace {

using text::CodePointClass;

constexpr char32_t kJoiner = 0x200D;
constexpr char32_t kTextStyle = 0xFE0E;
constexpr char32_t kEmojiStyle = 0xFE0F;
constexpr char32_t kKeycap = 0x20E3;
constexpr std::string_view kEmojiStyleBytes = "\xEF\xB8\x8F";

CodePoint Peek(std::string_view text, std::size_t at) {
  return at < text.size() ? DecodeUtf8(text, at) : CodePoint{0, 0, false};
}

bool IsKeycapBase(char32_t c) { return (c >= '0' && c <= '9') || c == '#' || c == '*'; }

/// End of a run of tag characters with its terminator at `at`, or `at`.
std::size_t SkipTags(std::string_view text, std::size_t at) {
  std::size_t end = at;
  for (CodePoint next = Peek(text, end); next.code >= 0xE0020 && next.code <= 0xE007F;
       next = Peek(text, end)) {
    end += next.size;
    if (next.code == 0xE007F) return end;
  }
  return at;
}

/// End of one element of a joiner sequence that begins at `at`, or `at` if none does.
std::size_t MatchElement(std::string_view text, std::size_t at, bool joined) {
  const CodePoint first = Peek(text, at);
  std::size_t end = at + first.size;
  CodePoint next = Peek(text, end);
  if (IsKeycapBase(first.code)) {
    if (next.code == kEmojiStyle) next = Peek(text, end += next.size);
    return next.code == kKeycap ? end + next.size : at;
  }
  const std::uint32_t bits = CodePointClass(first.code);
  if ((bits & text::kRegional) != 0) {
    return (CodePointClass(next.code) & text::kRegional) != 0 ? end + next.size : at;
  }
  if ((bits & text::kEmoji) == 0 || next.code == kTextStyle) return at;
  bool styled = false;
  // U+FE0F before a skin tone is not well-formed, but common in the wild.
  if (next.code == kEmojiStyle) {
    styled = true;
    next = Peek(text, end += next.size);
  }
  if ((CodePointClass(next.code) & text::kEmojiModifier) != 0 &&
      (bits & text::kEmojiModifier) == 0) {
    styled = true;
    next = Peek(text, end += next.size);
    if (next.code == kEmojiStyle) end += next.size;
  }
  if ((bits & text::kTextDefault) != 0 && !styled && !joined) return at;
  return SkipTags(text, end);
}

}  // namespace

std::size_t MatchEmoji(std::string_view text, std::size_t at) noexcept {
  std::size_t end = MatchElement(text, at, false);
  if (end == at) return 0;
  for (CodePoint next = Peek(text, end); next.code == kJoiner; next = Peek(text, end)) {
    const std::size_t element = end + next.size;
    const std::size_t joined = MatchElement(text, element, true);
    if (joined == element) break;
    end = joined;
  }
  return end - at;
}

std::uint64_t EmojiHash(std::string_view emoji) noexcept {
  char bare[128];
  if (emoji.size() > sizeof bare) return Hash64(emoji);  // No real sequence is that long.
  std::size_t size = 0;
  for (std::size_t at = 0; at < emoji.size();) {
    if (emoji.substr(at, 3) == kEmojiStyleBytes) {
      at += 3;
    } else {
      bare[size++] = emoji[at++];
    }
  }
  return Hash64({bare, size});
}

void FindEmoji(std::string_view text, std::vector<ByteSpan>& out) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = MatchEmoji(text, at);
    if (size != 0) {
      out.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + size)});
      at += size;
    } else {
      at += DecodeUtf8(text, at).size;
    }
  }
}

}  // namespace hb
