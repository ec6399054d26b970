// text/emoji.h - where an emoji begins and ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace hb {

struct ByteSpan {
  std::uint32_t begin;
  std::uint32_t end;
  friend bool operator==(ByteSpan, ByteSpan) = default;
};

/// Bytes of the emoji that begins at byte `at`, 0 if none does. The longest well-formed sequence of
/// UTS #51 counts as one: zero-width-joiner sequences, skin tones, flags, subdivision flags,
/// keycaps.
///
/// Symbols whose default is text count too, because people type them without U+FE0F (the red heart,
/// the victory hand), except signs, arrows and punctuation such as (c), TM and !!, which need it.
/// U+FE0E after a symbol says it is text; half a flag is none.
/// Requires: at < text.size().
std::size_t MatchEmoji(std::string_view text, std::size_t at) noexcept;

/// Identity of an emoji: Hash64 of its bytes without U+FE0F, so that both spellings are one.
std::uint64_t EmojiHash(std::string_view emoji) noexcept;

/// Appends the span of every emoji in `text`.
void FindEmoji(std::string_view text, std::vector<ByteSpan>& out);

}  // namespace hb
