#include "wire/mastodon_posts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "record/identity.h"
#include "wire/json_posts.h"
#include "wire/sse_reader.h"

namespace hb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr EventTime kArrival = FromMillis(1'700'000'000'000);  // 2023-11-14
const WireRow kRow{.source = "mastodon", .row_id = {}, .arrival = kArrival};

struct Parsed {
  PostBatch posts;
  std::vector<Redaction> redactions;
  std::vector<WireFault> faults;
  std::uint64_t skipped = 0;
  Status status = Ok();
};

template <typename Read>
Parsed With(const MastodonOptions& options, Read read) {
  MastodonPosts reader(options);
  Parsed parsed;
  WireSink sink{.posts = parsed.posts, .redactions = parsed.redactions, .faults = parsed.faults};
  parsed.status = read(reader, sink);
  parsed.skipped = sink.skipped;
  if (!parsed.status.ok()) {
    EXPECT_TRUE(parsed.posts.empty() && parsed.redactions.empty()) << "an error appends nothing";
  }
  return parsed;
}

Parsed Event(std::string_view event, std::string_view data,
             const MastodonOptions& options = {.host = "here.example"}) {
  return With(options, [&](MastodonPosts& reader, WireSink& sink) {
    return reader.Event(event, data, kRow, sink);
  });
}

std::vector<std::string> Of(const ListColumn& column, std::size_t row) {
  std::vector<std::string> values;
  for (const std::string_view value : column[row]) values.emplace_back(value);
  return values;
}

/// A status with members put in front of the usual ones; the first of a name counts.
std::string StatusWith(std::string_view members = "", std::string_view account = "") {
  return "{" + std::string(members) + R"("id":"109","created_at":"2022-08-30T23:05:46.839Z",
    "in_reply_to_id":null,"in_reply_to_account_id":null,"edited_at":null,"sensitive":false,"spoiler_text":"",
    "visibility":"public","language":"en","uri":"https://there.example/users/u/statuses/7","content":"<p>good &amp; <br>well</p>",
    "reblog":null,"account":{)" +
         std::string(account) +
         R"("id":"3","username":"u","acct":"u@there.example","bot":false,"url":"https://there.example/@u","followers_count":37},
    "media_attachments":[],"mentions":[],"tags":[]})";
}

TEST(Mastodon, ReadsAStatus) {
  const Parsed parsed = Event("update", StatusWith(R"("sensitive":true,"spoiler_text":"weather",
    "media_attachments":[{"type":"image"},{"type":"gifv"}],"tags":[{"name":"Rain"},{"name":"x"}],
    "content":"<p>wet <a class=\"mention hashtag\" href=\"https://t.example\">#<span>Rain</span></a> <a href=\"https://p.example/a\">p</a></p>",)"));
  ASSERT_TRUE(parsed.status.ok()) << parsed.status.error().message;
  ASSERT_EQ(parsed.posts.size(), 1u);
  const PostView post = parsed.posts.Row(0);
  EXPECT_EQ(post.id, "https://there.example/users/u/statuses/7");
  EXPECT_EQ(post.key, KeyOf(post.id));
  EXPECT_EQ(post.chain, "here.example/109") << "the name by which this server deletes it";
  EXPECT_EQ(post.content, "weather\nwet #Rain p");
  EXPECT_EQ(post.author, "u@there.example");
  EXPECT_EQ(post.handle, "u@there.example");
  EXPECT_EQ(post.lang, "en");
  EXPECT_EQ(post.source, "mastodon");
  EXPECT_EQ(ToMillis(post.time), 1661900746839);
  EXPECT_EQ(post.kind, PostKind::kPost);
  EXPECT_EQ(post.flags, kFlagMedia | kFlagImages | kFlagVideo | kFlagSensitive);
  EXPECT_EQ(post.followers, 37);
  EXPECT_THAT(Of(parsed.posts.hashtags, 0), ElementsAre("Rain", "x"));
  EXPECT_THAT(Of(parsed.posts.urls, 0), ElementsAre("https://p.example/a"));
}

TEST(Mastodon, TheSamePostFromTwoServersIsOnePost) {
  const Parsed here = Event("update", StatusWith());
  const Parsed there =
      Event("update", StatusWith(R"("id":"55",)", R"("acct":"u",)"), {.host = "there.example"});
  EXPECT_EQ(here.posts.Row(0).key, there.posts.Row(0).key);
  EXPECT_EQ(here.posts.Row(0).author, there.posts.Row(0).author)
      << "a server leaves its own name out";
}

TEST(Mastodon, ADeleteNamesThePostAsItsServerDoes) {
  const Parsed post = Event("update", StatusWith());
  const Parsed gone = Event("delete", "109");
  ASSERT_EQ(gone.redactions.size(), 1u);
  EXPECT_EQ(gone.redactions[0].kind, RedactionKind::kDelete);
  EXPECT_EQ(gone.redactions[0].key, KeyOf(post.posts.Row(0).chain));
  EXPECT_EQ(gone.redactions[0].time, kArrival);
  EXPECT_EQ(Event("delete", "109", {}).skipped, 1u) << "of which server?";
  for (const char* wrong : {"", " ", "a/b", "{}\n"})
    EXPECT_FALSE(Event("delete", wrong).status.ok()) << wrong;
}

TEST(Mastodon, AMessageOverWebSocketIsAnEventWithItsDataAsText) {
  const auto event = MastodonPosts::SplitMessage(
      R"({"stream":["hashtag","x"],"event":"delete","payload":"109","more":[1]})");
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(event.value().type, "delete");
  EXPECT_EQ(event.value().data, "109");
  EXPECT_EQ(MastodonPosts::SplitMessage(R"({"event":"filters_changed"})").value().data, "");
  EXPECT_EQ(MastodonPosts::SplitMessage(R"({"event":"update","payload":{"id": "1"}})").value().data,
            R"({"id":"1"})");
  const auto said = MastodonPosts::SplitMessage(R"({"error":"Unknown stream type","status":400})");
  ASSERT_FALSE(said.ok());
  EXPECT_EQ(said.error().code, Code::kUnavailable);
  EXPECT_NE(said.error().message.find("Unknown stream type"), std::string::npos);
  EXPECT_EQ(MastodonPosts::ErrorStatus(R"({"error":"Unknown stream type","status":400})"), 400);
  for (const char* none : {R"({"error":"x"})", R"({"error":"x","status":"400"})",
                           R"({"error":"x","status":4000000000})", "[400]", "400", ""}) {
    EXPECT_EQ(MastodonPosts::ErrorStatus(none), 0) << none;
  }
  for (const char* wrong : {"", "[]", "{}", R"({"event":"update","payl)", R"({"event":7})"}) {
    const auto none = MastodonPosts::SplitMessage(wrong);
    ASSERT_FALSE(none.ok()) << wrong;
    EXPECT_EQ(none.error().code, Code::kInvalidArgument) << wrong;
  }
}

TEST(Mastodon, AnEditIsANewVersionOfTheSameChain) {
  const Parsed first = Event("update", StatusWith());
  const Parsed second = Event(
      "status.update", StatusWith(R"("edited_at":"2022-08-30T23:10:00.000Z","content":"better",)"));
  ASSERT_EQ(second.posts.size(), 1u);
  const PostView post = second.posts.Row(0);
  EXPECT_EQ(post.content, "better");
  EXPECT_EQ(post.chain, first.posts.Row(0).chain);
  EXPECT_NE(post.key, first.posts.Row(0).key);
  EXPECT_EQ(ToMillis(post.time), 1661901000000);
  ASSERT_EQ(second.redactions.size(), 1u);
  EXPECT_EQ(second.redactions[0].kind, RedactionKind::kEdit);
  EXPECT_EQ(second.redactions[0].key, first.posts.Row(0).key);
}

TEST(Mastodon, ABoostIsARepostWithTheTextOfTheOriginal) {
  const Parsed parsed = Event(
      "update",
      StatusWith(
          R"("uri":"https://there.example/activity","content":"","reblog":)" +
          StatusWith(R"("language":"de","uri":"https://x.example/1","tags":[{"name":"gut"}],)",
                     R"("acct":"w@x.example",)") +
          ","));
  ASSERT_EQ(parsed.posts.size(), 1u) << parsed.status.error().message;
  const PostView post = parsed.posts.Row(0);
  EXPECT_EQ(post.kind, PostKind::kRepost);
  EXPECT_EQ(post.id, "https://there.example/activity");
  EXPECT_EQ(post.content, "good &\nwell");
  EXPECT_EQ(post.author, "u@there.example");
  EXPECT_EQ(post.repost_of, "w@x.example");
  EXPECT_EQ(post.lang, "de");
  EXPECT_THAT(Of(parsed.posts.hashtags, 0), ElementsAre("gut"));
}

TEST(Mastodon, RepliesAndQuotesNameTheOther) {
  const Parsed reply =
      Event("update", StatusWith(R"("in_reply_to_id":"1","in_reply_to_account_id":"9",
      "mentions":[{"id":"8","acct":"no"},{"id":"9","acct":"v","url":"https://here.example/@v"}],)"));
  EXPECT_EQ(reply.posts.Row(0).kind, PostKind::kReply);
  EXPECT_EQ(reply.posts.Row(0).reply_to, "v@here.example");
  const Parsed thread =
      Event("update", StatusWith(R"("in_reply_to_id":"1","in_reply_to_account_id":"3",)"));
  EXPECT_EQ(thread.posts.Row(0).reply_to, "u@there.example");
  const Parsed quote =
      Event("update", StatusWith(R"("quote":{"state":"accepted","quoted_status":)" +
                                 StatusWith("", R"("acct":"q@z.example",)") + "},"));
  EXPECT_EQ(quote.posts.Row(0).kind, PostKind::kQuote);
  EXPECT_EQ(quote.posts.Row(0).repost_of, "q@z.example");
}

TEST(Mastodon, WhoDoesNotWantToBeReadIsNot) {
  const MastodonOptions strict{
      .host = "here.example", .keep_bots = false, .keep_unlisted = false, .keep_noindex = false};
  struct Case {
    const char* name;
    std::string status;
    bool strict, open;
  };
  const Case cases[] = {
      {"public", StatusWith(), true, true},
      {"unlisted", StatusWith(R"("visibility":"unlisted",)"), false, true},
      {"private", StatusWith(R"("visibility":"private",)"), false, false},
      {"direct", StatusWith(R"("visibility":"direct",)"), false, false},
      {"unknown", StatusWith(R"("visibility":null,)"), false, false},
      {"bot", StatusWith("", R"("bot":true,)"), false, true},
      {"noindex", StatusWith("", R"("noindex":true,)"), false, true},
      {"boost of a private post",
       StatusWith(R"("reblog":)" + StatusWith(R"("visibility":"private",)") + ","), false, false},
  };
  for (const Case& c : cases) {
    const Parsed one = Event("update", c.status, strict), other = Event("update", c.status);
    EXPECT_EQ(one.posts.size(), c.strict ? 1u : 0u) << c.name;
    EXPECT_EQ(one.skipped, c.strict ? 0u : 1u) << c.name;
    EXPECT_EQ(other.posts.size(), c.open ? 1u : 0u) << c.name;
  }
}

TEST(Mastodon, ATimeOfTheFutureIsTheArrival) {
  const Parsed parsed = Event("update", StatusWith(R"("created_at":"2031-01-01T00:00:00Z",)"));
  EXPECT_EQ(parsed.posts.Row(0).time, kArrival);
}

TEST(Mastodon, OtherEventsAreSkippedAndBadOnesSaid) {
  for (const char* event : {"notification", "filters_changed", "announcement", "conversation",
                            "announcement.delete", "what comes next year", ""}) {
    const Parsed parsed = Event(event, "undefined");
    EXPECT_TRUE(parsed.status.ok()) << event;
    EXPECT_EQ(parsed.skipped, 1u) << event;
  }
  struct Case {
    std::string data;
    const char* says;
  };
  const Case cases[] = {
      {"{\"id\":", "JSON"},
      {"[]", "object"},
      {StatusWith(R"("uri":null,)"), "uri"},
      {StatusWith(R"("account":null,)"), "account"},
      {StatusWith(R"("content":null,)"), ""},
      {StatusWith(R"("created_at":"soon",)"), "created_at"},
      {StatusWith("", R"("acct":null,"username":null,)"), "account.acct"},
  };
  for (const Case& c : cases) {
    const Parsed parsed = Event("update", c.data);
    if (*c.says == '\0') continue;
    ASSERT_FALSE(parsed.status.ok()) << c.data;
    EXPECT_THAT(parsed.status.error().message, HasSubstr(c.says)) << c.data;
  }
}

TEST(Mastodon, AMessageHoldsItsStatusAsText) {
  const Parsed parsed = With({.host = "here.example"}, [&](MastodonPosts& reader, WireSink& sink) {
    return reader.Message(
        R"({"stream":["public"],"event":"update","payload":"{\"id\":\"1\",\"created_at\":\"2022-08-30T23:05:46Z\",\"uri\":\"https://a.example/1\",\"visibility\":\"public\",\"content\":\"<p>hi \\ud83d\\ude00</p>\",\"account\":{\"acct\":\"u@a.example\"}}"})",
        kRow, sink);
  });
  ASSERT_EQ(parsed.posts.size(), 1u) << parsed.status.error().message;
  EXPECT_EQ(parsed.posts.Row(0).content, "hi 😀");
  const Parsed refused = With({}, [&](MastodonPosts& reader, WireSink& sink) {
    return reader.Message(R"({"error":"Missing access token","status":401})", kRow, sink);
  });
  ASSERT_FALSE(refused.status.ok());
  EXPECT_THAT(refused.status.error().message, HasSubstr("Missing access token"));
}

TEST(Mastodon, APageIsTakenApartOldestFirst) {
  const auto page = MastodonPosts::Split("[" + StatusWith(R"("id":"1000",)") + "," +
                                         StatusWith(R"("id":"998",)") + ",7]");
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page.value().newest, "1000");
  ASSERT_EQ(page.value().statuses.size(), 3u);
  EXPECT_EQ(MastodonPosts::IdOf(page.value().statuses[0]), "");
  EXPECT_EQ(MastodonPosts::IdOf(page.value().statuses[1]), "998");
  const Parsed parsed = Event("update", page.value().statuses[2]);
  EXPECT_EQ(parsed.posts.size(), 1u);
  EXPECT_TRUE(MastodonPosts::Split("[]").value().statuses.empty());
  EXPECT_FALSE(MastodonPosts::Split("{}").ok());
  EXPECT_FALSE(MastodonPosts::Split("[").ok());
}

TEST(Mastodon, AServerSaysWhereItStreams) {
  EXPECT_EQ(MastodonPosts::StreamingUrl(
                R"({"domain":"a","configuration":{"urls":{"streaming":"wss://s.example"}}})"),
            "wss://s.example");
  for (const char* other : {"", "{}", R"({"configuration":[]})", R"({"configuration":{"urls":7}})"})
    EXPECT_EQ(MastodonPosts::StreamingUrl(other), "") << other;
}

TEST(Mastodon, AFileOfStatusesIsRecognised) {
  JsonPosts reader;
  Parsed parsed;
  WireSink sink{.posts = parsed.posts, .redactions = parsed.redactions, .faults = parsed.faults};
  ASSERT_TRUE(reader.Parse(StatusWith(), 0, kRow, sink).ok());
  ASSERT_EQ(parsed.posts.size(), 1u);
  EXPECT_EQ(parsed.posts.Row(0).content, "good &\nwell");
  EXPECT_THAT(parsed.posts.Row(0).chain, IsEmpty());
}

TEST(Mastodon, TheDocumentedEventsAreRead) {
  const std::string path = HB_SOURCE_DIR "/../shared/data/payloads/mastodon/streaming_events.txt";
  std::ifstream file(path);
  if (!file) GTEST_SKIP() << "left out, since " << path << " is absent";
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const Parsed parsed = With({.host = "here.example"}, [&](MastodonPosts& posts, WireSink& sink) {
    SseReader reader(1u << 20,
                     [&](std::string_view event, std::string_view data) {
                       const Status status = posts.Event(event, data, kRow, sink);
                       EXPECT_TRUE(status.ok()) << event << ": " << status.error().message;
                       return true;
                     },
                     {});
    return reader.Read(text);
  });
  EXPECT_EQ(parsed.posts.size(), 8u);
  EXPECT_EQ(parsed.redactions.size(), 5u) << "three deletes, two edits";
  EXPECT_EQ(parsed.skipped, 5u);
  for (std::size_t i = 0; i < parsed.posts.size(); ++i) {
    EXPECT_EQ(parsed.posts.content[i].find('<'), std::string_view::npos) << parsed.posts.content[i];
    EXPECT_NE(parsed.posts.author[i].find('@'), std::string_view::npos);
  }
}

TEST(Mastodon, IdsAreOrderedAsNumbers) {
  EXPECT_LT(CompareMastodonIds("9", "10"), 0);
  EXPECT_GT(CompareMastodonIds("108914327388663283", "108914327388663282"), 0);
  EXPECT_EQ(CompareMastodonIds("7", "7"), 0);
  EXPECT_LT(CompareMastodonIds("", "7"), 0);
}

}  // namespace
}  // namespace hb
