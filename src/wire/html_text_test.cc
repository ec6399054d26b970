#include "wire/html_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hb {
namespace {

TEST(HtmlText, IsWhatAReaderSees) {
  struct Case {
    const char* name;
    const char* html;
    const char* text;
  };
  constexpr Case kCases[] = {
      {"plain", "no tags", "no tags"},
      {"paragraphs", "<p>one</p><p>two</p>", "one\ntwo"},
      {"breaks", "a<br>b<br/>c<br />d", "a\nb\nc\nd"},
      {"breaks in a row are one", "<p>a</p><br><br /><p>b</p>", "a\nb"},
      {"blanks of the source", "  a \n\t b  ", "a b"},
      {"a blank is no new line", "<p>a </p> <p> b</p>", "a\nb"},
      {"pre keeps blanks", "<pre><code>if  x:\n  y</code></pre>z", "if  x:\n  y\nz"},
      {"lists", "<ul><li>a</li><li>b</li></ul>c", "a\nb\nc"},
      {"references", "Tom &amp; J&eacute;r&ocirc;me &#8217;&#x1F600; &lt;b&gt; &nosuch;",
       "Tom & Jérôme ’😀 <b> &nosuch;"},
      {"a mention",
       R"(<span class="h-card"><a href="https://a.example/@u" class="u-url mention">@<span>u</span></a></span> hi)",
       "@u hi"},
      {"a hashtag",
       R"(<a href="https://a.example/tags/x" class="mention hashtag" rel="tag">#<span>x</span></a>)",
       "#x"},
      {"a link's hidden parts",
       R"(<a href="https://a.example/long/path"><span class="invisible">https://</span><span class="ellipsis">a.example/lo</span><span class="invisible">ng/path</span></a> see)",
       "https://a.example/long/path see"},
      {"a quote for old programs",
       R"(<p class="quote-inline">RE: <a href="https://b.example">b</a></p><p>so true</p>)",
       "so true"},
      {"a quote inside an element of its name",
       R"(a<span class="quote-inline"><br/>RE: <span>x</span> y</span> b)", "a b"},
      {"scripts", "a<script>alert('<p>')</script>b", "ab"},
      {"comments", "a<!-- > <b> -->b<!doctype html>c", "abc"},
      {"no tag", "1 < 2 and <3, a<", "1 < 2 and <3, a<"},
      {"a bracket in a value", R"(<a title="a > b" href='x'>t</a>)", "t"},
      {"never closed", "a<b", "a"},
      {"never closed comment", "a<!-- b", "a"},
      {"never closed value", "a<b c=\"d", "a"},
      {"closed only", "</p>a</span></b> b", "a b"},
      {"other scripts", "<p>日本語<br>русский</p>", "日本語\nрусский"},
      {"empty", "<p></p>", ""},
  };
  HtmlText html;
  for (const Case& c : kCases) {
    html.Read(c.html);
    EXPECT_EQ(html.text, c.text) << c.name;
  }
}

TEST(HtmlText, LinksAreThoseToPages) {
  HtmlText html;
  html.Read(
      R"(<a href="https://a.example/?x=1&amp;y=2">a</a> <A HREF=https://b.example>b</A> <a href="javascript:x">j</a>
         <a class="mention" href="https://c.example/@u">@u</a> <a class="x hashtag" href="https://c.example/t">#t</a>)");
  EXPECT_THAT(html.links, testing::ElementsAre("https://a.example/?x=1&y=2", "https://b.example"));
  EXPECT_EQ(html.text, "a b j @u #t");
}

}  // namespace
}  // namespace hb
