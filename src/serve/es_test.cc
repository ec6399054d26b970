#include "serve/api_testing.h"
#include "serve/es_sql_text.h"

namespace hb {
namespace {

class EsTest : public ApiTest {
 protected:
  HttpResponse Search(const std::string& index, const std::string& body) {
    return Ask("POST", "/es/" + index + "/_search", {}, body);
  }
  std::int64_t Hits(const std::string& index, const std::string& query) {
    const HttpResponse answer = Search(index, "{\"query\":" + query + "}");
    EXPECT_EQ(answer.status, 200) << query << ": " << answer.body;
    return answer.status == 200 ? Int(Json(answer), "/hits/total/value") : -1;
  }
  HttpResponse Sql(const std::string& body, std::map<std::string, std::string> query = {}) {
    return Ask("POST", "/es/_sql", std::move(query), body);
  }
};

TEST_F(EsTest, TheBannerNamesTheProduct) {
  const HttpResponse banner = Get("/es");
  EXPECT_EQ(Text(Json(banner), "/tagline"), "You Know, for Search");
  EXPECT_EQ(Text(Json(banner), "/version/number").substr(0, 2), "8.");
  EXPECT_EQ(banner.headers.back().first, "X-Elastic-Product");
  EXPECT_EQ(banner.headers.back().second, "Elasticsearch");
}

// The two statements of the issue, in Elasticsearch's shapes to the byte.
TEST_F(EsTest, TheTwoStatementsOfOldPipelinesAnswerAsElasticsearchDoes) {
  WritePosts();
  const std::string count = R"j({"query":"SELECT count(*) FROM sentiment_labels"})j";
  EXPECT_EQ(Sql(count).body,
            R"j({"columns":[{"name":"count(*)","type":"long"}],"rows":[[5000]]})j");
  EXPECT_EQ(Sql(count, {{"format", "txt"}}).body,
            "   count(*)    \n---------------\n5000           \n");
  const std::string labels =
      R"j({"query":"SELECT sentiment_analysis,COUNT(*) AS qtd FROM sentiment_labels GROUP BY sentiment_analysis ORDER BY COUNT(*) DESC"})j";
  const HttpResponse json = Sql(labels);
  EXPECT_EQ(
      json.body.substr(0, json.body.find("[\"Neutral")),
      R"({"columns":[{"name":"sentiment_analysis","type":"text"},{"name":"qtd","type":"long"}],"rows":[)");
  const std::string txt = Sql(labels, {{"format", "txt"}}).body;
  EXPECT_EQ(
      txt.substr(0, 3 * 35),
      "sentiment_analysis|      qtd      \n------------------+---------------\nNeutral           |3000           \n");
  EXPECT_EQ(Sql(count, {{"format", "csv"}}).body, "count(*)\r\n5000\r\n");
  EXPECT_EQ(Sql(count, {{"format", "tsv"}}).body, "count(*)\n5000\n");
}

TEST_F(EsTest, ACursorPagesThroughAnAnswer) {
  WritePosts(0, 250);
  const auto first = Json(Sql(
      R"({"query":"SELECT id FROM posts WHERE lang = ? ORDER BY id","params":["en"],"fetch_size":90})"));
  EXPECT_EQ(Size(first, "/rows"), 90u);
  const std::string cursor = Text(first, "/cursor");
  const auto second = Json(Sql("{\"cursor\":\"" + cursor + "\"}"));
  EXPECT_EQ(second["columns"].error(), simdjson::NO_SUCH_FIELD);
  EXPECT_EQ(Size(second, "/rows"), 90u);
  EXPECT_EQ(Text(second, "/rows/0/0"), "1000000112");
  const std::string last = Text(second, "/cursor");
  const auto third = Json(Sql("{\"cursor\":\"" + last + "\"}"));
  EXPECT_EQ(Size(third, "/rows"), 20u);
  EXPECT_EQ(third["cursor"].error(), simdjson::NO_SUCH_FIELD);
  EXPECT_EQ(Ask("POST", "/es/_sql/close", {}, "{\"cursor\":\"" + cursor + "\"}").body,
            R"({"succeeded":true})");
  for (const char* bad : {"", "x", "!!!!", "e30=", "eyJxIjoiU0VMRUNUIDEifQ=="}) {
    EXPECT_EQ(Sql(std::string("{\"cursor\":\"") + bad + "\"}").status, 400) << bad;
  }
  // Later pages keep the widths of the first; what does not fit is cut.
  const HttpResponse page = Sql(
      R"j({"query":"SELECT CASE WHEN n = 0 THEN 'a' ELSE repeat('b', 20) END AS t FROM range(2) r(n) -- comment","fetch_size":1})j",
      {{"format", "txt"}});
  EXPECT_EQ(page.body, "       t       \n---------------\na              \n");
  std::string next;
  for (const auto& [name, value] : page.headers) {
    if (name == "Cursor") next = value;
  }
  EXPECT_EQ(Sql("{\"cursor\":\"" + next + "\"}", {{"format", "txt"}}).body, "bbbbbbbbbbbbbb~\n");
  const auto columnar =
      Json(Sql(R"({"query":"SELECT id, neg FROM posts ORDER BY id LIMIT 3","columnar":true})"));
  EXPECT_EQ(Size(columnar, "/values"), 2u);
  EXPECT_EQ(Size(columnar, "/values/0"), 3u);
}

TEST_F(EsTest, SqlRefusesWhatItCannotDo) {
  for (const char* body :
       {"", "{}", "[]", R"({"query":"DROP TABLE posts"})",
        R"({"query":"SELECT * FROM internal.redacted"})", R"({"query":"SELECT nope FROM posts"})",
        R"({"query":"SELECT 1","fetch_size":0})",
        R"({"query":"SELECT 1","filter":{"match_all":{}}})",
        R"({"query":"SELECT 1","time_zone":"Europe/Paris"})",
        R"({"query":"SELECT ?","params":[[1]]})"}) {
    const HttpResponse answer = Sql(body);
    EXPECT_EQ(answer.status, 400) << body << answer.body;
    const auto json = Json(answer);
    EXPECT_EQ(Int(json, "/status"), 400);
    EXPECT_FALSE(Text(json, "/error/root_cause/0/reason").empty());
  }
  EXPECT_EQ(Sql(R"({"query":"SELECT 1"})", {{"format", "yaml"}}).status, 400);
}

struct QueryCase {
  const char* index;
  const char* query;
  std::int64_t hits;  ///< of the first 100 sample posts
};
constexpr QueryCase kQueries[] = {
    {"posts", R"({"match_all":{}})", 100},
    {"posts", R"({"match_none":{}})", 0},
    {"posts", R"({"match":{"content":"WORST service"}})", 20},
    {"posts", R"({"match":{"content":"worst morning"}})", 40},
    {"posts", R"({"match":{"content":{"query":"worst morning","operator":"and"}}})", 0},
    {"posts", R"({"match":{"content":"servic"}})", 0},
    {"posts", R"({"match_phrase":{"content":"the worst service"}})", 20},
    {"posts", R"({"match_phrase":{"content":"worst the service"}})", 0},
    {"posts", R"({"match":{"content":"слава"}})", 20},
    {"posts", R"({"term":{"lang":"ru"}})", 20},
    {"posts", R"({"term":{"lang.keyword":{"value":"ru"}}})", 20},
    {"posts", R"({"term":{"hashtags":"news"}})", 20},
    {"posts", R"({"term":{"nope":"x"}})", 0},
    {"posts", R"({"terms":{"lang":["ru","en"]}})", 100},
    {"posts", R"({"terms":{"lang":[]}})", 0},
    {"posts", R"({"range":{"time":{"gte":"2016-08-01T00:00:20Z"}}})", 20},
    {"posts", R"({"range":{"time":{"gte":"now-1h","lt":1470009620000}}})", 80},
    {"posts", R"({"range":{"polarity":{"lt":0}}})", 20},
    {"posts", R"({"term":{"emotion":"anger"}})", 20},
    {"posts", R"({"range":{"joy":{"gt":0.5}}})", 20},
    {"posts", R"({"term":{"topics":"diaries_&_daily_life"}})", 34},
    {"posts", R"({"prefix":{"entities":"person:"}})", 20},
    {"posts", R"({"bool":{"must":[{"term":{"lang":"en"}}],"must_not":{"term":{"kind":"repost"}}}})",
     60},
    {"posts", R"({"bool":{"should":[{"term":{"lang":"ru"}},{"term":{"kind":"repost"}}]}})", 40},
    {"posts", R"({"bool":{"filter":{"term":{"lang":"en"}},"should":[{"term":{"kind":"repost"}}]}})",
     80},
    {"posts",
     R"({"bool":{"should":[{"term":{"lang":"en"}},{"term":{"kind":"repost"}},{"term":{"task":"even"}}],"minimum_should_match":2}})",
     50},
    {"posts", R"({"exists":{"field":"country"}})", 34},
    {"posts", R"({"exists":{"field":"hashtags"}})", 20},
    {"posts", R"({"bool":{"must_not":{"term":{"country":"US"}}}})", 66},
    {"posts", R"({"prefix":{"lang":"e"}})", 80},
    {"posts", R"({"prefix":{"hashtags":"ne"}})", 20},
    {"posts", R"({"wildcard":{"id":{"value":"100000000?"}}})", 10},
    {"posts", R"({"ids":{"values":["1000000001","x"]}})", 1},
    {"posts", R"({"multi_match":{"query":"worst","fields":["content^2","word"]}})", 20},
    {"posts", R"({"query_string":{"query":"lang:ru"}})", 20},
    {"posts", R"({"query_string":{"query":"worst OR morning"}})", 40},
    {"posts", R"({"query_string":{"query":"worst AND service"}})", 20},
    {"posts", R"({"query_string":{"query":"\"worst service\" -landed"}})", 20},
    {"posts", R"({"query_string":{"query":"NOT lang:en"}})", 20},
    {"posts", R"({"query_string":{"query":"*"}})", 100},
    {"posts", R"({"constant_score":{"filter":{"term":{"lang":"ru"}}}})", 20},
    {"posts", R"({"term":{"lang":"ru' OR '1'='1"}})", 0},
    {"posts", R"({"match":{"content":"$1 '; DROP TABLE posts"}})", 0},
    {"sentiment_labels", R"({"match":{"sentiment_analysis":"Negative"}})", 20},
    {"sentiment_labels", R"({"term":{"sentiment_analysis.keyword":"Positive"}})", 20},
    {"tweet", R"({"term":{"task":"even"}})", 50},
    {"sentiment", R"({"term":{"model":"sentiment-fast/1"}})", 80},
    {"sentiment", R"({"term":{"model":"sentiment-multi/1"}})", 20},
};

TEST_F(EsTest, EachQueryFindsWhatElasticsearchWould) {
  WritePosts(0, 100);
  for (const QueryCase& c : kQueries) EXPECT_EQ(Hits(c.index, c.query), c.hits) << c.query;
}

// The sieve before the split into words must not change what is found.
TEST_F(EsTest, WordsAreFoundWhateverStandsAroundThem) {
  const char* texts[] = {"Worst Service_desk ever!",
                         "the worst-service",
                         "worsts",
                         "CAFÉ—bar",
                         "café bar",
                         "日本 語",
                         "...",
                         "na\xC3\xAFve İstanbul K"};
  auto posts = std::make_shared<PostBatch>();
  for (std::size_t i = 0; i < std::size(texts); ++i) {
    const std::string id = std::to_string(i);
    PostView post{.id = id};
    post.content = texts[i];
    post.time = FromMillis(kStartMs);
    posts->Append(post);
  }
  auto analysed = std::make_shared<AnalysisBatch>();
  backend_->chain().Analyze(std::move(posts), *backend_->chain().MakeScratch(), *analysed);
  const std::shared_ptr<const AnalysisBatch> batches[] = {analysed};
  Write({.analyses = batches});
  const std::pair<const char*, std::int64_t> kCases[] = {
      {R"({"match":{"content":"WORST"}})", 2},
      {R"({"match":{"content":"service"}})", 1},
      {R"({"match":{"content":"service_desk ever"}})", 1},
      {R"({"match":{"content":"worst bar"}})", 4},
      {R"({"match":{"content":{"query":"worst ever","operator":"and"}}})", 1},
      {R"({"match":{"content":"Café"}})", 2},
      {R"({"match":{"content":"café—worst"}})", 4},
      {R"({"match":{"content":{"query":"CAFÉ bar","operator":"and"}}})", 2},
      {R"({"match":{"content":"日本"}})", 1},
      {R"({"match":{"content":"日本 worst"}})", 3},
      {R"({"match":{"content":"NAÏVE"}})", 1},
      {R"({"match":{"content":"istanbul"}})", 1},
      {R"({"match":{"content":"İSTANBUL"}})", 1},
      {R"({"match":{"content":"k"}})", 1},
      {R"({"match":{"content":"!!!"}})", 1},
      {R"({"match_phrase":{"content":"worst, service"}})", 1},
      {R"({"match_phrase":{"content":"café bar"}})", 2},
      {R"({"prefix":{"content":"wors"}})", 3},
      {R"({"prefix":{"content":"caf"}})", 2},
      {R"({"bool":{"must_not":{"match":{"content":"worst"}}}})", 6},
      {R"({"query_string":{"query":"content:worst AND content:service"}})", 1}};
  for (const auto& [query, hits] : kCases) EXPECT_EQ(Hits("posts", query), hits) << query;
}

TEST_F(EsTest, AScrollGivesEachHitOnce) {
  WritePosts(0, 2500);
  for (const char* sort : {"", R"("sort":["_doc"],)", R"("sort":[{"polarity":"desc"},"country"],)",
                           R"("sort":[{"neg":"asc"}],)"}) {
    const auto first = Ask("POST", "/es/posts/_search", {{"scroll", "1m"}, {"size", "400"}},
                           std::string("{") + sort + R"("query":{"term":{"lang":"en"}}})");
    ASSERT_EQ(first.status, 200) << first.body;
    std::map<std::string, int> seen;
    std::string page = first.body;
    for (int pages = 0; pages < 20; ++pages) {
      HttpResponse answer;
      answer.body = page;
      const auto json = Json(answer);
      EXPECT_EQ(Int(json, "/hits/total/value"), 2000);
      const std::size_t hits = Size(json, "/hits/hits");
      for (std::size_t i = 0; i < hits; ++i)
        ++seen[Text(json, ("/hits/hits/" + std::to_string(i) + "/_id").c_str())];
      if (hits == 0) break;
      const HttpResponse next =
          Ask("POST", "/es/_search/scroll", {},
              "{\"scroll\":\"1m\",\"scroll_id\":\"" + Text(json, "/_scroll_id") + "\"}");
      ASSERT_EQ(next.status, 200) << next.body;
      page = next.body;
    }
    EXPECT_EQ(seen.size(), 2000u) << sort;
    for (const auto& [id, times] : seen) ASSERT_EQ(times, 1) << id;
  }
  EXPECT_EQ(Ask("DELETE", "/es/_search/scroll", {}, R"({"scroll_id":["a","b"]})").status, 200);
  EXPECT_EQ(Ask("POST", "/es/_search/scroll", {}, R"({"scroll_id":"bm90aGluZw=="})").status, 400);
  EXPECT_EQ(Ask("POST", "/es/_search/scroll").status, 400);
  EXPECT_EQ(Ask("POST", "/es/posts/_search", {{"scroll", "1m"}}, R"({"from":5})").status, 400);
  EXPECT_EQ(Ask("POST", "/es/windows/_search", {{"scroll", "1m"}}).status, 200);
}

// Sorted by rising time, what comes meanwhile stands behind the last hit given.
TEST_F(EsTest, AScrollEndsWithWhatWasThereWhenItBegan) {
  WritePosts(0, 300);
  std::int64_t next_post = 300, next_minute = 3;
  std::vector<Aggregate> windows;
  for (int minute = 0; minute < 3; ++minute)
    windows.push_back(SampleAggregate("*", minute, 0, 1, 10));
  Write({.aggregates = windows});
  const auto scroll = [&](const std::string& index, const char* body, const char* size) {
    std::string page =
        Ask("POST", "/es/" + index + "/_search", {{"scroll", "1m"}, {"size", size}}, body).body;
    std::size_t given = 0;
    for (int pages = 0; pages < 20; ++pages) {
      HttpResponse answer;
      answer.body = page;
      const std::size_t hits = Size(Json(answer), "/hits/hits");
      if (hits == 0) return given;
      given += hits;
      const std::string id = Text(Json(answer), "/_scroll_id");
      // More than a page of each arrives before the next is asked for.
      backend_->clock().Advance(std::chrono::milliseconds(5));
      WritePosts(static_cast<std::size_t>(next_post), 150);
      next_post += 150;
      windows.clear();
      for (int i = 0; i < 3; ++i) windows.push_back(SampleAggregate("*", next_minute++, 0, 1, 10));
      Write({.aggregates = windows});
      page = Ask("POST", "/es/_search/scroll", {}, "{\"scroll_id\":\"" + id + "\"}").body;
    }
    ADD_FAILURE() << "the scroll over " << index << " never ends";
    return given;
  };
  EXPECT_EQ(scroll("posts", R"({"sort":[{"time":"asc"}]})", "100"), 300u);
  const auto more = static_cast<std::size_t>(next_post);
  EXPECT_EQ(scroll("tweet", R"({"sort":["time"],"query":{"match_all":{}}})", "100"), more);
  const auto minutes = static_cast<std::size_t>(next_minute);
  EXPECT_EQ(scroll("windows", R"({"sort":[{"window_start":"asc"}]})", "2"), minutes);
}

TEST_F(EsTest, AScrollOverNothingStaysEmpty) {
  const auto first =
      Json(Ask("POST", "/es/posts/_search", {{"scroll", "1m"}}, R"({"sort":["time"]})"));
  EXPECT_EQ(Size(first, "/hits/hits"), 0u);
  const std::string id = Text(first, "/_scroll_id");
  backend_->clock().Advance(std::chrono::milliseconds(5));
  WritePosts(0, 10);
  const auto next = Json(Ask("POST", "/es/_search/scroll", {}, "{\"scroll_id\":\"" + id + "\"}"));
  EXPECT_EQ(Size(next, "/hits/hits"), 0u);
}

TEST_F(EsTest, TextsThatAreCountedAreNothingToSortBy) {
  WritePosts(0, 10);
  const std::string by_text = R"({"sort":["content.keyword"]})", by_word = R"({"sort":"word"})";
  EXPECT_EQ(Search("posts", by_text).status, 200);
  backend_->cap = std::make_unique<TextCap>("", 1, backend_->clock());
  EXPECT_EQ(Search("posts", by_text).status, 400);
  EXPECT_EQ(Search("posts", by_word).status, 400);
  EXPECT_EQ(Search("posts", R"({"sort":["author"]})").status, 200);
  EXPECT_EQ(Search("sentiment_labels", R"({"sort":["sentiment_analysis"]})").status, 200);
}

TEST_F(EsTest, SearchAfterGoesOnBehindAHit) {
  WritePosts(0, 500);
  std::string after;
  std::map<std::string, int> seen;
  for (int page = 0; page < 10; ++page) {
    const auto json =
        Json(Search("posts", R"({"size":120,"sort":[{"time":"desc"},"id"])" + after + "}"));
    const std::size_t hits = Size(json, "/hits/hits");
    for (std::size_t i = 0; i < hits; ++i)
      ++seen[Text(json, ("/hits/hits/" + std::to_string(i) + "/_id").c_str())];
    if (hits == 0) break;
    after = ",\"search_after\":" +
            Raw(json, ("/hits/hits/" + std::to_string(hits - 1) + "/sort").c_str());
  }
  EXPECT_EQ(seen.size(), 500u);
  EXPECT_EQ(Search("posts", R"({"search_after":[1]})").status, 400);
  EXPECT_EQ(Search("posts", R"({"sort":["time"],"search_after":[1,2]})").status, 400);
  EXPECT_EQ(Search("posts", R"({"sort":["time"],"search_after":["x"]})").status, 400);
  EXPECT_EQ(Search("posts", R"({"sort":["time"],"search_after":7})").status, 400);
}

TEST_F(EsTest, BadQueriesAreRefused) {
  WritePosts(0, 10);
  std::string deep = R"({"match_all":{}})";
  for (int i = 0; i < 200; ++i) deep = R"({"bool":{"must":)" + deep + "}}";
  std::string wide = R"({"bool":{"should":[)";
  for (int i = 0; i < 2000; ++i) wide += std::string(i > 0 ? "," : "") + R"({"match_all":{}})";
  wide += "]}}";
  for (const std::string& query :
       {std::string(R"({"nope":{}})"), std::string("5"), std::string("{}"),
        std::string(R"({"term":{}})"), std::string(R"({"term":{"polarity":"x"}})"),
        std::string(R"({"range":{"time":{"gte":"yesterday"}}})"),
        std::string(R"({"range":{"time":{"about":1}}})"), std::string(R"({"bool":{"nope":[]}})"),
        std::string(R"({"range":{"time":{"gte":"now-"}}})"),
        std::string(R"j({"query_string":{"query":"(a OR b)"}})j"), deep, wide}) {
    EXPECT_EQ(Search("posts", "{\"query\":" + query + "}").status, 400) << query.substr(0, 200);
  }
  EXPECT_EQ(Search("nope", "{}").status, 404);
  EXPECT_EQ(Text(Json(Search("nope", "{}")), "/error/type"), "index_not_found_exception");
  for (const char* body :
       {R"({"size":10001})", R"({"from":9995,"size":10})", R"({"size":-1})", R"({"sort":"nope"})",
        R"({"sorted":1})", "{", "[]", R"({"sort":[{"time":"up"}]})"}) {
    EXPECT_EQ(Search("posts", body).status, 400) << body;
  }
  EXPECT_EQ(Search("posts", std::string(100'000, '[')).status, 400);
  EXPECT_EQ(Ask("DELETE", "/es/posts").status, 405);
  EXPECT_EQ(Ask("PUT", "/es/posts/_doc/1", {}, "{}").status, 405);
  EXPECT_EQ(Ask("HEAD", "/es/nope").status, 404);
  EXPECT_EQ(Ask("HEAD", "/es/posts").status, 200);
}

TEST_F(EsTest, HitsAreSortedPagedAndCutToTheirFields) {
  WritePosts(0, 100);
  const auto json = Json(Search(
      "posts",
      R"({"sort":[{"time":{"order":"desc"}},"id"],"from":1,"size":2,"_source":["id","time","hash*"]})"));
  EXPECT_EQ(Text(json, "/hits/hits/0/_id"), "1000000098");
  EXPECT_EQ(Raw(json, "/hits/hits/0/_source"),
            R"({"id":"1000000098","time":"2016-08-01T00:00:24.500Z","hashtags":[]})");
  EXPECT_EQ(Raw(json, "/hits/hits/0/sort"), R"([1470009624500,"1000000098"])");
  EXPECT_EQ(Raw(json, "/hits/max_score"), "null");
  EXPECT_EQ(Size(json, "/hits/hits"), 2u);
  const auto uri = Json(
      Ask("GET", "/es/posts/_search", {{"q", "lang:ru"}, {"size", "1"}, {"sort", "time:asc"}}));
  EXPECT_EQ(Int(uri, "/hits/total/value"), 20);
  EXPECT_EQ(Text(uri, "/hits/hits/0/_id"), "1000000003");
  EXPECT_EQ(
      Int(Json(Ask("GET", "/es/posts/_search", {{"q", "time:now-1250s"}})), "/hits/total/value"),
      1);
  EXPECT_EQ(Int(Json(Ask("POST", "/es/posts/_count", {}, R"({"query":{"term":{"lang":"ru"}}})")),
                "/count"),
            20);
  EXPECT_EQ(Raw(Json(Get("/es/posts/_doc/1000000003")), "/found"), "true");
  EXPECT_EQ(Get("/es/posts/_doc/7").status, 404);
}

TEST_F(EsTest, AggregationsCountAndMeasure) {
  WritePosts(0, 1000);
  const auto json = Json(Search("posts", R"({"size":0,"aggs":{
    "by_lang":{"terms":{"field":"lang"},"aggs":{"p":{"avg":{"field":"polarity"}},"kinds":{"terms":{"field":"kind","size":1}}}},
    "tags":{"terms":{"field":"hashtags"}},
    "minutes":{"date_histogram":{"field":"time","fixed_interval":"1m"},"aggs":{"m":{"max":{"field":"neg"}}}},
    "days":{"date_histogram":{"field":"time","calendar_interval":"day"}},
    "authors":{"cardinality":{"field":"author"}}, "n":{"value_count":{"field":"country"}}, "sum":{"sum":{"field":"polarity"}},
    "q":{"percentiles":{"field":"polarity","percents":[50,99]}}, "first":{"min":{"field":"time"}}, "s":{"stats":{"field":"polarity"}},
    "ru":{"filter":{"term":{"lang":"ru"}},"aggs":{"a":{"avg":{"field":"neg"}}}}}})"));
  EXPECT_EQ(Raw(json, "/aggregations/by_lang/buckets/0/key"), "\"en\"");
  EXPECT_EQ(Int(json, "/aggregations/by_lang/buckets/0/doc_count"), 800);
  EXPECT_NEAR(Number(json, "/aggregations/by_lang/buckets/0/p/value"), -0.1125, 1e-9);
  EXPECT_EQ(Text(json, "/aggregations/by_lang/buckets/0/kinds/buckets/0/key"), "post");
  EXPECT_EQ(Int(json, "/aggregations/by_lang/buckets/0/kinds/sum_other_doc_count"), 200);
  EXPECT_EQ(Int(json, "/aggregations/tags/buckets/0/doc_count"), 200);
  EXPECT_EQ(Size(json, "/aggregations/minutes/buckets"), 5u);
  EXPECT_EQ(Int(json, "/aggregations/minutes/buckets/0/doc_count"), 240);
  EXPECT_EQ(Text(json, "/aggregations/minutes/buckets/1/key_as_string"),
            "2016-08-01T00:01:00.000Z");
  EXPECT_EQ(Int(json, "/aggregations/days/buckets/0/doc_count"), 1000);
  EXPECT_EQ(Int(json, "/aggregations/authors/value"), 997);
  EXPECT_EQ(Int(json, "/aggregations/n/value"), 334);
  EXPECT_NEAR(Number(json, "/aggregations/sum/value"), -90, 1e-6);
  EXPECT_EQ(Number(json, "/aggregations/q/values/50.0"), 0);
  EXPECT_EQ(Text(json, "/aggregations/first/value_as_string"), "2016-08-01T00:00:00.000Z");
  EXPECT_EQ(Int(json, "/aggregations/s/count"), 1000);
  EXPECT_EQ(Int(json, "/aggregations/ru/doc_count"), 200);
  const auto empty = Json(Search(
      "posts",
      R"({"size":0,"query":{"match_none":{}},"aggs":{"a":{"avg":{"field":"neg"}},"t":{"terms":{"field":"lang"}}}})"));
  EXPECT_EQ(Raw(empty, "/aggregations/a/value"), "null");
  EXPECT_EQ(Size(empty, "/aggregations/t/buckets"), 0u);
  for (const char* aggs :
       {R"({"a":{"nope":{"field":"x"}}})", R"({"a":{"avg":{"field":"lang"}}})",
        R"({"a":{"terms":{"field":"nope"}}})", R"({"a":{"terms":{"field":"lang","size":99999}}})",
        R"({"a":{"date_histogram":{"field":"time","fixed_interval":"0m"}}})",
        R"({"a":{"date_histogram":{"field":"time","fixed_interval":"1ms"}}})", R"({"a":{}})",
        "5"}) {
    EXPECT_EQ(Search("posts", std::string("{\"aggs\":") + aggs + "}").status, 400) << aggs;
  }
}

TEST_F(EsTest, TheClusterTellsOfItsIndexes) {
  WritePosts(0, 100);
  EXPECT_EQ(Text(Json(Get("/es/_cluster/health")), "/status"), "green");
  const auto list = Json(Get("/es/_cat/indices", {{"format", "json"}}));
  EXPECT_EQ(Text(list, "/2/index"), "sentiment_labels");
  EXPECT_EQ(Text(list, "/2/docs.count"), "100");
  EXPECT_NE(Get("/es/_cat/indices", {{"v", "true"}}).body.find("docs.count"), std::string::npos);
  EXPECT_EQ(Raw(Json(Get("/es/sentiment_labels/_mapping")),
                "/sentiment_labels/mappings/properties/polarity/type"),
            "\"double\"");
  EXPECT_EQ(Text(Json(Get("/es/_ilm/policy")), "/heartbeat/policy/phases/delete/min_age"), "90d");
  EXPECT_EQ(Get("/es/_nodes").status, 400);
  EXPECT_EQ(Get("/es/../../etc/passwd").status, 404);
}

TEST(EsSqlText, ItemsOfASelectAreFound) {
  using List = std::vector<std::string>;
  EXPECT_EQ(es::SelectItems("SELECT a, count(*), f(x, ',') AS \"b, c\" FROM t"),
            (List{"a", "count(*)", "f(x, ',') AS \"b, c\""}));
  EXPECT_EQ(es::SelectItems("/* x, y */ select distinct a -- , b\n, (select c, d from e) from t"),
            (List{"a -- , b", "(select c, d from e)"}));
  EXPECT_EQ(es::SelectItems("WITH a AS (SELECT 1) SELECT 2"), List{});
  EXPECT_EQ(es::SelectItems("SELECT fromage FROM t"), List{"fromage"});
  EXPECT_EQ(es::SelectItems(""), List{});
  EXPECT_EQ(es::SelectItems("SELECT 'open"), List{"'open"});
}

}  // namespace
}  // namespace hb
