#include "simulate/simulator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <regex>

#include "net/http_client.h"
#include "wire/json_posts.h"

namespace hb::simulate {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kAllFields =
    "tweet.fields=created_at,lang,author_id,conversation_id,entities,public_metrics,"
    "referenced_tweets,geo,possibly_sensitive,edit_controls,note_tweet,in_reply_to_user_id,"
    "attachments&expansions=author_id,referenced_tweets.id,referenced_tweets.id.author_id,"
    "geo.place_id,attachments.media_keys&user.fields=username,verified,public_metrics,created_at"
    "&place.fields=country_code,full_name";

class SimulateX : public ::testing::Test {
 protected:
  void Start(const std::function<void(Simulator::Options&)>& change = {}) {
    Simulator::Options options;
    options.corpus.begin = clock_.Now() - std::chrono::minutes(10);
    options.corpus.rate = 20;
    options.x.search_lag = milliseconds(1'000);
    if (change) change(options);
    auto simulator = Simulator::Start(std::move(options), clock_);
    ASSERT_TRUE(simulator.ok()) << simulator.error().message;
    simulator_ = std::move(simulator).value();
  }
  [[nodiscard]] HttpAnswer Ask(const std::string& path, const std::string& body = {},
                               const std::string& token = "t") const {
    HttpCall call;
    call.url = simulator_->base_url() + path;
    if (!token.empty()) call.headers = {"Authorization: Bearer " + token};
    if (!body.empty()) {
      call.method = "POST";
      call.body = body;
      call.headers.emplace_back("Content-Type: application/json");
    }
    auto answer = PerformHttp(call);
    EXPECT_TRUE(answer.ok()) << (answer.ok() ? "" : answer.error().message);
    return answer.ok() ? std::move(answer).value() : HttpAnswer{};
  }
  /// Reads a stream until it has said `lines` lines that are not blank, or ended.
  [[nodiscard]] std::vector<std::string> Listen(const std::string& path, std::size_t lines,
                                                int* blanks = nullptr) const {
    HttpCall call;
    call.url = simulator_->base_url() + path;
    call.headers = {"Authorization: Bearer t"};
    std::string text;
    std::vector<std::string> said;
    call.on_data = [&](std::string_view piece) {
      text += piece;
      for (std::size_t at = text.find("\r\n"); at != std::string::npos; at = text.find("\r\n")) {
        if (at > 0) {
          said.push_back(text.substr(0, at));
        } else if (blanks != nullptr) {
          ++*blanks;
        }
        text.erase(0, at + 2);
      }
      return said.size() < lines;
    };
    (void)PerformHttp(call);  // how it ends is what the tests are about
    return said;
  }
  void AddRule(const std::string& value, const std::string& tag = "t") const {
    const HttpAnswer answer =
        Ask("/2/tweets/search/stream/rules",
            R"({"add":[{"value":")" + value + R"(","tag":")" + tag + R"("}]})");
    ASSERT_EQ(answer.status, 201) << answer.body;
  }
  void AddFault(const std::string& json) const {
    ASSERT_EQ(Ask("/simulate/faults", R"({"faults":[)" + json + "]}").status, 200);
  }

  SystemClock clock_;
  std::unique_ptr<Simulator> simulator_;
};

struct Read {
  PostBatch posts;
  std::vector<Redaction> redactions;
  std::vector<WireFault> faults;
};
Read ReadPosts(const std::vector<std::string>& messages) {
  Read read;
  JsonPosts reader(JsonFormat::kX2);
  for (const std::string& message : messages) {
    WireSink sink{.posts = read.posts, .redactions = read.redactions, .faults = read.faults};
    const Status status = reader.Parse(message, 0, {.source = "x", .row_id = {}}, sink);
    EXPECT_TRUE(status.ok()) << status.error().message << ": " << message;
  }
  return read;
}

TEST_F(SimulateX, AsksForABearerToken) {
  Start([](auto& options) { options.x.token = "right"; });
  EXPECT_EQ(Ask("/2/usage/tweets", {}, "").status, 401);
  EXPECT_EQ(Ask("/2/usage/tweets", {}, "wrong").status, 401);
  const HttpAnswer good = Ask("/2/usage/tweets", {}, "right");
  EXPECT_EQ(good.status, 200);
  EXPECT_THAT(good.body, HasSubstr("\"project_cap\":\"3000000\""));
}

TEST_F(SimulateX, KeepsRulesAsXDoes) {
  Start([](auto& options) { options.x.rules.rules = 3; });
  const std::string path = "/2/tweets/search/stream/rules";
  EXPECT_THAT(Ask(path).body, Not(HasSubstr("data")));
  const HttpAnswer made = Ask(path, R"({"add":[{"value":" cat -is:retweet ","tag":"cats"}]})");
  EXPECT_EQ(made.status, 201);
  EXPECT_THAT(made.body, HasSubstr(R"("value":"cat -is:retweet","tag":"cats")"));
  EXPECT_THAT(made.body, HasSubstr(R"("created":1,"not_created":0,"valid":1,"invalid":0)"));

  const HttpAnswer twice = Ask(path, R"({"add":[{"value":"cat -is:retweet","tag":"cats"}]})");
  EXPECT_EQ(twice.status, 200);
  EXPECT_THAT(twice.body, HasSubstr("problems/duplicate-rules"));
  const HttpAnswer bad = Ask(path, R"({"add":[{"value":"is:retweet"},{"value":"dog"}]})");
  EXPECT_EQ(bad.status, 201);
  EXPECT_THAT(bad.body, HasSubstr("problems/invalid-rules"));
  EXPECT_THAT(bad.body, HasSubstr("(at position "));
  EXPECT_THAT(bad.body, HasSubstr(R"("created":1,"not_created":1,"valid":1,"invalid":1)"));
  EXPECT_EQ(Ask(path + "?dry_run=true", R"({"add":[{"value":"bird"}]})").status, 201);
  EXPECT_THAT(Ask(path).body, HasSubstr(R"("result_count":2)"));
  const HttpAnswer many = Ask(path, R"({"add":[{"value":"a1"},{"value":"a2"}]})");
  EXPECT_THAT(many.body, HasSubstr("problems/rule-cap"));

  const HttpAnswer first = Ask(path + "?max_results=2");
  std::smatch token;
  ASSERT_TRUE(std::regex_search(first.body, token, std::regex("next_token\":\"(.{16})\"")));
  EXPECT_THAT(Ask(path + "?pagination_token=" + token[1].str()).body,
              HasSubstr(R"("result_count":1)"));
  EXPECT_THAT(Ask("/2/tweets/search/stream/rules/counts").body,
              HasSubstr(R"("project_rules_count":"3")"));

  const HttpAnswer gone = Ask(path, R"({"delete":{"ids":["77"],"values":["dog"]}})");
  EXPECT_EQ(gone.status, 200);
  EXPECT_THAT(gone.body, HasSubstr(R"("deleted":1,"not_deleted":1)"));
  EXPECT_EQ(Ask(path, R"({"surprise":1})").status, 400);
  EXPECT_EQ(Ask(path, "no json").status, 400);
  EXPECT_EQ(Ask(path + "?delete_all=true", "{}").status, 200);
  EXPECT_THAT(Ask(path).body, HasSubstr(R"("result_count":0)"));
}

TEST_F(SimulateX, StreamsWhatTheRulesMatch) {
  Start();
  EXPECT_EQ(Ask("/2/tweets/search/stream").status, 409);
  AddRule("lang:en -is:retweet coffee OR cat OR football", "english");
  AddRule("(coffee OR cat OR football OR music OR train OR climate) has:links", "links");
  const std::string url = "/2/tweets/search/stream?backfill_minutes=5&" + std::string(kAllFields);
  const auto said = Listen(url, 150);
  ASSERT_EQ(said.size(), 150u);
  const Read read = ReadPosts(said);
  ASSERT_EQ(read.posts.size(), 150u);
  int links = 0;
  for (std::size_t row = 0; row < 150; ++row) {
    const bool linked = said[row].find("\"tag\":\"links\"}") != std::string::npos;
    EXPECT_TRUE(linked || said[row].find("\"tag\":\"english\"") != std::string::npos);
    EXPECT_TRUE(!linked || !read.posts.urls[row].empty()) << said[row];
    EXPECT_FALSE(read.posts.handle[row].empty());
    links += linked;
  }
  EXPECT_GT(links, 3);
}

TEST_F(SimulateX, GivesOnlyTheFieldsAskedFor) {
  Start();
  AddRule("lang:en OR lang:es OR has:hashtags coffee OR cat OR football OR climate");
  const auto said = Listen("/2/tweets/search/stream?backfill_minutes=2", 5);
  ASSERT_EQ(said.size(), 5u);
  EXPECT_THAT(said[0], HasSubstr("edit_history_tweet_ids"));
  EXPECT_THAT(said[0], Not(HasSubstr("created_at")));
  EXPECT_THAT(said[0], Not(HasSubstr("includes")));
  const HttpAnswer unknown = Ask("/2/tweets/search/stream?tweet.fields=mood");
  EXPECT_EQ(unknown.status, 400);
  EXPECT_THAT(unknown.body, HasSubstr("problems/invalid-request"));
}

TEST_F(SimulateX, SpeaksTheNewVocabularyToo) {
  Start([](auto& options) { options.x.vocabulary = Vocabulary::kPost; });
  AddRule("coffee OR cat OR football OR music");
  const HttpAnswer old = Ask("/2/tweets/search/stream?tweet.fields=created_at");
  EXPECT_EQ(old.status, 400);
  EXPECT_THAT(old.body, HasSubstr("tweet.fields"));
  const auto said = Listen(
      "/2/tweets/search/stream?backfill_minutes=2&post.fields=created_at,referenced_posts,author_id"
      "&expansions=author_id,referenced_posts.id,referenced_posts.id.author_id",
      60);
  ASSERT_EQ(said.size(), 60u);
  EXPECT_THAT(said[0], HasSubstr("edit_history_post_ids"));
  const Read read = ReadPosts(said);
  EXPECT_GT(std::count(read.posts.kind.begin(), read.posts.kind.end(), PostKind::kRepost), 3);
}

TEST_F(SimulateX, TakesOneConnectionAtATime) {
  Start();
  AddRule("lang:en OR coffee OR cat");
  HttpAnswer second;
  HttpCall call;
  call.url = simulator_->base_url() + "/2/tweets/search/stream";
  call.headers = {"Authorization: Bearer t"};
  call.on_data = [&](std::string_view) {
    second = Ask("/2/tweets/search/stream");
    return false;
  };
  (void)PerformHttp(call);
  EXPECT_EQ(second.status, 429);
  EXPECT_THAT(second.body, HasSubstr("TooManyConnections"));
}

TEST_F(SimulateX, SaysThatItIsAlive) {
  Start([](auto& options) {
    options.corpus.rate = 5;
    options.x.keep_alive = milliseconds(20);
  });
  AddRule("coffee OR cat OR train OR football OR lang:de music");
  int blanks = 0;
  EXPECT_EQ(Listen("/2/tweets/search/stream", 2, &blanks).size(), 2u);
  EXPECT_GT(blanks, 1);
}

TEST_F(SimulateX, LimitsRequests) {
  Start();
  for (int i = 0; i < 50; ++i) ASSERT_EQ(Ask("/2/usage/tweets").status, 200);
  const HttpAnswer over = Ask("/2/usage/tweets");
  EXPECT_EQ(over.status, 429);
  EXPECT_THAT(over.body, HasSubstr("Too Many Requests"));
  EXPECT_EQ(Ask("/2/tweets/search/stream/rules").status, 200);
}

TEST_F(SimulateX, SearchesThePastPageByPage) {
  Start();
  const std::int64_t now = ToMillis(clock_.Now());
  const std::string range = "&start_time=" + XTime(FromMillis(now - 300'000)) +
                            "&end_time=" + XTime(FromMillis(now - 60'000));
  const std::string url =
      "/2/tweets/search/recent?query=coffee%20-is%3Aretweet&max_results=10&tweet.fields=created_at" +
      range;
  std::vector<std::string> ids;
  std::string token;
  for (int page = 0; page < 200; ++page) {
    const HttpAnswer answer = Ask(url + (token.empty() ? "" : "&next_token=" + token));
    ASSERT_EQ(answer.status, 200) << answer.body;
    const Read read = ReadPosts({answer.body});
    for (std::size_t row = 0; row < read.posts.size(); ++row) {
      ids.emplace_back(read.posts.id[row]);
      EXPECT_GE(ToMillis(read.posts.time[row]), now - 300'000);
      EXPECT_LT(ToMillis(read.posts.time[row]), now - 60'000);
    }
    std::smatch next;
    if (!std::regex_search(answer.body, next, std::regex("next_token\":\"([^\"]+)\""))) break;
    token = next[1].str();
  }
  EXPECT_GT(ids.size(), 20u);
  EXPECT_TRUE(std::is_sorted(ids.rbegin(), ids.rend()));
  EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());

  const HttpAnswer count =
      Ask("/2/tweets/counts/recent?granularity=minute&query=coffee%20-is%3Aretweet" + range);
  EXPECT_THAT(count.body, HasSubstr("\"total_tweet_count\":" + std::to_string(ids.size())));

  const HttpAnswer since = Ask(url + "&since_id=" + ids[3]);
  EXPECT_THAT(since.body, HasSubstr("\"result_count\":3"));
  EXPECT_THAT(Ask(url + "&until_id=" + ids[3]).body, HasSubstr("\"newest_id\":\"" + ids[4]));
  EXPECT_EQ(Ask(url + "&next_token=zzz").status, 400);
  EXPECT_EQ(Ask("/2/tweets/search/recent?query=is%3Aretweet").status, 400);
  EXPECT_EQ(Ask("/2/tweets/search/recent?query=cat&max_results=5").status, 400);
  EXPECT_EQ(
      Ask("/2/tweets/search/recent?query=cat&end_time=" + XTime(FromMillis(now + 5'000))).status,
      400);
}

TEST_F(SimulateX, CountsTrends) {
  Start();
  const HttpAnswer answer = Ask("/2/trends/by/woeid/1?max_trends=3");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr(R"({"trend_name":"#)"));
  EXPECT_EQ(Ask("/2/trends/by/woeid/there").status, 400);
}

TEST_F(SimulateX, RefusesOnDemand) {
  Start();
  AddRule("cat");
  for (const auto& [reason, status, text] : std::vector<std::tuple<std::string, int, std::string>>{
           {"rate-limit", 429, "Too Many Requests"},
           {"usage-capped", 429, "UsageCapExceeded"},
           {"too-many-connections", 429, "TooManyConnections"},
           {"unavailable", 503, "Service Unavailable"},
           {"forbidden", 403, "client-not-enrolled"}}) {
    AddFault(R"({"kind":"refuse","reason":")" + reason + R"("})");
    const HttpAnswer answer = Ask("/2/tweets/search/stream");
    EXPECT_EQ(answer.status, status);
    EXPECT_THAT(answer.body, HasSubstr(text));
  }
  EXPECT_EQ(Ask("/simulate/faults", R"({"faults":[{"kind":"fire"}]})").status, 400);
  EXPECT_EQ(Ask("/simulate/faults", R"({"fault":[]})").status, 400);
}

TEST_F(SimulateX, MisbehavesInTheStreamOnDemand) {
  Start();
  AddRule("lang:en OR coffee OR cat OR has:hashtags football");
  const std::string url = "/2/tweets/search/stream?backfill_minutes=2";
  AddFault(R"({"kind":"disconnect","after_bytes":500,"reason":"ForceDisconnect"})");
  EXPECT_THAT(Listen(url, 1'000).back(), HasSubstr("ForceDisconnect"));

  AddFault(
      R"({"kind":"double","messages":2},{"kind":"shuffle","messages":5},)"
      R"({"kind":"malformed"},{"kind":"unknown"},{"kind":"partial"},{"kind":"close","after_bytes":4000})");
  const auto said = Listen(url, 1'000);
  const auto has = [&](const std::string& text) {
    return std::any_of(said.begin(), said.end(), [&](const std::string& line) {
      return line.find(text) != std::string::npos;
    });
  };
  EXPECT_TRUE(has("surprise"));
  EXPECT_TRUE(has("this is cut o"));
  EXPECT_TRUE(has("\"errors\":[{\"resource_type\""));
  EXPECT_TRUE(std::any_of(said.begin(), said.end(), [&](const std::string& line) {
    return std::count(said.begin(), said.end(), line) == 2;
  }));

  const HttpAnswer sent = Ask("/simulate/sent");
  EXPECT_THAT(sent.body, HasSubstr(R"("end":"disconnected")"));
  EXPECT_THAT(sent.body, HasSubstr(R"("end":"closed")"));
  EXPECT_THAT(sent.body, HasSubstr(R"("silent":{"x":[)"));
}

TEST_F(SimulateX, CutsBehindAnyByteAndRemembersWhatWasWhole) {
  Start();
  AddRule("lang:en OR coffee OR cat OR has:hashtags");
  std::size_t whole = 0;
  for (int bytes = 0; bytes < 1'200; bytes += 37) {
    AddFault(R"({"kind":"cut","after_bytes":)" + std::to_string(bytes) + "}");
    whole += Listen("/2/tweets/search/stream?backfill_minutes=5", 1'000).size();
  }
  const HttpAnswer sent = Ask("/simulate/posts");
  std::size_t counted = 0;
  const std::regex number("\"sent\":([0-9]+)");
  for (auto it = std::sregex_iterator(sent.body.begin(), sent.body.end(), number);
       it != std::sregex_iterator(); ++it) {
    counted += std::stoul((*it)[1].str());
  }
  // A message may arrive whole although the end of its HTTP chunk does not.
  EXPECT_LE(counted, whole);
  EXPECT_GE(counted + 5, whole);
  EXPECT_GT(counted, 10u);
}

TEST_F(SimulateX, RandomFaultsAreTheSameForASeed) {
  Faults one, two;
  for (Faults* faults : {&one, &two})
    ASSERT_TRUE(faults->Add(R"({"random":{"seed":7,"mean_bytes":1000}})").ok());
  for (int i = 0; i < 100; ++i) {
    const auto a = one.Take("/2/tweets/search/stream"), b = two.Take("/2/tweets/search/stream");
    ASSERT_TRUE(a && b);
    EXPECT_EQ(a->kind, b->kind);
    EXPECT_EQ(a->after_bytes, b->after_bytes);
  }
}

}  // namespace
}  // namespace hb::simulate
