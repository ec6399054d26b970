#include "serve/server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <fstream>
#include <thread>

#include "serve/api_testing.h"

namespace hb {
namespace {

constexpr StaticFile kFiles[] = {{.path = "/index.html",
                                  .content_type = "text/html; charset=utf-8",
                                  .bytes = "<html></html>",
                                  .gzip = "packed",
                                  .tag = "1"}};

/// The real server, over sockets.
class ServerTest : public ApiTest {
 protected:
  void Start() {
    Server::Options options;
    options.listen = "127.0.0.1:0";
    options.control_socket = (dir_ / "control.sock").string();
    options.export_dir = (dir_ / "exports").string();
    auto server = Server::Start(options, *backend_, *hub_, kFiles);
    ASSERT_TRUE(server.ok()) << server.error().message;
    server_ = std::move(server).value();
  }
  ~ServerTest() override { server_.reset(); }

  [[nodiscard]] int Connect(bool control = false) const {
    const int fd = ::socket(control ? AF_UNIX : AF_INET, SOCK_STREAM, 0);
    sockaddr_in tcp{};
    tcp.sin_family = AF_INET;
    tcp.sin_port = htons(server_->port());
    tcp.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    const std::string path = (dir_ / "control.sock").string();
    EXPECT_LT(path.size(), sizeof local.sun_path);
    path.copy(local.sun_path, sizeof local.sun_path - 1);
    const int done = control ? ::connect(fd, reinterpret_cast<sockaddr*>(&local), sizeof local)
                             : ::connect(fd, reinterpret_cast<sockaddr*>(&tcp), sizeof tcp);
    EXPECT_EQ(done, 0);
    return fd;
  }
  /// The whole answer as it came, or once it has `enough` bytes: streams never end.
  [[nodiscard]] std::string Talk(const std::string& head, const std::string& body = "",
                                 bool control = false,
                                 std::size_t enough = std::string::npos) const {
    const int fd = Connect(control);
    const std::string text =
        head + "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n\r\n" + body;
    EXPECT_EQ(::send(fd, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    std::string answer;
    std::string piece(65536, '\0');
    for (ssize_t n = 0;
         answer.size() < enough && (n = ::recv(fd, piece.data(), piece.size(), 0)) > 0;)
      answer.append(piece, 0, static_cast<std::size_t>(n));
    ::close(fd);
    return answer;
  }
  static int StatusOf(const std::string& answer) {
    return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
  }
  static std::string BodyOf(const std::string& answer) {
    const std::size_t at = answer.find("\r\n\r\n");
    return at == std::string::npos ? "(none)" : answer.substr(at + 4);
  }

  std::unique_ptr<LiveHub> hub_ = LiveHub::Create();
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, OnlyItsOwnNamesReachAServerOnLoopback) {
  Start();
  const auto status = [&](const std::string& host, bool control = false) {
    return StatusOf(Talk("GET /api/v1/tasks HTTP/1.1\r\nHost: " + host, "", control));
  };
  for (const char* host : {"127.0.0.1", "127.0.0.1:8080", "127.9.9.9", "localhost:1", "[::1]:8080"})
    EXPECT_EQ(status(host), 200) << host;
  for (const char* host : {"127.evil.example", "127.evil.example:8080", "127.0.0.1.evil.example",
                           "127.1", "heartbeat", "heartbeat:8080", "128.0.0.1", "evil.example"})
    EXPECT_EQ(status(host), 403) << host;
  EXPECT_EQ(status("heartbeat", true), 200);
  EXPECT_EQ(status("evil.example", true), 403);
}

TEST_F(ServerTest, AStreamOfATaskThatNeverWasIsRefusedWithThoseThatAre) {
  const std::vector<Aggregate> windows = {SampleAggregate("removed", 0, 0, 1, 1)};
  Write({.aggregates = windows});
  ASSERT_TRUE(backend_->PutTask("cats", "cat").ok());
  Start();
  const auto ask = [&](const std::string& task) {
    return Talk("GET /api/v1/live?task=" + task + " HTTP/1.1\r\nHost: localhost", "", false, 64);
  };
  for (const char* task : {"", "*", "cats", "removed"}) {
    const std::string answer = ask(task);
    EXPECT_EQ(StatusOf(answer), 200) << answer;
    EXPECT_NE(answer.find("text/event-stream"), std::string::npos) << answer;
  }
  HttpResponse refused;
  const std::string answer = ask("dogs");
  EXPECT_EQ(StatusOf(answer), 404) << answer;
  refused.body = BodyOf(answer);
  EXPECT_EQ(Text(Json(refused), "/detail"), "there never was a task 'dogs'");
  EXPECT_NE(Text(Json(refused), "/hint").find("there are cats"), std::string::npos) << answer;
  // One that is added while the server runs is known at once.
  ASSERT_TRUE(backend_->PutTask("dogs", "dog").ok());
  EXPECT_EQ(StatusOf(ask("dogs")), 200);
}

TEST_F(ServerTest, AnExportIsSentWholeAndOfItsHeadOnlyTheLength) {
  WritePosts(0, 3000);
  Start();
  const std::string answer =
      Talk("GET /api/v1/posts/export?format=jsonl HTTP/1.1\r\nHost: localhost");
  const std::string body = BodyOf(answer);
  EXPECT_EQ(std::count(body.begin(), body.end(), '\n'), 3000);
  const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
  EXPECT_NE(answer.find(length), std::string::npos) << answer.substr(0, 500);
  const std::string head =
      Talk("HEAD /api/v1/posts/export?format=jsonl HTTP/1.1\r\nHost: localhost");
  EXPECT_EQ(StatusOf(head), 200) << head.substr(0, 500);
  EXPECT_NE(head.find(length), std::string::npos) << head.substr(0, 500);
  EXPECT_EQ(BodyOf(head), "");
  EXPECT_TRUE(std::filesystem::is_empty(dir_ / "exports"));
}

TEST_F(ServerTest, APageIsSentCompressedAndOnce) {
  Start();
  const std::string gzip = " / HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip";
  const std::string page = Talk("GET" + gzip), head = Talk("HEAD" + gzip);
  EXPECT_EQ(BodyOf(page), "packed");
  EXPECT_EQ(BodyOf(head), "");
  for (const std::string& answer : {page, head}) {
    EXPECT_EQ(StatusOf(answer), 200);
    for (const char* line : {"Content-Encoding: gzip\r\n", "Vary: Accept-Encoding\r\n",
                             "Content-Length: 6\r\n", "ETag: \"1-gzip\"\r\n"})
      EXPECT_NE(answer.find(line), std::string::npos) << line << " in " << answer;
  }
  EXPECT_EQ(BodyOf(Talk("GET / HTTP/1.1\r\nHost: localhost")), "<html></html>");
  const std::string same = Talk("GET" + gzip + "\r\nIf-None-Match: \"1-gzip\"");
  EXPECT_EQ(StatusOf(same), 304);
  EXPECT_EQ(BodyOf(same), "");
  EXPECT_EQ(same.find("Content-Length"), std::string::npos) << same;
  EXPECT_EQ(same.find("\nContent-Type"), std::string::npos) << same;
}

TEST_F(ServerTest, StoppingEndsTheStatementsThatRun) {
  WritePosts(0, 10);
  Start();
  std::string answer;
  std::jthread client([&] {
    answer = Talk("POST /api/v1/sql/export?format=csv HTTP/1.1\r\nHost: localhost",
                  R"x({"query":"SELECT count(*) FROM range(1000000000000)"})x");
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const auto begin = std::chrono::steady_clock::now();
  server_->Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  server_.reset();
  client.join();
  EXPECT_TRUE(StatusOf(answer) == 503 || answer.empty()) << answer;
  WritePosts(10, 10);
}

}  // namespace
}  // namespace hb
