#include "serve/api_testing.h"

namespace hb {
namespace {

// Code points, as columns of rules are: what a page or a Python program counts.
TEST_F(ApiTest, AnExplainedWordSaysWhereItStands) {
  const auto json = Json(Ask("POST", "/api/v1/analyze", {},
                             R"({"texts":["Ñandú 🥖: horrible, horrible"],"explain":true})"));
  std::size_t found = 0;
  for (const simdjson::dom::element word :
       simdjson::dom::array(json.at_pointer("/results/0/explain/sentiment"))) {
    if (Text(word, "/text") != "horrible") continue;
    const std::int64_t begin = Int(word, "/begin");
    EXPECT_TRUE(begin == 9 || begin == 19) << begin;
    EXPECT_EQ(Int(word, "/end"), begin + 8);
    ++found;
  }
  EXPECT_EQ(found, 2u);
}

TEST_F(ApiTest, NamesAndKeywordsAreFoundAndNamesHaveTheirPlaces) {
  const auto json = Json(Ask(
      "POST", "/api/v1/analyze", {},
      R"({"texts":["🥖 Angela Merkel met Tim Cook in Berlin"],"analyzers":["entities","keywords"]})"));
  const simdjson::dom::array names(json.at_pointer("/results/0/entities"));
  ASSERT_EQ(names.size(), 3u);
  EXPECT_EQ(Text(names.at(0), "/text"), "Angela Merkel");
  EXPECT_EQ(Text(names.at(0), "/type"), "person");
  EXPECT_EQ(Int(names.at(0), "/begin"), 2);
  EXPECT_EQ(Int(names.at(0), "/end"), 15);
  EXPECT_EQ(Text(names.at(2), "/text"), "Berlin");
  EXPECT_EQ(Text(names.at(2), "/type"), "place");
  EXPECT_GT(simdjson::dom::array(json.at_pointer("/results/0/keywords")).size(), 0u);
  EXPECT_EQ(json.at_pointer("/results/0/sentiment").error(), simdjson::NO_SUCH_FIELD);
}

TEST_F(ApiTest, TextsAreAnalysed) {
  const auto json = Json(Ask(
      "POST", "/api/v1/analyze", {},
      R"({"texts":["Without makeup, Beauty and Daniella are beautiful","#tag @you"],"explain":true})"));
  EXPECT_EQ(Number(json, "/results/0/polarity"), 0.85);
  EXPECT_EQ(Number(json, "/results/0/subjectivity"), 1.0);
  EXPECT_EQ(Raw(json, "/results/1/hashtags"), "[\"tag\"]");
  EXPECT_GT(Size(json, "/results/0/explain/polarity"), 0u);
  EXPECT_FALSE(Text(json, "/models/sentiment").empty());
  EXPECT_EQ(Json(Ask("POST", "/api/v1/analyze", {}, R"({"texts":["a"],"analyzers":["polarity"]})"))
                .at_pointer("/results/0/lang")
                .error(),
            simdjson::NO_SUCH_FIELD);
  EXPECT_EQ(Ask("POST", "/api/v1/analyze", {}, R"({"texts":["a"],"analyzers":["mood"]})").status,
            400);
  EXPECT_EQ(Ask("POST", "/api/v1/analyze", {}, R"({"texts":"a"})").status, 400);
  EXPECT_EQ(
      Ask("POST", "/api/v1/analyze", {}, "{\"texts\":[\"" + std::string(2'000'000, 'a') + "\"]}")
          .status,
      400);
  std::string many = "{\"texts\":[\"\"";
  for (int i = 0; i < 1000; ++i) many += ",\"\"";
  EXPECT_EQ(Ask("POST", "/api/v1/analyze", {}, many + "]}").status, 400);
  EXPECT_EQ(Ask("POST", "/api/v1/analyze", {}, "{\"texts\":" + std::string(100'000, '[')).status,
            400);
}

}  // namespace
}  // namespace hb
