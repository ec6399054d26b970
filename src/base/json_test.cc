#include "base/json.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <random>
#include <string>
#include <string_view>

#include "base/utf8.h"

namespace hb {
namespace {

using namespace std::string_view_literals;

TEST(JsonQuote, EscapesWhatJsonForbidsAndKeepsTheRest) {
  struct Case {
    const char* name;
    std::string_view text, want;
  };
  constexpr Case kCases[] = {
      {"empty", "", R"("")"},
      {"plain", "a/b 'c'", R"("a/b 'c'")"},
      {"quote and backslash", R"(say "\")", R"("say \"\\\"")"},
      {"short escapes", "\b\f\n\r\t", R"("\b\f\n\r\t")"},
      {"nul and other controls", "\0\x01\x1f"sv, R"("\u0000\u0001\u001f")"},
      {"delete is no control of JSON", "\x7f", "\"\x7f\""},
      {"letters, emoji", "gr\u00FC\u00DF \U0001F600", "\"gr\u00FC\u00DF \U0001F600\""},
      {"line and paragraph separator", "a\u2028b\u2029c", R"("a\u2028b\u2029c")"},
      {"their neighbours", "\u2027\u202A", "\"\u2027\u202A\""},
      {"lone continuation", "a\x80z", "\"a\uFFFDz\""},
      {"cut off at the end", "ok \xF0\x9F\x98", "\"ok \uFFFD\""},
      {"surrogate", "\xED\xA0\x80", "\"\uFFFD\uFFFD\uFFFD\""},
      {"bad byte before a quote", "\xE2\x80\"", "\"\uFFFD\\\"\""},
  };
  for (const Case& c : kCases) EXPECT_EQ(JsonQuote(c.text), c.want) << c.name;
}

TEST(JsonQuote, AnyBytesAreReadBackAsTheirRepairedText) {
  std::mt19937_64 random(7);
  simdjson::dom::parser parser;
  for (int i = 0; i < 20'000; ++i) {
    std::string text, repaired;
    for (std::size_t n = random() % 24; n > 0; --n) {
      if (random() % 8 == 0) {
        AppendUtf8(static_cast<char32_t>(random() % 0x3000), text);
      } else {
        text += static_cast<char>(random() % 256);
      }
    }
    AppendRepairedUtf8(text, repaired);
    const std::string json = JsonQuote(text);
    ASSERT_EQ(json.find('\n'), std::string::npos);
    std::string_view back;
    ASSERT_EQ(parser.parse(json).get(back), simdjson::SUCCESS) << json;
    ASSERT_EQ(back, repaired);
  }
}

TEST(JsonQuote, AppendsBehindWhatIsThere) {
  std::string out = "{";
  AppendJsonString("k", out);
  AppendJsonEscaped("\n", out);
  EXPECT_EQ(out, R"({"k"\n)");
}

}  // namespace
}  // namespace hb
