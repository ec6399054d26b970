#include "serve/http_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

namespace hb {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kWriteTimeout{500};
constexpr std::size_t kBytes = std::size_t{24} << 20;  // far more than a socket holds

/// A server whose write timeout is short, and clients that take their time.
class HttpServerTest : public ::testing::Test {
 protected:
  HttpServerTest()
      : path_(std::filesystem::temp_directory_path() /
              ("hb_http_" + std::to_string(::getpid()) + ".bin")) {}
  ~HttpServerTest() override {
    if (server_) server_->Stop();
    std::filesystem::remove(path_);
  }

  /// /text is answered from memory, /file from a file, /none with 204.
  void Start() {
    HttpServer::Options options;
    options.write_timeout = kWriteTimeout;
    server_ = HttpServer::Create(options, [](const HttpRequest&, HttpResponse&) {}).value();
    const auto port = server_->ListenTcp(
        "127.0.0.1:0", [this](const HttpRequest& request) { return Answer(request); }, nullptr,
        nullptr);
    ASSERT_TRUE(port.ok()) << port.error().message;
    port_ = port.value();
    server_->Start();
  }
  HttpResponse Answer(const HttpRequest& request) const {
    HttpResponse response;
    if (request.path == "/text") response.body.assign(kBytes, 'x');
    if (request.path == "/none") response.status = 204;
    if (request.path == "/file") {
      std::ofstream(path_, std::ios::binary) << std::string(kBytes, 'x');
      response.file = path_.string();
    }
    return response;
  }

  [[nodiscard]] int Connect() const {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const int small = 64 * 1024;  // so that what is not read stays with the server
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }
  /// A connection on which `path` has been asked for.
  [[nodiscard]] int Ask(const std::string& path) const {
    const int fd = Connect();
    const std::string text = "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    EXPECT_EQ(::send(fd, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    return fd;
  }
  /// Bytes until the end, read `piece` at a time with a `pause` after each.
  static std::size_t ReadAll(int fd, std::size_t piece, milliseconds pause) {
    std::string bytes(piece, '\0');
    std::size_t total = 0;
    while (true) {
      const ssize_t n = ::recv(fd, bytes.data(), bytes.size(), MSG_WAITALL);
      if (n <= 0) return total;
      total += static_cast<std::size_t>(n);
      std::this_thread::sleep_for(pause);
    }
  }

  const std::filesystem::path path_;
  std::unique_ptr<HttpServer> server_;
  std::uint16_t port_ = 0;
};

TEST_F(HttpServerTest, ADownloadMayTakeLongerThanTheTimeoutOfItsPieces) {
  Start();
  for (const char* path : {"/text", "/file"}) {
    const auto begin = steady_clock::now();
    const int fd = Ask(path);
    EXPECT_GT(ReadAll(fd, 512 * 1024, milliseconds(30)), kBytes) << path;
    EXPECT_GT(steady_clock::now() - begin, 2 * kWriteTimeout) << path << " was no test";
    ::close(fd);
  }
}

TEST_F(HttpServerTest, AClientThatTakesNothingIsCutOff) {
  Start();
  for (const char* path : {"/text", "/file"}) {
    const int fd = Ask(path);
    std::this_thread::sleep_for(3 * kWriteTimeout);
    EXPECT_LT(ReadAll(fd, 512 * 1024, milliseconds(0)), kBytes) << path;
    ::close(fd);
  }
}

// The answer must not be lost with what the client is still sending.
TEST_F(HttpServerTest, WhoSendsTooMuchIsTold) {
  Start();
  const std::string header = "GET /text HTTP/1.1\r\nHost: x\r\nX: ";
  const std::string body = "POST /text HTTP/1.1\r\nHost: x\r\nContent-Length: ";
  const std::pair<std::string, const char*> kCases[] = {
      {header + std::string(200'000, 'a') + "\r\n\r\n", "HTTP/1.1 431"},
      {body + "20000000\r\n\r\n" + std::string(20'000'000, 'a'), "HTTP/1.1 413"},
      {"not HTTP at all\r\n\r\n" + std::string(100'000, 'a'), "HTTP/1.1 400"}};
  for (const auto& [request, status] : kCases) {
    const int fd = Connect();
    std::size_t sent = 0;
    while (sent < request.size()) {
      const ssize_t n = ::send(fd, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
      ASSERT_GT(n, 0) << status << " after " << sent << " bytes";
      sent += static_cast<std::size_t>(n);
    }
    std::string answer(4096, '\0');
    const ssize_t n = ::recv(fd, answer.data(), answer.size(), MSG_WAITALL);
    ::close(fd);
    ASSERT_GT(n, 0) << status;
    EXPECT_EQ(answer.substr(0, 12), status);
  }
}

TEST_F(HttpServerTest, AnAnswerWithoutContentHasNoLength) {
  Start();
  const int fd = Ask("/none");
  std::string answer(4096, '\0');
  const ssize_t n = ::recv(fd, answer.data(), answer.size(), MSG_WAITALL);
  ASSERT_GT(n, 0);
  answer.resize(static_cast<std::size_t>(n));
  ::close(fd);
  EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 204");
  EXPECT_EQ(answer.find("Content-Length"), std::string::npos) << answer;
}

}  // namespace
}  // namespace hb
