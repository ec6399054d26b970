#include "text/text_walk.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "text/emoji.h"
#include "text/plain_walk.h"
#include "text/utf8.h"

namespace hb {
namespace {

std::string Show(const TextWalk& walk) {
  std::string out = walk.text.data() == nullptr ? "" : "|";
  for (const Token& t : walk.tokens) {
    out += std::to_string(t.begin) + "-" + std::to_string(t.end) + ":" + std::to_string(t.flags) +
           "(" + std::string(walk.Folded(t)) + ") ";
  }
  out += "\n";
  for (const Entity& e : walk.entities) {
    out += std::string(EntityKindName(e.kind)) + ":" + std::to_string(e.begin) + "-" +
           std::to_string(e.end) + "/" + std::to_string(e.value_begin) + "-" +
           std::to_string(e.value_end) + " ";
  }
  return out;
}

bool Same(const TextWalk& a, const TextWalk& b) {
  auto same_entity = [](const Entity& x, const Entity& y) {
    return x.kind == y.kind && x.begin == y.begin && x.end == y.end &&
           x.value_begin == y.value_begin && x.value_end == y.value_end && x.token == y.token;
  };
  return a.tokens == b.tokens && a.folded == b.folded && a.counts == b.counts &&
         a.ascii == b.ascii && a.valid_utf8 == b.valid_utf8 && a.reply_form == b.reply_form &&
         a.repost_form == b.repost_form &&
         std::equal(a.entities.begin(), a.entities.end(), b.entities.begin(), b.entities.end(),
                    same_entity);
}

/// Compares both walks of `text`; false (and a failure) if they differ.
bool Agree(std::string_view text, TextWalk& fast) {
  TextWalk plain;
  WalkText(text, fast);
  PlainWalk(text, plain);
  if (Same(fast, plain)) return true;
  std::string escaped;
  for (const char c : text) {
    char hex[8];
    std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned char>(c));
    escaped += hex;
  }
  ADD_FAILURE() << text << "\n" << escaped << "\nfast  " << Show(fast) << "\nplain " << Show(plain);
  return false;
}

constexpr std::string_view kPieces[] = {"http://",
                                        "https://",
                                        "HTTP://",
                                        "t.co/",
                                        "t.co",
                                        ".com",
                                        ".co.uk",
                                        ".",
                                        "/",
                                        ":",
                                        "://",
                                        "_",
                                        "-",
                                        "#",
                                        "#",
                                        "\uFF03",
                                        "@",
                                        "@",
                                        "\uFF20",
                                        "$",
                                        "RT",
                                        "rt",
                                        "http",
                                        " ",
                                        " ",
                                        " ",
                                        "\u3000",
                                        "\u00A0",
                                        "\n",
                                        "a",
                                        "b",
                                        "Z",
                                        "foo",
                                        "Bar",
                                        "BAZ",
                                        "1",
                                        "23",
                                        "\u00E9",
                                        "\u00C9",
                                        "\u0301",
                                        "\u65E5",
                                        "\u672C",
                                        "\u30AB",
                                        "\u30FC",
                                        "\u3042",
                                        "\u0E01",
                                        "\u0E34",
                                        "\u0438",
                                        "\u0418",
                                        "\u200D",
                                        "\u200C",
                                        "\uFE0F",
                                        "\uFE0E",
                                        "\u20E3",
                                        "'",
                                        "\u2019",
                                        "(",
                                        ")",
                                        "?",
                                        "=",
                                        "&",
                                        "&amp;",
                                        ";",
                                        "!",
                                        "*",
                                        "+",
                                        ",",
                                        "~",
                                        "%",
                                        "|",
                                        "\u2013",
                                        "\U0001F600",
                                        "\U0001F468",
                                        "\u2764",
                                        "\U0001F1FA\U0001F1F8",
                                        "\U0001F1FA",
                                        "\U0001F3FD",
                                        "\u00A9",
                                        "\u2139",
                                        "xn--",
                                        "xn--p1ai",
                                        "\u307F\u3093\u306A",
                                        "\u0440\u0444",
                                        "verm\u00F6gensberatung",
                                        "\u023A",
                                        "\u212A",
                                        "\u0130",
                                        "\u202A",
                                        "\uFEFF",
                                        "\u0D4D",
                                        "\x80",
                                        "\xF0\x9F",
                                        "\xC3",
                                        "\xED\xA0\x80",
                                        "\uF8C1",
                                        "\u00B7",
                                        "\u0661",
                                        "\u00BD",
                                        "\u2728",
                                        "com",
                                        "jp"};

TEST(TextWalk, EqualsThePlainWalkOnRandomTexts) {
  std::mt19937_64 random(20260101);
  TextWalk walk;
  int bad = 0;
  for (int i = 0; i < 100'000 && bad < 5; ++i) {
    std::string text;
    for (std::size_t n = 1 + random() % 14; n > 0; --n)
      text += kPieces[random() % std::size(kPieces)];
    bad += Agree(text, walk) ? 0 : 1;
  }
}

TEST(TextWalk, EqualsThePlainWalkOnEveryShortTextOfASmallAlphabet) {
  constexpr std::string_view kAlphabet[] = {"a", "#",      "@",      ".co", "http://",
                                            "_", "\u00E9", "\uFE0F", "1",   " "};
  TextWalk walk;
  std::size_t cases = 0;
  bool good = true;
  for (std::size_t length = 1; length <= 5; ++length) {
    std::vector<std::size_t> digits(length, 0);
    for (bool more = true; more && good;) {
      std::string text;
      for (const std::size_t d : digits) text += kAlphabet[d];
      good = Agree(text, walk);
      ++cases;
      more = false;
      for (std::size_t& d : digits) {
        if (++d < std::size(kAlphabet)) {
          more = true;
          break;
        }
        d = 0;
      }
    }
  }
  EXPECT_EQ(cases, 111'110u);
}

/// Lines of a gzip file, at most `limit`; whole CSV lines serve as posts.
std::vector<std::string> ReadLines(const std::filesystem::path& path, std::size_t limit) {
  std::vector<std::string> lines;
  gzFile file = gzopen(path.c_str(), "rb");
  char buffer[1 << 16];
  while (lines.size() < limit && gzgets(file, buffer, sizeof buffer) != nullptr)
    lines.emplace_back(buffer);
  gzclose(file);
  return lines;
}

TEST(TextWalk, EqualsThePlainWalkOnRealPosts) {
  const std::filesystem::path folder =
      std::filesystem::path(HB_SOURCE_DIR) / "../shared/data/replay";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "left out: no ../shared/data/replay";
  TextWalk walk;
  std::size_t posts = 0;
  int bad = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    for (const std::string& line : ReadLines(entry.path(), 2000)) {
      if (bad >= 5) return;
      bad += Agree(line, walk) ? 0 : 1;
      ++posts;
    }
  }
  EXPECT_GT(posts, 10'000u);
}

// --- What the walk promises, in small ---

/// Tokens as "text:flags", flags by letter: A all caps, I initial, D digit, N number, W wide, U
/// unspaced, J adjacent, Q apostrophe, # @ $ L(ink) E(moji).
std::vector<std::string> Tokens(std::string_view text) {
  TextWalk walk;
  WalkText(text, walk);
  std::vector<std::string> out;
  constexpr std::string_view kLetters = "AIDNWUJQ#@$LE";
  for (const Token& token : walk.tokens) {
    std::string flags;
    for (std::size_t bit = 0; bit < kLetters.size(); ++bit) {
      if ((token.flags >> bit & 1) != 0) flags += kLetters[bit];
    }
    out.push_back(std::string(walk.Folded(token)) + ":" + flags);
  }
  return out;
}

using Strings = std::vector<std::string>;

TEST(TextWalk, PartsWordsAtEverythingButLettersMarksAndNumbers) {
  EXPECT_EQ(Tokens("Fast, FAST; it's 3.5 x9"),
            (Strings{"fast:I", "fast:AI", "it:", "s:Q", "3:DN", "5:DN", "x9:D"}));
  EXPECT_EQ(Tokens("co-op_x I A1"), (Strings{"co:", "op:", "x:", "i:I", "a1:ID"}));
  EXPECT_EQ(Tokens("d\u2019\u00C9t\u00E9"), (Strings{"d:", "\u00E9t\u00E9:IWQ"}));
  EXPECT_EQ(Tokens("\u041C\u041E\u0421\u041A\u0412\u0410"),
            (Strings{"\u043C\u043E\u0441\u043A\u0432\u0430:AIW"}));
  EXPECT_EQ(Tokens("   "), Strings{});
}

TEST(TextWalk, GivesScriptsWithoutBlanksCharacterByCharacter) {
  EXPECT_EQ(Tokens("\u65E5\u672Cgo\u3002\u96E8"),
            (Strings{"\u65E5:WU", "\u672C:WUJ", "go:J", "\u96E8:WU"}));
  EXPECT_EQ(Tokens("\u0E01\u0E34\u0E19"), (Strings{"\u0E01\u0E34:WU", "\u0E19:WUJ"}));
  EXPECT_EQ(Tokens("\uD55C\uAD6D\uC5B4 \uBE44"),
            (Strings{"\uD55C\uAD6D\uC5B4:W", "\uBE44:W"}));  // Korean has blanks.
}

TEST(TextWalk, EntitiesAreOneTokenEach) {
  EXPECT_EQ(Tokens("#Big_Day @Ada/friends $XYZ https://t.co/Ab \u2764\uFE0F"),
            (Strings{"big_day:#", "ada:@", "xyz:$", "https://t.co/ab:L", "\u2764\uFE0F:WE"}));
  TextWalk walk;
  WalkText("a #Tag \u2764\uFE0F https://t.co/x", walk);
  ASSERT_EQ(walk.entities.size(), 3u);
  EXPECT_EQ(walk.TokenOf(walk.entities[0]).hash, Hash64("tag"));
  EXPECT_EQ(walk.TokenOf(walk.entities[1]).hash, EmojiHash("\u2764"));
  EXPECT_EQ(walk.TokenOf(walk.entities[2]).hash, 0u);
  EXPECT_EQ(walk.counts, (TextCounts{1, 0, 0, 1, 1, 1}));
}

TEST(TextWalk, HashesTheFoldedWord) {
  TextWalk walk;
  WalkText("\u00DCBER \u212Aelvin \u023A", walk);  // The last two change length when folded.
  ASSERT_EQ(walk.tokens.size(), 3u);
  for (const Token& token : walk.tokens)
    EXPECT_EQ(token.hash, Hash64(Folded(walk.Original(token))));
  EXPECT_EQ(walk.Folded(walk.tokens[1]), "kelvin");
  EXPECT_EQ(walk.folded, "\u00FCber kelvin \u2C65");
}

TEST(TextWalk, TellsRepliesAndOldRepostsByTheirForm) {
  struct {
    std::string_view text;
    bool reply, repost;
  } constexpr kRows[] = {
      {"@ada hi", true, false},       {"  @ada", true, false},   {".@ada", false, false},
      {"RT @ada: x", false, true},    {"rt @ada", false, false}, {"hi @ada", false, false},
      {"RT this @ada", false, false}, {"RT@ada", false, true},   {"#x @ada", false, false}};
  TextWalk walk;
  for (const auto& row : kRows) {
    WalkText(row.text, walk);
    EXPECT_EQ(walk.reply_form, row.reply) << row.text;
    EXPECT_EQ(walk.repost_form, row.repost) << row.text;
  }
}

TEST(TextWalk, CharacterReferencesAreNoWords) {
  EXPECT_EQ(Tokens("you &amp; me &lt;3 &#39;x amp;"),
            (Strings{"you:", "me:", "3:DN", "x:", "amp:"}));
}

TEST(TextWalk, SaysWhetherTheTextIsUtf8AndGoesOn) {
  TextWalk walk;
  WalkText("ok \xFF fine \xF0\x9F", walk);
  EXPECT_FALSE(walk.valid_utf8);
  EXPECT_FALSE(walk.ascii);
  EXPECT_EQ(walk.folded, "ok \uFFFD fine \uFFFD");
  EXPECT_EQ(walk.tokens.size(), 2u);
  WalkText("plain", walk);
  EXPECT_TRUE(walk.valid_utf8 && walk.ascii);
}

TEST(TextWalk, KeepsItsBuffers) {
  TextWalk walk;
  const std::string big = "some words and a #tag with @names \u00E9t\u00E9 http://a.com \U0001F600";
  WalkText(big, walk);
  const auto* tokens = walk.tokens.data();
  const auto* entities = walk.entities.data();
  const auto* folded = walk.folded.data();
  for (const std::string_view text :
       {std::string_view(""), std::string_view("a b c"), std::string_view(big)}) {
    WalkText(text, walk);
  }
  EXPECT_EQ(walk.tokens.data(), tokens);
  EXPECT_EQ(walk.entities.data(), entities);
  EXPECT_EQ(walk.folded.data(), folded);
}

TEST(TextWalk, HostileTextsCostTimeInProportion) {
  // Each would take minutes if something were looked at again and again.
  TextWalk walk;
  for (const std::string_view piece : {"a.",
                                       "#a",
                                       "@a",
                                       "http://",
                                       "http://a.",
                                       "\u00E9",
                                       "\u00E9.",
                                       "a_b.",
                                       "(",
                                       "http://a.com/(",
                                       "1\uFE0F",
                                       "\U0001F468\u200D",
                                       "\U0001F3F4\U000E0067",
                                       "-a.-",
                                       "$",
                                       "a'",
                                       "#1_",
                                       "xn--",
                                       ".com",
                                       "\xF0\x9F",
                                       "\u65E5"}) {
    std::string text;
    while (text.size() < 1'000'000) text += piece;
    WalkText(text, walk);
    EXPECT_LE(walk.tokens.size(), text.size());
  }
}

}  // namespace
}  // namespace hb
