#include "wire/json_values.h"

#include <gtest/gtest.h>

#include <string>

#include "record/avro_control.h"
#include "record/avro_post.h"
#include "record/avro_samples.h"
#include "record/avro_window.h"
#include "record/identity.h"

namespace hb {
namespace {

/// What a post of JSON becomes.
PostBatch Posts(const std::string& json) {
  JsonValues values;
  std::string avro;
  const Status decoded = values.Decode("ingest", json, avro);
  EXPECT_TRUE(decoded.ok()) << decoded.error().message;
  PostBatch posts;
  EXPECT_TRUE(DecodeTweet(avro, posts).ok());
  EXPECT_EQ(posts.size(), 1u);
  return posts;
}

TEST(JsonValues, ARawPostOfXIsReadAsItIs) {
  const PostBatch posts = Posts(
      R"({"data":{"id":"1346889436626259968","lang":"en","text":"Learn how to use the user Tweet timeline"}})");
  EXPECT_EQ(posts.id[0], "1346889436626259968");
  EXPECT_EQ(posts.key[0], PostKey{1346889436626259968});
  EXPECT_EQ(posts.lang[0], "en");
  EXPECT_EQ(posts.content[0], "Learn how to use the user Tweet timeline");
  EXPECT_EQ(ToMillis(posts.time[0]) / 1000, 1'609'958'440);  // in the id: 2021-01-06T18:40:40Z
}

TEST(JsonValues, AFlatObjectWithoutAnIdLeavesTheKeyToTheRecord) {
  const PostBatch posts = Posts(R"({"time":"2020-09-13T12:26:40Z","content":"hello"})");
  EXPECT_EQ(ToMillis(posts.time[0]), 1'600'000'000'000);
  EXPECT_EQ(posts.content[0], "hello");
  EXPECT_EQ(posts.key[0], PostKey{0});
}

TEST(JsonValues, OurRecordsGoThereAndBack) {
  JsonValues values;
  samples::Generator generator(7);
  const auto same = [&](const char* topic, const std::string& avro) {
    std::string json, back;
    ASSERT_TRUE(values.Encode(topic, avro, json).ok()) << topic;
    const Status decoded = values.Decode(topic, json, back);
    ASSERT_TRUE(decoded.ok()) << topic << ": " << decoded.error().message << "\n" << json;
    EXPECT_EQ(back, avro) << topic << "\n" << json;
  };
  for (int round = 0; round < 200; ++round) {
    std::string tweet, analysis, aggregate;
    auto posts = std::make_shared<PostBatch>();
    AnalysisBatch results;
    generator.Post(*posts);
    generator.Results(results);
    results.posts = posts;
    EncodeTweet(*posts, 0, tweet);
    EncodeAnalysis(results, 0, analysis);
    EncodeAggregate(generator.Aggregate(), aggregate);
    same("ingest", tweet);
    same("analysis", analysis);
    same("windows", aggregate);
  }
}

TEST(JsonValues, WhatIsNoPostIsAnErrorAndLeavesTheOutputAlone) {
  JsonValues values;
  std::string out = "kept";
  for (const char* bytes :
       {"", "{", "[]", "17", "\"x\"", "{}", R"({"data":[]})", R"({"rules_version":1})",
        R"({"data":[{"id":"1","text":"a"},{"id":"2","text":"b"}]})", "\xff\xff"}) {
    const Status decoded = values.Decode("ingest", bytes, out);
    ASSERT_FALSE(decoded.ok()) << bytes;
    EXPECT_EQ(decoded.error().code, Code::kCorrupt);
    EXPECT_EQ(out, "kept");
  }
  EXPECT_FALSE(values.Decode("windows", R"({"task":1})", out).ok());
  EXPECT_FALSE(values.Decode("redactions", R"({"kind":"unheard of"})", out).ok());
}

TEST(JsonValues, ClassicHasItsMembersAlone) {
  JsonValues values(/*classic=*/true);
  PostBatch posts;
  PostView post;
  post.time = FromMillis(1'600'000'000'123);
  post.content = "hello";
  posts.Append(post);
  posts.tasks.Push("cats");
  posts.tasks.EndRow();
  posts.rules_version.push_back(1);
  std::string avro, json;
  EncodeTweet(posts, 0, avro);
  ASSERT_TRUE(values.Encode("ingest", avro, json).ok());
  EXPECT_EQ(json, R"({"time":1600000000,"content":"hello","task":"cats"})");
}

}  // namespace
}  // namespace hb
