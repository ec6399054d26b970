#include "rule/rule.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace hb {
namespace {

/// Whether `rule` matches the post.
bool Hits(const std::string& rule, const PostView& post,
          const std::vector<std::string_view>& hashtags = {}) {
  PostBatch posts;
  for (const std::string_view tag : hashtags) posts.hashtags.Push(tag);
  posts.Append(post);
  const Task task{.tag = "t", .rule = rule};
  const auto rules = RuleSet::Compile(std::span(&task, 1), 1);
  EXPECT_TRUE(rules.ok()) << rule << ": " << (rules.ok() ? "" : rules.error().message);
  if (!rules.ok()) return false;
  std::vector<std::uint32_t> matched;
  const auto scratch = rules.value()->MakeScratch();
  rules.value()->Match(posts, 0, *scratch, matched);
  return !matched.empty();
}

PostView Said(std::string_view content) {
  PostView post;
  post.content = content;
  return post;
}

struct TextCase {
  const char* name;
  const char* rule;
  const char* text;
  bool hit;
};
constexpr TextCase kTextCases[] = {
    {"a word is a whole token", "cat", "the cat sat", true},
    {"not part of one", "cat", "concatenate", false},
    {"case is folded", "CAT", "a cAt", true},
    {"blank means and", "cat dog", "dog and cat", true},
    {"both are needed", "cat dog", "cat", false},
    {"or", "cat OR dog", "dog", true},
    {"and binds tighter", "apple OR iphone ipad", "ipad", false},
    {"and binds tighter, left", "apple OR iphone ipad", "apple", true},
    {"group", "(apple OR iphone) ipad", "apple ipad", true},
    {"group needs the rest", "(apple OR iphone) ipad", "apple", false},
    {"negation", "cat -dog", "cat dog", false},
    {"negation holds", "cat -dog", "cat", true},
    {"phrase in order", "\"red cat\"", "a red cat", true},
    {"phrase not apart", "\"red cat\"", "red old cat", false},
    {"punctuation splits", "coca-cola", "I like coca cola", true},
    {"hashtag", "#snow", "look #Snow!", true},
    {"hashtag is whole", "#snow", "#snowday", false},
    {"hashtag needs the sign", "#snow", "snow", false},
    {"mention", "@bob", "hi @Bob", true},
    {"mention needs the sign", "@bob", "hi bob", false},
    {"cashtag", "$TWTR", "buy $twtr now", true},
    {"a word is found in a hashtag", "snow", "#snow", true},
    {"near", "\"big deal\"~3", "big and very good deal", true},
    {"too far", "\"big deal\"~1", "big and very good deal", false},
    {"near, other way round", "\"big deal\"~2", "deal big", true},
    {"emoji", "\xF0\x9F\x98\x83", "so \xF0\x9F\x98\x83 today", true},
    {"no blanks in Japanese", "\xE6\x9D\xB1\xE4\xBA\xAC",
     "\xE7\xA7\x81\xE3\x81\xAF\xE6\x9D\xB1\xE4\xBA\xAC\xE3\x81\xAB\xE3\x81\x84\xE3\x82\x8B", true},
    {"has:links", "cat has:links", "cat https://example.com", true},
    {"has:hashtags", "cat has:hashtags", "cat", false},
    {"has:mentions", "cat -has:mentions", "cat @a", false},
    {"url by word", "url:example", "see https://example.com/x", true},
    {"url literal", "url_contains:\"com/x\"", "see https://example.com/x", true},
    {"quoted OR is a word", "\"OR\"", "either or", true},
};

TEST(RuleSet, MatchesText) {
  for (const TextCase& c : kTextCases) {
    EXPECT_EQ(Hits(c.rule, Said(c.text)), c.hit) << c.name << ": " << c.rule << " on " << c.text;
  }
}

TEST(RuleSet, MatchesWhatThePostIs) {
  PostView post = Said("cat");
  post.handle = "Ann";
  post.author = "77";
  post.lang = "en";
  post.country = "GB";
  post.kind = PostKind::kReply;
  post.reply_to = "bob";
  post.flags = kFlagImages | kFlagVerified;
  post.followers = 1500;
  post.conversation = "42";
  for (const char* rule :
       {"from:ann", "from:77", "to:bob", "cat lang:en", "cat is:reply", "place_country:gb",
        "cat has:images", "cat has:media", "cat is:verified", "followers_count:1000..2000",
        "followers_count:1500", "min_followers:1000", "conversation_id:42", "cat -is:retweet",
        "cat -is:nullcast", "cat sample:100", "cat -context:10.1"}) {
    EXPECT_TRUE(Hits(rule, post)) << rule;
  }
  for (const char* rule :
       {"from:bob", "cat lang:fr", "cat is:quote", "min_followers:1501", "cat has:video_link",
        "cat -is:reply", "retweets_of:bob", "context:10.1"}) {
    EXPECT_FALSE(Hits(rule, post)) << rule;
  }
}

TEST(RuleSet, HashtagsThatOnlyTheSourceNamesCount) {
  const PostView post = Said("look at that");
  for (const char* rule : {"#snow", "#ICE", "rain OR #ice", "look #snow"}) {
    EXPECT_TRUE(Hits(rule, post, {"Snow", "ice"})) << rule;
  }
  for (const char* rule : {"#rain", "snow", "#sno"}) {
    EXPECT_FALSE(Hits(rule, post, {"Snow", "ice"})) << rule;
  }
}

TEST(RuleSet, OldLanguageCodesAreUnderstood) {
  PostView post = Said("cat");
  post.lang = "he";
  EXPECT_TRUE(Hits("cat lang:iw", post));
  post.lang = "in";
  EXPECT_TRUE(Hits("cat lang:in", post));
  post.lang = "pt-BR";
  EXPECT_TRUE(Hits("cat lang:pt", post));
}

TEST(RuleSet, SeveralRulesCountEach) {
  const std::vector<Task> tasks = {{.tag = "a", .rule = "cat"},
                                   {.tag = "off", .rule = "cat", .active = false},
                                   {.tag = "b", .rule = "dog"},
                                   {.tag = "c", .rule = "cat OR dog"}};
  const auto rules = RuleSet::Compile(tasks, 9).value();
  EXPECT_EQ(rules->version(), 9u);
  PostBatch posts;
  posts.Append(Said("cat"));
  std::vector<std::uint32_t> matched;
  const auto scratch = rules->MakeScratch();
  rules->Match(posts, 0, *scratch, matched);
  std::vector<std::string> tags;
  for (const auto i : matched) tags.push_back(rules->tags()[i]);
  EXPECT_EQ(tags, (std::vector<std::string>{"a", "c"}));
}

struct WrongRule {
  const char* rule;
  std::size_t column;
};
constexpr WrongRule kWrongRules[] = {
    {"", 1},
    {"   ", 1},
    {"cat OR", 5},
    {"OR cat", 1},
    {"(cat", 1},
    {"cat)", 4},
    {"\"cat", 1},
    {"cat -(a OR b)", 5},
    {"-cat", 1},
    {"has:links", 1},
    {"cat is:foo", 5},
    {"foo:bar", 1},
    {"cat lang:xx", 10},
    {"cat sample:0", 12},
    {"cat -sample:5", 5},
    {"cat is:nullcast", 5},
    {"\"a b\"~9", 6},
    {"cat ()", 5},
    {"list:1", 1},
    {"min_faves:3", 1},
    {"h\xC3\xA9 OR", 4},
    {"cat - dog", 5},
    {"cat --dog", 5},
    {"#", 1},
    {"from:", 1},
    {"point_radius:[1 2]", 14},
    {"followers_count:5..1", 17},
    {"\"a\"b", 4},
    {"...", 1},
};

TEST(CheckRule, PointsAtTheColumn) {
  for (const WrongRule& wrong : kWrongRules) {
    RuleError error;
    const auto checked = CheckRule(wrong.rule, &error);
    EXPECT_FALSE(checked.ok()) << wrong.rule;
    EXPECT_EQ(error.column, wrong.column) << wrong.rule << ": " << error.message;
    EXPECT_FALSE(error.message.empty()) << wrong.rule;
  }
}

TEST(CheckRule, DeepNestingIsRefused) {
  EXPECT_FALSE(CheckRule(std::string(1000, '(') + "cat" + std::string(1000, ')'), nullptr).ok());
  EXPECT_TRUE(CheckRule(std::string(20, '(') + "cat" + std::string(20, ')'), nullptr).ok());
}

TEST(CheckRule, ExplainsAndWarns) {
  const auto plain = CheckRule("(cat OR \"red dog\") lang:en -is:retweet", nullptr);
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(
      plain.value().text,
      "posts (with the word \"cat\", or with the phrase \"red dog\"), and in the language \"en\", and not that are reposts");
  EXPECT_TRUE(plain.value().warnings.empty());
  const auto odd = CheckRule("cat or dog context:1.2", nullptr);
  ASSERT_TRUE(odd.ok());
  EXPECT_EQ(odd.value().warnings.size(), 2u);
}

TEST(CheckRule, AgreesWithTheDocumentedRules) {
  const std::string path =
      std::string(HB_SOURCE_DIR) + "/../shared/data/x_api/filtered_stream_rules.jsonl";
  std::ifstream file(path);
  if (!file) {
    std::puts("left out: the documented rules of X, which are not beside this folder");
    return;
  }
  simdjson::dom::parser parser;
  std::string line;
  std::size_t seen = 0;
  while (std::getline(file, line)) {
    const simdjson::dom::element row = parser.parse(line);
    const std::string rule{std::string_view(row["value"])};
    EXPECT_EQ(CheckRule(rule, nullptr).ok(), bool(row["valid"])) << rule;
    std::string_view same;
    if (row["same_as"].get(same) == simdjson::SUCCESS) {
      for (const char* text :
           {"apple", "iphone", "ipad", "android", "iphone ipad", "apple ipad", "ipad android"}) {
        EXPECT_EQ(Hits(rule, Said(text)), Hits(std::string(same), Said(text)))
            << rule << " on " << text;
      }
    }
    ++seen;
  }
  EXPECT_GE(seen, 40u);
}

}  // namespace
}  // namespace hb
