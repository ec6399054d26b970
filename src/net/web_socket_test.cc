#include "net/web_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <cstdio>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace hb {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
namespace websocket = boost::beast::websocket;
using How = WebSocketEnd::How;
using Peer = websocket::stream<asio::ip::tcp::socket>;

constexpr std::chrono::seconds kLong{20};  ///< for what must happen, on a loaded machine

/// Accepts one connection after the other on a free port of loopback and gives each to `serve`.
class Server {
 public:
  using Serve = std::function<void(asio::ip::tcp::socket)>;
  explicit Server(Serve serve)
      : acceptor_(io_, {asio::ip::address_v4::loopback(), 0}), thread_([this, serve] {
          for (;;) {
            beast::error_code error;
            asio::ip::tcp::socket socket(io_);
            acceptor_.accept(socket, error);
            if (error || stopping_) return;
            try {
              serve(std::move(socket));
            } catch (const std::exception&) {  // the client went away, as tests do
            }
          }
        }) {}
  ~Server() {
    stopping_ = true;
    beast::error_code ignored;
    asio::ip::tcp::socket waker(io_);
    waker.connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }
  [[nodiscard]] std::string port() const {
    return std::to_string(acceptor_.local_endpoint().port());
  }
  [[nodiscard]] std::string Url(const std::string& path = "/") const {
    return "ws://127.0.0.1:" + port() + path;
  }

 private:
  asio::io_context io_;
  asio::ip::tcp::acceptor acceptor_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

/// A server that agrees to the upgrade and then does `talk`.
Server::Serve Upgraded(std::function<void(Peer&)> talk) {
  return [talk = std::move(talk)](asio::ip::tcp::socket socket) {
    Peer peer(std::move(socket));
    peer.accept();
    talk(peer);
  };
}

void Say(Peer& peer, std::string_view text, bool binary = false) {
  peer.binary(binary);
  peer.write(asio::buffer(text));
}

void WaitForTheEnd(Peer& peer) {
  beast::flat_buffer buffer;
  beast::error_code error;
  while (!error) peer.read(buffer, error);
}

struct Heard {
  std::vector<std::string> messages;
  WebSocketEnd end;
};

Heard Listen(const std::string& url, const WebSocket::Options& options = {}) {
  Heard heard;
  WebSocket socket(options);
  heard.end = socket.Run(url, {}, [&](std::string_view message, bool binary) {
    heard.messages.push_back((binary ? "binary " : "text ") + std::string(message));
    return true;
  });
  return heard;
}

TEST(WebSocket, GivesMessagesInTheirOrderAndTheReasonOfTheGoodbye) {
  const Server server(Upgraded([](Peer& peer) {
    Say(peer, "one");
    peer.auto_fragment(true);
    peer.write_buffer_bytes(16);
    Say(peer, std::string(5000, 'x'));
    Say(peer, std::string_view("\0\xff", 2), true);
    peer.close({websocket::close_code::try_again_later, "later"});
  }));
  const Heard heard = Listen(server.Url());
  EXPECT_THAT(heard.messages, testing::ElementsAre("text one", "text " + std::string(5000, 'x'),
                                                   std::string("binary \0\xff", 9)));
  EXPECT_EQ(heard.end.how, How::kClosed);
  EXPECT_TRUE(heard.end.opened);
  EXPECT_EQ(heard.end.close_code, 1013);
  EXPECT_EQ(heard.end.detail, "later");
}

TEST(WebSocket, AsksForThePathWithItsQueryHeadersAndProtocol) {
  std::promise<std::string> asked;
  const Server server([&](asio::ip::tcp::socket socket) {
    beast::flat_buffer buffer;
    http::request<http::string_body> request;
    http::read(socket, buffer, request);
    asked.set_value(std::string(request.target()) + " " + std::string(request["X-Key"]) + " " +
                    std::string(request[http::field::sec_websocket_protocol]) + " " +
                    std::string(request[http::field::host]));
    Peer peer(std::move(socket));
    peer.accept(request);
    peer.close({});
  });
  const Heard heard = Listen(server.Url("/a/b?c=d&e=f*"),
                             {.headers = {{"X-Key", "secret"}}, .subprotocol = "xrpc.v1.json"});
  EXPECT_EQ(heard.end.how, How::kClosed) << heard.end.detail;
  EXPECT_EQ(asked.get_future().get(),
            "/a/b?c=d&e=f* secret xrpc.v1.json 127.0.0.1:" + server.port());
}

TEST(WebSocket, ARefusalIsGivenWithItsStatusAndBody) {
  const Server server([](asio::ip::tcp::socket socket) {
    beast::flat_buffer buffer;
    http::request<http::string_body> request;
    http::read(socket, buffer, request);
    http::response<http::string_body> answer(http::status::bad_request, 11);
    answer.set(http::field::retry_after, "7");
    answer.body() = R"({"error":"CursorTooOld"})";
    answer.prepare_payload();
    http::write(socket, answer);
  });
  const Heard heard = Listen(server.Url());
  EXPECT_EQ(heard.end.how, How::kRefused);
  EXPECT_FALSE(heard.end.opened);
  EXPECT_EQ(heard.end.http_status, 400);
  EXPECT_EQ(heard.end.body, R"({"error":"CursorTooOld"})");
  EXPECT_EQ(heard.end.retry_after, "7");
}

TEST(WebSocket, EachWayToEndHasItsName) {
  struct Case {
    const char* name;
    Server::Serve serve;
    How how;
  };
  const Case cases[] = {
      {"reset in the middle", Upgraded([](Peer& peer) {
         Say(peer, "one");
         peer.next_layer().set_option(asio::socket_base::linger(true, 0));
         peer.next_layer().close();
       }),
       How::kBroken},
      {"closed without a goodbye", Upgraded([](Peer& peer) {
         Say(peer, "one");
         peer.next_layer().shutdown(asio::socket_base::shutdown_both);
       }),
       How::kBroken},
      {"too long", Upgraded([](Peer& peer) {
         Say(peer, "one");
         Say(peer, std::string(2000, 'x'));
         WaitForTheEnd(peer);
       }),
       How::kTooLong},
      {"no frame", Upgraded([](Peer& peer) {
         Say(peer, "one");
         asio::write(peer.next_layer(), asio::buffer("\xff\xff\xff\xff", 4));
         WaitForTheEnd(peer);
       }),
       How::kWrong},
      {"dead line", Upgraded([](Peer& peer) {
         Say(peer, "one");
         // Takes what comes and answers nothing, no ping either.
         beast::error_code error;
         char bytes[256];
         while (!error) peer.next_layer().read_some(asio::buffer(bytes), error);
       }),
       How::kSilent},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const Server server(c.serve);
    const Heard heard = Listen(
        server.Url(), {.max_message_bytes = 1000, .silence = std::chrono::milliseconds(300)});
    EXPECT_THAT(heard.messages, testing::ElementsAre("text one"));
    EXPECT_EQ(heard.end.how, c.how) << heard.end.detail;
    EXPECT_TRUE(heard.end.opened);
    EXPECT_FALSE(heard.end.detail.empty());
  }
}

TEST(WebSocket, AQuietServerThatAnswersPingsIsNotSilent) {
  std::atomic<int> pings{0};
  std::atomic<bool> go_on{false};
  const Server server(Upgraded([&](Peer& peer) {
    peer.control_callback([&](websocket::frame_type type, beast::string_view) {
      if (type == websocket::frame_type::ping && ++pings == 4) peer.next_layer().cancel();
    });
    // Reading answers the pings; the fourth ends the wait.
    beast::flat_buffer buffer;
    peer.async_read(buffer, [](beast::error_code, std::size_t) {});
    auto& io = static_cast<asio::io_context&>(peer.get_executor().context());
    while (pings < 4) io.run_one();
    go_on = true;
    Say(peer, "after a while");
    peer.close({});
  }));
  const Heard heard = Listen(server.Url(), {.silence = std::chrono::milliseconds(1000)});
  EXPECT_TRUE(go_on);
  EXPECT_THAT(heard.messages, testing::ElementsAre("text after a while")) << heard.end.detail;
}

TEST(WebSocket, AServerThatOnlyAnswersPingsIsLeftIfItShouldSpeak) {
  const Server server(Upgraded([](Peer& peer) {
    Say(peer, "one");
    WaitForTheEnd(peer);
  }));
  const Heard heard = Listen(server.Url(), {.quiet = std::chrono::milliseconds(200)});
  EXPECT_THAT(heard.messages, testing::ElementsAre("text one"));
  EXPECT_EQ(heard.end.how, How::kSilent);
}

TEST(WebSocket, NobodyThereIsSaid) {
  std::string url;
  {
    const Server gone([](asio::ip::tcp::socket) {});
    url = gone.Url();
  }
  const Heard heard = Listen(url);
  EXPECT_EQ(heard.end.how, How::kNoConnection);
  EXPECT_FALSE(heard.end.opened);
  for (const char* wrong :
       {"", "http://127.0.0.1/", "ws://", "nonsense", "ws://127.0.0.1:99999/"}) {
    EXPECT_EQ(Listen(wrong).end.how, How::kWrong) << wrong;
  }
}

TEST(WebSocket, AServerThatNeverAnswersTheUpgradeIsLeft) {
  std::promise<void> over;
  const Server server([&](asio::ip::tcp::socket socket) {
    char bytes[4096];
    beast::error_code error;
    while (!error) socket.read_some(asio::buffer(bytes), error);
    over.set_value();
  });
  const Heard heard = Listen(server.Url(), {.connect_within = std::chrono::milliseconds(200)});
  EXPECT_EQ(heard.end.how, How::kNoConnection);
  EXPECT_EQ(over.get_future().wait_for(kLong), std::future_status::ready) << "it was hung up on";
}

TEST(WebSocket, InterruptEndsTheRunUnderWayOrTheNextOne) {
  const Server server(Upgraded([](Peer& peer) {
    Say(peer, "one");
    WaitForTheEnd(peer);
  }));
  WebSocket socket({});
  std::promise<void> heard;
  auto ended = std::async(std::launch::async, [&] {
    return socket.Run(server.Url(), {}, [&](std::string_view, bool) {
      heard.set_value();
      return true;
    });
  });
  ASSERT_EQ(heard.get_future().wait_for(kLong), std::future_status::ready);
  socket.Interrupt();
  ASSERT_EQ(ended.wait_for(kLong), std::future_status::ready);
  EXPECT_EQ(ended.get().how, How::kInterrupted);
  const auto never = [](std::string_view, bool) { return false; };
  EXPECT_EQ(socket.Run(server.Url(), {}, never).detail, "stopped by the reader") << "that was it";
  socket.Interrupt();
  EXPECT_EQ(socket.Run(server.Url(), {}, never).detail, "interrupted");
}

TEST(WebSocket, AReaderThatHasEnoughSaysGoodbye) {
  std::promise<int> code;
  const Server server(Upgraded([&](Peer& peer) {
    Say(peer, "one");
    WaitForTheEnd(peer);
    code.set_value(peer.reason().code);
  }));
  bool opened = false;
  WebSocket socket({});
  const WebSocketEnd end = socket.Run(
      server.Url(), [&] { opened = true; }, [](std::string_view, bool) { return false; });
  EXPECT_TRUE(opened);
  EXPECT_EQ(end.how, How::kInterrupted);
  auto said = code.get_future();
  ASSERT_EQ(said.wait_for(kLong), std::future_status::ready);
  EXPECT_EQ(said.get(), 1000);
}

/// A key and a certificate that it signed itself, for `name` ("IP:127.0.0.1").
struct Certificate {
  explicit Certificate(const char* name) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pair(EVP_EC_gen("P-256"),
                                                                   EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> x509(X509_new(), X509_free);
    X509_set_version(x509.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x509.get()), 3600);
    X509_set_pubkey(x509.get(), pair.get());
    X509_NAME* subject = X509_get_subject_name(x509.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    X509_set_issuer_name(x509.get(), subject);
    X509_EXTENSION* alternative = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, name);
    X509_add_ext(x509.get(), alternative, -1);
    X509_EXTENSION_free(alternative);
    X509_sign(x509.get(), pair.get(), EVP_sha256());
    key = Pem([&](BIO* out) {
      PEM_write_bio_PrivateKey(out, pair.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    certificate = Pem([&](BIO* out) { PEM_write_bio_X509(out, x509.get()); });
  }
  template <typename Write>
  static std::string Pem(Write write) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
    write(out.get());
    char* bytes = nullptr;
    const long count = BIO_get_mem_data(out.get(), &bytes);
    return {bytes, static_cast<std::size_t>(count)};
  }
  std::string key, certificate;
};

TEST(WebSocket, TlsIsSpokenOnlyWithWhomTheCertificateNames) {
  const auto talk = [](const Certificate& own, const Certificate& trusted) {
    ssl::context context(ssl::context::tls_server);
    context.use_certificate(asio::buffer(own.certificate), ssl::context::pem);
    context.use_private_key(asio::buffer(own.key), ssl::context::pem);
    const Server server([&](asio::ip::tcp::socket socket) {
      websocket::stream<beast::ssl_stream<asio::ip::tcp::socket>> peer(std::move(socket), context);
      peer.next_layer().handshake(ssl::stream_base::server);
      peer.accept();
      peer.write(asio::buffer(std::string("hidden")));
      peer.close({});
    });
    const std::string file = (std::filesystem::path(testing::TempDir()) /
                              ("hb_web_socket_" + std::to_string(::getpid()) + ".pem"))
                                 .string();
    std::FILE* out = std::fopen(file.c_str(), "w");
    std::fwrite(trusted.certificate.data(), 1, trusted.certificate.size(), out);
    std::fclose(out);
    Heard heard = Listen("wss://127.0.0.1:" + server.port() + "/", {.ca_file = file});
    std::filesystem::remove(file);
    return heard;
  };
  const Certificate right("IP:127.0.0.1"), other("IP:127.0.0.1"), wrong("DNS:elsewhere.example");
  const Heard good = talk(right, right);
  EXPECT_THAT(good.messages, testing::ElementsAre("text hidden")) << good.end.detail;
  EXPECT_EQ(good.end.how, How::kClosed) << good.end.detail;
  for (const Heard& bad : {talk(right, other), talk(wrong, wrong)}) {
    EXPECT_THAT(bad.messages, testing::IsEmpty());
    EXPECT_EQ(bad.end.how, How::kNoConnection);
    EXPECT_THAT(bad.end.detail, testing::HasSubstr("certificate"));
  }
}

}  // namespace
}  // namespace hb
