#include "wire/columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace hb {

namespace {

using Names = std::string_view;
constexpr Names kContentNames[] = {"content",   "text", "full_text", "tweet", "tweet_text",
                                   "post_text", "body", "message",   "post",  "status"};
constexpr Names kTimeNames[] = {
    "created_at", "publish_date", "published_at", "posted_at", "createdat", "timestamp",   "time",
    "datetime",   "date",         "tweet_time",   "created",   "published", "timestamp_ms"};
constexpr Names kIdNames[] = {"id_str", "id", "tweet_id", "post_id", "status_id", "tweetid", "uri"};
constexpr Names kAuthorNames[] = {"author_id", "user_id", "user_id_str", "userid", "author", "did"};
constexpr Names kHandleNames[] = {"screen_name",      "handle", "username",    "user_name",
                                  "user_screen_name", "user",   "author_name", "from_user"};
constexpr Names kLangNames[] = {"lang", "language", "tweet_language"};
constexpr Names kCountryNames[] = {"country_code", "country", "region"};
constexpr Names kTypeNames[] = {"post_type", "kind", "type", "tweet_type"};
constexpr Names kRepostNames[] = {"is_retweet", "retweet", "retweeted", "is_repost", "repost"};
constexpr Names kFollowersNames[] = {"followers", "followers_count", "follower_count"};
constexpr Names kConversationNames[] = {"conversation_id", "conversation"};
constexpr Names kReplyToNames[] = {"in_reply_to_screen_name", "reply_to", "in_reply_to_user_id",
                                   "in_reply_to_userid"};
constexpr Names kRepostOfNames[] = {"repost_of", "retweet_screen_name", "retweet_userid"};

constexpr std::array<PostColumnNames, kPostColumns> kNames = {{
    {"content", kContentNames},
    {"time", kTimeNames},
    {"id", kIdNames},
    {"author", kAuthorNames},
    {"handle", kHandleNames},
    {"lang", kLangNames},
    {"country", kCountryNames},
    {"kind", kTypeNames},
    {"repost", kRepostNames},
    {"followers", kFollowersNames},
    {"conversation", kConversationNames},
    {"reply_to", kReplyToNames},
    {"repost_of", kRepostOfNames},
}};

/// " Created At" -> "created_at".
std::string Fold(std::string_view name) {
  std::string folded;
  for (const char c : name) {
    if (c == ' ' || c == '-' || c == '.') {
      if (!folded.empty()) folded += '_';
    } else if (static_cast<unsigned char>(c) > ' ') {
      folded += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    }
  }
  while (!folded.empty() && folded.back() == '_') folded.pop_back();
  return folded;
}

int IndexOf(std::span<const std::string> header, std::string_view name) {
  const auto found = std::find(header.begin(), header.end(), name);
  return found == header.end() ? -1 : static_cast<int>(found - header.begin());
}

/// The header as people can read it, cut at a sensible length.
std::string Join(std::span<const std::string> header) {
  std::string joined;
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (i == 24 || joined.size() > 400) return joined + ", ...";
    if (i > 0) joined += ", ";
    joined += header[i].substr(0, 60);
  }
  return joined;
}

std::string JoinNames(std::span<const std::string_view> names) {
  std::string joined;
  for (const std::string_view name : names) {
    if (!joined.empty()) joined += ", ";
    joined += name;
  }
  return joined;
}

}  // namespace

const PostColumnNames& NamesOf(PostColumn column) {
  return kNames[static_cast<std::size_t>(column)];
}

Result<ColumnMap> ParseColumnMap(std::span<const std::string> items) {
  ColumnMap map;
  for (const std::string& item : items) {
    const std::size_t equals = item.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == item.size()) {
      return Error{Code::kInvalidArgument,
                   fmt::format("map: '{}' is not of the form content=COLUMN", item)};
    }
    const std::string name = item.substr(0, equals);
    const bool known = std::any_of(kNames.begin(), kNames.end(),
                                   [&](const PostColumnNames& n) { return n.name == name; });
    if (!known) {
      std::string all;
      for (const PostColumnNames& n : kNames)
        all += fmt::format("{}{}", all.empty() ? "" : ", ", n.name);
      return Error{Code::kInvalidArgument,
                   fmt::format("map: '{}' is none of a post's fields: {}", name, all)};
    }
    map.emplace_back(name, item.substr(equals + 1));
  }
  return map;
}

Result<ColumnIndex> FindColumns(std::span<const std::string> header, const ColumnMap& map) {
  std::vector<std::string> folded;
  folded.reserve(header.size());
  for (const std::string& name : header) folded.push_back(Fold(name));

  ColumnIndex index;
  index.fill(-1);
  for (std::size_t i = 0; i < kPostColumns; ++i) {
    const auto mapped = std::find_if(
        map.begin(), map.end(), [&](const auto& pair) { return pair.first == kNames[i].name; });
    if (mapped != map.end()) {
      index[i] = IndexOf(header, mapped->second);
      if (index[i] < 0) index[i] = IndexOf(folded, Fold(mapped->second));
      if (index[i] < 0) {
        return Error{Code::kInvalidArgument,
                     fmt::format("map: {}={}: there is no such column; the columns are: {}",
                                 mapped->first, mapped->second, Join(header))};
      }
      continue;
    }
    for (const std::string_view synonym : kNames[i].synonyms) {
      index[i] = IndexOf(folded, synonym);
      if (index[i] >= 0) break;
    }
  }
  std::string missing, hint, tried;
  for (const PostColumn column : {PostColumn::kContent, PostColumn::kTime}) {
    if (index[static_cast<std::size_t>(column)] >= 0) continue;
    const PostColumnNames& names = NamesOf(column);
    missing += fmt::format("{}{}", missing.empty() ? "" : " and ", names.name);
    hint += fmt::format("{}{}=COLUMN", hint.empty() ? "" : ",", names.name);
    tried +=
        fmt::format("{}{}: {}", tried.empty() ? "" : "; ", names.name, JoinNames(names.synonyms));
  }
  if (!missing.empty()) {
    return Error{Code::kInvalidArgument,
                 fmt::format("no column for {}; the columns are: {}; say which it is with --map {} "
                             "(names known without it: {})",
                             missing, Join(header), hint, tried)};
  }
  return index;
}

}  // namespace hb
