#include "wire/post_fields.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

#include "record/identity.h"

namespace hb {

namespace {

bool AllDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

PostKind PostKindOf(std::string_view text, bool& said) {
  struct Word {
    std::string_view word;
    PostKind kind;
  };
  static constexpr Word kWords[] = {{"R", PostKind::kRepost},         {"RT", PostKind::kRepost},
                                    {"retweet", PostKind::kRepost},   {"repost", PostKind::kRepost},
                                    {"retweeted", PostKind::kRepost}, {"Q", PostKind::kQuote},
                                    {"quote", PostKind::kQuote},      {"quoted", PostKind::kQuote},
                                    {"reply", PostKind::kReply},      {"post", PostKind::kPost},
                                    {"replied_to", PostKind::kReply}, {"tweet", PostKind::kPost},
                                    {"original", PostKind::kPost}};
  said = false;
  for (const Word& word : kWords) {
    if (word.word == text) {
      said = true;
      return word.kind;
    }
  }
  return PostKind::kPost;
}

bool IsTrueWord(std::string_view text) {
  return text == "1" || text == "t" || text == "true" || text == "True" || text == "TRUE" ||
         text == "yes" || text == "R";
}

std::string_view RepostedHandle(std::string_view content) {
  if (!content.starts_with("RT @")) return {};
  content.remove_prefix(4);
  const std::size_t end = content.find_first_of(": \n");
  return end == std::string_view::npos || end > 64 ? std::string_view() : content.substr(0, end);
}

void CompletePost(std::string_view type, bool repost, std::string_view followers, PostView& post) {
  post.key = KeyOf(post.id);
  if (post.handle.starts_with('@')) post.handle.remove_prefix(1);
  if (post.author.empty()) {
    post.author = post.handle;
  } else if (post.handle.empty() && !AllDigits(post.author)) {
    post.handle = post.author;
  }
  bool said = false;
  post.kind = PostKindOf(type, said);
  if (!said) {
    if (repost || post.content.starts_with("RT @")) {
      post.kind = PostKind::kRepost;
    } else if (!post.reply_to.empty()) {
      post.kind = PostKind::kReply;
    }
  }
  if (post.kind == PostKind::kRepost && post.repost_of.empty()) {
    post.repost_of = RepostedHandle(post.content);
  }
  std::int64_t count = -1;
  const char* end = followers.data() + followers.size();
  const auto [at, error] = std::from_chars(followers.data(), end, count);
  if (error == std::errc() && at == end && count >= 0) post.followers = count;
}

}  // namespace hb
