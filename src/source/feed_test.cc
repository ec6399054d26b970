#include "source/feed.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <vector>

namespace hb {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = FeedItem::Kind;
using Phase = FeedState::Phase;

constexpr EventTime kStart{milliseconds(1'767'225'600'000)};  // 2026-01-01
constexpr seconds kLong{60};  // longer than a loaded machine takes for anything here

/// Does one step of its script each Run, and says nothing more behind the last.
class Scripted : public FeedConnection {
 public:
  using Step = std::function<Ending(FeedSink&, Scripted&)>;
  explicit Scripted(std::vector<Step> steps) : steps_(std::move(steps)) {}

  std::optional<Ending> Prepare() override {
    ++prepared;
    return std::nullopt;
  }
  Ending Run(FeedSink& sink) override {
    const std::size_t at = at_++;
    Ending ending;
    if (at < steps_.size()) {
      ending = steps_[at](sink, *this);
    } else {
      Wait();
    }
    const std::lock_guard lock(mutex_);
    interrupted_ = false;
    return ending;
  }
  void Interrupt() noexcept override {
    const std::lock_guard lock(mutex_);
    interrupted_ = true;
    changed_.notify_all();
  }
  /// Until interrupted.
  void Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return interrupted_; });
  }
  std::atomic<int> prepared{0};

 private:
  std::vector<Step> steps_;
  std::atomic<std::size_t> at_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool interrupted_ = false;
};

class FeedTest : public testing::Test {
 protected:
  Feed& Begin(std::vector<Scripted::Step> steps, Feed::Options options = {}) {
    auto connection = std::make_unique<Scripted>(std::move(steps));
    connection_ = connection.get();
    feed_ = std::make_unique<Feed>(options, std::move(connection), clock_);
    feed_->Start();
    return *feed_;
  }
  std::vector<FeedItem> Take(std::size_t count) {
    std::vector<FeedItem> items;
    const auto until = std::chrono::steady_clock::now() + kLong;
    while (items.size() < count && std::chrono::steady_clock::now() < until) {
      feed_->Take(count - items.size(), milliseconds(100), items);
    }
    EXPECT_EQ(items.size(), count);
    items.resize(count);
    return items;
  }
  void AwaitPhase(Phase phase) {
    const auto until = std::chrono::steady_clock::now() + kLong;
    while (feed_->state().phase != phase && std::chrono::steady_clock::now() < until) {
      std::this_thread::yield();
    }
    EXPECT_EQ(feed_->state().phase, phase);
  }

  ManualClock clock_{kStart};
  std::unique_ptr<Feed> feed_;
  Scripted* connection_ = nullptr;
};

Ending Silence(FeedSink&, Scripted& self) {
  self.Wait();
  return {};
}

TEST_F(FeedTest, GivesMessagesInOrderWithTheirArrival) {
  Begin({[&](FeedSink& sink, Scripted& self) {
    for (const char* text : {"one", "two", ""}) {
      clock_.Advance(seconds(1));
      sink.Message(text);
    }
    return Silence(sink, self);
  }});
  const std::vector<FeedItem> items = Take(3);
  EXPECT_EQ(items[0].bytes, "one");
  EXPECT_EQ(items[0].at, kStart + seconds(1));
  EXPECT_EQ(items[1].bytes, "two");
  EXPECT_EQ(items[2].at, kStart + seconds(3));
  EXPECT_EQ(feed_->state().phase, Phase::kListening);
  EXPECT_EQ(feed_->state().messages, 3u);
}

TEST_F(FeedTest, AHoleLastsFromTheLastGoodByteToTheNext) {
  Begin({[&](FeedSink& sink, Scripted&) {
           sink.Message("before");
           clock_.Advance(seconds(5));
           sink.Alive();
           clock_.Advance(seconds(2));
           return Ending{EndKind::kNetwork, "reset by peer"};
         },
         [&](FeedSink&, Scripted&) {
           return Ending{EndKind::kNetwork, "no route"};
         },
         [&](FeedSink& sink, Scripted& self) {
           sink.Alive();
           sink.Message("after");
           return Silence(sink, self);
         }});
  const auto until = std::chrono::steady_clock::now() + kLong;
  while (feed_->state().connections < 2 && std::chrono::steady_clock::now() < until) {
    std::this_thread::yield();
  }
  AwaitPhase(Phase::kWaiting);  // a quarter of a second; the first time it went back at once
  const FeedState waiting = feed_->state();
  EXPECT_EQ(waiting.deaf_since, kStart + seconds(5));
  EXPECT_NE(waiting.detail.find("no route"), std::string::npos) << waiting.detail;
  clock_.Advance(seconds(1));
  const std::vector<FeedItem> items = Take(3);
  EXPECT_EQ(items[1].kind, Kind::kHole);
  EXPECT_EQ(items[1].from, kStart + seconds(5));
  EXPECT_EQ(items[1].at, kStart + seconds(8));
  EXPECT_NE(items[1].bytes.find("reset by peer"), std::string::npos) << "its first cause";
  EXPECT_EQ(items[2].bytes, "after");
  EXPECT_FALSE(feed_->state().deaf_since);
}

TEST_F(FeedTest, TheTimeSinceTheProgramLastHeardIsAHole) {
  Feed::Options options;
  options.heard_until = kStart - std::chrono::hours(2);
  Begin({[&](FeedSink& sink, Scripted& self) {
          sink.Message("hello");
          return Silence(sink, self);
        }},
        options);
  const std::vector<FeedItem> items = Take(2);
  EXPECT_EQ(items[0].kind, Kind::kHole);
  EXPECT_EQ(items[0].from, kStart - std::chrono::hours(2));
  EXPECT_EQ(items[0].at, kStart);
}

TEST_F(FeedTest, AFirstConnectionThatFailsIsAHoleSinceItBegan) {
  Begin({[&](FeedSink&, Scripted&) {
           clock_.Advance(seconds(3));
           return Ending{EndKind::kPassing, "HTTP 503"};
         },
         [&](FeedSink& sink, Scripted& self) {
           sink.Message("x");
           return Silence(sink, self);
         }});
  AwaitPhase(Phase::kWaiting);
  clock_.Advance(seconds(6));
  const std::vector<FeedItem> items = Take(2);
  EXPECT_EQ(items[0].from, kStart);
  EXPECT_EQ(items[0].at, kStart + seconds(9));
}

TEST_F(FeedTest, AFullQueueBlocksTheConnectionAndLosesNothing) {
  Feed::Options options;
  options.queue_bytes = 4000;
  const std::string big(1000, 'x');
  Begin({[&](FeedSink& sink, Scripted& self) {
          for (int i = 0; i < 200; ++i) sink.Message(big + std::to_string(i));
          return Silence(sink, self);
        }},
        options);
  const auto until = std::chrono::steady_clock::now() + kLong;
  while (feed_->state().blocked == 0 && std::chrono::steady_clock::now() < until) {
    std::this_thread::yield();
  }
  EXPECT_LE(feed_->state().queued_bytes, options.queue_bytes);
  const std::vector<FeedItem> items = Take(200);
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(items[static_cast<std::size_t>(i)].bytes, big + std::to_string(i));
  }
  EXPECT_GT(feed_->state().blocked, 0u);
}

TEST_F(FeedTest, AMessageLargerThanTheQueueStillPasses) {
  Feed::Options options;
  options.queue_bytes = 10;
  Begin({[&](FeedSink& sink, Scripted& self) {
          sink.Message(std::string(1000, 'x'));
          return Silence(sink, self);
        }},
        options);
  EXPECT_EQ(Take(1)[0].bytes.size(), 1000u);
}

TEST_F(FeedTest, StopsForGoodWhenRefusedAndStillGivesWhatCame) {
  Begin({[&](FeedSink& sink, Scripted&) {
    sink.Message("last");
    return Ending{EndKind::kRefused, "HTTP 401"};
  }});
  AwaitPhase(Phase::kStopped);
  const FeedState state = feed_->state();
  ASSERT_TRUE(state.stopped);
  EXPECT_EQ(state.stopped->kind, EndKind::kRefused);
  EXPECT_TRUE(state.alarm);
  EXPECT_TRUE(state.deaf_since);
  EXPECT_EQ(Take(1)[0].bytes, "last");
}

TEST_F(FeedTest, WithNothingAskedItHoldsWithoutAHoleUntilWoken) {
  Begin({[&](FeedSink&, Scripted&) { return Ending{EndKind::kNothingAsked}; },
         [&](FeedSink& sink, Scripted& self) {
           sink.Message("now");
           return Silence(sink, self);
         }});
  AwaitPhase(Phase::kWaiting);
  clock_.Advance(std::chrono::hours(1));
  std::vector<FeedItem> none;
  EXPECT_FALSE(feed_->Take(1, milliseconds(60), none));
  EXPECT_TRUE(none.empty());
  feed_->Wake();
  EXPECT_EQ(Take(1)[0].bytes, "now");
}

TEST_F(FeedTest, WithoutRulesItPreparesBeforeTheNextRun) {
  Begin({[&](FeedSink&, Scripted&) { return Ending{EndKind::kNoRules}; },
         [&](FeedSink& sink, Scripted& self) {
           sink.Message(self.prepared == 1 ? "prepared" : "not prepared");
           return Silence(sink, self);
         }});
  EXPECT_EQ(Take(2)[1].bytes, "prepared");
}

TEST_F(FeedTest, ReopensAtOnceForAChangeOfWhatIsAskedFor) {
  Begin({[&](FeedSink& sink, Scripted& self) {
           sink.Message("old");
           return Silence(sink, self);
         },
         [&](FeedSink& sink, Scripted& self) {
           sink.Message("new");
           return Silence(sink, self);
         }});
  Take(1);
  feed_->Reopen();
  const std::vector<FeedItem> items = Take(2);
  EXPECT_EQ(items[0].kind, Kind::kHole);
  EXPECT_EQ(items[1].bytes, "new");
}

TEST_F(FeedTest, StopEndsARunAWaitAndATake) {
  for (const bool waiting : {false, true}) {
    if (waiting) {
      Begin({[&](FeedSink&, Scripted&) { return Ending{EndKind::kPassing}; }});
      AwaitPhase(Phase::kWaiting);
    } else {
      Begin({Silence});
    }
    auto taken = std::async(std::launch::async, [&] {
      std::vector<FeedItem> items;
      feed_->Take(1, std::chrono::hours(1), items);
      return items.size();
    });
    feed_->Stop();
    EXPECT_EQ(taken.wait_for(kLong), std::future_status::ready);
    EXPECT_EQ(taken.get(), 0u);
    feed_.reset();
  }
}

}  // namespace
}  // namespace hb
