#include "wire/csv_posts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/identity.h"
#include "wire/names.h"

namespace hb {
namespace {

using ::testing::HasSubstr;

struct Parsed {
  PostBatch posts;
  std::vector<std::string> errors;
};

Result<Parsed> Parse(std::string_view text, const ColumnMap& map = {}) {
  CsvReader reader({.delimiter = GuessDelimiter(text.substr(0, text.find('\n')))});
  std::size_t at = 0;
  EXPECT_EQ(reader.Next(text, true), CsvReader::Step::kRow);
  HB_ASSIGN(CsvPosts csv, CsvPosts::Create(reader, map));
  at += reader.consumed();
  Parsed parsed;
  while (reader.Next(text.substr(at), true) == CsvReader::Step::kRow) {
    const Status status = csv.Append(reader, {.source = "replay", .row_id = "d#1"}, parsed.posts);
    if (!status.ok()) parsed.errors.push_back(status.error().message);
    at += reader.consumed();
  }
  return parsed;
}

TEST(CsvPosts, ReadsTheColumnsByTheirNames) {
  const auto parsed = Parse(
      "author_id,content,region,language,publish_date,followers,post_type,retweet\n"
      "sunny,\"Hello, you\",United States,English,2016-08-01 00:00:00,12,,0\n"
      "sunny,again,\"Iran, Islamic Republic of\",Farsi (Persian),8/1/2016 23:59,,R,1\n"
      "12345,quote,Unknown,LANGUAGE UNDEFINED,1470095998,-3,Q,1\n");
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  const PostBatch& posts = parsed.value().posts;
  ASSERT_EQ(posts.size(), 3u);
  const PostView first = posts.Row(0);
  EXPECT_EQ(first.content, "Hello, you");
  EXPECT_EQ(first.author, "sunny");
  EXPECT_EQ(first.handle, "sunny") << "an author without a number is a handle";
  EXPECT_EQ(first.country, "US");
  EXPECT_EQ(first.lang, "en");
  EXPECT_EQ(ToMillis(first.time), 1470009600000);
  EXPECT_EQ(first.followers, 12);
  EXPECT_EQ(first.kind, PostKind::kPost);
  EXPECT_EQ(first.id, "d#1");
  EXPECT_EQ(first.key, KeyOf("d#1"));
  EXPECT_EQ(first.source, "replay");
  EXPECT_EQ(first.flags, 0);
  EXPECT_EQ(posts.Row(1).country, "IR");
  EXPECT_EQ(posts.Row(1).lang, "fa");
  EXPECT_EQ(posts.Row(1).kind, PostKind::kRepost);
  EXPECT_EQ(posts.Row(1).followers, -1);
  EXPECT_EQ(posts.Row(2).kind, PostKind::kQuote);
  EXPECT_EQ(posts.Row(2).handle, "") << "a number is no handle";
  EXPECT_EQ(posts.Row(2).country, "");
  EXPECT_EQ(posts.Row(2).lang, "");
  EXPECT_EQ(posts.Row(2).followers, -1);
}

TEST(CsvPosts, ReadsOtherPeoplesNames) {
  const auto parsed = Parse(
      "\xEF\xBB\xBF"
      "Created At;ID;Screen Name;Text\n2017-08-27 00:05:34;901656910939770881;@punch;RT @jab: "
      "ouch\n");
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  const PostView post = parsed.value().posts.Row(0);
  EXPECT_EQ(post.id, "901656910939770881");
  EXPECT_EQ(post.key, PostKey{901656910939770881});
  EXPECT_EQ(post.handle, "punch");
  EXPECT_EQ(post.author, "punch");
  EXPECT_EQ(post.kind, PostKind::kRepost);
  EXPECT_EQ(post.repost_of, "jab");
}

TEST(CsvPosts, TheMapComesFirst) {
  const auto map = ParseColumnMap(std::vector<std::string>{"content=b", "time=When it was"});
  ASSERT_TRUE(map.ok());
  const auto parsed = Parse("content,b,When it was\nno,yes,2016-08-01\n", map.value());
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(parsed.value().posts.content[0], "yes");
}

TEST(CsvPosts, SaysWhichColumnsAreMissing) {
  const auto parsed = Parse("author_id,author,account_type\nx,y,z\n");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().code, Code::kInvalidArgument);
  EXPECT_THAT(parsed.error().message, HasSubstr("no column for content and time"));
  EXPECT_THAT(parsed.error().message, HasSubstr("author_id, author, account_type"));
  EXPECT_THAT(parsed.error().message, HasSubstr("--map content=COLUMN,time=COLUMN"));
  const auto mapped = Parse("a,b\n1,2\n", {{"content", "c"}});
  ASSERT_FALSE(mapped.ok());
  EXPECT_THAT(mapped.error().message, HasSubstr("no such column"));
}

TEST(CsvPosts, ABadRowNamesItsFieldAndTheNextOneFollows) {
  const auto parsed = Parse("text,date\na,13/45/2016\nb\nc,2016-08-01,x\nd,2016-08-01\n");
  ASSERT_TRUE(parsed.ok());
  ASSERT_EQ(parsed.value().errors.size(), 3u);
  EXPECT_THAT(parsed.value().errors[0], HasSubstr("field date: not a date"));
  EXPECT_THAT(parsed.value().errors[0], HasSubstr("13/45/2016"));
  EXPECT_THAT(parsed.value().errors[1], HasSubstr("row has 1 fields, the header has 2"));
  EXPECT_THAT(parsed.value().errors[2], HasSubstr("row has 3 fields"));
  ASSERT_EQ(parsed.value().posts.size(), 1u);
  EXPECT_EQ(parsed.value().posts.content[0], "d");
}

TEST(CsvPosts, BrokenUtf8IsRepairedAndMarked) {
  const auto parsed =
      Parse("text,date,user\ncaf\xE9,2016-08-01,j\xF6rg\nok,2016-08-01,\xC3\xA9va\n");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed.value().posts.content[0], "caf\xEF\xBF\xBD");
  EXPECT_EQ(parsed.value().posts.handle[0], "j\xEF\xBF\xBDrg");
  EXPECT_EQ(parsed.value().posts.flags[0], kFlagRepaired);
  EXPECT_EQ(parsed.value().posts.flags[1], 0);
}

TEST(ParseColumnMap, RefusesWhatIsNoField) {
  EXPECT_FALSE(ParseColumnMap(std::vector<std::string>{"content"}).ok());
  EXPECT_FALSE(ParseColumnMap(std::vector<std::string>{"=x"}).ok());
  EXPECT_FALSE(ParseColumnMap(std::vector<std::string>{"content="}).ok());
  const auto unknown = ParseColumnMap(std::vector<std::string>{"contents=x"});
  ASSERT_FALSE(unknown.ok());
  EXPECT_THAT(unknown.error().message, HasSubstr("content"));
}

TEST(Names, CodesStayAndNamesBecomeCodes) {
  EXPECT_EQ(LanguageCode("en"), "en");
  EXPECT_EQ(LanguageCode("pt-BR"), "pt-BR");
  EXPECT_EQ(LanguageCode("und"), "und");
  EXPECT_EQ(LanguageCode("english"), "en");
  EXPECT_EQ(LanguageCode("Tagalog (Filipino)"), "tl");
  EXPECT_EQ(LanguageCode("LANGUAGE UNDEFINED"), "");
  EXPECT_EQ(LanguageCode(""), "");
  EXPECT_EQ(LanguageCode("Klingon"), "");
  EXPECT_EQ(CountryCode("us"), "US");
  EXPECT_EQ(CountryCode("zz"), "");
  EXPECT_EQ(CountryCode("Unknown"), "");
  EXPECT_EQ(CountryCode("united kingdom"), "GB");
  EXPECT_EQ(CountryCode("Russian Federation"), "RU");
  EXPECT_EQ(CountryCode("Azerbaijan"), "AZ");
  EXPECT_EQ(CountryCode("Zimbabwe"), "ZW");
  EXPECT_EQ(CountryCode("Afghanistan"), "AF");
}

}  // namespace
}  // namespace hb
