#include "wire/json_posts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "record/identity.h"
#include "wire/export.h"

namespace hb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr EventTime kNow = FromMillis(1'700'000'000'000);

struct Parsed {
  PostBatch posts;
  std::vector<Redaction> redactions;
  std::vector<WireFault> faults;
  std::uint64_t skipped = 0;
  Status status = Ok();
};

Parsed Parse(std::string_view text, JsonFormat format = JsonFormat::kAuto, ColumnMap map = {}) {
  JsonPosts reader(format, std::move(map));
  Parsed parsed;
  WireSink sink{.posts = parsed.posts, .redactions = parsed.redactions, .faults = parsed.faults};
  parsed.status =
      reader.Parse(text, 0, {.source = "replay", .row_id = "d#7", .arrival = kNow}, sink);
  parsed.skipped = sink.skipped;
  if (!parsed.status.ok()) {
    EXPECT_TRUE(parsed.posts.empty() && parsed.redactions.empty()) << "an error appends nothing";
  }
  return parsed;
}

std::vector<std::string> Of(const ListColumn& column, std::size_t row) {
  std::vector<std::string> values;
  for (const std::string_view value : column[row]) values.emplace_back(value);
  return values;
}

// --- X API v2
// ---------------------------------------------------------------------------------------

constexpr std::string_view kStream =
    R"({"data":{"id":"1346889436626259968","text":"Rain again #Wet https://t.co/a",
 "created_at":"2021-01-06T18:40:40.000Z","author_id":"77","lang":"en","conversation_id":"1346889436626259968",
 "edit_history_tweet_ids":["1346889436626259968"],"possibly_sensitive":true,
 "attachments":{"media_keys":["3_1","7_2"]},"geo":{"place_id":"p1"},
 "entities":{"hashtags":[{"start":11,"end":15,"tag":"Wet"}],
   "urls":[{"url":"https://t.co/a","expanded_url":"https://rain.example/x"}]}},
 "includes":{"users":[{"id":"77","username":"drop","verified":true,"public_metrics":{"followers_count":42}}],
   "media":[{"media_key":"3_1","type":"photo"},{"media_key":"7_2","type":"video"}],
   "places":[{"id":"p1","country_code":"NZ"}]},
 "matching_rules":[{"id":"1","tag":"weather"}]})";

TEST(XV2, ReadsAStreamMessage) {
  const Parsed parsed = Parse(kStream);
  ASSERT_TRUE(parsed.status.ok()) << parsed.status.error().message;
  ASSERT_EQ(parsed.posts.size(), 1u);
  const PostView post = parsed.posts.Row(0);
  EXPECT_EQ(post.id, "1346889436626259968");
  EXPECT_EQ(post.key, PostKey{1346889436626259968});
  EXPECT_EQ(ToMillis(post.time), 1609958440000);
  EXPECT_EQ(post.content, "Rain again #Wet https://t.co/a");
  EXPECT_EQ(post.author, "77");
  EXPECT_EQ(post.handle, "drop");
  EXPECT_EQ(post.followers, 42);
  EXPECT_EQ(post.country, "NZ");
  EXPECT_EQ(post.lang, "en");
  EXPECT_EQ(post.kind, PostKind::kPost);
  EXPECT_EQ(post.chain, "");
  EXPECT_EQ(post.flags,
            kFlagSensitive | kFlagVerified | kFlagGeo | kFlagMedia | kFlagImages | kFlagVideo);
  EXPECT_THAT(Of(parsed.posts.hashtags, 0), ElementsAre("Wet"));
  EXPECT_THAT(Of(parsed.posts.urls, 0), ElementsAre("https://rain.example/x"));
  EXPECT_TRUE(parsed.redactions.empty());
}

TEST(XV2, ARepostHasTheTextOfItsOriginalUnderBothNames) {
  for (const bool renamed : {false, true}) {
    std::string text =
        R"({"data":{"id":"1400000000000000001","text":"RT @drop: Rain ag…","author_id":"8",
      "REFERENCED":[{"type":"retweeted","id":"1346889436626259968"}],"created_at":"2021-06-02T00:00:00Z"},
      "includes":{"POSTS":[{"id":"1346889436626259968","text":"cut","author_id":"77",
        "NOTE":{"text":"Rain again, and a very long story #Wet","entities":{"hashtags":[{"tag":"Wet"}]}}}],
        "users":[{"id":"77","username":"drop"},{"id":"8","username":"fan"}]}})";
    const auto replace = [&](std::string_view from, std::string_view to) {
      text.replace(text.find(from), from.size(), to);
    };
    replace("REFERENCED", renamed ? "referenced_posts" : "referenced_tweets");
    replace("POSTS", renamed ? "posts" : "tweets");
    replace("NOTE", renamed ? "note_post" : "note_tweet");
    const Parsed parsed = Parse(text);
    ASSERT_EQ(parsed.posts.size(), 1u);
    EXPECT_EQ(parsed.posts.Row(0).kind, PostKind::kRepost);
    EXPECT_EQ(parsed.posts.Row(0).content, "Rain again, and a very long story #Wet");
    EXPECT_EQ(parsed.posts.Row(0).repost_of, "drop");
    EXPECT_EQ(parsed.posts.Row(0).handle, "fan");
    EXPECT_THAT(Of(parsed.posts.hashtags, 0), ElementsAre("Wet"));
  }
}

TEST(XV2, ARepostWithoutItsOriginalKeepsItsOwnText) {
  const Parsed parsed = Parse(
      R"({"data":{"id":"1400000000000000001","text":"RT @drop: Rain ag…","referenced_tweets":[{"type":"retweeted","id":"5"}]}})");
  ASSERT_EQ(parsed.posts.size(), 1u);
  EXPECT_EQ(parsed.posts.Row(0).content, "RT @drop: Rain ag…");
  EXPECT_EQ(parsed.posts.Row(0).repost_of, "drop");
}

TEST(XV2, WithoutCreatedAtTheTimeIsTheOneInTheId) {
  const Parsed parsed = Parse(
      R"({"data":{"id":"1346889436626259968","text":"x","edit_history_tweet_ids":["1346889436626259968"]}})");
  ASSERT_EQ(parsed.posts.size(), 1u);
  EXPECT_EQ(ToMillis(parsed.posts.time[0]), 1609958440344);
  EXPECT_FALSE(Parse(R"({"data":{"id":"20","text":"just setting up"}})").status.ok());
}

TEST(XV2, AReplyAndAQuoteNameWhomTheyAnswer) {
  const Parsed reply =
      Parse(R"({"data":{"id":"1346889436626259968","text":"@drop no","in_reply_to_user_id":"77",
      "referenced_tweets":[{"type":"replied_to","id":"1"},{"type":"quoted","id":"2"}]},
      "includes":{"users":[{"id":"77","username":"drop"}],"tweets":[{"id":"2","author_id":"9","text":"q"}]}})");
  EXPECT_EQ(reply.posts.Row(0).kind, PostKind::kReply);
  EXPECT_EQ(reply.posts.Row(0).reply_to, "drop");
  EXPECT_EQ(reply.posts.Row(0).repost_of, "9");
  const Parsed quote = Parse(R"({"data":{"id":"1346889436626259968","text":"see",
      "referenced_tweets":[{"type":"quoted","id":"2"}]}})");
  EXPECT_EQ(quote.posts.Row(0).kind, PostKind::kQuote);
}

TEST(XV2, AnEditReplacesTheVersionsBeforeIt) {
  for (const char* name : {"edit_history_tweet_ids", "edit_history_post_ids"}) {
    const Parsed parsed =
        Parse(R"({"data":{"id":"1500000000000000003","text":"third","author_id":"4",")" +
              std::string(name) +
              R"(":["1500000000000000001","1500000000000000002","1500000000000000003"]}})");
    ASSERT_EQ(parsed.posts.size(), 1u);
    EXPECT_EQ(parsed.posts.Row(0).chain, "1500000000000000001");
    ASSERT_EQ(parsed.redactions.size(), 2u);
    EXPECT_EQ(parsed.redactions[0].kind, RedactionKind::kEdit);
    EXPECT_EQ(parsed.redactions[0].id, "1500000000000000001");
    EXPECT_EQ(parsed.redactions[1].id, "1500000000000000002");
    EXPECT_EQ(parsed.redactions[1].key, PostKey{1500000000000000002});
    EXPECT_EQ(parsed.redactions[1].author, "4");
  }
}

TEST(XV2, ASearchBodyGivesItsGoodPostsAndAFaultForEachOther) {
  const Parsed parsed =
      Parse(R"({"data":[{"id":"1346889436626259968","text":"a"},{"id":"x","text":"b"},
      {"id":"77","username":"u"},7,{"id":"1346889436626259969","text":""}],"meta":{"result_count":5}})");
  ASSERT_TRUE(parsed.status.ok());
  EXPECT_EQ(parsed.posts.size(), 2u);
  ASSERT_EQ(parsed.faults.size(), 3u);
  EXPECT_EQ(parsed.faults[0].part, "data[1]");
  EXPECT_THAT(parsed.faults[0].reason, HasSubstr("field id"));
  EXPECT_EQ(parsed.faults[0].raw, R"({"id":"x","text":"b"})");
  EXPECT_THAT(parsed.faults[1].reason, HasSubstr("this is a user"));
  EXPECT_EQ(parsed.faults[2].part, "data[3]");
}

TEST(XV2, AnAnswerWithoutResultsIsSkipped) {
  const Parsed parsed = Parse(R"({"meta":{"result_count":0},"data":[]})");
  EXPECT_TRUE(parsed.status.ok());
  EXPECT_EQ(Parse(R"({"meta":{"result_count":0}})", JsonFormat::kX2).skipped, 1u);
}

TEST(XV2, AnErrorOfTheStreamSaysWhatItIs) {
  const Parsed parsed = Parse(
      R"({"errors":[{"title":"operational-disconnect","disconnect_type":"UpstreamOperationalDisconnect",
        "detail":"This stream has been disconnected","type":"https://api.twitter.com/2/problems/operational-disconnect"}]})");
  ASSERT_FALSE(parsed.status.ok());
  EXPECT_THAT(parsed.status.error().message, HasSubstr("UpstreamOperationalDisconnect"));
}

TEST(XV2, ComplianceEventsAreRedactions) {
  struct Case {
    const char* text;
    RedactionKind kind;
    const char *id, *author, *countries;
  };
  constexpr Case kCases[] = {
      {R"({"data":{"delete":{"tweet":{"id":"601430178305220608","author_id":"3198576760"},"event_at":"2021-07-06T18:40:40.344Z"}}})",
       RedactionKind::kDelete, "601430178305220608", "3198576760", ""},
      {R"({"data":{"drop":{"post":{"id":"6","author_id":"3"},"event_at":"2021-07-06T18:40:40.344Z"}}})",
       RedactionKind::kDelete, "6", "3", ""},
      {R"({"data":{"withheld":{"tweet":{"id":"6","author_id":"3"},"withheld_in_countries":["DE","FR"],"event_at":"2021-07-06T18:40:40.344Z"}}})",
       RedactionKind::kWithheld, "6", "3", "DE,FR"},
      {R"({"data":{"tweet_edit":{"tweet":{"id":"6"},"initial_tweet_id":"5","edit_tweet_ids":["5","6"],"event_at":"2021-07-06T18:40:40.344Z"}}})",
       RedactionKind::kEdit, "5", "", ""},
      {R"({"data":{"user_delete":{"user":{"id":"9"},"event_at":"2021-07-06T18:40:40.344Z"}}})",
       RedactionKind::kAccountDelete, "", "9", ""},
      {R"({"data":{"user_suspend":{"user":{"id":"9"},"event_at":"2021-07-06T18:40:40.344Z"}}})",
       RedactionKind::kAccountHide, "", "9", ""},
      {R"({"data":{"user_unprotect":{"user":{"id":"9"},"event_at":"2021-07-06T18:40:40.344Z"}}})",
       RedactionKind::kAccountShow, "", "9", ""},
      {R"({"data":{"scrub_geo":{"user":{"id":"9"},"up_to_tweet_id":"411","event_at":"2021-07-06T18:40:40.344Z"}}})",
       RedactionKind::kScrubGeo, "411", "9", ""},
  };
  for (const Case& c : kCases) {
    const Parsed parsed = Parse(c.text);
    ASSERT_TRUE(parsed.status.ok()) << c.text << parsed.status.error().message;
    ASSERT_EQ(parsed.redactions.size(), 1u) << c.text;
    EXPECT_EQ(parsed.redactions[0].kind, c.kind) << c.text;
    EXPECT_EQ(parsed.redactions[0].id, c.id) << c.text;
    EXPECT_EQ(parsed.redactions[0].author, c.author) << c.text;
    EXPECT_EQ(parsed.redactions[0].countries, c.countries) << c.text;
    EXPECT_EQ(ToMillis(parsed.redactions[0].time), 1625596840344) << c.text;
  }
  EXPECT_EQ(Parse(R"({"data":{"user_profile_modification":{"user":{"id":"9"}}}})").skipped, 1u);
  EXPECT_FALSE(Parse(R"({"data":{"delete":{"tweet":{}}}})").status.ok());
  EXPECT_FALSE(Parse(R"({"data":{"something_new":{"tweet":{}}}})").status.ok());
}

TEST(XV2, BatchComplianceTellsPostsFromUsersByTheTimeInTheId) {
  const Parsed post = Parse(
      R"({"id":"1170025343920402432","action":"delete","created_at":"2019-09-06T17:25:54.667Z","reason":"protected"})");
  ASSERT_EQ(post.redactions.size(), 1u);
  EXPECT_EQ(post.redactions[0].kind, RedactionKind::kDelete);
  EXPECT_EQ(post.redactions[0].id, "1170025343920402432");
  const Parsed user = Parse(
      R"({"id":"1482680858","action":"delete","created_at":"2013-06-04T16:25:04+00:00","reason":"protected"})");
  ASSERT_EQ(user.redactions.size(), 1u);
  EXPECT_EQ(user.redactions[0].kind, RedactionKind::kAccountHide);
  EXPECT_EQ(user.redactions[0].author, "1482680858");
}

TEST(XV2, WithheldPostsAreRedactedForTheirCountries) {
  const Parsed parsed = Parse(
      R"({"data":{"id":"1346889436626259968","text":"x","withheld":{"country_codes":["IN","PK"]}}})");
  ASSERT_EQ(parsed.posts.size(), 1u);
  ASSERT_EQ(parsed.redactions.size(), 1u);
  EXPECT_EQ(parsed.redactions[0].kind, RedactionKind::kWithheld);
  EXPECT_EQ(parsed.redactions[0].countries, "IN,PK");
}

// --- X API v1.1
// -------------------------------------------------------------------------------------

TEST(XV1, ReadsAPost) {
  const Parsed parsed =
      Parse(R"({"created_at":"Wed Aug 27 13:08:45 +0000 2008","id":153928603371978755,
      "id_str":"153928603371978755","text":"Cut… #Wet","truncated":true,
      "extended_tweet":{"full_text":"Not cut at all #Wet","entities":{"hashtags":[{"text":"Wet"}],"urls":[{"expanded_url":"https://rain.example"}]}},
      "user":{"id":77,"id_str":"77","screen_name":"drop","verified":true,"followers_count":3},
      "place":{"country_code":"NZ"},"lang":"en","in_reply_to_screen_name":"jab","in_reply_to_status_id_str":"5",
      "extended_entities":{"media":[{"type":"photo"}]},"geo":null})");
  ASSERT_TRUE(parsed.status.ok()) << parsed.status.error().message;
  const PostView post = parsed.posts.Row(0);
  EXPECT_EQ(post.content, "Not cut at all #Wet");
  EXPECT_EQ(post.id, "153928603371978755");
  EXPECT_EQ(ToMillis(post.time), 1219842525000);
  EXPECT_EQ(post.author, "77");
  EXPECT_EQ(post.handle, "drop");
  EXPECT_EQ(post.country, "NZ");
  EXPECT_EQ(post.kind, PostKind::kReply);
  EXPECT_EQ(post.reply_to, "jab");
  EXPECT_EQ(post.followers, 3);
  EXPECT_EQ(post.flags, kFlagVerified | kFlagGeo | kFlagMedia | kFlagImages);
  EXPECT_THAT(Of(parsed.posts.hashtags, 0), ElementsAre("Wet"));
  EXPECT_THAT(Of(parsed.posts.urls, 0), ElementsAre("https://rain.example"));
}

TEST(XV1, ARepostHasTheTextOfItsOriginal) {
  const Parsed parsed =
      Parse(R"({"created_at":"Wed Aug 27 13:08:45 +0000 2008","id":9,"text":"RT @drop: Cut…",
      "user":{"screen_name":"fan"},"retweeted_status":{"full_text":"The whole text","user":{"screen_name":"drop"}}})");
  ASSERT_EQ(parsed.posts.size(), 1u);
  EXPECT_EQ(parsed.posts.Row(0).kind, PostKind::kRepost);
  EXPECT_EQ(parsed.posts.Row(0).content, "The whole text");
  EXPECT_EQ(parsed.posts.Row(0).repost_of, "drop");
  EXPECT_EQ(parsed.posts.Row(0).author, "fan");
  EXPECT_EQ(parsed.posts.Row(0).id, "9");
}

TEST(XV1, NoticesAreRedactionsOrSkipped) {
  const Parsed deleted = Parse(
      R"({"delete":{"status":{"id":1234,"id_str":"1234","user_id":3,"user_id_str":"3"},"timestamp_ms":"1625596840344"}})");
  ASSERT_EQ(deleted.redactions.size(), 1u);
  EXPECT_EQ(deleted.redactions[0].id, "1234");
  EXPECT_EQ(deleted.redactions[0].author, "3");
  EXPECT_EQ(ToMillis(deleted.redactions[0].time), 1625596840344);
  const Parsed scrub = Parse(R"({"scrub_geo":{"user_id":14,"up_to_status_id":23}})");
  ASSERT_EQ(scrub.redactions.size(), 1u);
  EXPECT_EQ(scrub.redactions[0].kind, RedactionKind::kScrubGeo);
  EXPECT_EQ(scrub.redactions[0].time, kNow);
  const Parsed withheld =
      Parse(R"({"status_withheld":{"id":1,"user_id":2,"withheld_in_countries":["DE"]}})");
  ASSERT_EQ(withheld.redactions.size(), 1u);
  EXPECT_EQ(withheld.redactions[0].countries, "DE");
  EXPECT_EQ(Parse(R"({"limit":{"track":1234}})").skipped, 1u);
  EXPECT_FALSE(Parse(R"({"delete":{}})").status.ok());
}

// --- Jetstream
// --------------------------------------------------------------------------------------

std::string JetstreamPost(std::string_view created, std::string_view rest = "") {
  return R"({"did":"did:plc:abc","time_us":1725911162329308,"kind":"commit","commit":{"rev":"3l","operation":"create",
    "collection":"app.bsky.feed.post","rkey":"3k","cid":"b","record":{"$type":"app.bsky.feed.post","text":"hi #there","createdAt":")" +
         std::string(created) + "\"" + std::string(rest) + "}}}";
}

TEST(Jetstream, ReadsAPost) {
  const Parsed parsed =
      Parse(JetstreamPost("2024-09-09T19:46:00.102Z", R"(,"langs":["en","de"],"tags":["extra"],
    "facets":[{"index":{"byteStart":3,"byteEnd":9},"features":[{"$type":"app.bsky.richtext.facet#tag","tag":"there"},
      {"$type":"app.bsky.richtext.facet#link","uri":"https://a.example"}]}],
    "reply":{"root":{"uri":"at://did:plc:root/app.bsky.feed.post/1"},"parent":{"uri":"at://did:plc:parent/app.bsky.feed.post/2"}},
    "embed":{"$type":"app.bsky.embed.images","images":[]})"));
  ASSERT_TRUE(parsed.status.ok()) << parsed.status.error().message;
  ASSERT_EQ(parsed.posts.size(), 1u);
  const PostView post = parsed.posts.Row(0);
  EXPECT_EQ(post.id, "at://did:plc:abc/app.bsky.feed.post/3k");
  EXPECT_EQ(post.key, KeyOf(post.id));
  EXPECT_EQ(post.author, "did:plc:abc");
  EXPECT_EQ(post.content, "hi #there");
  EXPECT_EQ(post.lang, "en");
  EXPECT_EQ(post.kind, PostKind::kReply);
  EXPECT_EQ(post.reply_to, "did:plc:parent");
  EXPECT_EQ(post.conversation, "at://did:plc:root/app.bsky.feed.post/1");
  EXPECT_EQ(post.flags, kFlagMedia | kFlagImages);
  EXPECT_THAT(Of(parsed.posts.hashtags, 0), ElementsAre("there", "extra"));
  EXPECT_THAT(Of(parsed.posts.urls, 0), ElementsAre("https://a.example"));
}

TEST(Jetstream, TheEventTimeIsTheEarlierOneUnlessTheClientIsFarOff) {
  constexpr std::int64_t kServer = 1725911162329;
  EXPECT_EQ(ToMillis(Parse(JetstreamPost("2024-09-09T19:46:00.102Z")).posts.time[0]),
            1725911160102);
  EXPECT_EQ(ToMillis(Parse(JetstreamPost("2024-09-09T19:50:00Z")).posts.time[0]), kServer)
      << "ahead";
  EXPECT_EQ(ToMillis(Parse(JetstreamPost("2023-09-09T19:46:00Z")).posts.time[0]), kServer)
      << "a year back";
  EXPECT_EQ(ToMillis(Parse(JetstreamPost("nonsense")).posts.time[0]), kServer);
}

TEST(Jetstream, AQuoteNamesWhomItQuotes) {
  const Parsed parsed = Parse(JetstreamPost(
      "2024-09-09T19:46:00.102Z",
      R"(,"embed":{"$type":"app.bsky.embed.record","record":{"uri":"at://did:plc:other/app.bsky.feed.post/9"}})"));
  EXPECT_EQ(parsed.posts.Row(0).kind, PostKind::kQuote);
  EXPECT_EQ(parsed.posts.Row(0).repost_of, "did:plc:other");
}

TEST(Jetstream, DeletesUpdatesAndAccountsAreRedactions) {
  struct Case {
    const char* text;
    RedactionKind kind;
    const char* id;
  };
  constexpr Case kCases[] = {
      {R"({"did":"did:plc:abc","time_us":1725911162329308,"kind":"commit","commit":{"operation":"delete","collection":"app.bsky.feed.post","rkey":"3k"}})",
       RedactionKind::kDelete, "at://did:plc:abc/app.bsky.feed.post/3k"},
      {R"({"did":"did:plc:abc","time_us":1725911162329308,"kind":"commit","commit":{"operation":"update","collection":"app.bsky.feed.post","rkey":"3k","record":{"text":"x"}}})",
       RedactionKind::kEdit, "at://did:plc:abc/app.bsky.feed.post/3k"},
      {R"({"did":"did:plc:abc","time_us":1725911162329308,"kind":"account","account":{"active":false,"status":"deleted"}})",
       RedactionKind::kAccountDelete, ""},
      {R"({"did":"did:plc:abc","time_us":1725911162329308,"kind":"account","account":{"active":false,"status":"deactivated"}})",
       RedactionKind::kAccountHide, ""},
      {R"({"did":"did:plc:abc","time_us":1725911162329308,"kind":"account","account":{"active":true}})",
       RedactionKind::kAccountShow, ""},
      {R"({"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#commit","seq":5,"did":"did:plc:abc",
        "time":"2024-09-09T19:46:02.329308Z","operation":"delete","collection":"app.bsky.feed.post","rkey":"3k"}})",
       RedactionKind::kDelete, "at://did:plc:abc/app.bsky.feed.post/3k"},
  };
  for (const Case& c : kCases) {
    const Parsed parsed = Parse(c.text);
    ASSERT_TRUE(parsed.status.ok()) << c.text << parsed.status.error().message;
    ASSERT_EQ(parsed.redactions.size(), 1u) << c.text;
    EXPECT_EQ(parsed.redactions[0].kind, c.kind) << c.text;
    EXPECT_EQ(parsed.redactions[0].id, c.id) << c.text;
    EXPECT_EQ(parsed.redactions[0].author, "did:plc:abc");
    EXPECT_EQ(ToMillis(parsed.redactions[0].time), 1725911162329) << c.text;
  }
}

TEST(Jetstream, AnUpdateIsANewVersionOfTheSamePost) {
  const Parsed parsed = Parse(
      R"({"did":"did:plc:abc","time_us":1725911162329308,"kind":"commit","commit":{"rev":"3lx","operation":"update","collection":"app.bsky.feed.post","rkey":"3k","record":{"text":"better","createdAt":"2024-09-09T19:46:00.102Z"}}})");
  ASSERT_EQ(parsed.posts.size(), 1u);
  const PostView post = parsed.posts.Row(0);
  EXPECT_EQ(post.id, "at://did:plc:abc/app.bsky.feed.post/3k#edited-3lx");
  EXPECT_EQ(post.key, KeyOf(post.id));
  EXPECT_EQ(post.chain, "at://did:plc:abc/app.bsky.feed.post/3k");
  EXPECT_EQ(post.content, "better");
  EXPECT_EQ(ToMillis(post.time), 1725911162329);
}

TEST(Jetstream, V2PostsAreReadLikeV1Posts) {
  const Parsed parsed = Parse(
      R"({"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#commit","seq":5,
      "did":"did:plc:abc","time":"2024-09-09T19:46:02.329308Z","rev":"3l","operation":"create","collection":"app.bsky.feed.post",
      "rkey":"3k","cid":"b","record":{"text":"hi","createdAt":"2024-09-09T19:46:00.102Z"}}})");
  ASSERT_EQ(parsed.posts.size(), 1u);
  EXPECT_EQ(parsed.posts.Row(0).id, "at://did:plc:abc/app.bsky.feed.post/3k");
  EXPECT_EQ(ToMillis(parsed.posts.time[0]), 1725911160102);
}

TEST(Jetstream, OtherEventsAreSkippedAndErrorsSaid) {
  for (
      const char* text :
      {R"({"did":"d","time_us":1725911162329308,"kind":"commit","commit":{"operation":"create","collection":"app.bsky.feed.like","rkey":"1","record":{}}})",
       R"({"did":"d","time_us":1725911162329308,"kind":"identity","identity":{"handle":"x"}})",
       R"({"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#sync","did":"d"}})"}) {
    const Parsed parsed = Parse(text);
    EXPECT_TRUE(parsed.status.ok()) << text;
    EXPECT_EQ(parsed.skipped, 1u) << text;
  }
  const Parsed error = Parse(R"({"$type":"error","error":"ConsumerTooSlow"})");
  ASSERT_FALSE(error.status.ok());
  EXPECT_THAT(error.status.error().message, HasSubstr("ConsumerTooSlow"));
}

// --- Export and others
// ------------------------------------------------------------------------------

TEST(Export, APostComesBackAsItWas) {
  PostBatch posts;
  posts.urls.Push("https://a.example/?q=\"1\"");
  posts.hashtags.Push("Wet");
  posts.hashtags.Push("雨");
  posts.Append({.time = FromMillis(1470095998123),
                .key = KeyOf("at://x"),
                .id = "at://x",
                .source = "replay",
                .content = "line\nbreak \"quoted\" \\ \t \x01 😀",
                .lang = "en",
                .author = "a",
                .handle = "h",
                .country = "NZ",
                .conversation = "c",
                .chain = "at://w",
                .reply_to = "r",
                .repost_of = "o",
                .kind = PostKind::kQuote,
                .flags = kFlagVerified | kFlagVideo | kFlagRepaired,
                .followers = 0});
  std::string line;
  AppendExportLine(posts, 0, line);
  ASSERT_EQ(line.back(), '\n');
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const Parsed parsed = Parse(line);
  ASSERT_TRUE(parsed.status.ok()) << line << parsed.status.error().message;
  ASSERT_EQ(parsed.posts.size(), 1u);
  const PostView a = posts.Row(0), b = parsed.posts.Row(0);
  EXPECT_EQ(a.time, b.time);
  EXPECT_EQ(a.key, b.key);
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.content, b.content);
  EXPECT_EQ(a.lang, b.lang);
  EXPECT_EQ(a.author, b.author);
  EXPECT_EQ(a.handle, b.handle);
  EXPECT_EQ(a.country, b.country);
  EXPECT_EQ(a.conversation, b.conversation);
  EXPECT_EQ(a.chain, b.chain);
  EXPECT_EQ(a.reply_to, b.reply_to);
  EXPECT_EQ(a.repost_of, b.repost_of);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.flags, b.flags);
  EXPECT_EQ(a.followers, b.followers);
  EXPECT_EQ(Of(posts.urls, 0), Of(parsed.posts.urls, 0));
  EXPECT_EQ(Of(posts.hashtags, 0), Of(parsed.posts.hashtags, 0));
}

TEST(Export, ARedactionComesBackAsItWas) {
  for (int kind = 0; kind <= static_cast<int>(RedactionKind::kScrubGeo); ++kind) {
    const Redaction redaction{.time = FromMillis(1470095998123),
                              .kind = static_cast<RedactionKind>(kind),
                              .key = KeyOf("7"),
                              .id = "7",
                              .author = "a",
                              .source = "replay",
                              .countries = "DE,FR"};
    std::string line;
    AppendExportLine(redaction, line);
    const Parsed parsed = Parse(line);
    ASSERT_EQ(parsed.redactions.size(), 1u) << line;
    EXPECT_EQ(parsed.redactions[0].kind, redaction.kind);
    EXPECT_EQ(parsed.redactions[0].time, redaction.time);
    EXPECT_EQ(parsed.redactions[0].key, redaction.key);
    EXPECT_EQ(parsed.redactions[0].id, "7");
    EXPECT_EQ(parsed.redactions[0].author, "a");
    EXPECT_EQ(parsed.redactions[0].countries, "DE,FR");
  }
}

TEST(Export, TheExampleOfItsDocumentIsRead) {
  std::ifstream document(HB_SOURCE_DIR "/docs/formats/export.md");
  std::size_t posts = 0, redactions = 0;
  for (std::string line; std::getline(document, line);) {
    if (!line.starts_with('{')) continue;
    const Parsed parsed = Parse(line);
    ASSERT_TRUE(parsed.status.ok()) << line << parsed.status.error().message;
    posts += parsed.posts.size();
    redactions += parsed.redactions.size();
    if (parsed.posts.empty() || posts > 1) continue;
    // What is written again is the line itself, but for the tasks, which are matched anew.
    std::string again;
    AppendExportLine(parsed.posts, 0, again);
    EXPECT_EQ(again, line.substr(0, line.find(",\"tasks\"")) + "}\n");
  }
  EXPECT_EQ(posts, 2u);
  EXPECT_EQ(redactions, 1u);
}

TEST(Generic, ReadsFlatObjectsByTheirNamesOrTheMap) {
  const Parsed named = Parse(
      R"({"text":"hello","date":"2016-08-01","username":"drop","language":"English","retweet":true})");
  ASSERT_TRUE(named.status.ok()) << named.status.error().message;
  EXPECT_EQ(named.posts.Row(0).content, "hello");
  EXPECT_EQ(named.posts.Row(0).handle, "drop");
  EXPECT_EQ(named.posts.Row(0).lang, "en");
  EXPECT_EQ(named.posts.Row(0).kind, PostKind::kRepost);
  EXPECT_EQ(named.posts.Row(0).id, "d#7");
  const Parsed mapped = Parse(R"({"msg":{"body":"hello"},"at":1470095998.25,"text":"no"})",
                              JsonFormat::kAuto, {{"content", "msg.body"}, {"time", "at"}});
  ASSERT_TRUE(mapped.status.ok()) << mapped.status.error().message;
  EXPECT_EQ(mapped.posts.Row(0).content, "hello");
  EXPECT_EQ(ToMillis(mapped.posts.time[0]), 1470095998250);
}

TEST(Generic, SaysWhatIsMissing) {
  const Parsed parsed = Parse(R"({"headline":"x","when":"2016-08-01"})");
  ASSERT_FALSE(parsed.status.ok());
  EXPECT_THAT(parsed.status.error().message, HasSubstr("content and time"));
  EXPECT_THAT(parsed.status.error().message, HasSubstr("headline, when"));
  EXPECT_THAT(Parse(R"({"text":"x","date":"13/45/2016"})").status.error().message,
              HasSubstr("field time"));
}

TEST(JsonPosts, RefusesWhatIsNoObject) {
  for (const char* text : {"", "{", "[1", "nul", "{\"a\":}", "7", "\"x\"", "[]", "{\"a\":1} x"}) {
    EXPECT_FALSE(Parse(text).status.ok()) << text;
  }
}

TEST(JsonPosts, RepairsBrokenTextAndMarksIt) {
  const Parsed bytes = Parse("{\"text\":\"caf\xE9\",\"date\":\"2016-08-01\"}");
  ASSERT_TRUE(bytes.status.ok()) << bytes.status.error().message;
  EXPECT_EQ(bytes.posts.Row(0).content, "caf\xEF\xBF\xBD");
  EXPECT_EQ(bytes.posts.Row(0).flags, kFlagRepaired);
  const Parsed lone =
      Parse(R"({"text":"cut \ud83d and \\ud83d and \ud83d\ude00 and \ude00","date":"2016-08-01"})");
  ASSERT_TRUE(lone.status.ok()) << lone.status.error().message;
  EXPECT_EQ(lone.posts.Row(0).content, "cut \xEF\xBF\xBD and \\ud83d and 😀 and \xEF\xBF\xBD");
  EXPECT_EQ(lone.posts.Row(0).flags, kFlagRepaired);
}

}  // namespace
}  // namespace hb
