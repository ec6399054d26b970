#include "net/http_stream.h"

#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <memory>
#include <string>
#include <thread>

#include "simulate/http_server.h"

namespace hb {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using How = HttpStreamEnd::How;
using simulate::Exchange;

/// `gzip` of "hello, unpacked world\r\n".
constexpr char kPacked[] =
    "\037\213\010\000\000\000\000\000\002\003\313\110\315\311\311\327\121\050\315\053"
    "\110\114\316\116\115\121\050\317\057\312\111\341\345\002\000\366\156\055\173\027\000\000\000";

class HttpStreamTest : public testing::Test {
 protected:
  void Serve(simulate::Server::Handler handler) {
    auto server = simulate::Server::Start({}, std::move(handler));
    ASSERT_TRUE(server.ok()) << server.error().message;
    server_ = std::move(server).value();
  }
  HttpStreamCall Call(bool whole = false) {
    HttpStreamCall call;
    call.url = server_->base_url() + "/stream";
    if (!whole) {
      call.on_data = [this](std::string_view piece) {
        got_ += piece;
        return true;
      };
    }
    return call;
  }

  std::unique_ptr<simulate::Server> server_;
  HttpStream stream_;
  std::string got_;
};

TEST_F(HttpStreamTest, GivesTheBodyAsItComes) {
  std::latch first(1);
  Serve([&](Exchange& exchange) {
    EXPECT_EQ(exchange.request().Header("authorization"), "Bearer secret");
    exchange.Begin(200, "application/json", {{"X-Rate-Limit-Remaining", "49"}});
    exchange.Send("one\r\n", 2);
    first.wait();  // the client has it before the rest is sent
    exchange.Send("two\r\n");
    exchange.Finish();
  });
  HttpStreamCall call = Call();
  call.headers = {"Authorization: Bearer secret"};
  bool opened = false;
  call.on_open = [&] { opened = got_.empty(); };
  call.on_data = [&](std::string_view piece) {
    got_ += piece;
    if (got_ == "one\r\n") first.count_down();
    return true;
  };
  const HttpStreamEnd end = stream_.Run(call);
  EXPECT_EQ(end.how, How::kDone);
  EXPECT_EQ(end.status, 200);
  EXPECT_EQ(end.Header("x-rate-limit-remaining"), "49");
  EXPECT_EQ(got_, "one\r\ntwo\r\n");
  EXPECT_TRUE(opened);
}

TEST_F(HttpStreamTest, AnErrorsBodyIsCollected) {
  Serve([](Exchange& exchange) {
    exchange.Answer(429, "application/json", R"({"title":"Too Many Requests"})",
                    {{"x-rate-limit-reset", "1767225600"}});
  });
  const HttpStreamEnd end = stream_.Run(Call());
  EXPECT_EQ(end.how, How::kDone);
  EXPECT_EQ(end.status, 429);
  EXPECT_EQ(end.body, R"({"title":"Too Many Requests"})");
  EXPECT_EQ(end.Header("x-rate-limit-reset"), "1767225600");
  EXPECT_EQ(got_, "");
}

TEST_F(HttpStreamTest, UnpacksWhatIsPacked) {
  Serve([](Exchange& exchange) {
    EXPECT_NE(exchange.request().Header("accept-encoding").find("gzip"), std::string::npos);
    exchange.Begin(200, "text/plain", {{"Content-Encoding", "gzip"}});
    exchange.Send({kPacked, sizeof kPacked - 1}, 5);
    exchange.Finish();
  });
  EXPECT_EQ(stream_.Run(Call()).how, How::kDone);
  EXPECT_EQ(got_, "hello, unpacked world\r\n");
}

TEST_F(HttpStreamTest, TellsSilenceFromAnEnd) {
  Serve([](Exchange& exchange) {
    exchange.Begin(200, "text/plain");
    exchange.Send("x");
    while (exchange.Wait(seconds(60))) {
    }
  });
  HttpStreamCall call = Call();
  call.silence = milliseconds(400);
  EXPECT_EQ(stream_.Run(call).how, How::kSilent);
  EXPECT_EQ(got_, "x");
}

TEST_F(HttpStreamTest, SilenceBeforeTheAnswerEndsItToo) {
  Serve([](Exchange& exchange) {
    while (exchange.Wait(seconds(60))) {
    }
  });
  HttpStreamCall call = Call();
  call.silence = milliseconds(400);
  const HttpStreamEnd end = stream_.Run(call);
  EXPECT_EQ(end.how, How::kSilent);
  EXPECT_EQ(end.status, 0);
}

TEST_F(HttpStreamTest, ABrokenStreamIsNoEnd) {
  for (const simulate::End how : {simulate::End::kClose, simulate::End::kReset}) {
    Serve([how](Exchange& exchange) {
      exchange.Begin(200, "text/plain");
      exchange.Send("half a mess");
      exchange.Cut(how);
    });
    const HttpStreamEnd end = stream_.Run(Call());
    EXPECT_EQ(end.how, How::kFailed);
    EXPECT_FALSE(end.detail.empty());
  }
}

TEST_F(HttpStreamTest, NobodyThereIsAFailure) {
  Serve([](Exchange&) {});
  const HttpStreamCall call = Call();
  server_->Stop();
  server_.reset();
  const HttpStreamEnd end = stream_.Run(call);
  EXPECT_EQ(end.how, How::kFailed);
  EXPECT_EQ(end.status, 0);
}

TEST_F(HttpStreamTest, AnotherThreadInterruptsIt) {
  std::latch begun(1);
  Serve([&](Exchange& exchange) {
    exchange.Begin(200, "text/plain");
    exchange.Send("x");
    while (exchange.Wait(seconds(60))) {
    }
  });
  HttpStreamCall call = Call();
  call.silence = std::chrono::hours(1);
  call.on_data = [&](std::string_view) {
    begun.count_down();
    return true;
  };
  auto end = std::async(std::launch::async, [&] { return stream_.Run(call); });
  begun.wait();
  stream_.Interrupt();
  ASSERT_EQ(end.wait_for(seconds(20)), std::future_status::ready);
  EXPECT_EQ(end.get().how, How::kStopped);
}

TEST_F(HttpStreamTest, AnInterruptBeforeTheRunEndsThatRunAlone) {
  Serve([](Exchange& exchange) { exchange.Answer(200, "text/plain", "whole"); });
  stream_.Interrupt();
  EXPECT_EQ(stream_.Run(Call(true)).how, How::kStopped);
  const HttpStreamEnd end = stream_.Run(Call(true));
  EXPECT_EQ(end.how, How::kDone);
  EXPECT_EQ(end.body, "whole");
}

TEST_F(HttpStreamTest, TheReaderCanEndIt) {
  Serve([](Exchange& exchange) {
    exchange.Begin(200, "text/plain");
    while (exchange.Send("xxxx")) {
    }
  });
  HttpStreamCall call = Call();
  call.on_data = [](std::string_view) { return false; };
  EXPECT_EQ(stream_.Run(call).how, How::kStopped);
}

TEST_F(HttpStreamTest, ACollectedAnswerHasABound) {
  Serve([](Exchange& exchange) {
    const bool good = exchange.request().method == "POST";
    exchange.Answer(good ? 200 : 500, "text/plain", std::string(5000, 'x'));
  });
  HttpStreamCall call = Call(true);
  call.max_body = 1000;
  const HttpStreamEnd error = stream_.Run(call);
  EXPECT_EQ(error.how, How::kDone);
  EXPECT_EQ(error.body.size(), 1000u) << "of an error the beginning will do";
  call.method = "POST";
  EXPECT_EQ(stream_.Run(call).how, How::kTooLong);
}

TEST_F(HttpStreamTest, ARedirectIsNotFollowed) {
  Serve([](Exchange& exchange) {
    EXPECT_EQ(exchange.request().path, "/stream") << "the token went elsewhere";
    exchange.Answer(302, "text/plain", "", {{"Location", "/elsewhere"}});
  });
  EXPECT_EQ(stream_.Run(Call()).status, 302);
}

}  // namespace
}  // namespace hb
