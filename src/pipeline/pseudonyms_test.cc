#include "pipeline/pseudonyms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "env/env.h"
#include "log/memory/memory_log.h"
#include "pipeline/codec.h"
#include "pipeline/topics.h"
#include "record/identity.h"

namespace hb {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr char kName[] = "hb:[0-9a-f]+";

std::unique_ptr<Pseudonyms> Make(const std::string& key = "a key of some length") {
  auto made = Pseudonyms::Create(key);
  EXPECT_TRUE(made.ok());
  return std::move(made).value();
}

TEST(Pseudonyms, TheKeyDecidesTheName) {
  const auto names = Make();
  EXPECT_THAT(names->OfAuthor("77"), MatchesRegex(kName));
  EXPECT_EQ(names->OfAuthor("77").size(), 35u);
  EXPECT_EQ(names->OfAuthor("77"), Make()->OfAuthor("77"));
  EXPECT_NE(names->OfAuthor("77"), names->OfAuthor("78"));
  EXPECT_NE(names->OfAuthor("77"), Make("another key of some length")->OfAuthor("77"));
  EXPECT_EQ(names->OfAuthor(""), "");
  EXPECT_FALSE(Pseudonyms::Create("short").ok());
  // HMAC-SHA-256 of RFC 4231, test case 2 has a shorter key; case 3's is long enough.
  EXPECT_EQ(Make(std::string(20, '\xaa'))->OfAuthor(std::string(50, '\xdd')),
            "hb:773ea91e36800e46854db8ebd09181a7");
}

TEST(Pseudonyms, WhatIsANameStays) {
  const auto names = Make();
  const std::string author = names->OfAuthor("did:plc:me");
  EXPECT_EQ(names->OfAuthor(author), author);
  const std::string post = names->OfPost("at://did:plc:me/app.bsky.feed.post/k1");
  EXPECT_EQ(post, "at://" + author + "/app.bsky.feed.post/k1");
  EXPECT_EQ(names->OfPost(post), post);
  // What only looks like one does not.
  EXPECT_NE(names->OfAuthor("hb:77"), "hb:77");
}

TEST(Pseudonyms, IdsOfPostsLoseTheirAuthorAndNothingElse) {
  const auto names = Make();
  EXPECT_EQ(names->OfPost("1346889436626259968"), "1346889436626259968");
  EXPECT_EQ(names->OfPost("posts.csv#12"), "posts.csv#12");
  EXPECT_EQ(names->OfPost(""), "");
  EXPECT_THAT(names->OfPost("https://social.example/users/me/statuses/1"), MatchesRegex(kName));
  EXPECT_NE(names->OfPost("https://social.example/users/me/statuses/1"),
            names->OfPost("https://social.example/users/me/statuses/2"));
  EXPECT_EQ(names->OfPost("at://did:plc:me"), "at://" + names->OfAuthor("did:plc:me"));
}

TEST(Pseudonyms, VersionsOfAPostStayItsVersions) {
  const auto names = Make();
  const std::string post = "https://social.example/users/me/statuses/1";
  EXPECT_EQ(names->OfPost(EditedId(post, "7")), EditedId(names->OfPost(post), "7"));
}

TEST(Pseudonyms, ABatchIsHiddenAndKeepsTheRest) {
  const auto names = Make();
  PostBatch posts;
  posts.hashtags.Push("tea");
  posts.Append({.key = KeyOf("at://did:plc:me/p/1"),
                .id = "at://did:plc:me/p/1",
                .content = "tea with @you",
                .author = "did:plc:me",
                .handle = "me.example",
                .conversation = "at://did:plc:you/p/0",
                .chain = "at://did:plc:me/p/1",
                .reply_to = "did:plc:you"});
  posts.Append({.key = KeyOf("5"), .id = "5", .author = "77", .handle = "me", .repost_of = "you"});
  names->Hide(posts);
  const PostView first = posts.Row(0), second = posts.Row(1);
  EXPECT_EQ(first.id, names->OfPost("at://did:plc:me/p/1"));
  EXPECT_EQ(first.key, KeyOf(first.id));
  EXPECT_EQ(first.chain, first.id);
  EXPECT_EQ(first.author, names->OfAuthor("did:plc:me"));
  EXPECT_EQ(first.reply_to, names->OfAuthor("did:plc:you"));
  EXPECT_EQ(first.conversation, "at://" + names->OfAuthor("did:plc:you") + "/p/0");
  EXPECT_EQ(first.handle, "");
  EXPECT_EQ(first.content, "tea with @you");
  EXPECT_EQ(posts.hashtags[0][0], "tea");
  EXPECT_EQ(second.id, "5");
  EXPECT_EQ(second.key, KeyOf("5"));
  EXPECT_EQ(second.author, names->OfAuthor("77"));
  EXPECT_EQ(second.repost_of, names->OfAuthor("you"));
}

TEST(Pseudonyms, AddressesThatNameAnAuthorAreLeftOut) {
  const auto names = Make();
  PostBatch posts;
  for (const char* url :
       {"https://twitter.com/someone/status/1346889436626259968/photo/1", "https://x.com/someone",
        "http://www.Twitter.com/someone?s=20", "https://mobile.twitter.com/someone/status/1",
        "https://x.com/i/user/77", "https://bsky.app/profile/me.example/post/k1",
        "https://bsky.app/profile/did:plc:me", "https://social.example/@me/1",
        "https://social.example/%40me", "https://social.example/users/me/statuses/1",
        "at://did:plc:me/p/1", "x.com/someone"}) {
    posts.urls.Push(url);
  }
  posts.Append({.key = KeyOf("5"), .id = "5", .author = "77"});
  const std::vector<std::string> stay = {"https://news.example/2026/tea?by=users/me",
                                         "https://x.com/hashtag/tea",
                                         "https://x.com/i/web/status/1346889436626259968",
                                         "https://xx.com/someone",
                                         "https://bsky.app/",
                                         "https://social.example/users",
                                         "https://t.co/abc",
                                         ""};
  for (const std::string& url : stay) posts.urls.Push(url);
  posts.Append({.key = KeyOf("6"), .id = "6", .author = "77"});
  names->Hide(posts);
  ASSERT_EQ(posts.urls.size(), 2u);
  for (const std::string_view url : posts.urls[0]) ADD_FAILURE() << url;
  std::vector<std::string> kept;
  for (const std::string_view url : posts.urls[1]) kept.emplace_back(url);
  EXPECT_EQ(kept, stay);
}

TEST(Pseudonyms, RedactionsMeetTheirPostsAndLettersSayNothing) {
  const auto names = Make();
  Redaction gone{.kind = RedactionKind::kDelete,
                 .key = KeyOf("at://did:plc:me/p/1"),
                 .id = "at://did:plc:me/p/1",
                 .author = "did:plc:me"};
  names->Hide(gone);
  EXPECT_EQ(gone.id, names->OfPost("at://did:plc:me/p/1"));
  EXPECT_EQ(gone.key, KeyOf(gone.id));
  EXPECT_EQ(gone.author, names->OfAuthor("did:plc:me"));
  DeadLetter letter{.location = "x.jsonl:4", .reason = "no id", .raw = "{\"author_id\":\"77\"}"};
  names->Hide(letter);
  EXPECT_EQ(letter.raw, "");
  EXPECT_TRUE(letter.cut);
  EXPECT_EQ(letter.reason, "no id");
}

TEST(Pseudonyms, ALogIsOfOneKeyForItsLife) {
  ManualClock clock(FromMillis(1'767'225'600'000));
  const auto open = [&] {
    auto log = MakeMemoryLog(clock);
    for (const TopicSpec& topic : TopicSpecs(2, 1'000'000'000, 1'000'000'000)) {
      EXPECT_TRUE(log->EnsureTopic(topic).ok());
    }
    return log;
  };
  const auto put = [](Log& log) {
    auto posts = std::make_shared<PostBatch>();
    posts->Append({.key = KeyOf("5"), .id = "5", .content = "tea", .author = "77"});
    posts->tasks.EndRow();
    posts->rules_version.push_back(1);
    auto transaction = log.Begin("test");
    ASSERT_TRUE(transaction.ok());
    ASSERT_TRUE(transaction.value()->Append(kIngestTopic, Partition{0}, EncodePosts(posts)).ok());
    ASSERT_TRUE(transaction.value()->Commit().ok());
  };
  const auto names = Make(), others = Make("another key of some length");
  auto hashed = open();
  ASSERT_TRUE(Pseudonyms::CheckLog(*hashed, names.get(), false).ok());
  put(*hashed);
  EXPECT_TRUE(Pseudonyms::CheckLog(*hashed, names.get(), false).ok());
  EXPECT_THAT(Pseudonyms::CheckLog(*hashed, others.get(), false).error().message,
              HasSubstr("another key"));
  EXPECT_THAT(Pseudonyms::CheckLog(*hashed, nullptr, false).error().message,
              HasSubstr("holds hashed authors"));

  auto plain = open();
  ASSERT_TRUE(Pseudonyms::CheckLog(*plain, nullptr, false).ok());
  put(*plain);
  EXPECT_TRUE(Pseudonyms::CheckLog(*plain, nullptr, false).ok());
  EXPECT_THAT(Pseudonyms::CheckLog(*plain, names.get(), false).error().message,
              HasSubstr("authors as they are"));
  EXPECT_TRUE(Pseudonyms::CheckLog(*plain, names.get(), true).ok()) << "posts of others";
}

}  // namespace
}  // namespace hb
