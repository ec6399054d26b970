#include "serve/live_clients.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hb {
namespace {

class Sink : public EventSink {
 public:
  void Send(EventText text) override { texts.push_back(std::move(text)); }
  [[nodiscard]] bool closed() const override { return is_closed; }
  [[nodiscard]] std::string All() const {
    std::string all;
    for (const EventText& text : texts) all += *text;
    return all;
  }
  std::vector<EventText> texts;
  bool is_closed = false;
};

class LiveClientsTest : public ::testing::Test {
 protected:
  std::shared_ptr<Sink> Add(const std::string& last_id = "", const std::string& task = "",
                            std::vector<std::string> kinds = {}) {
    auto sink = std::make_shared<Sink>();
    clients_.Add(sink, {.task = task, .kinds = std::move(kinds), .last_id = last_id});
    return sink;
  }
  void Publish(const std::string& kind, const std::string& json = "{}") {
    clients_.Deliver(
        [&](LiveEvents& events) { return LiveClients::Events{events.Publish(kind, json)}; });
  }

  LiveEvents events_{100};
  LiveClients clients_{events_};
};

TEST_F(LiveClientsTest, EachIsSentWhatItWants) {
  const auto all = Add(), stats = Add("", "", {"stats"});
  Publish("stats");
  Publish("status");
  EXPECT_EQ(
      all->All(),
      "retry: 1000\n\nid: 100\nevent: stats\ndata: {}\n\nid: 101\nevent: status\ndata: {}\n\n");
  EXPECT_EQ(stats->All(), "retry: 1000\n\nid: 100\nevent: stats\ndata: {}\n\n");
}

TEST_F(LiveClientsTest, WhoWantsTheSameIsSentOneTextOfIt) {
  const auto one = Add(), other = Add();
  Publish("stats");
  EXPECT_EQ(one->texts[1], other->texts[1]);
}

TEST_F(LiveClientsTest, WhoResumesAtTheSamePlaceIsSentOneTextToo) {
  for (int i = 0; i < 5; ++i) Publish("stats", std::to_string(i));
  const auto one = Add("101"), other = Add("101"), later = Add("103"),
             kinds = Add("101", "", {"post"});
  EXPECT_EQ(one->All(),
            "retry: 1000\n\nid: 102\nevent: stats\ndata: 2\n\nid: 103\nevent: "
            "stats\ndata: 3\n\nid: 104\nevent: stats\ndata: 4\n\n");
  EXPECT_EQ(one->texts[1], other->texts[1]);
  EXPECT_EQ(later->All(), "retry: 1000\n\nid: 104\nevent: stats\ndata: 4\n\n");
  EXPECT_EQ(kinds->texts.size(), 1u) << "nothing of what it wants came";
  // Who comes after the next event has missed that too; nobody has anything twice.
  Publish("stats", "5");
  const auto late = Add("101");
  EXPECT_EQ(late->All(), one->All());
  EXPECT_NE(late->All().find("id: 105"), std::string::npos);
}

TEST_F(LiveClientsTest, AResumeFromNowhereIsAReset) {
  Publish("stats");
  for (const char* last : {"7", "101", "x", "-1", "100 ", "99999999999999999999"})
    EXPECT_EQ(Add(last)->All(), "retry: 1000\n\nevent: reset\ndata: {}\n\n") << last;
  EXPECT_EQ(Add("100")->All(), "retry: 1000\n\n");
}

TEST_F(LiveClientsTest, TheClosedAreLetGo) {
  const auto gone = Add(), there = Add();
  gone->is_closed = true;
  clients_.Deliver([](LiveEvents&) { return LiveClients::Events{}; }, true);
  EXPECT_EQ(gone.use_count(), 1);
  EXPECT_EQ(there->All(), "retry: 1000\n\n: keep-alive\n\n");
  EXPECT_FALSE(clients_.empty());
  there->is_closed = true;
  Publish("stats");
  EXPECT_TRUE(clients_.empty());
}

}  // namespace
}  // namespace hb
