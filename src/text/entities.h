// text/entities.h - hashtags, mentions, cashtags, links and emoji of a post, by twitter-text's
// rules.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace hb {

enum class EntityKind : std::uint8_t { kHashtag, kMention, kCashtag, kUrl, kEmoji };

std::string_view EntityKindName(EntityKind kind) noexcept;  ///< "hashtag", "mention", ...

/// One entity; offsets are bytes of the text, on code point borders.
struct Entity {
  static constexpr std::uint32_t kNoToken = 0xFFFFFFFF;

  EntityKind kind;
  std::uint32_t begin;        ///< With the sign: the # of a hashtag.
  std::uint32_t end;          ///< Past the last byte; past the list of @name/list.
  std::uint32_t value_begin;  ///< Without the sign: the tag, the name, the symbol; all of a link.
  std::uint32_t value_end;    ///< A mention's [value_end, end) is "/list", mostly empty.
  std::uint32_t token = kNoToken;  ///< Index into TextWalk::tokens; kNoToken from ExtractEntities.

  std::string_view Text(std::string_view text) const { return text.substr(begin, end - begin); }
  std::string_view Value(std::string_view text) const {
    return text.substr(value_begin, value_end - value_begin);
  }
  std::string_view List(std::string_view text) const {
    return text.substr(value_end, end - value_end);
  }
};

/// Appends the entities of `text` in order; no two overlap (a link wins over the hashtag in it).
/// The rules are those of twitter-text 3.1 (github.com/twitter/twitter-text, Java and JavaScript),
/// emoji those of emoji.h, looked for between the other entities. Bytes that are not UTF-8 belong
/// to none. Cost: O(text.size()). Whoever needs the words too calls WalkText (text_walk.h) instead.
void ExtractEntities(std::string_view text, std::vector<Entity>& out);
std::vector<Entity> ExtractEntities(std::string_view text);

/// The name after the @ if the post begins with one (blanks may come before), else empty.
std::string_view ReplyName(std::string_view text) noexcept;

/// Whether all of `text` is one such thing, sign included ("#tag", "@name", "@name/list").
bool IsValidHashtag(std::string_view text);
bool IsValidUsername(std::string_view text);
bool IsValidList(std::string_view text);
/// Whether all of `text` is a link by RFC 3986 as twitter-text narrows it; hosts may be Unicode.
/// Stricter about the host's form, laxer about its top-level domain, than what ExtractEntities
/// finds.
bool IsValidUrl(std::string_view text, bool require_protocol = true);

}  // namespace hb
