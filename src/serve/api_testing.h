// serve/api_testing.h - a backend over the real store and the in-memory log, for this folder's
// tests.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "env/env.h"
#include "log/memory/memory_log.h"
#include "rule/rule.h"
#include "serve/server.h"
#include "store/duckdb/duckdb_store.h"
#include "store/store_conformance.h"

namespace hb {

/// Tasks in a map, a settable status, and everything else real.
class TestBackend : public Backend {
 public:
  TestBackend(EventTime now, const std::string& dir)
      : clock_(now), env_{.clock = clock_, .data_dir = dir} {
    store_ = MakeDuckdbStore({}, env_).value();
    const Status opened = store_->Open();
    EXPECT_TRUE(opened.ok()) << (opened.ok() ? "" : opened.error().message);
    log_ = MakeMemoryLog(clock_);
    status.now = now;
    status.mode = "live";
    status.ready = true;
  }
  [[nodiscard]] SystemStatus Snapshot() const override { return status; }
  [[nodiscard]] std::vector<Task> Tasks() const override {
    std::vector<Task> out;
    for (const auto& [tag, task] : tasks) out.push_back(task);
    return out;
  }
  Result<Task> PutTask(const std::string& tag, const std::string& rule) override {
    if (tag.size() > 64) return Error{Code::kInvalidArgument, "a tag has 1 to 64 bytes"};
    Task& task = tasks[tag];
    task = {.tag = tag,
            .rule = rule,
            .revision = task.revision + 1,
            .active = true,
            .time = status.now};
    return task;
  }
  Result<std::optional<Task>> AddTask(const std::string& tag, const std::string& rule) override {
    if (tasks.contains(tag)) return std::optional<Task>();
    HB_ASSIGN(Task added, PutTask(tag, rule));
    return std::optional<Task>(std::move(added));
  }
  Result<Task> RemoveTask(const std::string& tag) override {
    const auto at = tasks.find(tag);
    if (at == tasks.end()) return Error{Code::kNotFound, "no task has the tag '" + tag + "'"};
    Task task = at->second;
    tasks.erase(at);
    return task;
  }
  Result<LetterReplayed> ReplayDeadLetters(const LetterReplay& replay) override {
    replayed = replay;
    LetterReplayed out;
    for (const std::string& id : replay.ids) {
      if (id == "used") out.already.emplace_back(id, FromMillis(1'470'009'600'000));
      if (id == "none") out.unknown.push_back(id);
    }
    out.queued =
        replay.ids.empty() ? 3 : replay.ids.size() - out.already.size() - out.unknown.size();
    out.used = out.queued;
    return out;
  }
  Result<std::uint64_t> Forget(const ForgetRequest& request) override {
    forgotten = request;
    return request.posts.size() + 10 * request.authors.size();
  }
  Result<bool> TakeStaged(const StagedWork& work) override {
    if (work.place != "/staged") return Error{Code::kNotFound, "no such staging"};
    return work.done + work.failed < 3;
  }
  Log& log() override { return *log_; }
  SqlStore& store() override { return *store_; }
  const AnalysisChain& chain() override {
    static const std::unique_ptr<AnalysisChain> kChain = AnalysisChain::Create().value();
    return *kChain;
  }

  TextCap* text_cap() override { return cap.get(); }
  ManualClock& clock() { return clock_; }

  SystemStatus status;
  std::map<std::string, Task> tasks;
  LetterReplay replayed;
  ForgetRequest forgotten;
  std::unique_ptr<TextCap> cap;  ///< null: any number of texts may leave

 private:
  ManualClock clock_;
  Env env_;
  std::unique_ptr<SqlStore> store_;
  std::unique_ptr<Log> log_;
};

/// A server without a network, over `posts` sample posts of 2016-08-01, four a second.
class ApiTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t kStartMs = 1'470'009'600'000;

  /// A hashtag's evaluation `minute` minutes after the first post.
  static Trend TrendAt(int minute, const char* key, double score, bool active) {
    return {.time = FromMillis(kStartMs + minute * 60'000),
            .scope = "all",
            .kind = "hashtag",
            .key = key,
            .count = 214,
            .baseline = 12,
            .score = score,
            .authors = 88,
            .duplicate_share = 0.25,
            .languages = {"en"},
            .example_ids = {"1000000004"},
            .active = active};
  }

  ApiTest() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    dir_ = std::filesystem::temp_directory_path() /
           ("hb_api_" + std::to_string(::getpid()) + "_" + info->name());
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
    backend_ = std::make_unique<TestBackend>(FromMillis(kStartMs + 1'250'000), dir_.string());
  }
  ~ApiTest() override {
    backend_.reset();
    std::filesystem::remove_all(dir_);
  }

  void WritePosts(std::size_t first = 0, std::size_t rows = 5000) {
    const std::shared_ptr<const AnalysisBatch> batches[] = {SamplePosts(first, rows)};
    ASSERT_TRUE(backend_->store().Write({.analyses = batches}).ok());
  }
  void Write(const StoreWrite& write) {
    const Status status = backend_->store().Write(write);
    ASSERT_TRUE(status.ok()) << status.error().message;
  }

  HttpResponse Ask(const std::string& method, const std::string& path,
                   std::map<std::string, std::string> query = {}, std::string body = "",
                   std::map<std::string, std::string> headers = {}) {
    const HttpRequest request{.method = method,
                              .path = path,
                              .query = std::move(query),
                              .headers = std::move(headers),
                              .body = std::move(body)};
    return HandleRequest(request, *backend_, (dir_ / "exports").string());
  }
  HttpResponse Get(const std::string& path, std::map<std::string, std::string> query = {}) {
    return Ask("GET", path, std::move(query));
  }

  /// The body as JSON; lives until the next call.
  simdjson::dom::element Json(const HttpResponse& response) {
    simdjson::dom::element element;
    EXPECT_EQ(parser_.parse(response.body).get(element), simdjson::SUCCESS)
        << response.body.substr(0, 500);
    return element;
  }
  static std::int64_t Int(simdjson::dom::element element, const char* pointer) {
    std::int64_t value = -999;
    EXPECT_EQ(element.at_pointer(pointer).get(value), simdjson::SUCCESS)
        << pointer << " in " << simdjson::minify(element).substr(0, 600);
    return value;
  }
  static double Number(simdjson::dom::element element, const char* pointer) {
    double value = -999;
    EXPECT_EQ(element.at_pointer(pointer).get(value), simdjson::SUCCESS)
        << pointer << " in " << simdjson::minify(element).substr(0, 600);
    return value;
  }
  static std::string Text(simdjson::dom::element element, const char* pointer) {
    std::string_view value = "(none)";
    EXPECT_EQ(element.at_pointer(pointer).get(value), simdjson::SUCCESS)
        << pointer << " in " << simdjson::minify(element).substr(0, 600);
    return std::string(value);
  }
  static std::string Raw(simdjson::dom::element element, const char* pointer) {
    simdjson::dom::element value;
    EXPECT_EQ(element.at_pointer(pointer).get(value), simdjson::SUCCESS)
        << pointer << " in " << simdjson::minify(element).substr(0, 600);
    return simdjson::minify(value);
  }
  /// Members of an array.
  static std::size_t Size(simdjson::dom::element element, const char* pointer) {
    simdjson::dom::array value;
    EXPECT_EQ(element.at_pointer(pointer).get(value), simdjson::SUCCESS) << pointer;
    return value.size();
  }

  std::filesystem::path dir_;
  std::unique_ptr<TestBackend> backend_;
  simdjson::dom::parser parser_;
};

}  // namespace hb
