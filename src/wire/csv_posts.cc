#include "wire/csv_posts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>

#include "record/identity.h"
#include "wire/names.h"
#include "wire/times.h"
#include "wire/utf8_repair.h"

namespace hb {

namespace {

bool AllDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool IsTrue(std::string_view text) {
  return text == "1" || text == "t" || text == "true" || text == "True" || text == "TRUE" ||
         text == "yes" || text == "R";
}

/// Kind by the words that tools write; kPost and `said` false if the column says nothing.
PostKind KindOf(std::string_view text, bool& said) {
  struct Word {
    std::string_view word;
    PostKind kind;
  };
  static constexpr Word kWords[] = {
      {"R", PostKind::kRepost},       {"RT", PostKind::kRepost},     {"retweet", PostKind::kRepost},
      {"repost", PostKind::kRepost},  {"retweeted", PostKind::kRepost},
      {"Q", PostKind::kQuote},        {"quote", PostKind::kQuote},   {"quoted", PostKind::kQuote},
      {"reply", PostKind::kReply},    {"replied_to", PostKind::kReply},
      {"post", PostKind::kPost},      {"tweet", PostKind::kPost},    {"original", PostKind::kPost},
  };
  for (const Word& word : kWords) {
    if (word.word == text) {
      said = true;
      return word.kind;
    }
  }
  return PostKind::kPost;
}

/// "RT @name: ..." -> "name".
std::string_view RepostedHandle(std::string_view content) {
  if (!content.starts_with("RT @")) return {};
  content.remove_prefix(4);
  const std::size_t end = content.find_first_of(": \n");
  return end == std::string_view::npos || end > 64 ? std::string_view() : content.substr(0, end);
}

}  // namespace

char GuessDelimiter(std::string_view first_line) {
  char best = ',';
  std::ptrdiff_t most = 0;
  for (const char c : {',', '\t', ';'}) {
    const std::ptrdiff_t count = std::count(first_line.begin(), first_line.end(), c);
    if (count > most) {
      most = count;
      best = c;
    }
  }
  return best;
}

Result<CsvPosts> CsvPosts::Create(const CsvReader& header, const ColumnMap& map) {
  CsvPosts posts;
  for (std::size_t i = 0; i < header.fields(); ++i) {
    std::string_view name = header.field(i);
    if (i == 0 && name.starts_with("\xEF\xBB\xBF")) name.remove_prefix(3);
    std::string repaired;
    AppendRepaired(name, repaired);
    posts.header_.push_back(std::move(repaired));
  }
  HB_ASSIGN(posts.index_, FindColumns(posts.header_, map));
  return posts;
}

std::string_view CsvPosts::Get(const CsvReader& row, PostColumn column) {
  const int index = index_[static_cast<std::size_t>(column)];
  if (index < 0) return {};
  const std::string_view value = row.field(static_cast<std::size_t>(index));
  if (!repair_ || IsValidUtf8(value)) return value;
  std::string& repaired = repaired_[static_cast<std::size_t>(column)];
  repaired.clear();
  AppendRepaired(value, repaired);
  return repaired;
}

Status CsvPosts::Append(const CsvReader& row, const WireRow& context, PostBatch& posts) {
  if (row.fields() != header_.size()) {
    return Error{Code::kInvalidArgument,
                 fmt::format("row has {} fields, the header has {}", row.fields(), header_.size())};
  }
  repair_ = !IsValidUtf8(row.raw());
  PostView post;
  const std::string_view time = Get(row, PostColumn::kTime);
  const auto parsed = ParseTime(time);
  if (!parsed) {
    std::string shown;
    AppendRepaired(time.substr(0, 64), shown);
    return Error{Code::kInvalidArgument,
                 fmt::format("field {}: not a date between 1970 and 2100: '{}'",
                             header_[static_cast<std::size_t>(
                                 index_[static_cast<std::size_t>(PostColumn::kTime)])],
                             shown)};
  }
  post.time = *parsed;
  post.source = context.source;
  post.content = Get(row, PostColumn::kContent);
  post.id = Get(row, PostColumn::kId);
  if (post.id.empty()) post.id = context.row_id;
  post.key = KeyOf(post.id);
  post.author = Get(row, PostColumn::kAuthor);
  post.handle = Get(row, PostColumn::kHandle);
  if (post.handle.starts_with('@')) post.handle.remove_prefix(1);
  if (post.author.empty()) {
    post.author = post.handle;
  } else if (post.handle.empty() && !AllDigits(post.author)) {
    post.handle = post.author;
  }
  post.lang = LanguageCode(Get(row, PostColumn::kLang));
  post.country = CountryCode(Get(row, PostColumn::kCountry));
  post.conversation = Get(row, PostColumn::kConversation);
  post.reply_to = Get(row, PostColumn::kReplyTo);
  post.repost_of = Get(row, PostColumn::kRepostOf);

  bool said = false;
  post.kind = KindOf(Get(row, PostColumn::kType), said);
  if (!said) {
    if (IsTrue(Get(row, PostColumn::kRepost))) {
      post.kind = PostKind::kRepost;
    } else if (!RepostedHandle(post.content).empty()) {
      post.kind = PostKind::kRepost;
    } else if (!post.reply_to.empty()) {
      post.kind = PostKind::kReply;
    }
  }
  if (post.kind == PostKind::kRepost && post.repost_of.empty()) {
    post.repost_of = RepostedHandle(post.content);
  }
  const std::string_view followers = Get(row, PostColumn::kFollowers);
  std::int64_t count = -1;
  const auto [at, error] = std::from_chars(followers.data(), followers.data() + followers.size(), count);
  if (error == std::errc() && at == followers.data() + followers.size() && count >= 0) {
    post.followers = count;
  }
  if (repair_) post.flags |= kFlagRepaired;
  posts.Append(post);
  return Ok();
}

}  // namespace hb
