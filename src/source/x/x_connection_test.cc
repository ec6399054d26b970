#include "source/x/x_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "simulate/http_server.h"

namespace hb {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Heard : public FeedSink {
 public:
  void Alive() override { ++alive; }
  bool Message(std::string_view bytes) override {
    messages.emplace_back(bytes);
    return true;
  }
  int alive = 0;
  std::vector<std::string> messages;
};

class XConnectionTest : public testing::Test {
 protected:
  Ending Listen(simulate::Server::Handler handler, std::size_t max_line_bytes = 1 << 20) {
    auto server = simulate::Server::Start({}, std::move(handler));
    EXPECT_TRUE(server.ok());
    XConnection connection({.access = {server.value()->base_url(), "t"},
                            .path = "/2/tweets/search/stream",
                            .max_line_bytes = max_line_bytes},
                           clock_);
    return connection.Run(heard_);
  }
  /// The ending of an answer of this status and body.
  EndKind KindOf(int status, const std::string& body, const simulate::Headers& headers = {}) {
    last_ = Listen([&](simulate::Exchange& exchange) {
      exchange.Answer(status, "application/json", body, headers);
    });
    return last_.kind;
  }

  ManualClock clock_{FromMillis(1'767'225'600'000)};
  Heard heard_;
  Ending last_;
};

TEST_F(XConnectionTest, BordersOfChunksAreNoBordersOfMessages) {
  const std::string body =
      "{\"data\":{\"id\":\"1\",\"text\":\"a\\nb\"}}\r\n\r\n{\"data\":{\"id\":\"2\"}}\r\n"
      "\r\n\r\n{\"data\":{\"id\":\"3\"}}\n";
  for (std::size_t chunk = 1; chunk <= body.size(); ++chunk) {
    heard_ = {};
    const Ending ending = Listen([&](simulate::Exchange& exchange) {
      exchange.Begin(200, "application/json");
      exchange.Send(body, chunk);
      exchange.Finish();
    });
    EXPECT_EQ(ending.kind, EndKind::kClosed);
    EXPECT_EQ(heard_.alive, 3) << chunk;
    EXPECT_THAT(heard_.messages, ElementsAre(R"({"data":{"id":"1","text":"a\nb"}})",
                                             R"({"data":{"id":"2"}})", R"({"data":{"id":"3"}})"));
  }
}

TEST_F(XConnectionTest, ACutAtAnyByteGivesWholeMessagesOnly) {
  const std::string body = "{\"data\":{\"id\":\"1\"}}\r\n{\"data\":{\"id\":\"2\"}}\r\n";
  for (std::size_t cut = 0; cut < body.size(); ++cut) {
    heard_ = {};
    const Ending ending = Listen([&](simulate::Exchange& exchange) {
      exchange.Begin(200, "application/json");
      exchange.Send(body.substr(0, cut));
      exchange.Cut(simulate::End::kClose);
    });
    EXPECT_EQ(ending.kind, EndKind::kNetwork);
    const std::size_t whole = (cut >= 19) + (cut >= 40);
    EXPECT_EQ(heard_.messages.size(), whole) << "cut behind " << cut;
  }
}

TEST_F(XConnectionTest, TheStreamSaysWhyItEnds) {
  const auto say = [&](const std::string& line) {
    heard_ = {};
    return Listen([&](simulate::Exchange& exchange) {
      exchange.Begin(200, "application/json");
      exchange.Send("{\"data\":{\"id\":\"1\",\"text\":\"\\\"errors\\\"\"},\"errors\":[]}\r\n");
      exchange.Send(line + "\r\n");
      while (exchange.Wait(std::chrono::seconds(60))) {
      }
    });
  };
  const Ending ending = say(
      R"({"errors":[{"title":"operational-disconnect","disconnect_type":"OperationalDisconnect"}]})");
  EXPECT_EQ(ending.kind, EndKind::kClosed);
  EXPECT_THAT(ending.detail, HasSubstr("OperationalDisconnect"));
  EXPECT_EQ(heard_.messages.size(), 1u) << "data with partial errors is a message";
  EXPECT_EQ(say(R"({"title":"ConnectionException","connection_issue":"TooManyConnections"})").kind,
            EndKind::kTooManyConnections);
  EXPECT_EQ(say(R"({"errors":[{"disconnect_type":"InvalidRules"}]})").kind, EndKind::kNoRules);
}

TEST_F(XConnectionTest, EachStatusHasItsMeaning) {
  EXPECT_EQ(KindOf(401, R"({"title":"Unauthorized","status":401})"), EndKind::kRefused);
  EXPECT_EQ(KindOf(403, R"({"title":"Forbidden","reason":"client-not-enrolled"})"),
            EndKind::kRefused);
  EXPECT_THAT(last_.detail, HasSubstr("client-not-enrolled"));
  EXPECT_EQ(KindOf(404, ""), EndKind::kRefused);
  EXPECT_EQ(KindOf(400, "{}"), EndKind::kRefused);
  EXPECT_EQ(KindOf(409, R"({"connection_issue":"RuleConfigurationIssue"})"), EndKind::kNoRules);
  EXPECT_EQ(KindOf(409, R"({"connection_issue":"ProvisioningSubscription"})"), EndKind::kPassing);
  EXPECT_EQ(KindOf(429, R"({"connection_issue":"TooManyConnections"})"),
            EndKind::kTooManyConnections);
  EXPECT_EQ(KindOf(429, R"({"type":"https://api.x.com/2/problems/usage-capped"})"),
            EndKind::kUsageCapped);
  EXPECT_EQ(KindOf(503, "<html>"), EndKind::kPassing);
  EXPECT_EQ(KindOf(418, ""), EndKind::kPassing);
}

TEST_F(XConnectionTest, ARateLimitEndsAtItsReset) {
  const std::string reset = std::to_string(1'767'225'600 + 90);
  EXPECT_EQ(KindOf(429, "{}", {{"x-rate-limit-reset", reset}}), EndKind::kRateLimited);
  EXPECT_EQ(last_.retry_after, milliseconds(91'000));
  KindOf(503, "{}", {{"x-rate-limit-reset", reset}});
  EXPECT_EQ(last_.retry_after, milliseconds(0)) << "it is in every answer";
  KindOf(503, "{}", {{"Retry-After", "7"}});
  EXPECT_EQ(last_.retry_after, milliseconds(7'000));
}

TEST_F(XConnectionTest, ALineThatIsTooLongDoesNotStopTheNext) {
  Listen(
      [&](simulate::Exchange& exchange) {
        exchange.Begin(200, "application/json");
        exchange.Send(
            "{\"data\":\"" + std::string(5000, 'x') + "\"}\r\n{\"data\":{\"id\":\"2\"}}\r\n", 100);
        exchange.Finish();
      },
      1000);
  ASSERT_EQ(heard_.messages.size(), 2u);
  EXPECT_EQ(heard_.messages[0].size(), 1001u);
  EXPECT_EQ(heard_.messages[1], R"({"data":{"id":"2"}})");
}

TEST_F(XConnectionTest, AGateIsAskedFirst) {
  XConnection connection({.access = {"http://127.0.0.1:1", "t"},
                          .path = "/",
                          .gate = [](bool) { return Ending{EndKind::kNothingAsked}; }},
                         clock_);
  EXPECT_EQ(connection.Run(heard_).kind, EndKind::kNothingAsked);
}

}  // namespace
}  // namespace hb
