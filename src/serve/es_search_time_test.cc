// One time limit for all questions of one search.
#include <thread>

#include "serve/api_testing.h"
#include "serve/es_search.h"

namespace hb {
namespace {

/// A store that takes its time over every question, as long as it is given, and keeps how long that
/// was.
class SlowStore : public SqlStore {
 public:
  SlowStore(SqlStore& store, std::chrono::milliseconds takes) : store_(store), takes_(takes) {}
  Status Open() override { return store_.Open(); }
  Result<std::vector<StoreOffset>> Offsets() override { return store_.Offsets(); }
  Status Write(const StoreWrite& write) override { return store_.Write(write); }
  Status Prune(EventTime arrived_before) override { return store_.Prune(arrived_before); }
  [[nodiscard]] std::int64_t DiskBytes() const override { return store_.DiskBytes(); }
  Result<SqlResult> Query(std::string_view sql, std::span<const Cell> parameters,
                          const SqlLimits& limits) override {
    given.push_back(limits.time);
    std::this_thread::sleep_for(std::min(takes_, limits.time));
    if (limits.time < takes_) return Error{Code::kTimedOut, "the time limit passed"};
    return store_.Query(sql, parameters, {.rows = limits.rows});
  }
  Status Export(std::string_view sql, std::span<const Cell> parameters, std::string_view format,
                const std::string& path, const SqlLimits& limits) override {
    return store_.Export(sql, parameters, format, path, limits);
  }
  void StopStatements() override { store_.StopStatements(); }

  std::vector<std::chrono::milliseconds> given;

 private:
  SqlStore& store_;
  const std::chrono::milliseconds takes_;
};

class SlowBackend : public TestBackend {
 public:
  using TestBackend::TestBackend;
  SqlStore& store() override { return slow_; }
  SlowStore slow_{TestBackend::store(), std::chrono::milliseconds(40)};
};

class EsSearchTimeTest : public ApiTest {
 protected:
  EsSearchTimeTest() {
    backend_.reset();
    auto slow = std::make_unique<SlowBackend>(FromMillis(kStartMs + 1'250'000), dir_.string());
    store_ = &slow->slow_;
    backend_ = std::move(slow);
  }
  /// A search with `questions` aggregations.
  HttpResponse Search(int questions, std::chrono::milliseconds time,
                      std::map<std::string, std::string> query = {}) {
    HttpRequest request;
    request.method = "POST";
    request.query = std::move(query);
    request.body = R"({"size":1,"aggs":{)";
    for (int i = 0; i < questions; ++i)
      request.body += std::string(i > 0 ? "," : "") + "\"a" + std::to_string(i) +
                      R"(":{"terms":{"field":"lang"}})";
    request.body += "}}";
    const std::string none;
    store_->given.clear();
    const ApiContext context{
        .backend = *backend_, .export_dir = none, .captures = {}, .search_time = time};
    return HandleElasticsearch(request, "/posts/_search", context);
  }

  SlowStore* store_ = nullptr;
};

TEST_F(EsSearchTimeTest, EachQuestionIsGivenWhatThoseBeforeHaveLeft) {
  WritePosts(0, 10);
  const std::chrono::milliseconds limit(5000);
  const HttpResponse answer = Search(5, limit, {{"scroll", "1m"}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  // The end of the scroll, the count, the hits and five aggregations.
  ASSERT_EQ(store_->given.size(), 8u);
  for (std::size_t i = 0; i < store_->given.size(); ++i)
    EXPECT_LE(store_->given[i].count(), limit.count() - 40 * static_cast<std::int64_t>(i)) << i;
}

TEST_F(EsSearchTimeTest, ASearchEndsWithItsTimeHoweverManyQuestionsItHas) {
  WritePosts(0, 10);
  const HttpResponse answer = Search(50, std::chrono::milliseconds(170));
  EXPECT_EQ(answer.status, 503) << answer.body;
  EXPECT_EQ(Text(Json(answer), "/error/type"), "timeout_exception");
  // Four that take 40 ms fit into 170, and one is begun; a slow machine sees fewer.
  EXPECT_LE(store_->given.size(), 5u);
  EXPECT_GE(store_->given.size(), 1u);
}

}  // namespace
}  // namespace hb
