// wire/columns.h - which column, or JSON member, of somebody's file is what of a post.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace hb {

/// What of a post a column may hold.
enum class PostColumn : std::uint8_t {
  kContent,
  kTime,
  kId,
  kAuthor,
  kHandle,
  kLang,
  kCountry,
  kType,
  kRepost,
  kFollowers,
  kConversation,
  kReplyTo,
  kRepostOf,
};
inline constexpr std::size_t kPostColumns = 13;

/// Name in --map, and the header names that are understood without it, best first.
struct PostColumnNames {
  std::string_view name;
  std::span<const std::string_view> synonyms;
};
const PostColumnNames& NamesOf(PostColumn column);

/// What the user said: ("content", "body") for --map content=body.
using ColumnMap = std::vector<std::pair<std::string, std::string>>;

/// Reads "content=text,time=created_at". kInvalidArgument names the part that is wrong, and the
/// nearest known name.
Result<ColumnMap> ParseColumnMap(std::span<const std::string> items);

/// Index of the column for each PostColumn; -1: none.
using ColumnIndex = std::array<int, kPostColumns>;

/// Finds the columns of `header`. kInvalidArgument if content or time is not among them, or a
/// mapped column does not exist; the message lists the columns and suggests --map.
Result<ColumnIndex> FindColumns(std::span<const std::string> header, const ColumnMap& map);

}  // namespace hb
