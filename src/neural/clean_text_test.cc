#include "neural/clean_text.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

#include "base/allocations.h"
#include "base/utf8.h"
#include "env/env.h"

namespace hb::neural {
namespace {

std::string Clean(std::string_view text) {
  TextCleaner cleaner;
  std::string out = "what was there before";
  cleaner.Clean(text, out);
  return out;
}

TEST(CleanTextTest, EqualsTheCasesThatTrainingUses) {
  std::ifstream file(HB_SOURCE_DIR "/tools/train/clean_cases.tsv");
  std::string line;
  std::getline(file, line);
  ASSERT_EQ(line, "text\tcleaned");
  int cases = 0;
  while (std::getline(file, line)) {
    const std::size_t tab = line.find('\t');
    ASSERT_NE(tab, std::string::npos) << line;
    EXPECT_EQ(Clean(std::string_view(line).substr(0, tab)), line.substr(tab + 1)) << line;
    ++cases;
  }
  EXPECT_GE(cases, 25);
}

struct Case {
  const char* name;
  std::string_view text;
  std::string_view cleaned;
};

// What tools/train/clean.py answers; tests/parity/clean_text.py compares many more.
constexpr Case kCases[] = {
    {"empty", "", ""},
    {"blanks of all kinds", "\t a\u00A0\u3000b\x1C\u2028", "a b"},
    {"surrogates in the wrong order", R"(a\ude00\ud83db)", "ab"},
    {"two first halves", R"(\ud83d\ud83d\ude00)", "\U0001F600"},
    {"half, letter, half", R"(\ud83dx\ude00)", "x"},
    {"escape of a backslash", R"(\u005cu0041)", R"(\u0041)"},
    {"escaped reference", R"(\u0026amp; \u0022)", "& \""},
    {"too short an escape", R"(\u12g \u)", R"(\u12g \u)"},
    {"quotes in order", R"(a\""b)", "a\"b"},
    {"three quotes", R"(""")", R"("")"},
    {"link inside a word", "seehttp://x.y/z.", "see"},
    {"link in capitals and long s", "HTTP\u017F://x pic.tw\u0131tter.com/y z", "z"},
    {"bare link", "so http\nand https", "so and"},
    {"a word that begins so", "xhttp http_ https!", "xhttp http_ https!"},
    {"name of letters", "@\u00e9l\u00e8ve_1!", "@user!"},
    {"no name", "@ @! a@", "@ @! a@"},
    {"names that touch", "@a@b @c", "@user@user"},
    {"names apart", "@a, @b\t@c", "@user, @user"},
    {"repost", "  RT\t@a :  @b x", "@user x"},
    {"repost of two", "RT @a @b: x", "x"},
    {"no repost", "RT@a: x", "RT@user: x"},
    {"quoted name in a link", "http://x/@a @b", "@user"},
    {"tag", "#iPhone7sRock_and__ROLLMe2", "# i Phone 7s Rock and ROLL Me 2"},
    {"tag of letters", "#\u00c9t\u00e92024x#b", "# \u00c9t\u00e92024x# b"},
    {"tag that ends", "##a#! #", "## a#! #"},
    {"half a flag", "\U0001F1FAx\U0001F1FA", "\U0001F1FAx\U0001F1FA"},
    {"three halves", "\U0001F1FA\U0001F1F8\U0001F1EC", "\U0001F1FA\U0001F1F8 \U0001F1EC"},
    {"style between halves", "\U0001F1FA\uFE0F\U0001F1F8x", "\U0001F1FA\U0001F1F8 x"},
    {"style between letters", "aa\u200Daa", "aa"},
    {"letters of two cases", "AAAaaaAAa", "AAaaAAa"},
    {"marks", "!!!! ??? ---- ____ ....", "!!! ??? --- ___ \u2026"},
    {"dot by dot", ". .. a.b", ". \u2026 a.b"},
    {"keycap", "1\uFE0F\u20E3", "1\u20E3"},
    {"broken bytes", "a\xFF\xE2\x82z", "a\uFFFD\uFFFDz"},
};

TEST(CleanTextTest, DoesEachStepInItsPlace) {
  for (const Case& one : kCases) EXPECT_EQ(Clean(one.text), one.cleaned) << one.name;
}

TEST(CleanTextTest, IsLinearOnBadInput) {
  TextCleaner cleaner;
  std::string out;
  for (const std::string_view unit :
       {"a",       "@",    "&",      "#",          "_",          "\"",     "\\",
        ".",       "h",    "RT @a ", "@a ",        "#aB",        "&#",     "&a",
        "\\ud83d", "http", " ",      "\U0001F600", "\U0001F1FA", "\u200D", "\xFF"}) {
    std::string text;
    while (text.size() < (1u << 20)) text += unit;
    const std::uint64_t before = ThreadCpuNanoseconds();
    cleaner.Clean(text, out);
    // Takes about 20 ms; what is quadratic takes hours.
    EXPECT_LT(ThreadCpuNanoseconds() - before, 2'000'000'000u) << unit;
    EXPECT_TRUE(IsValidUtf8(out)) << unit;
  }
}

}  // namespace
}  // namespace hb::neural
