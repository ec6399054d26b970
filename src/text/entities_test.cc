// The rules of twitter-text in cases of our own; twitter_text_test.cc runs the original suite.
#include "text/entities.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "text/tweet_length.h"

namespace hb {
namespace {

/// "#tag", "@name", "@name/list", "$SYM", "<link>" or "(emoji)" for each entity, in order.
std::vector<std::string> Found(std::string_view text) {
  std::vector<std::string> found;
  for (const Entity& entity : ExtractEntities(text)) {
    const std::string value(entity.Value(text));
    switch (entity.kind) {
      case EntityKind::kHashtag: found.push_back("#" + value); break;
      case EntityKind::kMention:
        found.push_back("@" + value + std::string(entity.List(text)));
        break;
      case EntityKind::kCashtag: found.push_back("$" + value); break;
      case EntityKind::kUrl: found.push_back("<" + value + ">"); break;
      case EntityKind::kEmoji: found.push_back("(" + value + ")"); break;
    }
  }
  return found;
}

struct Case {
  const char* name;
  std::string_view text;
  std::vector<std::string> found;
};

const Case kHashtags[] = {
    {"plain", "we #march today", {"#march"}},
    {"two without a gap", "#left#right", {}},
    {"two with a comma", "#left,#right", {"#left", "#right"}},
    {"underscore and digits inside", "#plan_b2", {"#plan_b2"}},
    {"digits alone are none", "call #911 now", {}},
    {"digits and a letter", "#911call", {"#911call"}},
    {"underscores alone are none", "#__ #_1", {}},
    {"glued to a word", "go#team", {}},
    {"glued to a digit", "5#five", {}},
    {"after a bracket and a quote", "(#one) \"#two\"", {"#one", "#two"}},
    {"after an ampersand", "&#nbsp;", {}},
    {"after a slash", "news/#local", {"#local"}},
    {"full-width sign", "\u4ECA\u65E5\u306F \uFF03\u5929\u6C17", {"#\u5929\u6C17"}},
    {"accents",
     "#\u00E9t\u00E9 #Stra\u00DFe #\u010De\u0161tina",
     {"#\u00E9t\u00E9", "#Stra\u00DFe", "#\u010De\u0161tina"}},
    {"combining mark", "#cafe\u0301s", {"#cafe\u0301s"}},
    {"Cyrillic ends at a dash", "#\u041A\u0438\u0457\u0432-2", {"#\u041A\u0438\u0457\u0432"}},
    {"Arabic with joiner",
     "#\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645",
     {"#\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645"}},
    {"Devanagari digits alone", "#\u0967\u0968", {}},
    {"Thai",
     "#\u0E02\u0E48\u0E32\u0E27\u0E14\u0E48\u0E27\u0E19",
     {"#\u0E02\u0E48\u0E32\u0E27\u0E14\u0E48\u0E27\u0E19"}},
    {"middle dot", "#col\u00B7legi", {"#col\u00B7legi"}},
    {"right after Japanese text", "\u96E8#\u5929\u6C17", {}},
    {"after an ideographic full stop", "\u96E8\u3002#\u5929\u6C17", {"#\u5929\u6C17"}},
    {"after an emoji", "\u2764\uFE0F#love", {"(\u2764\uFE0F)", "#love"}},
    {"emoji ends it", "#win\U0001F3C6", {"#win", "(\U0001F3C6)"}},
    {"keycap sign is no hashtag", "#\uFE0F\u20E3x", {"(#\uFE0F\u20E3)"}},
    {"followed by a protocol", "#see://x", {}},
    {"letters beyond the basic plane", "#\U00020BB7", {"#\U00020BB7"}},
    {"punctuation ends it", "#a! #b? #c: #d; #e.", {"#a", "#b", "#c", "#d", "#e"}},
    {"apostrophe ends it", "#world's", {"#world"}},
    {"sign alone", "# #", {}},
};

const Case kMentions[] = {
    {"plain", "thanks @ada_l", {"@ada_l"}},
    {"at the start, with a colon", "@ada: hello", {"@ada"}},
    {"digits only", "@2024", {"@2024"}},
    {"e-mail address", "write to ada@example.com", {}},
    {"after signs that forbid it", "!@a #@b $@c %@d &@e *@f _@g", {}},
    {"after signs that do not", "(@a .@b -@c +@d", {"@a", "@b", "@c", "@d"}},
    {"after RT", "RT@ada rt:@bob", {"@ada", "@bob"}},
    {"RT inside a word", "artRT@ada", {}},
    {"doubled sign", "@@ada", {}},
    {"followed by a sign", "@ada@bob", {}},
    {"followed by an accent", "@ren\u00E9", {}},
    {"followed by Japanese", "@ada\u3055\u3093", {"@ada"}},
    {"preceded by Japanese", "\u3042@ada", {"@ada"}},
    {"full-width sign", "\uFF20ada", {"@ada"}},
    {"21 characters: the first 20", "@aaaaaaaaaabbbbbbbbbbc", {"@aaaaaaaaaabbbbbbbbbb"}},
    {"followed by a protocol", "@http://x.com", {}},
    {"list", "see @ada/friends-1 now", {"@ada/friends-1"}},
    {"list may not begin with a digit", "@ada/1st", {"@ada"}},
    {"slash without a list", "@ada/ x", {"@ada"}},
    {"list of 26: the first 25",
     "@ada/abcdefghijklmnopqrstuvwxyz",
     {"@ada/abcdefghijklmnopqrstuvwxy"}},
    {"before a possessive", "@ada's", {"@ada"}},
    {"sign alone", "@ @_@", {}},
};

const Case kCashtags[] = {
    {"plain, any case", "$ABC $abc", {"$ABC", "$abc"}},
    {"with a class", "$BRK.A $XY_Z", {"$BRK.A", "$XY_Z"}},
    {"class of three letters: cut before it", "$BRK.ABC", {"$BRK"}},
    {"six letters at most", "$ABCDEF $ABCDEFG", {"$ABCDEF"}},
    {"prices", "$5 $1m $A1", {}},
    {"before punctuation", "($NO) $AA, $BB! $CC.", {"$AA", "$BB", "$CC"}},
    {"glued to a word", "US$AB", {}},
    {"after an ideographic space", "\u3000$AB\u3000", {"$AB"}},
    {"after a bidirectional mark", "\u200F$AB", {"$AB"}},
    {"before a letter of another script", "$AB\u00E9", {}},
};

const Case kLinks[] = {
    {"http and https in any case",
     "http://a.com HTTPS://B.ORG",
     {"<http://a.com>", "<HTTPS://B.ORG>"}},
    {"without protocol", "see a.com, b.co.uk", {"<a.com>", "<b.co.uk>"}},
    {"full stop after it", "see http://a.com/b.", {"<http://a.com/b>"}},
    {"path, query, fragment", "http://a.com/b/c?d=e&f=g#h x", {"<http://a.com/b/c?d=e&f=g#h>"}},
    {"port", "http://a.com:8080/x a.com:99", {"<http://a.com:8080/x>", "<a.com:99>"}},
    {"colon without port", "a.com: yes", {"<a.com>"}},
    {"balanced parentheses", "(http://a.com/b_(c))", {"<http://a.com/b_(c)>"}},
    {"two levels", "http://a.com/b_(c_(d))", {"<http://a.com/b_(c_(d))>"}},
    {"unbalanced", "http://a.com/b_(c", {"<http://a.com/b_>"}},
    {"no top-level domain", "http://localhost a.notatld", {}},
    {"top-level domain goes on", "a.comx a.com2 a.com-b", {}},
    {"latest top-level domain wins", "www.gov.uk.com", {"<www.gov.uk.com>"}},
    {"falls back to an earlier one", "a.com.zzz", {"<a.com>"}},
    {"underscore in a sub-domain only",
     "http://a_b.c.com http://c.a_b.com",
     {"<http://a_b.c.com>"}},
    {"label may not begin or end with a dash", "http://-a.com http://a-.com", {}},
    {"Unicode host after a protocol",
     "http://\u043F\u0440\u0438\u043C\u0435\u0440.\u0440\u0444/x",
     {"<http://\u043F\u0440\u0438\u043C\u0435\u0440.\u0440\u0444/x>"}},
    {"Unicode sub-domain",
     "http://www.\u043F\u0440\u0438\u043C\u0435\u0440.\u0440\u0444",
     {"<http://www.\u043F\u0440\u0438\u043C\u0435\u0440.\u0440\u0444>"}},
    {"Unicode host needs a protocol", "\u043F\u0440\u0438\u043C\u0435\u0440.\u0440\u0444", {}},
    {"accented host does not", "x caf\u00E9.fr", {"<caf\u00E9.fr>"}},
    {"punycode", "http://xn--e1afmkfd.xn--p1ai/", {"<http://xn--e1afmkfd.xn--p1ai/>"}},
    {"punycode that is none", "http://xn--\u4F8B.com", {}},
    {"label of 63 and of 64",
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.com "
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.com",
     {"<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.com>"}},
    {"between Japanese characters", "\u306Fa.com\u3067\u3059", {"<a.com>"}},
    {"Japanese ends a path", "http://a.com/b\u3067\u3059", {"<http://a.com/b>"}},
    {"Cyrillic in a path",
     "http://a.com/\u043C\u0438\u0440 x",
     {"<http://a.com/\u043C\u0438\u0440>"}},
    {"after signs that forbid it", "@a.com #b.com $c.com", {"@a", "#b", "$c"}},
    {"e-mail address", "ada@mail.a.com", {}},
    {"after a slash or dash", "/a.com -b.com", {}},
    {"t.co is cut after its path",
     "https://t.co/Ab1's https://t.co/Ab2.x",
     {"<https://t.co/Ab1>", "<https://t.co/Ab2>"}},
    {"t.co keeps its query", "https://t.co/Ab1?s=1 x", {"<https://t.co/Ab1?s=1>"}},
    {"t.co path of 41", "https://t.co/aaaaaaaaaabbbbbbbbbbccccccccccdddddddddde", {}},
    {"link wins over what is in it",
     "http://a.com/#x http://a.com/@ada",
     {"<http://a.com/#x>", "<http://a.com/@ada>"}},
    {"ellipsis and versions", "wait...what 3.14 v2.0", {}},
    {"sentence without a blank", "the end.Another one.Then", {}},
    {"glued to a Cyrillic word", "\u043C\u0438\u0440http://a.com", {"<http://a.com>"}},
    {"angle brackets and quotes", "<http://a.com> \"b.com\"", {"<http://a.com>", "<b.com>"}},
    {"query ends well",
     "http://a.com?q=1! http://a.com?",
     {"<http://a.com?q=1>", "<http://a.com>"}},
    {"protocol only", "http:// https://", {}},
};

template <std::size_t kSize>
void Check(const Case (&cases)[kSize]) {
  for (const Case& row : cases)
    EXPECT_EQ(Found(row.text), row.found) << row.name << ": " << row.text;
}

TEST(Entities, Hashtags) { Check(kHashtags); }
TEST(Entities, Mentions) { Check(kMentions); }
TEST(Entities, Cashtags) { Check(kCashtags); }
TEST(Entities, Links) { Check(kLinks); }

TEST(Entities, ComeInOrderWithTheirBytes) {
  constexpr std::string_view kText = "RT @ada: \u00FCber $XY \u2764 #tag https://t.co/abc";
  const std::vector<Entity> found = ExtractEntities(kText);
  ASSERT_EQ(found.size(), 5u);
  EXPECT_EQ(found[0].begin, 3u);
  EXPECT_EQ(found[0].value_begin, 4u);
  EXPECT_EQ(found[0].end, 7u);
  EXPECT_EQ(found[4].Text(kText), "https://t.co/abc");
  for (std::size_t i = 1; i < found.size(); ++i) EXPECT_LE(found[i - 1].end, found[i].begin);
  EXPECT_EQ(found[0].token, Entity::kNoToken);
}

TEST(Entities, ReplyNameIsTheLeadingMention) {
  EXPECT_EQ(ReplyName("@ada hello"), "ada");
  EXPECT_EQ(ReplyName(" \u3000\u200F@ada"), "ada");
  EXPECT_EQ(ReplyName(".@ada"), "");
  EXPECT_EQ(ReplyName("@ada@x"), "");
  EXPECT_EQ(ReplyName(""), "");
}

TEST(Entities, ValidatesWholeTexts) {
  EXPECT_TRUE(IsValidHashtag("#tag"));
  EXPECT_FALSE(IsValidHashtag("#tag "));
  EXPECT_FALSE(IsValidHashtag("#12"));
  EXPECT_TRUE(IsValidUsername("@ada"));
  EXPECT_FALSE(IsValidUsername("@ada/list"));
  EXPECT_TRUE(IsValidList("@ada/list"));
  EXPECT_FALSE(IsValidList("@ada"));
  for (const std::string_view good :
       {"http://a.com", "https://u:p@a.b.com:80/c;d=1?e#f", "http://10.0.0.255/",
        "http://[::1]:8080/x", "http://\u4F8B.com/", "http://a.com/%20"}) {
    EXPECT_TRUE(IsValidUrl(good)) << good;
  }
  for (const std::string_view bad :
       {"", "a.com", "ftp://a.com", "http://", "http://a", "http://a.com/ ", "http://1.2.3.256/",
        "http://a.com/%2", "http://a.com:123456/", "http://a_b.com", "http://a.1com",
        "http://a..com"}) {
    EXPECT_FALSE(IsValidUrl(bad)) << bad;
  }
  EXPECT_TRUE(IsValidUrl("a.com", false));
}

TEST(Entities, LengthIsCountedAsXDoes) {
  EXPECT_EQ(MeasureTweet("hello").weighted, 5);
  EXPECT_EQ(MeasureTweet("see https://example.com/a/long/path/indeed").weighted, 4 + 23);
  EXPECT_EQ(MeasureTweet("\u6F22\u5B57").weighted, 4);
  EXPECT_EQ(MeasureTweet("e\u0301").weighted, 1);  // Normalised to one letter.
  constexpr std::string_view kFamily = "\U0001F468\u200D\U0001F469\u200D\U0001F467";
  EXPECT_EQ(MeasureTweet(kFamily).weighted, 2);
  EXPECT_EQ(MeasureTweet(kFamily, kTweetRules2017).weighted, 3 * 2 + 2);
  EXPECT_FALSE(MeasureTweet("").valid);
  EXPECT_FALSE(MeasureTweet("a\uFEFF").valid);
  EXPECT_TRUE(MeasureTweet(std::string(280, 'a')).valid);
  EXPECT_FALSE(MeasureTweet(std::string(281, 'a')).valid);
  EXPECT_FALSE(MeasureTweet(std::string(141, 'a'), kTweetRules2010).valid);
}

}  // namespace
}  // namespace hb
