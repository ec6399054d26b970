// Statements of users.
#include <set>

#include "serve/api_testing.h"

namespace hb {
namespace {

TEST_F(ApiTest, SqlIsAnsweredAndBounded) {
  WritePosts();
  const auto answer = Json(Ask(
      "POST", "/api/v1/sql", {},
      R"({"query":"SELECT lang, count(*) AS n, [1,2] AS l FROM posts GROUP BY lang ORDER BY n DESC","limit":10})"));
  EXPECT_EQ(Text(answer, "/columns/0/name"), "lang");
  EXPECT_EQ(Text(answer, "/columns/1/type"), "bigint");
  EXPECT_EQ(Raw(answer, "/rows/0"), "[\"en\",4000,[1,2]]");
  const auto cut =
      Json(Ask("POST", "/api/v1/sql", {}, R"({"query":"SELECT * FROM posts","limit":10})"));
  EXPECT_EQ(Size(cut, "/rows"), 10u);
  EXPECT_EQ(Raw(cut, "/truncated"), "true");

  const HttpResponse wrong =
      Ask("POST", "/api/v1/sql", {}, R"({"query":"SELECT nope FROM posts"})");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(Int(Json(wrong), "/column"), 8);
  for (const char* query : {"DROP TABLE posts", "SELECT * FROM read_csv('/etc/passwd')",
                            "COPY posts TO '/tmp/x'", "", "SELECT 1; SELECT 2"}) {
    const HttpResponse refused =
        Ask("POST", "/api/v1/sql", {}, std::string(R"({"query":")") + query + "\"}");
    EXPECT_EQ(refused.status, 400) << query;
    EXPECT_FALSE(Text(Json(refused), "/hint").empty());
  }
  for (const char* body :
       {"{}", R"({"query":1})", R"({"query":"SELECT 1","limit":0})",
        R"({"query":"SELECT 1","limit":1e9})", R"({"query":"SELECT 1","timeout_ms":-5})"}) {
    EXPECT_EQ(Ask("POST", "/api/v1/sql", {}, body).status, 400) << body;
  }
  EXPECT_EQ(
      Ask("POST", "/api/v1/sql", {},
          R"({"query":"SELECT count(*) FROM range(100000) a, range(1000000) b","timeout_ms":50})")
          .status,
      503);
  const HttpResponse file =
      Ask("POST", "/api/v1/sql/export", {{"format", "csv"}}, R"({"query":"SELECT id FROM posts"})");
  EXPECT_EQ(file.status, 200) << file.body;
  EXPECT_EQ(Ask("POST", "/api/v1/sql/export", {{"format", "csv"}},
                R"({"query":"SELECT * FROM '/etc/passwd'"})")
                .status,
            400);

  const auto schema = Json(Get("/api/v1/schema"));
  std::set<std::string> tables;
  simdjson::dom::array list;
  ASSERT_EQ(schema["tables"].get(list), simdjson::SUCCESS);
  for (const simdjson::dom::element table : list)
    tables.insert(Text(table, "/name") + ":" + Text(table, "/kind"));
  EXPECT_TRUE(tables.contains("posts:table"));
  EXPECT_TRUE(tables.contains("sentiment_labels:view"));
}

}  // namespace
}  // namespace hb
