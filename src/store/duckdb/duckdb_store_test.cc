#include "store/duckdb/duckdb_store.h"

#include <duckdb.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "store/duckdb/duck.h"
#include "store/store_conformance.h"

namespace hb {
namespace {

using duck::Connection;
using duck::Database;
using duck::QueryResult;

class DuckdbStoreTest : public ::testing::Test {
 protected:
  DuckdbStoreTest() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    dir_ = std::filesystem::temp_directory_path() /
           ("hb_duckdb_" + std::to_string(::getpid()) + "_" + info->name());
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
    env_ = std::make_unique<Env>(Env{.clock = clock_, .data_dir = dir_.string()});
  }
  ~DuckdbStoreTest() override {
    store_.reset();
    std::filesystem::remove_all(dir_);
  }

  SqlStore& Open() {
    store_.reset();
    store_ = MakeDuckdbStore(options_, *env_).value();
    const Status status = store_->Open();
    EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message);
    return *store_;
  }
  Result<SqlResult> Ask(std::string_view sql, const std::vector<Cell>& parameters = {},
                        SqlLimits limits = {}) {
    return store_->Query(sql, parameters, limits);
  }
  /// The answer as text: cells with '|', rows with a new line.
  std::string Text(std::string_view sql, const std::vector<Cell>& parameters = {}) {
    const Result<SqlResult> result = Ask(sql, parameters);
    if (!result.ok()) return "error: " + result.error().message;
    std::string out;
    for (const auto& row : result.value().rows) {
      for (std::size_t i = 0; i < row.size(); ++i) out += (i == 0 ? "" : "|") + CellText(row[i]);
      out += '\n';
    }
    return out;
  }
  static std::string CellText(const Cell& cell) {
    if (const auto* flag = std::get_if<bool>(&cell)) return *flag ? "true" : "false";
    if (const auto* whole = std::get_if<std::int64_t>(&cell)) return std::to_string(*whole);
    if (const auto* real = std::get_if<double>(&cell)) {
      char text[32];
      std::snprintf(text, sizeof text, "%.6g", *real);
      return text;
    }
    if (const auto* text = std::get_if<std::string>(&cell)) return *text;
    return "NULL";
  }
  void WritePosts(std::size_t first, std::size_t rows) {
    const std::shared_ptr<const AnalysisBatch> batches[] = {SamplePosts(first, rows)};
    const Status status = store_->Write({.analyses = batches});
    ASSERT_TRUE(status.ok()) << status.error().message;
  }
  void WriteAggregates(const std::vector<Aggregate>& aggregates) {
    const Status status = store_->Write({.aggregates = aggregates});
    ASSERT_TRUE(status.ok()) << status.error().message;
  }

  ManualClock clock_{FromMillis(1'700'000'000'000)};
  std::filesystem::path dir_;
  std::unique_ptr<Env> env_;
  DuckdbOptions options_;
  std::unique_ptr<SqlStore> store_;
};

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
      "4\"]|[]|2004|en|3|sentiment-fast/1 pattern/1 cld2/1|NULL|NULL\n");
  EXPECT_EQ(
      Text("SELECT sentiment_analysis, count(*) FROM sentiment_labels GROUP BY ALL ORDER BY ALL"),
      "Negative|1000\nNeutral|3000\nPositive|1000\n");
  EXPECT_EQ(Text("SELECT time, content, task FROM tweet ORDER BY time LIMIT 1"),
            "2016-08-01T00:00:00Z|Good morning everyone, what a lovely day to be outside with "
            "friends 0|even\n");
  EXPECT_EQ(Text("SELECT count(*), sum(pos + neu + neg), min(model) FROM sentiment"),
            "5000|5000|sentiment-fast/1\n");
  EXPECT_EQ(
      Text("SELECT count(*) FROM posts WHERE label = 'positive' AND kind <> 'repost'"),
      Text("SELECT count(*) FROM posts WHERE label = $1 AND kind != $2", {"positive", "repost"}));
  EXPECT_EQ(Text("SELECT count(*) FROM posts WHERE label = $1", {"angry"}), "0\n");
  EXPECT_EQ(Text("SELECT label, kind FROM posts WHERE label LIKE 'pos%' LIMIT 1"),
            "positive|post\n");
}

TEST_F(DuckdbStoreTest, MergesThePartialsOfAWindow) {
  Open();
  WriteAggregates({SampleAggregate("t", 0, 0, 1, 10), SampleAggregate("t", 0, 1, 1, 30)});
  WriteAggregates({SampleAggregate("t", 0, 0, 2, 12), SampleAggregate("t", 0, 0, 3, 14),
                   SampleAggregate("t", 1, 0, 1, 1)});
  EXPECT_EQ(Text("select task, window_start, window_size, posts, revision from windows order by "
                 "all limit 5"),
            "t|2016-08-01T00:00:00Z|1m|44|4\nt|2016-08-01T00:01:00Z|1m|1|1\n");
  EXPECT_EQ(Text("select authors, neg, neu, pos, polarity, negative, neutral, positive, originals, "
                 "languages, "
                 "hashtags[1].key, hashtags[1].posts, final, approximate, window_ms from windows "
                 "where posts = 44"),
            "20|0.2|0.3|0.5|-0.25|10|10|24|44|[{\"key\":\"en\",\"posts\":44}]|vote|44|false|false|"
            "60000\n");
  // An older or equal revision changes nothing.
  WriteAggregates({SampleAggregate("t", 0, 0, 3, 99), SampleAggregate("t", 0, 1, 1, 99)});
  EXPECT_EQ(Text("select sum(posts) from windows"), "45\n");
  Open();
  WriteAggregates({SampleAggregate("t", 0, 1, 2, 31)});
  EXPECT_EQ(Text("select sum(posts), count(*) from windows"), "46|2\n");
}

TEST_F(DuckdbStoreTest, AWindowWhosePostsWereAllDeletedIsGone) {
  Open();
  WriteAggregates({SampleAggregate("t", 0, 0, 1, 10), SampleAggregate("t", 0, 1, 1, 30),
                   SampleAggregate("u", 0, 0, 1, 5)});
  const auto empty = [](std::string task, std::int32_t partition, std::uint32_t revision) {
    Aggregate aggregate;
    aggregate.key = SampleAggregate(std::move(task), 0, partition, 1, 1).key;
    aggregate.revision = revision;
    return aggregate;
  };
  WriteAggregates({empty("t", 0, 2), empty("u", 0, 2), empty("never", 0, 2)});
  EXPECT_EQ(Text("SELECT task, posts FROM windows ORDER BY ALL"), "t|30\n");
  WriteAggregates({empty("t", 1, 2)});
  EXPECT_EQ(Text("SELECT count(*) FROM windows"), "0\n");
  WriteAggregates({SampleAggregate("t", 0, 1, 3, 4)});
  EXPECT_EQ(Text("SELECT task, posts FROM windows"), "t|4\n");
}

TEST_F(DuckdbStoreTest, BatchesOfPartialsAreAsTheSamePartialsOneByOne) {
  Open();
  using Batch = std::vector<Aggregate>;
  const std::shared_ptr<const Batch> batches[] = {
      std::make_shared<const Batch>(
          Batch{SampleAggregate("t", 0, 0, 1, 10), SampleAggregate("t", 0, 1, 1, 5)}),
      std::make_shared<const Batch>(Batch{SampleAggregate("t", 0, 0, 2, 12)})};
  const Aggregate single[] = {SampleAggregate("t", 0, 1, 3, 7)};
  ASSERT_TRUE(store_->Write({.aggregates = single, .aggregate_batches = batches}).ok());
  EXPECT_EQ(Text("SELECT posts, revision FROM windows"), "19|5\n");
}

TEST_F(DuckdbStoreTest, ListsOfWindowsAreMadeFromTheirPartials) {
  Open();
  Aggregate first = SampleAggregate("t", 0, 0, 1, 2), second = SampleAggregate("t", 0, 1, 1, 1);
  first.words.counts = {{"a", 1}, {"b", 5}, {"d", 2}};
  second.words.counts = {{"a", 3}, {"c", 4}, {"d", 2}};
  first.hashtags.counts = {};
  for (int i = 100; i < 180; ++i) first.hashtags.counts.push_back({"h" + std::to_string(i), 1});
  second.hashtags.counts = {{"h179", 1}};
  first.countries.counts = second.countries.counts = {};
  WriteAggregates({first, second});
  EXPECT_EQ(Text("SELECT words, languages, countries FROM windows"),
            "[{\"key\":\"b\",\"posts\":5},{\"key\":\"a\",\"posts\":4},{\"key\":\"c\",\"posts\":4},"
            "{\"key\":\"d\",\"posts\":4}]|[{\"key\":\"en\",\"posts\":3}]|[]\n");
  EXPECT_EQ(
      Text("SELECT len(hashtags), hashtags[1].key, hashtags[2].key, hashtags[50].key FROM windows"),
      "50|h179|h100|h148\n");
  // Users may call the function too, with any bytes.
  EXPECT_EQ(Text("SELECT window_top('abc'::BLOB, 'words'), window_top(NULL, 'words'), "
                 "window_top(''::BLOB, 'x'), "
                 "window_top(''::BLOB, 'words')"),
            "NULL|NULL|NULL|[]\n");
}

TEST_F(DuckdbStoreTest, AFileOfVersion1IsBroughtUpToDate) {
  Open();
  WriteAggregates({SampleAggregate("t", 0, 0, 1, 10)});
  const std::string rows = Text("SELECT * FROM windows");
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
  EXPECT_EQ(Text("SELECT * FROM windows"), rows);
  WriteAggregates({SampleAggregate("t", 0, 0, 2, 11)});
  EXPECT_EQ(Text("SELECT posts, words[1].posts FROM windows"), "11|11\n");
  Open();
  EXPECT_EQ(Text("SELECT posts FROM windows"), "11\n");
}

TEST_F(DuckdbStoreTest, RefusesEverythingThatIsNotAQuestionAboutTheStore) {
  Open();
  WritePosts(0, 10);
  const std::string target = (dir_ / "hb_out.csv").string();
  const std::string copy = "COPY posts TO '" + target + "'";
  for (const char* sql : {
           "",
           copy.c_str(),
           ";",
           "-- nothing",
           "SELECT 1; SELECT 2",
           "INSERT INTO tasks VALUES ('a','b',1,true,now())",
           "DELETE FROM posts",
           "UPDATE posts SET id = 'x'",
           "DROP TABLE posts",
           "CREATE TABLE x(a INT)",
           "CREATE TEMP TABLE x(a INT)",
           "CREATE MACRO m() AS 1",
           "COPY posts FROM '/etc/passwd'",
           "ATTACH '/tmp/x.db'",
           "INSTALL httpfs",
           "LOAD httpfs",
           "PRAGMA database_list",
           "SET threads = 1",
           "SET memory_limit = '10GB'",
           "RESET threads",
           "EXPORT DATABASE '/tmp/x'",
           "IMPORT DATABASE '/tmp/x'",
           "CALL checkpoint()",
           "CHECKPOINT",
           "VACUUM",
           "USE internal",
           "BEGIN",
           "COMMIT",
           "PREPARE p AS SELECT 1",
           "EXECUTE p",
           "DEALLOCATE p",
           "SELECT * FROM read_csv('/etc/passwd')",
           "SELECT * FROM '/etc/passwd'",
           "SELECT * FROM read_text('/etc/passwd')",
           "SELECT * FROM glob('/*')",
           "SELECT * FROM 'x.parquet'",
           "SELECT * FROM parquet_metadata('x')",
           "SELECT * FROM query('DROP TABLE posts')",
           "SELECT * FROM query_table('internal.hidden_posts')",
           "SELECT * FROM checkpoint()",
           "SELECT * FROM force_checkpoint()",
           "SELECT * FROM duckdb_settings()",
           "SELECT * FROM duckdb_secrets()",
           "SELECT * FROM internal.hidden_posts",
           "SELECT * FROM INTERNAL.redacted",
           "SELECT * FROM \"internal\".\"windows\"",
           "SELECT * FROM store.internal.hidden_posts",
           "WITH a AS (SELECT * FROM internal.redacted) SELECT * FROM a",
           "SELECT (SELECT count(*) FROM internal.hidden_posts)",
           "DESCRIBE internal.hidden_posts",
           "SUMMARIZE internal.hidden_posts",
           "EXPLAIN ANALYZE DELETE FROM posts",
           "EXPLAIN SELECT * FROM internal.hidden_posts",
           "EXPLAIN (FORMAT json) SELECT 1",
           // DuckDB's comments nest: what looks like EXPLAIN is inside of one.
           "/* /* */ explain select 1 -- */ SELECT * FROM internal.hidden_posts",
           "/* /* */ explain select 1 -- */ EXPLAIN ANALYZE SELECT * FROM internal.hidden_posts",
           "EXPLAIN /* /* */ analyze select 1 -- */ SELECT * FROM internal.hidden_posts",
           "-- \r explain select 1 --\n SELECT * FROM internal.hidden_posts",
           "SELECT * FROM posts WHERE id IN (SELECT id FROM read_csv('x'))",
           "SELECT getenv('HOME')",
       }) {
    const Result<SqlResult> result = Ask(sql);
    ASSERT_FALSE(result.ok()) << sql;
    EXPECT_EQ(result.error().code, Code::kInvalidArgument) << sql << ": " << result.error().message;
    EXPECT_FALSE(result.error().message.empty()) << sql;
  }
  EXPECT_FALSE(std::filesystem::exists(target));
  EXPECT_EQ(Text("SELECT count(*) FROM posts"), "10\n");
}

TEST_F(DuckdbStoreTest, AnswersEveryKindOfQuestion) {
  Open();
  WritePosts(0, 100);
  for (const char* sql : {"FROM posts",
                          "VALUES (1)",
                          "WITH a AS (SELECT 1 AS x) SELECT x FROM a",
                          "DESCRIBE posts",
                          "DESCRIBE SELECT 1",
                          "SHOW TABLES",
                          "SUMMARIZE posts",
                          "EXPLAIN SELECT * FROM posts",
                          "EXPLAIN ANALYZE SELECT count(*) FROM posts",
                          "explain /* why */ SELECT 1",
                          "-- a\n/* b /* c */ */ SELECT 1",
                          "SELECT * FROM range(3)",
                          "SELECT unnest(hashtags) FROM posts",
                          "SELECT table_name FROM information_schema.tables",
                          "SELECT 1;",
                          "SELECT * FROM duckdb_columns()",
                          "SELECT * FROM posts p, windows w",
                          "SELECT x FROM (SELECT 1 AS x) UNION ALL SELECT 2",
                          "SELECT * FROM posts USING SAMPLE 10 ROWS",
                          "(SELECT 1)",
                          "TABLE posts"}) {
    const Result<SqlResult> result = Ask(sql);
    EXPECT_TRUE(result.ok()) << sql << ": " << result.error().message;
  }
}

TEST_F(DuckdbStoreTest, SaysWhereTheMistakeIs) {
  Open();
  const auto message = [&](std::string_view sql) { return Ask(sql).error().message; };
  EXPECT_EQ(message("SELECT id\nFROM posts\nWHRE x = 1").substr(0, 19), "line 3, column 6: s");
  EXPECT_EQ(message("SELECT 'é', idd FROM posts").substr(0, 20), "line 1, column 13: R");
  EXPECT_NE(message("SELECT * FROM post").find("Did you mean \"posts\""), std::string::npos);
  EXPECT_EQ(Ask("SELECT $1", {}).error().code, Code::kInvalidArgument);
}

TEST_F(DuckdbStoreTest, TurnsEveryTypeIntoACell) {
  Open();
  EXPECT_EQ(Text("SELECT 1::TINYINT, 2::UBIGINT, 170141183460469231731687303715884105727::HUGEINT, "
                 "-5::HUGEINT, 18446744073709551615::UBIGINT, 1.25::DECIMAL(20,2), 0.5::FLOAT, "
                 "true, NULL, "
                 "'a''b', 'x'::BLOB, '101'::BIT"),
            "1|2|170141183460469231731687303715884105727|-5|18446744073709551615|1.25|0.5|true|"
            "NULL|a'b|78|101\n");
  EXPECT_EQ(
      Text("SELECT TIMESTAMP '2016-08-01 01:02:03', TIMESTAMP '1969-12-31 23:59:59.5', "
           "TIMESTAMP '2016-08-01 01:02:03.000001', DATE '2016-02-29', TIME '01:02:03', "
           "INTERVAL '1 year 2 days 3 hours', 'infinity'::TIMESTAMP, "
           "'1b4e28ba-2fa1-11d2-883f-0016d3cca427'::UUID, TIMESTAMPTZ '2016-08-01 01:00:00+01'"),
      "2016-08-01T01:02:03Z|1969-12-31T23:59:59.500Z|2016-08-01T01:02:03.000001Z|2016-02-29|01:02:"
      "03|"
      "1 year 2 days "
      "03:00:00|infinity|1b4e28ba-2fa1-11d2-883f-0016d3cca427|2016-08-01T00:00:00Z\n");
  EXPECT_EQ(
      Text("SELECT [1, NULL, 3], {'a': 1, 'b': ['x\"y']}, MAP {'k': 1}, MAP {2: 'v'}, [[1], []], "
           "['nan'::DOUBLE, 1.5], [1, 2]::INT[2], 'a'::ENUM('a', 'b'), []"),
      "[1,null,3]|{\"a\":1,\"b\":[\"x\\\"y\"]}|{\"k\":1}|{\"2\":\"v\"}|[[1],[]]|[null,1.5]|[1,2]|a|"
      "[]\n");
  const Result<SqlResult> types =
      Ask("SELECT 1, 1.5, 'x', now(), true, [1], count(*) FROM posts GROUP BY ALL");
  ASSERT_TRUE(types.ok());
  std::string names;
  for (const SqlColumn& column : types.value().columns) names += column.type + " ";
  EXPECT_EQ(names, "bigint double varchar timestamp boolean json bigint ");
}

TEST_F(DuckdbStoreTest, BindsParametersByPosition) {
  Open();
  WritePosts(0, 1000);
  EXPECT_EQ(Text("SELECT count(*) FROM posts WHERE time >= $1 AND time < $2 AND lang = $3",
                 {"2016-08-01T00:01:00Z", "2016-08-01T01:02:00+01:00", "ru"}),
            "48\n");
  EXPECT_EQ(Text("SELECT $1 + 1, $2, $3, $4", {std::int64_t{41}, true, std::monostate(), 0.5}),
            "42|true|NULL|0.5\n");
  EXPECT_EQ(Text("SELECT count(*) FROM posts WHERE content ILIKE '%' || $1 || '%'", {"VOTE"}),
            "200\n");
}

TEST_F(DuckdbStoreTest, StopsAtItsLimits) {
  Open();
  WritePosts(0, 3000);
  const Result<SqlResult> cut = Ask("SELECT id FROM posts", {}, {.rows = 2500});
  ASSERT_TRUE(cut.ok());
  EXPECT_EQ(cut.value().rows.size(), 2500u);
  EXPECT_TRUE(cut.value().truncated);
  EXPECT_FALSE(Ask("SELECT id FROM posts", {}, {.rows = 3000}).value().truncated);
  const auto begin = std::chrono::steady_clock::now();
  const Result<SqlResult> slow =
      Ask("SELECT count(*) FROM range(100000000000)", {}, {.time = std::chrono::milliseconds(200)});
  ASSERT_FALSE(slow.ok());
  EXPECT_EQ(slow.error().code, Code::kTimedOut);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
  EXPECT_TRUE(Ask("SELECT 1").ok());
}

TEST_F(DuckdbStoreTest, AGreedyStatementIsStoppedBeforeItTakesAllMemory) {
  Open();
  for (const char* sql :
       {"SELECT length(repeat('x', 3000000000))", "SELECT rpad('x', 2000000000, 'y')",
        "SELECT list_sum(range(1000000000))"}) {
    EXPECT_EQ(Ask(sql).error().code, Code::kInvalidArgument) << sql;
  }
  const Result<SqlResult> doubled =
      Ask("WITH RECURSIVE t AS (SELECT repeat('x', 1000) AS s UNION ALL SELECT s || s FROM t WHERE "
          "length(s) < "
          "4000000000) SELECT max(length(s)) FROM t",
          {}, {.time = std::chrono::seconds(60)});
  ASSERT_FALSE(doubled.ok());
  EXPECT_EQ(doubled.error().code, Code::kExhausted);
  EXPECT_TRUE(Ask("SELECT count(*) FROM range(5000000)").ok());
  EXPECT_TRUE(Ask("SELECT repeat('#', 20)").ok());
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

TEST_F(DuckdbStoreTest, GapsMakeWindowsIncompleteInAnyOrder) {
  const auto gap = [](std::int64_t from_s, std::int64_t to_s, std::uint32_t refilled = 0) {
    return Gap{.source = "x",
               .from = FromMillis(1'470'009'600'000 + from_s * 1000),
               .to = FromMillis(1'470'009'600'000 + to_s * 1000),
               .cause = "connection lost",
               .refilled = refilled};
  };
  const std::string ask = "SELECT task, completeness FROM windows ORDER BY window_start";
  const Gap first[] = {gap(30, 75)};
  Open();
  WriteAggregates({SampleAggregate("before", 0, 0, 1, 4)});
  ASSERT_TRUE(store_->Write({.gaps = first}).ok());
  WriteAggregates({SampleAggregate("after", 1, 0, 1, 4), SampleAggregate("far", 9, 0, 1, 4)});
  EXPECT_EQ(Text(ask), "before|0.5\nafter|0.75\nfar|1\n");
  Open();  // the gaps are known again
  WriteAggregates({SampleAggregate("before", 0, 0, 2, 5)});
  EXPECT_EQ(Text(ask), "before|0.5\nafter|0.75\nfar|1\n");
  // A third came later; then all of it. The same record again changes nothing.
  const Gap part[] = {gap(30, 75, 400'000)}, whole[] = {gap(30, 75, 1'000'000)};
  for (int twice = 0; twice < 2; ++twice) {
    ASSERT_TRUE(store_->Write({.gaps = part}).ok());
    EXPECT_EQ(Text(ask), "before|0.7\nafter|0.85\nfar|1\n");
  }
  EXPECT_EQ(Text("SELECT source, started, ended, cause, refilled, exact FROM gaps"),
            "x|2016-08-01T00:00:30Z|2016-08-01T00:01:15Z|connection lost|0.4|true\n");
  ASSERT_TRUE(store_->Write({.gaps = whole}).ok());
  EXPECT_EQ(Text(ask), "before|1\nafter|1\nfar|1\n");
  EXPECT_EQ(Text("SELECT count(*) FROM gaps"), "1\n");
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

TEST_F(DuckdbStoreTest, ExportsAsCsvJsonAndParquet) {
  Open();
  WritePosts(0, 5000);
  const auto read = [&](const char* name) { return ReadFile((dir_ / name).string()).value(); };
  const char* sql =
      "SELECT id, time, neg, hashtags, country, 'a \"b\", c' AS t, id FROM posts WHERE key <= $1 "
      "ORDER BY id";
  const Cell last[] = {std::int64_t{1'000'000'004}};
  ASSERT_TRUE(store_->Export(sql, last, "csv", (dir_ / "a.csv").string(), {}).ok());
  const std::string csv = read("a.csv");
  EXPECT_EQ(csv.substr(0, csv.find('\n') + 1), "id,time,neg,hashtags,country,t,id_2\r\n");
  EXPECT_NE(csv.find("1000000004,2016-08-01T00:00:01Z,0.024604,\"[\"\"news\"\",\"\"vote\"\"]\",,"
                     "\"a \"\"b\"\", c\",1000000004\r\n"),
            std::string::npos)
      << csv;
  ASSERT_TRUE(store_->Export(sql, last, "json", (dir_ / "a.json").string(), {}).ok());
  EXPECT_NE(
      read("a.json").find(
          "{\"id\":\"1000000004\",\"time\":\"2016-08-01T00:00:01Z\",\"neg\":0.024604,\"hashtags\":"
          "[\"news\",\"vote\"],\"country\":null,\"t\":\"a \\\"b\\\", "
          "c\",\"id_2\":\"1000000004\"}\n"),
      std::string::npos)
      << read("a.json");
  ASSERT_TRUE(
      store_->Export("SELECT * FROM posts", {}, "parquet", (dir_ / "it's.parquet").string(), {})
          .ok());
  const std::string parquet = read("it's.parquet");
  EXPECT_EQ(parquet.substr(0, 4) + parquet.substr(parquet.size() - 4), "PAR1PAR1");
  EXPECT_GT(parquet.size(), 50'000u);
  // What does not work leaves no file behind.
  EXPECT_EQ(store_->Export("SELECT 1", {}, "xml", (dir_ / "b").string(), {}).error().code,
            Code::kInvalidArgument);
  EXPECT_EQ(store_->Export("DELETE FROM posts", {}, "csv", (dir_ / "b").string(), {}).error().code,
            Code::kInvalidArgument);
  for (const char* format : {"csv", "json", "parquet"}) {
    EXPECT_FALSE(store_
                     ->Export("SELECT (r = 4000 AND error('stop')::BOOL) FROM range(10000) t(r)",
                              {}, format, (dir_ / "b").string(), {})
                     .ok())
        << format;
    EXPECT_EQ(store_
                  ->Export("SELECT * FROM range(100000000000)", {}, format, (dir_ / "b").string(),
                           {.rows = 1u << 30, .time = std::chrono::milliseconds(100)})
                  .error()
                  .code,
              Code::kTimedOut)
        << format;
  }
  EXPECT_FALSE(std::filesystem::exists(dir_ / "b"));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "b.part"));
}

TEST_F(DuckdbStoreTest, AnExportEndsAtItsLimitOfRows) {
  Open();
  const std::string path = (dir_ / "a").string();
  for (const std::size_t limit : {0u, 1u, 2048u, 3000u, 5000u, 9000u}) {
    const std::size_t expected = std::min<std::size_t>(limit, 5000);
    const auto write = [&](const char* format) {
      const Status done =
          store_->Export("SELECT r FROM range(5000) t(r)", {}, format, path, {.rows = limit});
      EXPECT_TRUE(done.ok()) << format << " " << limit;
      return ReadFile(path).value();
    };
    const auto lines = [](const std::string& text) {
      return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    };
    EXPECT_EQ(lines(write("csv")), expected + 1) << limit;
    EXPECT_EQ(lines(write("json")), expected) << limit;
    // The footer of a Parquet file holds the number of rows; the guard keeps files from being read
    // through the store.
    write("parquet");
    Database database;
    Connection connection;
    QueryResult rows;
    ASSERT_EQ(duckdb_open(nullptr, database.out()), DuckDBSuccess);
    ASSERT_EQ(duckdb_connect(database.get(), connection.out()), DuckDBSuccess);
    const std::string count = "SELECT count(*) FROM read_parquet('" + path + "')";
    ASSERT_EQ(duckdb_query(connection.get(), count.c_str(), rows.get()), DuckDBSuccess);
    EXPECT_EQ(static_cast<std::size_t>(duckdb_value_int64(rows.get(), 0, 0)), expected);
  }
}

TEST_F(DuckdbStoreTest, AnExportLeavesRoomOnTheDisk) {
  options_.min_free_bytes = 1ll << 60;
  Open();
  for (const char* format : {"csv", "json", "parquet"}) {
    const Status full = store_->Export("SELECT 1", {}, format, (dir_ / "a").string(), {});
    ASSERT_FALSE(full.ok()) << format;
    EXPECT_EQ(full.error().code, Code::kExhausted);
    EXPECT_NE(full.error().message.find("MiB free"), std::string::npos) << full.error().message;
  }
  EXPECT_FALSE(std::filesystem::exists(dir_ / "a"));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "a.part"));
}

TEST_F(DuckdbStoreTest, StatementsEndWhenTheyAreStoppedAndWritingGoesOn) {
  options_.concurrent_queries = 2;
  Open();
  const SqlLimits minutes{.rows = 1u << 30, .time = std::chrono::minutes(5)};
  const char* endless = "SELECT count(*) FROM range(1000000000000)";
  std::vector<Code> codes(4, Code::kInternal);
  const auto begin = std::chrono::steady_clock::now();
  {
    const auto code_of = [](const auto& result) {
      return result.ok() ? Code::kInternal : result.error().code;
    };
    // Two run, the others wait for them.
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < 3; ++i)
      threads.emplace_back([&, i] { codes[i] = code_of(Ask(endless, {}, minutes)); });
    threads.emplace_back([&] {
      codes[3] = code_of(store_->Export("SELECT * FROM range(1000000000000)", {}, "csv",
                                        (dir_ / "a").string(), minutes));
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    store_->StopStatements();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  EXPECT_EQ(codes, std::vector<Code>(4, Code::kCancelled));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "a"));
  EXPECT_EQ(Ask("SELECT 1").error().code, Code::kCancelled);
  WritePosts(0, 10);
  EXPECT_TRUE(store_->Prune(FromMillis(0)).ok());
}

TEST_F(DuckdbStoreTest, TheWaitForOthersIsPartOfTheTimeLimit) {
  options_.concurrent_queries = 1;
  Open();
  const std::string endless = "SELECT count(*) FROM range(1000000000000)";
  std::jthread other([&] {
    EXPECT_EQ(Ask(endless, {}, {.time = std::chrono::milliseconds(800)}).error().code,
              Code::kTimedOut);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const auto begin = std::chrono::steady_clock::now();
  const auto second = Ask(endless, {}, {.time = std::chrono::milliseconds(1500)});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, Code::kTimedOut);
  EXPECT_NE(second.error().message.find("1500 ms"), std::string::npos) << second.error().message;
  // 600 ms of them were spent waiting.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(1950));
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
