#include "record/post_batch.h"

namespace hb {

std::string_view PostKindName(PostKind kind) noexcept {
  switch (kind) {
    case PostKind::kPost: return "post";
    case PostKind::kRepost: return "repost";
    case PostKind::kReply: return "reply";
    case PostKind::kQuote: return "quote";
  }
  return "post";
}

void PostBatch::Append(const PostView& post) {
  time.push_back(post.time);
  key.push_back(post.key);
  id.Append(post.id);
  source.Append(post.source);
  content.Append(post.content);
  lang.Append(post.lang);
  author.Append(post.author);
  handle.Append(post.handle);
  country.Append(post.country);
  conversation.Append(post.conversation);
  chain.Append(post.chain);
  reply_to.Append(post.reply_to);
  repost_of.Append(post.repost_of);
  kind.push_back(post.kind);
  flags.push_back(post.flags);
  followers.push_back(post.followers);
  urls.EndRow();
  hashtags.EndRow();
}

void PostBatch::AppendRow(const PostBatch& other, std::size_t row) {
  for (const std::string_view url : other.urls[row]) urls.Push(url);
  for (const std::string_view tag : other.hashtags[row]) hashtags.Push(tag);
  Append(other.Row(row));
  if (row < other.tasks.size()) {
    tasks.AppendRow(other.tasks[row]);
    rules_version.push_back(other.rules_version[row]);
  }
}

PostView PostBatch::Row(std::size_t row) const {
  return {.time = time[row],
          .key = key[row],
          .id = id[row],
          .source = source[row],
          .content = content[row],
          .lang = lang[row],
          .author = author[row],
          .handle = handle[row],
          .country = country[row],
          .conversation = conversation[row],
          .chain = chain[row],
          .reply_to = reply_to[row],
          .repost_of = repost_of[row],
          .kind = kind[row],
          .flags = flags[row],
          .followers = followers[row]};
}

void PostBatch::Clear() { Truncate(0); }

void PostBatch::Truncate(std::size_t rows) {
  time.resize(rows);
  key.resize(rows);
  kind.resize(rows);
  flags.resize(rows);
  followers.resize(rows);
  for (StringColumn* column : {&id, &source, &content, &lang, &author, &handle, &country,
                               &conversation, &chain, &reply_to, &repost_of}) {
    column->Truncate(rows);
  }
  urls.Truncate(rows);
  hashtags.Truncate(rows);
  if (tasks.size() > rows) {
    tasks.Truncate(rows);
    rules_version.resize(rows);
  }
}

std::size_t PostBatch::memory() const {
  std::size_t total = urls.memory() + hashtags.memory() + tasks.memory();
  for (const StringColumn* column : {&id, &source, &content, &lang, &author, &handle, &country,
                                     &conversation, &chain, &reply_to, &repost_of}) {
    total += column->memory();
  }
  return total +
         time.capacity() * (sizeof(EventTime) + sizeof(PostKey) + sizeof(PostKind) +
                            sizeof(std::uint16_t) + sizeof(std::int64_t) + sizeof(std::uint32_t));
}

}  // namespace hb
