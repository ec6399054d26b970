#include "app/control.h"

#include <simdjson.h>

#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

#include "app/open_log.h"
#include "app/runtime.h"
#include "base/logging.h"
#include "net/http_client.h"
#include "serve/api_topics.h"
#include "serve/request_target.h"
#include "serve/server.h"

namespace hb {

namespace {

constexpr std::chrono::seconds kTime{3};
constexpr std::chrono::milliseconds kBetweenTries{100};
constexpr std::chrono::seconds kBrokerTime{15};

HttpRequest MakeRequest(const std::string& method, std::string_view target,
                        const std::string& body) {
  HttpRequest request;
  request.method = method;
  request.headers["content-type"] = "application/json";
  request.body = body;
  ParseTarget(target, request);
  return request;
}

/// The `detail` (and `hint`) of a problem document.
Error ProblemOf(int status, const std::string& body) {
  std::string message = "HTTP status " + std::to_string(status);
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  if (parser.parse(body).get(document) == simdjson::SUCCESS) {
    std::string_view detail;
    if (document["detail"].get(detail) == simdjson::SUCCESS) message = detail;
    if (document["hint"].get(detail) == simdjson::SUCCESS)
      message += " (" + std::string(detail) + ")";
  }
  const Code code = status == 404   ? Code::kNotFound
                    : status < 500  ? Code::kInvalidArgument
                    : status == 503 ? Code::kUnavailable
                                    : Code::kInternal;
  return {code, std::move(message)};
}

Result<HttpResponse> Checked(HttpResponse response) {
  if (response.status >= 400) return ProblemOf(response.status, response.body);
  return response;
}

class SocketControl : public Control {
 public:
  explicit SocketControl(std::string socket) : socket_(std::move(socket)) {}
  Result<HttpResponse> Call(const std::string& method, const std::string& path_and_query,
                            const std::string& body) override {
    HttpCall call;
    call.method = method;
    call.url = "http://heartbeat" + path_and_query;
    call.unix_socket = socket_;
    call.headers = {"Content-Type: application/json"};
    call.body = body;
    call.timeout = std::chrono::minutes(10);
    HB_ASSIGN(HttpAnswer answer, PerformHttp(call));
    HttpResponse response;
    response.status = answer.status;
    response.content_type = std::move(answer.content_type);
    response.body = std::move(answer.body);
    if (!answer.warning.empty()) response.headers.emplace_back("Warning", answer.warning);
    return Checked(std::move(response));
  }

 private:
  const std::string socket_;
};

/// A command does not wait for a broker as a stage does.
Waiting NotForLong() {
  const auto begin = std::chrono::steady_clock::now();
  Waiting waiting;
  waiting.stop = [begin] { return std::chrono::steady_clock::now() - begin > kBrokerTime; };
  return waiting;
}

/// Answers for the topics of a log that is another machine's.
class TopicsControl : public Control {
 public:
  static Result<std::unique_ptr<Control>> Open(const Config& config) {
    auto control = std::make_unique<TopicsControl>(config.data_dir);
    auto opened = OpenLog(config, control->env_, NotForLong());
    if (!opened.ok() && opened.error().code == Code::kCancelled)
      return Error{Code::kUnavailable, opened.error().message};
    HB_ASSIGN(control->opened_, std::move(opened));
    return std::unique_ptr<Control>(std::move(control));
  }
  explicit TopicsControl(const std::string& data_dir) : env_{clock_, data_dir} {}
  Result<HttpResponse> Call(const std::string& method, const std::string& path_and_query,
                            const std::string& body) override {
    constexpr std::string_view kTopics = "/api/v1/topics";
    const HttpRequest request = MakeRequest(method, path_and_query, body);
    if (request.path == kTopics) return Checked(TopicsAnswer(*opened_.log));
    std::string_view name = std::string_view(request.path).substr(kTopics.size() + 1);
    name = name.substr(0, name.find('/'));
    return Checked(RecordsAnswer(*opened_.log, std::string(name), request));
  }

 private:
  SystemClock clock_;
  Env env_;
  OpenedLog opened_;
};

class DirectControl : public Control {
 public:
  explicit DirectControl(std::unique_ptr<Runtime> runtime) : runtime_(std::move(runtime)) {}
  Result<HttpResponse> Call(const std::string& method, const std::string& path_and_query,
                            const std::string& body) override {
    HttpResponse response = HandleRequest(MakeRequest(method, path_and_query, body), *runtime_,
                                          runtime_->config().data_dir);
    if (!response.file.empty()) {
      HB_ASSIGN(response.body, ReadFile(response.file));
      std::filesystem::remove(response.file);
    }
    return Checked(std::move(response));
  }

 private:
  std::unique_ptr<Runtime> runtime_;
};

}  // namespace

std::string ControlSocketPath(const std::string& data_dir) { return data_dir + "/control.sock"; }

std::unique_ptr<Control> Control::OfRunning(const Config& config) {
  const std::string socket = ControlSocketPath(config.data_dir);
  if (!std::filesystem::exists(socket)) return nullptr;
  HttpCall probe;
  probe.url = "http://heartbeat/healthz";
  probe.unix_socket = socket;
  probe.timeout = std::chrono::seconds(5);
  if (!PerformHttp(probe).ok()) return nullptr;
  return std::make_unique<SocketControl>(socket);
}

Result<std::unique_ptr<Control>> Control::Open(const std::string& config_path,
                                               const std::string& data_dir) {
  HB_ASSIGN(Config config, LoadConfig(config_path));
  if (!data_dir.empty()) config.data_dir = data_dir;
  if (!std::filesystem::is_directory(config.data_dir)) {
    return Error{Code::kNotFound, "there is no data folder " + config.data_dir +
                                      ": give --data, or start `heartbeat up` first"};
  }
  if (auto running = OfRunning(config)) return running;
  // On Kafka the stages are other processes: a command takes in what it has to say, no more.
  Part part;
  part.waiting = NotForLong();
  if (config.log.kind == "kafka") part.stages = {true, false, false, false};
  // Opening any other folder would make log and store in it.
  if (!std::filesystem::exists(config.data_dir + "/log") &&
      !std::filesystem::exists(config.data_dir + "/store.duckdb")) {
    return Error{Code::kNotFound, config.data_dir + " holds no data of heartbeat: give --data"};
  }
  // Another command may have the files for a moment.
  const auto end = std::chrono::steady_clock::now() + kTime;
  while (true) {
    Result<std::unique_ptr<Runtime>> runtime = Runtime::Open(config, part);
    if (runtime.ok()) {
      return std::unique_ptr<Control>(std::make_unique<DirectControl>(std::move(runtime).value()));
    }
    if (runtime.error().code != Code::kUnavailable || std::chrono::steady_clock::now() > end)
      return std::move(runtime).error();
    std::this_thread::sleep_for(kBetweenTries);
  }
}

Result<std::unique_ptr<Control>> Control::OpenTopics(const std::string& config_path,
                                                     const std::string& data_dir) {
  HB_ASSIGN(const Config config, LoadConfig(config_path));
  if (config.log.kind == "kafka") return TopicsControl::Open(config);
  return Open(config_path, data_dir);
}

void LogWarningOf(const HttpResponse& answer) {
  for (const auto& [name, value] : answer.headers) {
    const std::size_t open = value.find('"'), close = value.rfind('"');
    if (name == "Warning" && open < close)
      LogWarning("{}", value.substr(open + 1, close - open - 1));
  }
}

std::string UrlEncode(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= '0' && byte <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out.push_back(c);
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

}  // namespace hb
