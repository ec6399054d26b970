#include "app/first_source.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>

#include "env/env.h"
#include "log/memory/memory_log.h"
#include "pipeline/topics.h"
#include "simulate/simulator.h"

namespace hb {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::HasSubstr;

/// A port of loopback where connections are taken in and never answered.
class Silence {
 public:
  Silence() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    const bool bound = ::bind(socket_, raw, size) == 0 && ::listen(socket_, 4) == 0 &&
                       ::getsockname(socket_, raw, &size) == 0;
    EXPECT_TRUE(bound);
    port_ = ntohs(address.sin_port);
  }
  ~Silence() { Close(); }
  /// From here on nobody listens there.
  void Close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  [[nodiscard]] std::string url(const std::string& scheme) const {
    return scheme + "://127.0.0.1:" + std::to_string(port_) + "/subscribe";
  }

 private:
  int socket_;
  int port_ = 0;
};

class FirstSourceTest : public testing::Test {
 protected:
  FirstSourceTest() {
    simulate::Simulator::Options options;
    options.listen = "127.0.0.1:0";
    options.corpus.begin = clock_.Now() - seconds(10);
    simulator_ = simulate::Simulator::Start(std::move(options), clock_).value();
    url_ = "ws" + simulator_->base_url().substr(4);
  }
  static void ExpectDemo(const std::string& url, const std::string& because) {
    SCOPED_TRACE(url);
    const auto begin = steady_clock::now();
    const FirstSource first = ChooseFirstSource(url, "");
    EXPECT_LT(steady_clock::now() - begin, seconds(10)) << "three, on a loaded machine";
    EXPECT_EQ(first.source.kind, "demo");
    EXPECT_THAT(first.line, HasSubstr("demo stream"));
    EXPECT_THAT(first.line, HasSubstr("--source NAME"));
    EXPECT_THAT(first.line, HasSubstr(because));
  }

  SystemClock clock_;
  std::unique_ptr<simulate::Simulator> simulator_;
  std::string url_;  ///< of Jetstream there, without a path
};

TEST_F(FirstSourceTest, ListensWhereItIsAnswered) {
  for (const std::string path :
       {"", "/", "/subscribe", "/xrpc/network.bsky.jetstream.subscribeEvents"}) {
    const FirstSource first = ChooseFirstSource(url_ + path, "");
    EXPECT_EQ(first.source.kind, "bluesky") << first.line;
    EXPECT_EQ(first.source.values.at("url"), url_ + path);
    EXPECT_THAT(first.line, HasSubstr("127.0.0.1"));
    EXPECT_THAT(first.line, HasSubstr("--source demo"));
  }
}

TEST_F(FirstSourceTest, WhateverElseComesItIsTheDemo) {
  ExpectDemo("", "no source is configured:");
  ExpectDemo(url_ + "/nothing/there", "HTTP 404");
  ExpectDemo(url_ + "/api/v2/instance", "HTTP 200");
  ASSERT_TRUE(simulator_->world()
                  .faults.Add(R"({"faults":[{"kind":"refuse","reason":"rate-limit"}]})")
                  .ok());
  ExpectDemo(url_ + "/subscribe", "HTTP 429");
}

TEST_F(FirstSourceTest, WhoHangsIsNotWaitedFor) {
  Silence silence;
  ExpectDemo(silence.url("ws"), "no answer in time");
  ExpectDemo(silence.url("wss"), "no answer in time");
  silence.Close();
  ExpectDemo(silence.url("ws"), "127.0.0.1");
}

TEST_F(FirstSourceTest, WhereBlueskyWasHeardTheDemoDoesNotComeAmongIt) {
  const auto log = MakeMemoryLog(clock_);
  EXPECT_FALSE(HasHeardBluesky(*log).value());
  const auto note = [&](std::string_view source) {
    auto transaction = log->Begin("test").value();
    transaction->PutState(kCursorState, Partition{0}, source, "position");
    ASSERT_TRUE(transaction->Commit().ok());
  };
  note("demo:1");
  EXPECT_FALSE(HasHeardBluesky(*log).value());
  note("bluesky:public");
  EXPECT_TRUE(HasHeardBluesky(*log).value());

  Silence silence;
  silence.Close();
  EXPECT_EQ(ChooseFirstSource(silence.url("ws"), "", true).source.kind, "bluesky");
  EXPECT_EQ(ChooseFirstSource(silence.url("ws"), "CI", true).source.kind, "demo");
  EXPECT_EQ(ChooseFirstSource("", "", true).source.kind, "demo");
}

TEST_F(FirstSourceTest, TheEnvironmentKeepsItOffTheNetwork) {
  const FirstSource first = ChooseFirstSource(url_, "CI");
  EXPECT_EQ(first.source.kind, "demo");
  EXPECT_THAT(first.line, HasSubstr("CI"));

  for (const char* name : {"HEARTBEAT_OFFLINE", "CI"}) {
    for (const char* other : {"HEARTBEAT_OFFLINE", "CI"}) unsetenv(other);
    EXPECT_EQ(OfflineBecause(), "");
    for (const char* no : {"", "0", "false"}) {
      setenv(name, no, 1);
      EXPECT_EQ(OfflineBecause(), "") << name << "=" << no;
    }
    for (const char* yes : {"1", "true"}) {
      setenv(name, yes, 1);
      EXPECT_EQ(OfflineBecause(), name) << yes;
    }
  }
  for (const char* name : {"HEARTBEAT_OFFLINE", "CI"}) unsetenv(name);
}

}  // namespace
}  // namespace hb
