#include "wire/csv_posts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "base/utf8.h"
#include "wire/names.h"
#include "wire/post_fields.h"
#include "wire/times.h"

namespace hb {

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
    AppendRepairedUtf8(name, repaired);
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
  AppendRepairedUtf8(value, repaired);
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
  const auto parsed = ParsePostTime(time);
  if (!parsed) {
    std::string shown;
    AppendRepairedUtf8(time.substr(0, 64), shown);
    return Error{
        Code::kInvalidArgument,
        fmt::format(
            "field {}: not a date between 1970 and 2100: '{}'",
            header_[static_cast<std::size_t>(index_[static_cast<std::size_t>(PostColumn::kTime)])],
            shown)};
  }
  post.time = *parsed;
  post.source = context.source;
  post.content = Get(row, PostColumn::kContent);
  post.id = Get(row, PostColumn::kId);
  if (post.id.empty()) post.id = context.row_id;
  post.author = Get(row, PostColumn::kAuthor);
  post.handle = Get(row, PostColumn::kHandle);
  post.lang = LanguageCode(Get(row, PostColumn::kLang));
  post.country = CountryCode(Get(row, PostColumn::kCountry));
  post.conversation = Get(row, PostColumn::kConversation);
  post.reply_to = Get(row, PostColumn::kReplyTo);
  post.repost_of = Get(row, PostColumn::kRepostOf);
  CompletePost(Get(row, PostColumn::kType), IsTrueWord(Get(row, PostColumn::kRepost)),
               Get(row, PostColumn::kFollowers), post);
  if (repair_) post.flags |= kFlagRepaired;
  posts.Append(post);
  return Ok();
}

}  // namespace hb
