// What is in the log: records, dead letters, and what is to be forgotten.
#include "record/avro_control.h"
#include "serve/api_testing.h"

namespace hb {
namespace {

TEST_F(ApiTest, RecordsOfATopicAreDecoded) {
  ASSERT_TRUE(backend_->log().EnsureTopic({.name = "tasks", .partitions = 1}).ok());
  auto batch = std::make_shared<RecordBatch>();
  for (int i = 0; i < 120; ++i) {
    std::string bytes;
    EncodeTask({.tag = "t" + std::to_string(i),
                .rule = "a",
                .revision = 1,
                .active = true,
                .time = FromMillis(kStartMs)},
               bytes);
    if (i == 119) bytes = "";
    if (i == 118) bytes = "\xff\xff\xff";
    batch->Append(static_cast<std::uint64_t>(-1 - i), FromMillis(kStartMs), bytes);
  }
  auto transaction = backend_->log().Begin("test").value();
  ASSERT_TRUE(transaction->Append("tasks", Partition{0}, batch).ok());
  transaction->CommitOffsets("store", "tasks", Partition{0}, Offset{100}, Offset{110});
  ASSERT_TRUE(transaction->Commit().ok());

  const auto topics = Json(Get("/api/v1/topics"));
  EXPECT_EQ(Int(topics, "/topics/0/records"), 120);
  EXPECT_EQ(Int(topics, "/topics/0/groups/0/lag"), 10);
  EXPECT_EQ(Int(topics, "/topics/0/groups/0/committed/0"), 100);
  EXPECT_EQ(Int(topics, "/topics/0/groups/0/processed/0"), 110);

  const auto newest = Json(Get("/api/v1/topics/tasks/records", {{"limit", "10"}}));
  EXPECT_EQ(Size(newest, "/records"), 10u);
  EXPECT_EQ(Int(newest, "/records/0/offset"), 110);
  EXPECT_EQ(Text(newest, "/records/0/value/tag"), "t110");
  EXPECT_EQ(Text(newest, "/records/0/key"), "-111");
  EXPECT_EQ(Raw(newest, "/records/9/blanked"), "true");
  EXPECT_EQ(Raw(newest, "/records/8/value"), "null");
  EXPECT_EQ(Text(newest, "/records/8/value_base64"), "////");
  EXPECT_EQ(Raw(newest, "/next"), "null");
  const auto first = Json(Get("/api/v1/topics/tasks/records", {{"offset", "0"}, {"limit", "7"}}));
  EXPECT_EQ(Int(first, "/next"), 7);
  EXPECT_EQ(Int(first, "/end"), 120);
  EXPECT_EQ(Size(Json(Get("/api/v1/topics/tasks/records", {{"offset", "9999"}})), "/records"), 0u);
  EXPECT_EQ(Get("/api/v1/topics/nothing/records").status, 404);
  EXPECT_EQ(Get("/api/v1/topics/tasks/records", {{"partition", "3"}}).status, 404);
  EXPECT_EQ(Get("/api/v1/topics/../etc/records").status, 404);
}

TEST_F(ApiTest, DeadLettersAreListedAndReplayed) {
  std::vector<DeadLetter> dead;
  for (int i = 0; i < 5; ++i) {
    dead.push_back({.time = FromMillis(kStartMs + i),
                    .source = "replay",
                    .location = "a.csv:" + std::to_string(i),
                    .reason = "not a date",
                    .raw = "caf\xe9 \xe2\x82\xac",
                    .cut = false});
  }
  dead.back().raw = std::string("caf\xe9 \xe2\x82\xac", 8) + std::string(100'000, 'y');
  dead[2].raw =
      "a\xe2\x82"
      "b\xff\xff";
  Write({.dead = dead});
  const auto page = Json(Get("/api/v1/deadletters", {{"limit", "3"}}));
  EXPECT_EQ(Int(page, "/total"), 5);
  EXPECT_EQ(Text(page, "/dead_letters/0/location"), "a.csv:4");
  EXPECT_EQ(Text(page, "/dead_letters/0/id").size(), 16u);
  EXPECT_EQ(Raw(page, "/dead_letters/0/cut"), "true");
  EXPECT_EQ(Int(page, "/dead_letters/0/bytes"), 100'008);
  EXPECT_EQ(Text(page, "/dead_letters/1/raw"), "caf\xEF\xBF\xBD \xe2\x82\xac");
  EXPECT_EQ(Text(page, "/dead_letters/1/raw_base64"), "Y2Fm6SDigqw=");
  EXPECT_EQ(Text(page, "/dead_letters/2/raw"),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD\xEF\xBF\xBD")
      << "one mark for each broken character";
  const auto rest =
      Json(Get("/api/v1/deadletters", {{"limit", "3"}, {"cursor", Text(page, "/next")}}));
  EXPECT_EQ(Size(rest, "/dead_letters"), 2u);
  EXPECT_EQ(Raw(rest, "/next"), "null");
  DeadLetter used = dead.front();
  used.attempts = 1;
  used.tried = FromMillis(kStartMs);
  used.used = true;
  Write({.dead = std::span(&used, 1)});
  EXPECT_EQ(Int(Json(Get("/api/v1/deadletters")), "/total"), 4);
  const auto done = Json(Get("/api/v1/deadletters", {{"state", "replayed"}}));
  EXPECT_EQ(Int(done, "/total"), 1);
  EXPECT_EQ(Text(done, "/dead_letters/0/replayed"), "2016-08-01T00:00:00.000Z");
  EXPECT_EQ(Get("/api/v1/deadletters", {{"state", "lost"}}).status, 400);
  EXPECT_EQ(Ask("POST", "/api/v1/deadletters/replay", {}, R"({"ids":["1","2"],"map":"time=when"})")
                .status,
            202);
  EXPECT_EQ(backend_->replayed.ids.size(), 2u);
  EXPECT_EQ(backend_->replayed.map, "time=when");
  const auto twice = Json(Ask("POST", "/api/v1/deadletters/replay", {}, R"({"ids":["used"]})"));
  EXPECT_EQ(Int(twice, "/queued"), 0);
  EXPECT_EQ(Text(twice, "/already/0/id"), "used");
  EXPECT_EQ(Text(twice, "/already/0/replayed"), "2016-08-01T00:00:00.000Z");
  EXPECT_EQ(Ask("POST", "/api/v1/deadletters/replay", {}, R"({"ids":["none"]})").status, 404);
  EXPECT_EQ(Ask("POST", "/api/v1/deadletters/replay", {}, R"({"ids":["1"],"raw":"a,b"})").status,
            202);
  EXPECT_EQ(backend_->replayed.raw, "a,b");
  EXPECT_EQ(Int(Json(Ask("POST", "/api/v1/deadletters/replay", {}, R"({"all":true})")), "/queued"),
            3);
  for (const char* body :
       {"{}", R"({"ids":[]})", R"({"ids":[1]})", R"({"all":false})", R"({"all":true,"raw":"x"})",
        R"({"ids":["1","2"],"raw":"x"})", R"({"ids":["1"],"raw":7})"}) {
    EXPECT_EQ(Ask("POST", "/api/v1/deadletters/replay", {}, body).status, 400) << body;
  }
}

TEST_F(ApiTest, PostsAndAuthorsAreForgotten) {
  const auto answer = Json(
      Ask("POST", "/api/v1/forget", {}, R"({"posts":["1","2"],"authors":["a"],"network":"x"})"));
  EXPECT_EQ(Int(answer, "/matched"), 12);
  EXPECT_EQ(backend_->forgotten.posts, (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(backend_->forgotten.network, "x");
  for (const char* body :
       {"{}", R"({"posts":[]})", R"({"posts":"1"})", R"({"posts":[1]})", R"({"authors":[""]})"}) {
    EXPECT_EQ(Ask("POST", "/api/v1/forget", {}, body).status, 400) << body;
  }
}

TEST_F(ApiTest, WhatIsStagedIsTakenIn) {
  const auto ask = [&](const char* body) { return Ask("POST", "/api/v1/backfill", {}, body); };
  const auto taken = ask(R"({"staging":"/staged","done":1,"failed":1})");
  EXPECT_EQ(taken.status, 200);
  EXPECT_EQ(taken.body, R"({"stored":true})");
  EXPECT_EQ(ask(R"({"staging":"/staged","done":3})").body, R"({"stored":false})");
  EXPECT_EQ(ask(R"({"staging":"/elsewhere","done":3})").status, 404);
  for (const char* body : {"{}", R"({"staging":""})", R"({"staging":"/staged","done":-1})",
                           R"({"staging":"/staged","failed":"1"})"}) {
    EXPECT_EQ(ask(body).status, 400) << body;
  }
}

}  // namespace
}  // namespace hb
