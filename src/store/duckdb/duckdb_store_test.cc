#include "store/duckdb/duckdb_store.h"

#include <duckdb.h>

#include "store/duckdb/duckdb_testing.h"

namespace hb {
namespace {

TEST_F(DuckdbStoreTest, KeepsTheContractOfStores) {
  const auto count = [](Store& store, const char* sql) {
    const Result<SqlResult> result = dynamic_cast<SqlStore&>(store).Query(sql, {}, {});
    EXPECT_TRUE(result.ok());
    return result.ok() ? std::get<std::int64_t>(result.value().rows[0][0]) : -1;
  };
  CheckStoreContract(
      {.open = [&]() -> std::unique_ptr<Store> {
         auto store = MakeDuckdbStore(options_, *env_).value();
         EXPECT_TRUE(store->Open().ok());
         return store;
       },
       .posts = [&](Store& store) { return count(store, "SELECT count(*) FROM posts"); },
       .windows = [&](Store& store) { return count(store, "SELECT count(*) FROM windows"); }});
}

TEST_F(DuckdbStoreTest, KeepsEveryColumnOfAPost) {
  Open();
  WritePosts(0, 5000);
  EXPECT_EQ(Text("SELECT count(*), count(DISTINCT id), min(neg + neu + pos), max(neg + neu + pos) "
                 "FROM posts"),
            "5000|5000|1|1\n");
  EXPECT_EQ(
      Text("SELECT id, key, source, time, arrival, task, tasks, lang, content, word, author, "
           "handle, country, "
           "kind, neg, neu, pos, mixed, label, label4, polarity, subjectivity, hashtags, mentions, "
           "cashtags, urls, emoji, followers, platform_lang, rules_version, models, "
           "chain, conversation FROM posts WHERE id = '1000002004'"),
      "1000002004|1000002004|replay|2016-08-01T00:08:21Z|2023-11-14T22:13:20Z|even|[\"even\"]|en|"
      "RT @someone: "
      "breaking news, the vote has been moved to Thursday https://t.co/abc #news #vote 69202|RT "
      "@someone: "
      "breaking news, the vote has been moved to Thursday https://t.co/abc "
      "|310|user|US|repost|0.326604|0.325644|"
      "0.347752|4e-06|positive|positive|0|0.002004|[\"news\",\"vote\"]|[\"someone\"]|[]|[\"https://"
      "example.org/"
      "4\"]|[]|2004|en|3|sentiment-fast/1 pattern/1 language-fast/1 emotion-fast/1 entities-fast/1 topics-fast/1|NULL|NULL\n");
  EXPECT_EQ(Text("SELECT anger, joy, optimism, sadness, emotion, entities, topics, fingerprint "
                 "FROM posts WHERE id = '1000002004'"),
            "0.05|0.05|0.05|0.7|sadness|[\"person:Ann Lee\"]|"
            "[\"news_&_social_concern\",\"diaries_&_daily_life\"]|-9223372036854775804\n");
  EXPECT_EQ(
      Text("SELECT sentiment_analysis, count(*) FROM sentiment_labels GROUP BY ALL ORDER BY ALL"),
      "Negative|1000\nNeutral|3000\nPositive|1000\n");
  EXPECT_EQ(Text("SELECT time, content, task FROM tweet ORDER BY time LIMIT 1"),
            "2016-08-01T00:00:00Z|Good morning everyone, what a lovely day to be outside with "
            "friends 0|even\n");
  EXPECT_EQ(Text("SELECT count(*), sum(pos + neu + neg), min(model) FROM sentiment"),
            "5000|5000|sentiment-fast/1\n");
  EXPECT_EQ(Text("SELECT lang, split_part(models, ' ', 1), split_part(models, ' ', 2), count(*) "
                 "FROM posts GROUP BY ALL ORDER BY ALL"),
            "en|sentiment-fast/1|pattern/1|4000\nru|sentiment-multi/1|pattern/1|1000\n");
  EXPECT_EQ(
      Text("SELECT count(*) FROM posts WHERE label = 'positive' AND kind <> 'repost'"),
      Text("SELECT count(*) FROM posts WHERE label = $1 AND kind != $2", {"positive", "repost"}));
  EXPECT_EQ(Text("SELECT count(*) FROM posts WHERE label = $1", {"angry"}), "0\n");
  EXPECT_EQ(Text("SELECT label, kind FROM posts WHERE label LIKE 'pos%' LIMIT 1"),
            "positive|post\n");
}

TEST_F(DuckdbStoreTest, AFileOfVersion1IsBroughtUpToDate) {
  Open();
  WriteAggregates({SampleAggregate("t", 0, 0, 1, 10)});
  WritePosts(0, 10);
  const std::string old_columns =
      "SELECT * EXCLUDE (anger, joy, optimism, sadness, angry, joyful, optimistic, sad) "
      "FROM windows";
  const std::string rows = Text(old_columns);
  store_.reset();
  {
    duckdb_database database = nullptr;
    duckdb_connection connection = nullptr;
    ASSERT_EQ(duckdb_open((dir_ / "store.duckdb").c_str(), &database), DuckDBSuccess);
    ASSERT_EQ(duckdb_connect(database, &connection), DuckDBSuccess);
    for (const std::string list : {"hashtags", "words", "languages", "countries"}) {
      const std::string sql = "ALTER TABLE internal.windows ADD COLUMN " + list +
                              " STRUCT(key VARCHAR, posts BIGINT)[]";
      EXPECT_EQ(duckdb_query(connection, sql.c_str(), nullptr), DuckDBSuccess) << sql;
    }
    std::vector<std::string> dropped;
    for (const std::string column : {"anger", "joy", "optimism", "sadness"}) {
      for (const std::string table : {"main.posts", "internal.hidden_posts", "internal.windows"}) {
        dropped.push_back("ALTER TABLE " + table + " DROP COLUMN " + column);
      }
    }
    for (const std::string column : {"emotion", "entities", "topics", "fingerprint"}) {
      for (const std::string table : {"main.posts", "internal.hidden_posts"}) {
        dropped.push_back("ALTER TABLE " + table + " DROP COLUMN " + column);
      }
    }
    for (const std::string column : {"angry", "joyful", "optimistic", "sad"}) {
      dropped.push_back("ALTER TABLE internal.windows DROP COLUMN " + column);
    }
    for (const std::string& sql : dropped) {
      EXPECT_EQ(duckdb_query(connection, sql.c_str(), nullptr), DuckDBSuccess) << sql;
    }
    EXPECT_EQ(duckdb_query(connection,
                           "UPDATE internal.meta SET value = '1' WHERE name = 'version'", nullptr),
              DuckDBSuccess);
    EXPECT_EQ(duckdb_query(connection,
                           "CREATE OR REPLACE VIEW main.windows AS SELECT * EXCLUDE (parts) FROM "
                           "internal.windows",
                           nullptr),
              DuckDBSuccess);
    duckdb_disconnect(&connection);
    duckdb_close(&database);
  }
  Open();
  EXPECT_EQ(Text(old_columns), rows);
  EXPECT_EQ(Text("SELECT count(*), count(anger), count(emotion), count(entities), count(topics), "
                 "count(fingerprint) FROM posts"),
            "10|0|0|0|0|0\n");
  WriteAggregates({SampleAggregate("t", 0, 0, 2, 11)});
  WritePosts(10, 10);
  EXPECT_EQ(Text("SELECT posts, words[1].posts, entities[1].key, anger, angry, topics[2].key "
                 "FROM windows"),
            "11|11|person:Ann Lee|0.1|2|sports\n");
  EXPECT_EQ(Text("SELECT count(*), count(emotion), count(topics), count(fingerprint) FROM posts"),
            "20|10|10|8\n");
  Open();
  EXPECT_EQ(Text("SELECT posts FROM windows"), "11\n");
}

TEST_F(DuckdbStoreTest, KeepsTasksTrendsAndDeadLetters) {
  Open();
  const Task tasks[] = {
      {.tag = "a", .rule = "x OR y", .revision = 1, .active = true, .time = FromMillis(1000)},
      {.tag = "a", .rule = "x", .revision = 2, .active = false, .time = FromMillis(2000)}};
  const Trend trends[] = {{.time = FromMillis(5000),
                           .scope = "all",
                           .kind = "hashtag",
                           .key = "vote",
                           .count = 214,
                           .baseline = 12.5,
                           .score = 54.8,
                           .authors = 88,
                           .duplicate_share = 0.25,
                           .languages = {"en", "ru"},
                           .example_ids = {"1"},
                           .active = true}};
  const DeadLetter dead[] = {{.time = FromMillis(7000),
                              .source = "replay",
                              .location = "f.csv:3",
                              .reason = "not a date",
                              .raw = std::string("a\0\xff", 3),
                              .cut = true}};
  ASSERT_TRUE(store_->Write({.dead = dead, .tasks = tasks, .trends = trends}).ok());
  ASSERT_TRUE(store_->Write({.tasks = tasks}).ok());  // the topic is read from its start again
  EXPECT_EQ(Text("SELECT * FROM tasks ORDER BY revision"),
            "a|x OR y|1|true|1970-01-01T00:00:01Z\na|x|2|false|1970-01-01T00:00:02Z\n");
  EXPECT_EQ(
      Text("SELECT * EXCLUDE (arrival) FROM trends"),
      "1970-01-01T00:00:05Z|all|hashtag|vote|214|12.5|54.8|88|0.25|[\"en\",\"ru\"]|[\"1\"]|true\n");
  EXPECT_EQ(Text("SELECT * EXCLUDE (id) FROM dead_letters"),
            "1970-01-01T00:00:07Z|replay|f.csv:3|not a date|6100ff|true|NULL|NULL|0|NULL\n");
  EXPECT_EQ(Text("SELECT count(*) FROM gaps"), "0\n");
}

TEST_F(DuckdbStoreTest, DeadLettersAreKeptOnceAndLeaveWhenTheyAreUsed) {
  Open();
  std::vector<DeadLetter> dead;
  for (int i = 0; i < 3; ++i) {
    dead.push_back({.time = FromMillis(7000),
                    .source = "replay",
                    .location = "f.csv:" + std::to_string(i),
                    .reason = "not a date",
                    .raw = "raw",
                    .id = "id" + std::to_string(i),
                    .context = "{}"});
  }
  ASSERT_TRUE(store_->Write({.dead = dead}).ok());
  ASSERT_TRUE(store_->Write({.dead = dead}).ok());
  EXPECT_EQ(Text("SELECT id FROM dead_letters"), "id0\nid1\nid2\n");

  dead[0].attempts = dead[1].attempts = 1;
  dead[0].tried = dead[1].tried = FromMillis(9000);
  dead[0].reason = "still no date";
  dead[1].used = true;
  dead[1].raw.clear();
  const std::vector<DeadLetter> tried(dead.begin(), dead.begin() + 2);
  for (int twice = 0; twice < 2; ++twice) {
    ASSERT_TRUE(store_->Write({.dead = tried}).ok());
    EXPECT_EQ(Text("SELECT id, reason, raw, attempts, tried FROM dead_letters ORDER BY id"),
              "id0|still no date|726177|1|1970-01-01T00:00:09Z\nid2|not a date|726177|0|NULL\n");
    EXPECT_EQ(Text("SELECT id, location, attempts, replayed FROM replayed_letters"),
              "id1|f.csv:1|1|1970-01-01T00:00:09Z\n");
    Open();
  }
  // The log from its start again, as when a store is rebuilt: the whole story in one write.
  const DeadLetter story[] = {dead[2], tried[0], tried[1], dead[2]};
  ASSERT_TRUE(store_->Write({.dead = story}).ok());
  EXPECT_EQ(Text("SELECT count(*) FROM dead_letters"), "2\n");
  EXPECT_EQ(Text("SELECT count(*) FROM replayed_letters"), "1\n");
}

TEST_F(DuckdbStoreTest, TextThatIsNotUtf8IsRepairedNotLost) {
  Open();
  auto batch = SamplePosts(0, 1);
  auto posts = std::make_shared<PostBatch>(*batch->posts);
  posts->handle.Clear();
  posts->handle.Append("bad\xff\xfename that is long");
  batch->posts = posts;
  const std::shared_ptr<const AnalysisBatch> batches[] = {batch};
  ASSERT_TRUE(store_->Write({.analyses = batches}).ok());
  EXPECT_EQ(Text("SELECT handle FROM posts"), "bad\uFFFD\uFFFDname that is long\n");
}

TEST_F(DuckdbStoreTest, HoldsVeryLongAndVeryManyValues) {
  Open();
  auto posts = std::make_shared<PostBatch>();
  auto batch = std::make_shared<AnalysisBatch>();
  const std::string content(4u << 20, 'x');
  posts->Append({.id = "1", .content = content});
  batch->neg.push_back(0);
  batch->neu.push_back(0);
  batch->label.push_back(Label::kPositive);
  batch->lang.Append("und");
  batch->clean.Append("");
  for (int i = 0; i < 100'000; ++i) batch->hashtags.Push("tag" + std::to_string(i));
  batch->hashtags.EndRow();
  batch->posts = posts;
  const std::shared_ptr<const AnalysisBatch> batches[] = {batch};
  ASSERT_TRUE(store_->Write({.analyses = batches}).ok());
  EXPECT_EQ(Text("SELECT length(content), length(hashtags), hashtags[100000], pos FROM posts"),
            "4194304|100000|tag99999|1\n");
}

TEST_F(DuckdbStoreTest, DropsWhatArrivedLongAgo) {
  Open();
  WritePosts(0, 1000);
  WriteAggregates({SampleAggregate("t", 0, 0, 1, 1)});
  clock_.Advance(std::chrono::hours(1));
  WritePosts(1000, 500);
  WriteAggregates({SampleAggregate("t", 1, 0, 1, 1)});
  ASSERT_TRUE(store_->Prune(clock_.Now() - std::chrono::minutes(30)).ok());
  EXPECT_EQ(Text("SELECT count(*), min(id) FROM posts"), "500|1000001000\n");
  EXPECT_EQ(Text("SELECT count(*) FROM windows"), "1\n");
  EXPECT_GT(store_->DiskBytes(), 0);
}

TEST_F(DuckdbStoreTest, IsMadeFromItsCatalogueEntry) {
  const Result<Settings> settings =
      Settings::Parse(store_duckdb::kEntry.fields, {{"path", "x/y.duckdb"}});
  ASSERT_TRUE(settings.ok());
  auto store = store_duckdb::kEntry.make(settings.value(), *env_);
  ASSERT_TRUE(store.ok());
  ASSERT_TRUE(store.value()->Open().ok());
  EXPECT_TRUE(std::filesystem::exists(dir_ / "x" / "y.duckdb"));
  EXPECT_NE(dynamic_cast<SqlStore*>(store.value().get()), nullptr);
}

}  // namespace
}  // namespace hb
