#include "source/mastodon/mastodon_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "record/identity.h"
#include "simulate/http_server.h"
#include "simulate/mastodon.h"
#include "simulate/world.h"
#include "source/feed_source_testing.h"

namespace hb {
namespace {

using simulate::MastodonApi;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

/// A Mastodon server over posts that are made up, by a clock that the test moves.
class Stand {
 public:
  explicit Stand(Clock& clock, MastodonApi::Options options = {})
      : world_{.corpus = simulate::Corpus::MakeUp({.begin = clock.Now() - seconds(60),
                                                   .rate = 20,
                                                   .seed = 6,
                                                   .edits = 0.03,
                                                   .deletes = 0.05})
                             .value(),
               .clock = clock},
        api_(std::move(options), world_) {
    server_ = simulate::Server::Start({}, [this](simulate::Exchange& exchange) {
                api_.Handle(exchange);
              }).value();
  }
  ~Stand() { server_->Stop(); }
  simulate::World& world() { return world_; }
  [[nodiscard]] std::string url() const { return server_->base_url(); }

  /// Uris of the posts said in [from, to) that a timeline still has at `to`.
  [[nodiscard]] std::set<std::string> Said(EventTime from, EventTime to,
                                           const MastodonApi::Choice& choice = {}) const {
    std::set<std::string> uris;
    const simulate::Corpus& corpus = *world_.corpus;
    for (std::uint64_t i = corpus.FirstAt(from); i < corpus.FirstAt(to); ++i) {
      const simulate::Post post = corpus.Get(i);
      if (post.edits || !MastodonApi::IsTold(post, choice)) continue;
      const auto gone = corpus.DeletedBy(i);
      if (!gone || corpus.TimeOf(*gone) >= to + seconds(30)) uris.insert(api_.UriOf(post));
    }
    return uris;
  }

 private:
  simulate::World world_;
  MastodonApi api_;
  std::unique_ptr<simulate::Server> server_;
};

using Transport = MastodonConnection::Transport;

class MastodonTest : public FeedSourceTest, public testing::WithParamInterface<Transport> {
 protected:
  static MastodonSource::Options OptionsFor(const Stand& stand) {
    MastodonSource::Options options;
    options.connection.base_url = stand.url();
    options.connection.transport = GetParam();
    options.connection.silence = seconds(3);
    options.connection.rewind = seconds(10);
    options.connection.poll_every = milliseconds(100);
    options.posts.host = MastodonConnection::HostOf(stand.url());
    return options;
  }
  std::unique_ptr<MastodonSource> Make(const MastodonSource::Options& options) {
    return std::make_unique<MastodonSource>(options, env_);
  }
};

TEST_P(MastodonTest, GivesPostsEditsAndDeletesAsTheyHappen) {
  Stand stand(clock_);
  const auto source = Make(OptionsFor(stand));
  Heard heard;
  Listen(*source, heard, [&] { return !heard.posts.empty(); });
  const EventTime begin = clock_.Now() + seconds(1);
  ListenFor(*source, heard, stand.Said(begin, begin + seconds(20)), begin + seconds(20));
  EXPECT_THAT(heard.dead, testing::IsEmpty());
  EXPECT_THAT(heard.gaps, testing::IsEmpty());
  EXPECT_FALSE(heard.edits.empty());
  ASSERT_FALSE(heard.deleted.empty());
  // What is deleted is named as the post's chain is.
  std::set<std::string> chains;
  for (const auto& [uri, chain] : heard.posts) chains.insert(chain);
  EXPECT_TRUE(std::any_of(heard.deleted.begin(), heard.deleted.end(),
                          [&](const std::string& id) { return chains.contains(id); }));
  EXPECT_FALSE(source->GetHealth().waiting);
  EXPECT_TRUE(source->Watermark());
}

TEST_P(MastodonTest, WhateverGoesWrongEveryPostComesAndEveryHoleIsRefilled) {
  Stand stand(clock_);
  const auto source = Make(OptionsFor(stand));
  Heard heard;
  Listen(*source, heard, [&] { return !heard.posts.empty(); });
  simulate::Faults::Random random;
  random.seed = 3;
  random.mean_bytes = 60'000;
  random.longest = milliseconds(100);
  stand.world().faults.Set(random);
  const EventTime begin = clock_.Now() + seconds(1);
  ListenFor(*source, heard, stand.Said(begin, begin + seconds(60)), begin + seconds(60));
  stand.world().faults.Set(std::nullopt);
  EXPECT_GT(stand.world().ledger.opened("mastodon"), 1u) << "nothing went wrong";
  Listen(*source, heard, [&] { return heard.AllFilled(); });
}

TEST_P(MastodonTest, ARestartReadsTheTimelineFromWhereItWas) {
  Stand stand(clock_);
  Heard before;
  {
    const auto source = Make(OptionsFor(stand));
    Listen(*source, before, [&] { return before.posts.size() >= 60; });
  }
  const EventTime left = clock_.Now();
  clock_.Advance(seconds(120));
  const auto source = Make(OptionsFor(stand));
  ASSERT_TRUE(source->Resume(before.end).ok());
  Heard after;
  ListenFor(*source, after, stand.Said(left, left + seconds(125)), left + seconds(125));
  Listen(*source, after, [&] { return after.AllFilled(); });
  ASSERT_EQ(after.gaps.size(), 1u);
  EXPECT_EQ(after.gaps.begin()->second.cause, "heartbeat was not running");
  EXPECT_FALSE(after.gaps.begin()->second.exact);
}

TEST_P(MastodonTest, WithoutATokenTheTimelineIsAskedFor) {
  Stand stand(clock_, {.token = "key"});
  const auto source = Make(OptionsFor(stand));
  Heard heard;
  Listen(*source, heard, [&] { return !heard.posts.empty(); });
  const EventTime begin = clock_.Now() + seconds(1);
  ListenFor(*source, heard, stand.Said(begin, begin + seconds(20)), begin + seconds(20));
  EXPECT_THAT(source->GetHealth().detail, HasSubstr("does not stream without a token"));

  MastodonSource::Options options = OptionsFor(stand);
  options.connection.token = "key";
  const auto user = Make(options);
  Heard told;
  Listen(*user, told, [&] { return !told.edits.empty(); });
  EXPECT_THAT(user->GetHealth().detail, testing::Not(HasSubstr("token")));

  options.connection.token = "wrong";
  const auto stranger = Make(options);
  Result<PollState> state = PollState::kIdle;
  const auto until = std::chrono::steady_clock::now() + kLong;
  Heard nothing;
  while (state.ok() && std::chrono::steady_clock::now() < until)
    state = PollOnce(*stranger, nothing);
  ASSERT_FALSE(state.ok());
  EXPECT_EQ(state.error().code, Code::kInvalidArgument);
  EXPECT_THAT(state.error().message, HasSubstr("401"));
  EXPECT_THAT(state.error().message, testing::Not(HasSubstr("wrong")));
}

TEST_P(MastodonTest, AStreamMayBeOfOneTagOrOfOnePlace) {
  struct Case {
    const char* stream;
    MastodonApi::Choice choice;
  };
  Stand stand(clock_);
  std::map<std::string, int> tags;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    for (const std::string& tag : stand.world().corpus->Get(i).hashtags) ++tags[tag];
  }
  ASSERT_FALSE(tags.empty());
  const std::string tag = std::max_element(tags.begin(), tags.end(), [](auto& a, auto& b) {
                            return a.second < b.second;
                          })->first;
  const std::string tagged = "hashtag:" + tag;
  const Case cases[] = {{"public:local", {.local = true}},
                        {"public:remote", {.remote = true}},
                        {tagged.c_str(), {.tag = tag}}};
  for (const Case& c : cases) {
    SCOPED_TRACE(c.stream);
    MastodonSource::Options options = OptionsFor(stand);
    options.connection.stream = MastodonStream::Read(c.stream).value();
    const auto source = Make(options);
    Heard heard;
    Listen(*source, heard, [&] { return !heard.posts.empty(); });
    const EventTime begin = clock_.Now() + seconds(1);
    ListenFor(*source, heard, stand.Said(begin, begin + seconds(10), c.choice),
              begin + seconds(10));
    const std::set<std::string> all =
        stand.Said(kStart - seconds(60), clock_.Now() + seconds(60), c.choice);
    std::size_t others = 0;
    for (const auto& [uri, chain] : heard.posts) others += !all.contains(uri);
    EXPECT_LT(others, heard.posts.size() / 3) << "those that were deleted later, no more";
  }
}

INSTANTIATE_TEST_SUITE_P(Transports, MastodonTest,
                         testing::Values(Transport::kEvents, Transport::kWebSocket),
                         [](const auto& transport) {
                           return transport.param == Transport::kEvents ? "events" : "websocket";
                         });

using MastodonErrorTest = FeedSourceTest;

TEST_F(MastodonErrorTest, OverTheWebSocketItMeansWhatItsStatusDoesAndElseIsWaitedAfter) {
  std::atomic<int> opened = 0;
  std::atomic<bool> for_good = false;
  const auto server =
      simulate::Server::Start({}, [&](simulate::Exchange& exchange) {
        if (!exchange.request().upgrade) {
          exchange.Answer(200, "application/json", "[]");
        } else if (auto* const socket = exchange.Upgrade(); socket != nullptr) {
          ++opened;
          socket->SendText(for_good ? R"({"error":"Unknown stream type","status":400})"
                                    : R"({"error":"it broke"})");
          socket->Receive(seconds(5));
        }
      }).value();
  MastodonSource::Options options;
  options.connection.base_url = server->base_url();
  options.connection.transport = Transport::kWebSocket;
  MastodonSource source(options, env_);
  Heard heard;
  const auto until = std::chrono::steady_clock::now() + kLong;
  while (!source.GetHealth().detail.ends_with("next try in 5 s") &&
         std::chrono::steady_clock::now() < until)
    EXPECT_TRUE(PollOnce(source, heard).ok());
  EXPECT_THAT(source.GetHealth().detail, HasSubstr("it broke"));
  EXPECT_EQ(opened, 1);

  for_good = true;
  clock_.Advance(seconds(10));
  Result<PollState> state = PollState::kIdle;
  while (state.ok() && std::chrono::steady_clock::now() < until) state = PollOnce(source, heard);
  ASSERT_FALSE(state.ok());
  EXPECT_EQ(state.error().code, Code::kInvalidArgument);
  EXPECT_THAT(state.error().message, HasSubstr("Unknown stream type"));
}

TEST(MastodonStream, NamesAreThoseOfTheStreamingApi) {
  EXPECT_EQ(MastodonStream::Read("public")->StreamPath(), "/api/v1/streaming/public");
  EXPECT_EQ(MastodonStream::Read("public:local")->StreamPath(), "/api/v1/streaming/public/local");
  EXPECT_EQ(MastodonStream::Read("public:local")->SocketPath(),
            "/api/v1/streaming?stream=public:local");
  EXPECT_EQ(MastodonStream::Read("hashtag:x y&")->SocketPath(),
            "/api/v1/streaming?stream=hashtag&tag=x%20y%26");
  EXPECT_EQ(MastodonStream::Read("public:local")->TimelinePath(),
            "/api/v1/timelines/public?local=true");
  EXPECT_EQ(MastodonStream::Read("hashtag:x y&")->StreamPath(),
            "/api/v1/streaming/hashtag?tag=x%20y%26");
  EXPECT_EQ(MastodonStream::Read("hashtag:local:x")->TimelinePath(),
            "/api/v1/timelines/tag/x?local=true");
  for (const char* wrong : {"", "user", "hashtag", "hashtag:", "public:", "public:x"})
    EXPECT_FALSE(MastodonStream::Read(wrong)) << wrong;
}

TEST(MastodonConnection, AnIdHoldsItsTime) {
  EXPECT_EQ(MastodonConnection::Before("108914327388663283", seconds(1)), "108914327323127283");
  EXPECT_EQ(MastodonConnection::Before("77", seconds(1)), "77");
  EXPECT_EQ(MastodonConnection::Before("9xABC", seconds(1)), "9xABC");
}

TEST(MastodonPosition, ComesBackAsItWasAndNothingElseIsOne) {
  const MastodonPosition position{.heard = kStart, .newest = "108914327388663283"};
  const auto read = MastodonPosition::Read(position.Text());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value().Text(), position.Text());
  EXPECT_EQ(MastodonPosition::Read(MastodonPosition{}.Text()).value().newest, "");
  for (const char* wrong : {"", "mastodon1", "mastodon1 ", "mastodon1 7", "mastodon1 -7 x",
                            "mastodon1 7 a b", "bluesky1 1 2"}) {
    EXPECT_FALSE(MastodonPosition::Read(wrong).ok()) << wrong;
  }
}

}  // namespace
}  // namespace hb
