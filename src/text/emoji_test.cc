#include "text/emoji.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "text/utf8.h"

namespace hb {
namespace {

struct Case {
  const char* name;
  std::string_view text;
  std::vector<std::string> emoji;
};

const Case kCases[] = {
    {"a face", "so \U0001F600 happy", {"\U0001F600"}},
    {"two faces are two", "\U0001F600\U0001F601", {"\U0001F600", "\U0001F601"}},
    {"skin tone belongs to the hand", "\U0001F44D\U0001F3FD!", {"\U0001F44D\U0001F3FD"}},
    {"a family is one",
     "\U0001F468\u200D\U0001F469\u200D\U0001F467 home",
     {"\U0001F468\u200D\U0001F469\u200D\U0001F467"}},
    {"profession with tone",
     "\U0001F469\U0001F3FE\u200D\U0001F680",
     {"\U0001F469\U0001F3FE\u200D\U0001F680"}},
    {"joiner with nothing after", "\U0001F468\u200D.", {"\U0001F468"}},
    {"two flags in a row",
     "\U0001F1FA\U0001F1F8\U0001F1EB\U0001F1F7",
     {"\U0001F1FA\U0001F1F8", "\U0001F1EB\U0001F1F7"}},
    {"half a flag is none", "\U0001F1FA x", {}},
    {"flag of Scotland",
     "\U0001F3F4\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F",
     {"\U0001F3F4\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F"}},
    {"tags without an end", "\U0001F3F4\U000E0067 x", {"\U0001F3F4"}},
    {"rainbow flag", "\U0001F3F3\uFE0F\u200D\U0001F308", {"\U0001F3F3\uFE0F\u200D\U0001F308"}},
    {"keycaps",
     "1\uFE0F\u20E3 #\u20E3 *\uFE0F\u20E3",
     {"1\uFE0F\u20E3", "#\u20E3", "*\uFE0F\u20E3"}},
    {"digits are none", "1 2 # * 3\uFE0F", {}},
    {"red heart with and without style", "\u2764 \u2764\uFE0F", {"\u2764", "\u2764\uFE0F"}},
    {"text style says text", "\u2764\uFE0E \U0001F600\uFE0E", {}},
    {"signs need the style",
     "\u00A9 \u2122 \u203C \u2194 \u00A9\uFE0F \u2194\uFE0F",
     {"\u00A9\uFE0F", "\u2194\uFE0F"}},
    {"tone after the style", "\u261D\uFE0F\U0001F3FD", {"\u261D\uFE0F\U0001F3FD"}},
    {"words in any script are none", "caf\u00E9 \u65E5\u672C \u0E01 \u2192 \u20AC", {}},
    {"bytes that are not UTF-8", "\xF0\x9F\x98 \xE2\x9D", {}},
};

TEST(Emoji, FindsEachSequenceOnce) {
  for (const Case& row : kCases) {
    std::vector<ByteSpan> spans;
    FindEmoji(row.text, spans);
    std::vector<std::string> found;
    for (const ByteSpan& span : spans)
      found.emplace_back(row.text.substr(span.begin, span.end - span.begin));
    EXPECT_EQ(found, row.emoji) << row.name;
  }
}

TEST(Emoji, HashIgnoresTheStyleOnly) {
  EXPECT_EQ(EmojiHash("\u2764\uFE0F"), EmojiHash("\u2764"));
  EXPECT_EQ(EmojiHash("\U0001F3F3\uFE0F\u200D\U0001F308"), EmojiHash("\U0001F3F3\u200D\U0001F308"));
  EXPECT_NE(EmojiHash("\U0001F44D"), EmojiHash("\U0001F44D\U0001F3FD"));
}

TEST(Emoji, EverySequenceOfTheUnicodeTestFileIsOne) {
  const std::filesystem::path path =
      std::filesystem::path(HB_SOURCE_DIR) / "../shared/data/emoji/emoji-test.txt";
  std::ifstream file(path);
  if (!file) GTEST_SKIP() << "left out: emoji-test.txt (Unicode 17.0)";
  std::size_t qualified = 0, minimal = 0, others = 0;
  for (std::string line; std::getline(file, line);) {
    const std::size_t semicolon = line.find(';');
    if (line.empty() || line[0] == '#' || semicolon == std::string::npos) continue;
    std::istringstream codes(line.substr(0, semicolon));
    std::string text;
    for (std::uint32_t code; codes >> std::hex >> code;) AppendUtf8(code, text);
    const bool is_qualified = line.find("; fully-qualified") != std::string::npos;
    const bool is_minimal = line.find("; minimally-qualified") != std::string::npos;
    std::vector<ByteSpan> spans;
    FindEmoji("a" + text + "b " + text + text, spans);
    const auto size = static_cast<std::uint32_t>(text.size());
    const std::vector<ByteSpan> expected = {
        {1, 1 + size}, {3 + size, 3 + 2 * size}, {3 + 2 * size, 3 + 3 * size}};
    if (is_qualified || is_minimal) {
      EXPECT_EQ(spans, expected) << line;
      ++(is_qualified ? qualified : minimal);
    } else if (spans == expected) {
      ++others;  // Components, and symbols without U+FE0F: some of them stay text on purpose.
    }
  }
  EXPECT_GT(qualified, 3700u);
  EXPECT_GT(minimal, 1000u);
  EXPECT_GT(others, 150u);
}

}  // namespace
}  // namespace hb
