#include "text/html_references.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace hb {
namespace {

struct Case {
  const char* name;
  std::u32string_view text;
  std::u32string_view plain;
};

// What Python 3.11's html.unescape answers.
constexpr Case kCases[] = {
    {"none", U"plain & simple", U"plain & simple"},
    {"named", U"a &amp; b &lt;3", U"a & b <3"},
    {"older names need no semicolon", U"&ampx &copy2024", U"&x \u00a92024"},
    {"newer ones do", U"&alpha &alpha;", U"&alpha \u03b1"},
    {"longest name", U"&notin; &notit;", U"\u2209 \u00acit;"},
    {"two characters", U"&NotEqualTilde;", U"\u2242\u0338"},
    {"numbers", U"&#39;&#x2019;&#X2019;", U"'\u2019\u2019"},
    {"number without semicolon", U"&#65B", U"AB"},
    {"Windows-1252", U"&#128;&#153;", U"\u20ac\u2122"},
    {"no character", U"&#0;&#xD800;&#1114112;&#99999999999999;", U"\uFFFD\uFFFD\uFFFD\uFFFD"},
    {"dropped", U"a&#1;&#xFFFF;b", U"ab"},
    {"no digits", U"&# &#; &#x; &#xg", U"&# &#; &#x; &#xg"},
    {"only once", U"&amp;amp; &amp;lt;", U"&amp; &lt;"},
    {"rest of a name is plain", U"&ltfoo&gt;", U"<foo>"},
    {"letters of other scripts", U"&l\u00e9; &amp\u00e9;", U"&l\u00e9; &\u00e9;"},
    {"marks in a row", U"&&&amp&;", U"&&&&;"},
};

TEST(HtmlReferencesTest, AreResolvedAsInTheStandard) {
  for (const Case& one : kCases) {
    std::u32string plain;
    UnescapeHtml(one.text, plain);
    EXPECT_TRUE(plain == one.plain) << one.name;
  }
}

TEST(HtmlReferencesTest, Appends) {
  std::u32string out = U"x";
  UnescapeHtml(U"&amp;", out);
  EXPECT_TRUE(out == U"x&");
}

}  // namespace
}  // namespace hb
