#include "model/token_walk.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace hb::model {
namespace {

void AppendUtf8(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out.push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out.push_back(static_cast<char>(0xC0 | c >> 6));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else if (c < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | c >> 12));
    out.push_back(static_cast<char>(0x80 | (c >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xF0 | c >> 18));
    out.push_back(static_cast<char>(0x80 | (c >> 12 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (c >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  }
}

/// The walk as text: words as they were folded, marks as they stand, flags in brackets, "|" between
/// clauses.
std::string Show(std::string_view text) {
  Walk walk;
  WalkText(text, walk);
  std::string out;
  std::uint32_t clause = 0;
  for (const Token& token : walk.tokens) {
    if (!out.empty()) out += token.clause != clause ? " | " : " ";
    clause = token.clause;
    if (token.symbol_count > 0) {
      for (std::size_t i = 0; i < token.symbol_count; ++i) {
        AppendUtf8(out, walk.symbols[token.symbol_begin + i]);
      }
    } else {
      out += text.substr(token.source_begin, token.source_end - token.source_begin);
    }
    std::string flags;
    if ((token.flags & kNegated) != 0) flags += "n";
    if ((token.flags & kCaps) != 0) flags += "C";
    if ((token.flags & kHashtag) != 0) flags += "#";
    if ((token.flags & kElongated) != 0) flags += "+";
    if ((token.flags & kNegator) != 0) flags += "N";
    if (!flags.empty()) out += "[" + flags + "]";
  }
  return out;
}

struct Case {
  const char* name;
  std::string_view text;
  std::string_view expect;
};

constexpr Case kCases[] = {
    {"empty", "", ""},
    {"plain words fold case", "Good Morning", "good morning"},
    {"a link is dropped", "see https://t.co/x1 now", "see now"},
    {"a www link is dropped", "www.example.com/a?b", ""},
    {"a mention is masked", "@Some_one hi", "@Some_one hi"},
    {"mentions in a row are one", "@a @b @c hi", "@a @b @c hi"},
    {"an address is not a mention", "me@example.com", "me @ example com"},
    {"capitals", "WOW ok I", "wow[C] ok i"},
    {"elongated", "soooo goooood", "soo[+] good[+]"},
    {"digits become one 0", "in 2016 or 9th", "in 0 or 0th"},
    {"contraction negates four words", "I don't like it so much now",
     "i don't[N] like[n] it[n] so[n] much[n] now"},
    {"curly apostrophe", "don\xE2\x80\x99t go", "don't[N] go[n]"},
    {"escaped apostrophe", "don\\u2019t go", "don't[N] go[n]"},
    {"negation ends with the clause", "not now, maybe later", "not[N] now[n] , | maybe later"},
    {"contrast begins a clause", "good but slow", "good | but slow"},
    {"hashtag is split at capitals", "#GoodMorning all", "good[#] morning[#] #GoodMorning[#] all"},
    {"hashtag in small letters", "#goodmorning", "goodmorning[#]"},
    {"lone hash", "# 5", "# 0"},
    {"html entities", "you &amp; me &lt;3", "you &amp; me &lt;3"},
    {"doubled html entity", "love &amp;lt;3", "love &amp;lt;3"},
    {"a surrogate pair of escapes", "ok \\ud83d\\ude00", "ok \\ud83d\\ude00"},
    {"emoji in a row are one", "\xF0\x9F\x98\x82\xF0\x9F\x98\x82\xF0\x9F\x98\x82",
     "\xF0\x9F\x98\x82\xF0\x9F\x98\x82\xF0\x9F\x98\x82[+]"},
    {"emoticons", "ok :-) hm :( ha xD :D", "ok :-) hm :( ha xd :D"},
    {"time is no emoticon", "at 10:30", "at 0 : 0"},
    {"shouting", "no way!!! what??", "no[N] way[n] !!! | what ??"},
    {"dots", "well... ok.", "well ... | ok ."},
    {"abbreviation dots do not end a clause", "U.S. and 3.5 more", "u s . | and 0 0 more"},
    {"full width letters", "\xEF\xBC\xA7\xEF\xBC\xAF\xEF\xBC\xAF\xEF\xBC\xA4", "good[C]"},
    {"ideographs stand alone", "\xE6\x97\xA5\xE6\x9C\xAC", "\xE6\x97\xA5 \xE6\x9C\xAC"},
    {"cyrillic folds", "\xD0\x9F\xD0\xA0\xD0\x98\xD0\x92\xD0\x95\xD0\xA2",
     "\xD0\xBF\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82[C]"},
    {"invalid bytes are passed over", "good\xFF\xC3 day", "good day"},
    {"mastodon address", "@me@host.example hi", "@me@host.example hi"},
};

TEST(TokenWalk, SplitsAsStated) {
  for (const Case& c : kCases) EXPECT_EQ(Show(c.text), c.expect) << c.name;
}

std::uint64_t OnlyHash(std::string_view text) {
  Walk walk;
  WalkText(text, walk);
  EXPECT_EQ(walk.tokens.size(), 1u) << text;
  return walk.tokens.empty() ? 0 : walk.tokens[0].hash;
}

TEST(TokenWalk, SpellingsOfTheSameThingHaveOneHash) {
  EXPECT_EQ(OnlyHash(":)"), OnlyHash(":-)"));
  EXPECT_EQ(OnlyHash(":)"), OnlyHash(":)))"));
  EXPECT_EQ(OnlyHash("<3"), OnlyHash("&lt;3"));
  EXPECT_EQ(OnlyHash("<3"), OnlyHash("&amp;lt;3"));
  EXPECT_EQ(OnlyHash("@anna"), OnlyHash("@bob"));
  EXPECT_EQ(OnlyHash("Don't"), OnlyHash("don\\u2019t"));
  EXPECT_EQ(OnlyHash("\xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD"),
            OnlyHash("\xF0\x9F\x91\x8D"));                                    // skin tone
  EXPECT_EQ(OnlyHash("\xE2\x9D\xA4\xEF\xB8\x8F"), OnlyHash("\xE2\x9D\xA4"));  // variation selector
  EXPECT_EQ(OnlyHash("\\ud83d\\ude00"), OnlyHash("\xF0\x9F\x98\x80"));
  EXPECT_EQ(OnlyHash("good"), HashWord("good"));
  EXPECT_NE(OnlyHash(":)"), OnlyHash(":("));
  EXPECT_NE(OnlyHash("good"), OnlyHash("goods"));
}

TEST(TokenWalk, LongTextIsCutAtTheStatedNumberOfTokens) {
  std::string text;
  for (int i = 0; i < 10000; ++i) text += "ab ";
  Walk walk;
  WalkText(text, walk);
  EXPECT_EQ(walk.tokens.size(), kMaxTokens);
  std::string word(100000, 'x');
  for (std::size_t i = 0; i < word.size(); i += 2) word[i] = 'y';
  WalkText(word, walk);
  ASSERT_EQ(walk.tokens.size(), 1u);
  EXPECT_EQ(walk.tokens[0].symbol_count, kMaxTokenSymbols);
}

TEST(TokenWalk, EverySourceRangeLiesInTheTextAndClausesNeverFall) {
  const std::string_view pieces[] = {"a",
                                     "&lt;",
                                     ":",
                                     ")",
                                     "3",
                                     "\\u2019",
                                     "#",
                                     "@x",
                                     "!",
                                     ".",
                                     "\xF0\x9F\x98\x80",
                                     "\xE2\x80",
                                     " ",
                                     "\\",
                                     "&#39;",
                                     "but",
                                     "http://",
                                     "'",
                                     "\xEF\xBC\x81",
                                     "A"};
  std::uint64_t state = 7;
  Walk walk;
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (int i = 0; i < 12; ++i) {
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      text += pieces[(state >> 33) % std::size(pieces)];
    }
    WalkText(text, walk);
    std::uint32_t clause = 0;
    for (const Token& token : walk.tokens) {
      ASSERT_LT(token.source_begin, token.source_end) << text;
      ASSERT_LE(token.source_end, text.size()) << text;
      ASSERT_LE(token.symbol_begin + token.symbol_count, walk.symbols.size()) << text;
      ASSERT_GE(token.clause, clause) << text;
      clause = token.clause;
    }
    ASSERT_EQ(walk.clauses, walk.tokens.empty() ? 0 : clause + 1) << text;
  }
}

}  // namespace
}  // namespace hb::model
