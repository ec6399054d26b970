#include "serve/request_target.h"

#include <gtest/gtest.h>

namespace hb {
namespace {

using Query = std::map<std::string, std::string>;

struct Case {
  const char* name;
  std::string_view target;
  std::string_view path;
  Query query;
};

TEST(RequestTarget, IsTakenApartAndDecoded) {
  using namespace std::string_view_literals;
  const Case cases[] = {
      {"path alone", "/api/v1/tasks", "/api/v1/tasks", {}},
      {"nothing", "", "", {}},
      {"only a mark", "?", "", {}},
      {"two parameters", "/p?a=1&b=2", "/p", {{"a", "1"}, {"b", "2"}}},
      {"escapes in every part", "/t/%C3%84pfel%2Fx?%71=%26%3D", "/t/Äpfel/x", {{"q", "&="}}},
      {"an escaped mark belongs to the path", "/a%3Fb?c=%3F", "/a?b", {{"c", "?"}}},
      {"plus is a blank in the query only", "/a+b?q=c+d%2B", "/a+b", {{"q", "c d+"}}},
      {"the last of a name counts", "/p?a=1&a=2", "/p", {{"a", "2"}}},
      {"no value", "/p?a&b=", "/p", {{"a", ""}, {"b", ""}}},
      {"no name", "/p?=1", "/p", {{"", "1"}}},
      {"empty pairs", "/p?&&a=1&", "/p", {{"a", "1"}}},
      {"a value with an equals sign", "/p?a=b=c", "/p", {{"a", "b=c"}}},
      {"a second mark is text", "/p?a=?", "/p", {{"a", "?"}}},
      {"broken escapes stay",
       "/%?a=%4&b=%zz&c=%4%31",
       "/%",
       {{"a", "%4"}, {"b", "%zz"}, {"c", "%41"}}},
      {"a NUL byte", "/a%00b", "/a\0b"sv, {}},
  };
  for (const Case& c : cases) {
    HttpRequest request;
    ParseTarget(c.target, request);
    EXPECT_EQ(request.path, c.path) << c.name;
    EXPECT_EQ(request.query, c.query) << c.name;
  }
}

}  // namespace
}  // namespace hb
