#include "backfill/scrub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backfill/backfill_testing.h"

namespace hb::backfill {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kPage[] =
    R"({"data":[{"id":"1346889436626259961","text":"tea of ann","author_id":"77","created_at":"2021-01-06T18:40:40.000Z"},)"
    R"({"id":"1346889436626259962","text":"RT @ann: tea","author_id":"78","referenced_tweets":[{"type":"retweeted","id":"1346889436626259960"}]},)"
    R"({"id":"1346889436626259963","text":"look at this","author_id":"79","referenced_tweets":[{"type":"quoted","id":"1346889436626259960"}]},)"
    R"({"id":"1346889436626259964","text":"more of ann","author_id":"77"}],)"
    R"("includes":{"users":[{"id":"77","username":"ann"},{"id":"78","username":"bob"},{"id":"79","username":"cy"}],)"
    R"("tweets":[{"id":"1346889436626259960","text":"tea is what I drink","author_id":"77"}]},)"
    R"("meta":{"result_count":4}})"
    "\n";

FindGone Post(std::string id) {
  return [id = std::move(id)](const PostBatch& posts, std::vector<bool>& gone) {
    for (std::size_t i = 0; i < posts.size(); ++i) gone[i] = posts.id[i] == id;
  };
}
FindGone Author(std::string author) {
  return [author = std::move(author)](const PostBatch& posts, std::vector<bool>& gone) {
    for (std::size_t i = 0; i < posts.size(); ++i) gone[i] = posts.author[i] == author;
  };
}

TEST(Scrub, APostLeavesItsPlaceAndItsAuthorOtherPostsHave) {
  std::uint64_t posts = 0;
  const std::string page = ScrubPage(kPage, Post("1346889436626259961"), posts);
  EXPECT_EQ(posts, 1u);
  EXPECT_THAT(page, Not(HasSubstr("tea of ann")));
  EXPECT_THAT(page, HasSubstr(R"({"id":"1346889436626259961","text":"","created_at":"2021)"));
  EXPECT_THAT(page, HasSubstr("more of ann"));
  EXPECT_THAT(page, HasSubstr("\"ann\""));
  EXPECT_THAT(page, HasSubstr("tea is what I drink"));
  EXPECT_TRUE(page.ends_with("}\n"));
  // Nothing more comes of it.
  EXPECT_EQ(ScrubPage(page, Post("1346889436626259961"), posts), page);
  EXPECT_EQ(posts, 1u);
}

TEST(Scrub, WhatOthersIncludeOrRepeatOfItGoesToo) {
  std::uint64_t posts = 0;
  const std::string page = ScrubPage(kPage, Post("1346889436626259960"), posts);
  EXPECT_EQ(posts, 1u) << "the repost";
  EXPECT_THAT(page, Not(HasSubstr("tea is what I drink")));
  EXPECT_THAT(page, Not(HasSubstr("RT @ann: tea")));
  EXPECT_THAT(page, HasSubstr("look at this"));
  EXPECT_THAT(page, HasSubstr("tea of ann"));
}

TEST(Scrub, AnAuthorGoesWithAllPosts) {
  std::uint64_t posts = 0;
  const std::string page = ScrubPage(kPage, Author("77"), posts);
  EXPECT_EQ(posts, 3u);
  for (const char* text : {"tea of ann", "more of ann", "tea is what", "\"ann\"", "\"77\"", "RT @"})
    EXPECT_THAT(page, Not(HasSubstr(text)));
  EXPECT_THAT(page, HasSubstr("\"cy\""));
  EXPECT_EQ(ScrubPage(kPage, Author("80"), posts), kPage);
  EXPECT_EQ(ScrubPage("{\"data\":[", Author("77"), posts), "{\"data\":[");
}

TEST(Scrub, OnlyPagesThatChangeAreWritten) {
  MemoryStaging staging;
  ASSERT_TRUE(staging.Put("posts/2026-01-01/000000-000-0000.jsonl", kPage).ok());
  ASSERT_TRUE(staging.Put("posts/2026-01-01/001500-000-0000.jsonl", "{\"meta\":{}}\n").ok());
  ASSERT_TRUE(staging.Put("plan.json", kPage).ok());
  const auto done = ScrubStaging(staging, Author("77"));
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(done.value().pages, 1u);
  EXPECT_EQ(done.value().posts, 3u);
  staging.puts_left = 0;
  EXPECT_TRUE(ScrubStaging(staging, Author("77")).ok()) << "nothing is left to be written";
  EXPECT_EQ(ScrubStaging(staging, Author("79")).error().code, Code::kExhausted);
}

}  // namespace
}  // namespace hb::backfill
