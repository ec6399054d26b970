#include "store/duckdb/user_query.h"

#include <duckdb.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "store/duckdb/duck.h"
#include "store/duckdb/duckdb_testing.h"

namespace hb {
namespace {

using duck::Connection;
using duck::Database;
using duck::QueryResult;

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

TEST_F(DuckdbStoreTest, TextsOfXAreFoundInWhateverMayHoldThem) {
  struct Nobody : TextGate {
    bool Allows(std::uint64_t) override {
      ++asked;
      return false;
    }
    int asked = 0;
  } nobody;
  Open();
  AnalysisBatch batch = *SamplePosts(0, 20);
  PostBatch posts = *batch.posts;
  posts.source.Clear();
  for (std::size_t row = 0; row < posts.size(); ++row) posts.source.Append("x_stream");
  const std::string text(posts.content[0]);
  batch.posts = std::make_shared<const PostBatch>(std::move(posts));
  const std::shared_ptr<const AnalysisBatch> batches[] = {
      std::make_shared<const AnalysisBatch>(std::move(batch))};
  ASSERT_TRUE(store_->Write({.analyses = batches}).ok());
  const auto ask = [&](std::string_view sql, const std::vector<Cell>& parameters = {}) {
    const Result<SqlResult> answer = Ask(sql, parameters, {.texts = &nobody});
    EXPECT_TRUE(answer.ok()) << sql << ": " << answer.error().message;
    return answer.ok() && !answer.value().rows.empty() ? CellText(answer.value().rows[0][0]) : "";
  };
  EXPECT_EQ(ask("SELECT content FROM posts"), "NULL");
  EXPECT_EQ(nobody.asked, 20);
  EXPECT_EQ(ask("SELECT [content] FROM posts").find(text), std::string::npos);
  EXPECT_EQ(ask("SELECT $1", {Cell(text)}), "NULL") << "its type is not known before it runs";
  EXPECT_EQ(ask("SELECT $1", {Cell(std::string("not a post's"))}), "not a post's");
  EXPECT_EQ(nobody.asked, 41);
  EXPECT_EQ(ask("SELECT count(*) FROM posts"), "20");
  EXPECT_EQ(nobody.asked, 41);
}

}  // namespace
}  // namespace hb
