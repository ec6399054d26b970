#include "simulate/http_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <future>

#include "net/http_client.h"

namespace hb::simulate {
namespace {

using std::chrono::milliseconds;

std::unique_ptr<Server> StartServer(Server::Handler handler) {
  auto server = Server::Start({}, std::move(handler));
  EXPECT_TRUE(server.ok()) << server.error().message;
  return std::move(server).value();
}

HttpCall CallOf(std::string url) {
  HttpCall call;
  call.url = std::move(url);
  return call;
}

/// The body as far as it came, whatever ended it.
std::string BodyOf(const std::string& url, bool& whole) {
  std::string body;
  HttpCall call = CallOf(url);
  call.on_data = [&](std::string_view piece) {
    body += piece;
    return true;
  };
  whole = PerformHttp(call).ok();
  return body;
}

TEST(SimulateServer, GivesTheRequestAndAnswersWhole) {
  const auto server = StartServer([](Exchange& exchange) {
    const Request& request = exchange.request();
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.path, "/a b");
    EXPECT_EQ(request.Params("ids"), (std::vector<std::string>{"1", "2"}));
    EXPECT_EQ(*request.Param("q"), "cat & dog");
    EXPECT_EQ(request.Param("none"), nullptr);
    EXPECT_EQ(request.Header("x-kind"), "test");
    exchange.Answer(201, "text/plain", request.body + "!", {{"Retry-After", "7"}});
  });
  HttpConnection client;
  HttpCall call = CallOf(server->base_url() + "/a%20b?ids=1&q=cat+%26+dog&ids=2");
  call.method = "POST";
  call.headers = {"X-Kind: test"};
  call.body = "hello";
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.Perform(call);
    ASSERT_TRUE(answer.ok()) << answer.error().message;
    EXPECT_EQ(answer.value().status, 201);
    EXPECT_EQ(answer.value().body, "hello!");
    EXPECT_EQ(answer.value().retry_after, "7");
  }
}

TEST(SimulateServer, WhatIsLeftUnansweredIsAnError) {
  const auto server = StartServer([](Exchange&) {});
  const auto answer = PerformHttp(CallOf(server->base_url()));
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer.value().status, 500);
}

TEST(SimulateServer, StreamsInChunksOfAnySize) {
  const auto server = StartServer([](Exchange& exchange) {
    exchange.Begin(200, "application/json");
    exchange.Send("{\"data\":1}\r\n", 1);
    exchange.Wait(milliseconds(5));
    exchange.Send("{\"data\":2}\r\n", 7);
    exchange.Finish();
  });
  bool whole = false;
  EXPECT_EQ(BodyOf(server->base_url(), whole), "{\"data\":1}\r\n{\"data\":2}\r\n");
  EXPECT_TRUE(whole);
}

TEST(SimulateServer, ACutFallsBehindTheByteThatWasAsked) {
  for (std::uint64_t bytes = 0; bytes < 12; ++bytes) {
    const auto server = StartServer([bytes](Exchange& exchange) {
      exchange.Begin(200, "text/plain");
      exchange.CutAfter(3 + bytes, End::kClose);  // "c\r\n" is the head of the chunk
      exchange.Send("twelve bytes");
      EXPECT_FALSE(exchange.Wait(milliseconds(0)));
      EXPECT_FALSE(exchange.Send("more"));
    });
    bool whole = true;
    EXPECT_EQ(BodyOf(server->base_url(), whole), std::string("twelve bytes").substr(0, bytes));
    EXPECT_FALSE(whole);
  }
}

TEST(SimulateServer, StopEndsWhatWaits) {
  std::promise<void> begun;
  std::atomic<bool> ended{false};
  const auto server = StartServer([&](Exchange& exchange) {
    exchange.Begin(200, "text/plain");
    begun.set_value();
    ended = !exchange.Wait(milliseconds(60'000));
  });
  bool whole = true;
  auto client = std::async(std::launch::async, [&] { return BodyOf(server->base_url(), whole); });
  begun.get_future().wait();
  server->Stop();
  EXPECT_EQ(client.get(), "");
  EXPECT_TRUE(ended);
  EXPECT_FALSE(whole);
}

TEST(SimulateServer, NoticesThatTheClientLeft) {
  std::promise<bool> alive;
  const auto server = StartServer([&](Exchange& exchange) {
    exchange.Begin(200, "text/plain");
    exchange.Send("x");
    alive.set_value(exchange.Wait(milliseconds(60'000)));
  });
  HttpCall call = CallOf(server->base_url());
  call.on_data = [](std::string_view) { return false; };
  EXPECT_FALSE(PerformHttp(call).ok());
  EXPECT_FALSE(alive.get_future().get());
}

TEST(SimulateServer, TakesAWebSocket) {
  const auto server = StartServer([](Exchange& exchange) {
    WebSocket* socket = exchange.Upgrade("xrpc.v1.json");
    ASSERT_NE(socket, nullptr);
    while (!socket->ended()) {
      const auto message = socket->Receive(milliseconds(5'000));
      if (!message) break;
      if (message->bytes == "cut") exchange.CutAfter(4, End::kReset);
      message->binary ? socket->SendBinary(message->bytes) : socket->SendText(message->bytes);
    }
  });
  namespace asio = boost::asio;
  namespace beast = boost::beast;
  asio::io_context io;
  beast::websocket::stream<asio::ip::tcp::socket> client(io);
  client.next_layer().connect({asio::ip::make_address("127.0.0.1"), server->port()});
  beast::websocket::response_type response;
  client.handshake(response, "localhost", "/subscribe");
  EXPECT_EQ(response[beast::http::field::sec_websocket_protocol], "xrpc.v1.json");
  // Two messages in one packet (masked with 0).
  asio::write(client.next_layer(), asio::buffer("\x81\x81\0\0\0\0a\x81\x81\0\0\0\0b", 14));
  for (const std::string text : {"a", "b"}) {
    beast::flat_buffer got;
    client.read(got);
    EXPECT_EQ(beast::buffers_to_string(got.data()), text);
  }
  for (const std::string text : {"first", "second"}) {
    client.write(asio::buffer(text));
    beast::flat_buffer got;
    client.read(got);
    EXPECT_EQ(beast::buffers_to_string(got.data()), text);
  }
  client.write(asio::buffer(std::string("cut")));
  beast::flat_buffer got;
  beast::error_code error;
  client.read(got, error);
  EXPECT_TRUE(error);
}

TEST(SimulateServer, RefusesWhatIsNoAddress) {
  EXPECT_EQ(Server::Start({.address = "nowhere"}, {}).error().code, Code::kInvalidArgument);
  const auto server = StartServer([](Exchange&) {});
  EXPECT_EQ(
      Server::Start({.address = "127.0.0.1:" + std::to_string(server->port())}, {}).error().code,
      Code::kUnavailable);
}

}  // namespace
}  // namespace hb::simulate
