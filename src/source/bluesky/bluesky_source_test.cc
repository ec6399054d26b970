#include "source/bluesky/bluesky_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "simulate/http_server.h"
#include "simulate/jetstream.h"
#include "simulate/world.h"
#include "source/feed_source_testing.h"

namespace hb {
namespace {

using simulate::JetstreamApi;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

/// A Jetstream server over posts that are made up, by a clock that the test moves.
class Stand {
 public:
  explicit Stand(Clock& clock, JetstreamApi::Options options = {}, milliseconds past = seconds(60))
      : world_{.corpus = simulate::Corpus::MakeUp({.begin = clock.Now() - past,
                                                   .rate = 40,
                                                   .seed = 5,
                                                   .edits = 0.02,
                                                   .deletes = 0.05})
                             .value(),
               .clock = clock},
        api_(options, world_) {
    server_ = simulate::Server::Start({}, [this](simulate::Exchange& exchange) {
                api_.Handle(exchange);
              }).value();
  }
  ~Stand() { server_->Stop(); }

  simulate::World& world() { return world_; }
  JetstreamApi& api() { return api_; }
  void Stop() { server_->Stop(); }
  [[nodiscard]] std::string Url(bool v2) const {
    return "ws" + server_->base_url().substr(4) +
           (v2 ? "/xrpc/network.bsky.jetstream.subscribeEvents" : "/subscribe");
  }
  /// Ids of the posts said in [from, to), and of those deleted then.
  [[nodiscard]] std::set<std::string> Said(EventTime from, EventTime to) const {
    std::set<std::string> ids;
    const simulate::Corpus& corpus = *world_.corpus;
    for (std::uint64_t i = corpus.FirstAt(from); i < corpus.FirstAt(to); ++i) {
      const simulate::Post post = corpus.Get(i);
      if (post.kind != PostKind::kRepost && !post.edits) ids.insert(AtUriOf(post));
    }
    return ids;
  }
  [[nodiscard]] std::set<std::string> Deleted(EventTime from, EventTime to) const {
    std::set<std::string> ids;
    const simulate::Corpus& corpus = *world_.corpus;
    for (std::uint64_t i = corpus.FirstAt(from); i < corpus.FirstAt(to); ++i) {
      for (const std::uint64_t gone : corpus.Deletes(i)) {
        const simulate::Post post = FirstVersion(corpus, corpus.Get(gone));
        if (post.kind != PostKind::kRepost) ids.insert(AtUriOf(post));
      }
    }
    return ids;
  }

 private:
  simulate::World world_;
  JetstreamApi api_;
  std::unique_ptr<simulate::Server> server_;
};

class BlueskyTest : public FeedSourceTest {
 protected:
  std::unique_ptr<BlueskySource> Make(std::vector<std::string> urls, bool compress = false,
                                      std::string dictionary = {},
                                      milliseconds history = seconds(0)) {
    BlueskySource::Options options;
    options.connection.urls = std::move(urls);
    options.connection.compress = compress;
    options.connection.dictionary = std::move(dictionary);
    options.connection.rewind = seconds(2);
    options.connection.socket.connect_within = seconds(5);
    options.connection.socket.silence = seconds(3);
    options.history = history;
    return std::make_unique<BlueskySource>(options, env_);
  }
};

TEST_F(BlueskyTest, BothWiresGiveEveryPostOnceAndItsDeletesPackedOrNot) {
  for (const bool v2 : {false, true}) {
    for (const bool packed : {false, true}) {
      SCOPED_TRACE(std::string(v2 ? "v2" : "v1") + (packed ? " packed" : ""));
      Stand stand(clock_);
      const EventTime begin = clock_.Now();
      const auto source =
          Make({stand.Url(v2)}, packed, v2 ? "" : stand.api().dictionary(), seconds(10));
      Heard heard;
      ListenFor(*source, heard, stand.Said(begin - seconds(10), begin + seconds(10)),
                begin + seconds(10));
      EXPECT_THAT(heard.dead, testing::IsEmpty());
      EXPECT_THAT(heard.gaps, testing::IsEmpty());
      EXPECT_FALSE(heard.edits.empty());
      for (const std::string& id : stand.Deleted(begin, begin + seconds(9)))
        EXPECT_TRUE(heard.deleted.contains(id)) << id;
      EXPECT_THAT(source->GetHealth().detail, testing::Not(HasSubstr("not compressed")));
      EXPECT_FALSE(source->GetHealth().waiting);
      ASSERT_TRUE(source->Watermark());
      EXPECT_GE(*source->Watermark(), begin - seconds(10));
    }
  }
}

TEST_F(BlueskyTest, WhateverGoesWrongEveryPostComesAndEveryHoleIsFilled) {
  for (const std::uint64_t seed : {1u, 2u}) {
    SCOPED_TRACE(seed);
    Stand stand(clock_);
    const EventTime begin = clock_.Now();
    const auto source = Make({stand.Url(seed == 2)}, true, stand.api().dictionary(), seconds(5));
    simulate::Faults::Random random;
    random.seed = seed;
    random.mean_bytes = 20'000;
    random.longest = milliseconds(100);
    stand.world().faults.Set(random);
    Heard heard;
    ListenFor(*source, heard, stand.Said(begin - seconds(5), begin + seconds(60)),
              begin + seconds(60));
    stand.world().faults.Set(std::nullopt);
    EXPECT_GT(stand.world().ledger.opened("jetstream"), 1u) << "nothing went wrong";
    Listen(*source, heard, [&] { return heard.AllFilled(); });
    for (const DeadLetter& dead : heard.dead) {
      EXPECT_FALSE(dead.location.empty());
      EXPECT_THAT(dead.raw, testing::StartsWith("{\"did\":\"did:plc:"));
    }
  }
}

TEST_F(BlueskyTest, ARestartGoesOnWhereItWas) {
  Stand stand(clock_);
  const EventTime begin = clock_.Now();
  Heard before, after;
  {
    const auto source = Make({stand.Url(false)});
    Listen(*source, before, [&] { return before.posts.size() >= 50; });
  }
  clock_.Advance(seconds(30));
  const auto source = Make({stand.Url(false)});
  ASSERT_TRUE(source->Resume(before.end).ok());
  Heard all = before;
  ListenFor(*source, after, stand.Said(begin + seconds(10), begin + seconds(40)),
            begin + seconds(40));
  all.posts.insert(after.posts.begin(), after.posts.end());
  EXPECT_THAT(all.MissingOf(stand.Said(begin + seconds(2), begin + seconds(40))),
              testing::IsEmpty());
  ASSERT_EQ(after.gaps.size(), 1u);
  EXPECT_EQ(after.gaps.begin()->second.cause, "heartbeat was not running");
  Listen(*source, after, [&] { return after.AllFilled(); });
}

TEST_F(BlueskyTest, AHistoryThatDoesNotReachBackLeavesAHole) {
  for (const bool v2 : {false, true}) {
    SCOPED_TRACE(v2);
    Stand stand(clock_, {.history = seconds(20)});
    Heard heard;
    std::int64_t last_us = 0;
    {
      const auto source = Make({stand.Url(v2)});
      Listen(*source, heard, [&] { return heard.posts.size() >= 20; });
      last_us = JetstreamPosition::Read(heard.end).value().time_us;
    }
    clock_.Advance(seconds(100));
    const EventTime back = clock_.Now();
    const auto source = Make({stand.Url(v2)});
    ASSERT_TRUE(source->Resume(heard.end).ok());
    Heard after;
    ListenFor(*source, after, stand.Said(back - seconds(15), back + seconds(5)), back + seconds(5));
    Listen(*source, after, [&] { return after.gaps.size() == 2; });
    const Gap lost = after.gaps.begin()->second, filled = after.gaps.rbegin()->second;
    EXPECT_THAT(lost.cause, HasSubstr("does not reach back"));
    EXPECT_EQ(lost.refilled, 0u);
    EXPECT_LE(ToMillis(lost.from) * 1000, last_us) << "what came last is whole, what followed not";
    EXPECT_EQ(lost.to, filled.from);
    EXPECT_NEAR(static_cast<double>(ToMillis(lost.to)),
                static_cast<double>(ToMillis(back)) - 20'000, 3'000);
    Listen(*source, after, [&] { return after.gaps.rbegin()->second.refilled == kMicro; });
  }
}

TEST_F(BlueskyTest, AServerThatIsGoneIsReplacedByTheNext) {
  Stand stand(clock_);
  auto other = std::make_unique<Stand>(clock_);
  const EventTime begin = clock_.Now();
  const auto source = Make({other->Url(false), stand.Url(true)});
  Heard heard;
  Listen(*source, heard, [&] { return heard.posts.size() >= 50; });
  other.reset();
  // Both say the same, so nothing may be missing.
  ListenFor(*source, heard, stand.Said(begin + seconds(3), clock_.Now() + seconds(20)),
            clock_.Now() + seconds(20));
  Listen(*source, heard, [&] { return heard.AllFilled(); });
  EXPECT_THAT(source->GetHealth().detail, HasSubstr(JetstreamConnection::HostOf(stand.Url(true))));
}

TEST_F(BlueskyTest, AServerThatRefusesForGoodEndsTheSource) {
  Stand stand(clock_);
  simulate::Fault refusal;
  refusal.kind = simulate::FaultKind::kRefuse;
  refusal.reason = "forbidden";
  stand.world().faults.Add(refusal);
  const auto source = Make({stand.Url(false)});
  Heard heard;
  const auto until = std::chrono::steady_clock::now() + kLong;
  Result<PollState> state = PollState::kIdle;
  while (state.ok() && std::chrono::steady_clock::now() < until) state = PollOnce(*source, heard);
  ASSERT_FALSE(state.ok());
  EXPECT_EQ(state.error().code, Code::kInvalidArgument);
  EXPECT_THAT(state.error().message, HasSubstr("403"));
}

TEST_F(BlueskyTest, PackingThatDoesNotWorkIsLeft) {
  struct Case {
    const char* name;
    bool v2;
    std::string dictionary;
  };
  simulate::World world{.corpus = simulate::Corpus::MakeUp({.begin = kStart, .seed = 77}).value(),
                        .clock = clock_};
  const JetstreamApi other({}, world);
  const Case cases[] = {{"no dictionary for v1", false, ""},
                        {"another one", false, other.dictionary()},
                        {"none at all", false, "this is no dictionary"}};
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Stand stand(clock_);
    const EventTime begin = clock_.Now();
    const auto source = Make({stand.Url(c.v2)}, true, c.dictionary, seconds(5));
    Heard heard;
    ListenFor(*source, heard, stand.Said(begin - seconds(5), begin + seconds(5)),
              begin + seconds(5));
    EXPECT_THAT(heard.dead, testing::IsEmpty());
    EXPECT_THAT(source->GetHealth().detail, HasSubstr("not compressed"));
  }
}

TEST_F(BlueskyTest, TheCursorIsTheSameForAllOfBlueskysServers) {
  const auto east = Make({"wss://jetstream1.us-east.bsky.network/subscribe"});
  const auto west = Make({"wss://jetstream2.us-west.bsky.network/subscribe"});
  const auto other = Make({"wss://jetstream.example/subscribe"});
  EXPECT_EQ(east->Identity(), west->Identity());
  EXPECT_NE(east->Identity(), other->Identity());
}

TEST(JetstreamPosition, ComesBackAsItWasAndNothingElseIsOne) {
  JetstreamPosition position{.time_us = 1'725'911'162'329'308, .heard = kStart};
  position.filling = {{.from = kStart, .to = kStart + seconds(3), .cause = "connection lost: x 1"},
                      {.from = kStart + seconds(9), .to = kStart + seconds(12), .cause = ""}};
  const auto read = JetstreamPosition::Read(position.Text());
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read.value().Text(), position.Text());
  EXPECT_EQ(read.value().filling.size(), 2u);
  EXPECT_EQ(read.value().filling[0].cause, "connection lost: x 1");
  for (const char* wrong : {"", "bluesky1", "bluesky1 1", "bluesky1 1 2 3", "bluesky1 -1 2",
                            "bluesky1 1 2\n", "bluesky1 1 2\n5 4 x", "bluesky1 1 2\n3 x",
                            "demo1 1 2", "bluesky1 99999999999999999999 2"}) {
    EXPECT_FALSE(JetstreamPosition::Read(wrong).ok()) << wrong;
  }
}

TEST(ZstdFrames, OnlyWholeFramesOfTheDictionaryAreUnpacked) {
  EXPECT_FALSE(ZstdFrames::Create("", 100).ok());
  EXPECT_FALSE(ZstdFrames::Create("no dictionary", 100).ok());
  ManualClock clock(kStart);
  simulate::World world{.corpus = simulate::Corpus::MakeUp({.begin = kStart}).value(),
                        .clock = clock};
  const JetstreamApi api({}, world);
  auto frames = ZstdFrames::Create(api.dictionary(), 1000);
  ASSERT_TRUE(frames.ok());
  for (const std::string& wrong :
       {std::string(), std::string("plain text"), std::string("\x28\xb5\x2f\xfd", 4)}) {
    EXPECT_FALSE(frames.value().Unpack(wrong).ok());
  }
}

}  // namespace
}  // namespace hb
