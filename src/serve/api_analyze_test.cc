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

}  // namespace
}  // namespace hb
