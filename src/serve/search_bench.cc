// Search over a store of HB_BENCH_POSTS posts (100,000 by default), four a second.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "env/env.h"
#include "serve/post_query.h"
#include "store/duckdb/duckdb_store.h"
#include "store/store_conformance.h"

namespace hb {
namespace {

constexpr std::int64_t kStartMs = 1'470'009'600'000;

std::size_t PostCount() {
  const char* text = std::getenv("HB_BENCH_POSTS");
  return text == nullptr ? 100'000 : std::strtoull(text, nullptr, 10);
}

/// A store that is filled once and removed at the end: before main ends, because DuckDB cannot be
/// closed later.
class Filled {
 public:
  Filled()
      : dir_(std::filesystem::temp_directory_path() /
             ("hb_search_bench_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(dir_);
    env_ = std::make_unique<Env>(Env{.clock = clock_, .data_dir = dir_.string()});
    store_ = MakeDuckdbStore({}, *env_).value();
    if (!store_->Open().ok()) std::abort();
    constexpr std::size_t kBatch = 100'000;
    for (std::size_t first = 0; first < PostCount(); first += kBatch) {
      const std::shared_ptr<const AnalysisBatch> batches[] = {
          SamplePosts(first, std::min(kBatch, PostCount() - first))};
      if (!store_->Write({.analyses = batches}).ok()) std::abort();
    }
  }
  ~Filled() {
    store_.reset();
    std::filesystem::remove_all(dir_);
  }
  SqlStore& store() { return *store_; }

  static std::unique_ptr<Filled>& Instance() {
    static std::unique_ptr<Filled> instance;
    return instance;
  }

 private:
  std::filesystem::path dir_;
  ManualClock clock_{FromMillis(kStartMs)};
  std::unique_ptr<Env> env_;
  std::unique_ptr<SqlStore> store_;
};

/// One whole search: pages until nothing is left or `limit` are found, as a client that goes on
/// does.
void Search(benchmark::State& state, const char* condition, const char* word,
            std::size_t expected) {
  if (!Filled::Instance()) Filled::Instance() = std::make_unique<Filled>();
  SqlStore& store = Filled::Instance()->store();
  Statement conditions;
  if (*condition != '\0') conditions.Add(condition).BindText(word).Add("))");
  const TimeRange all{FromMillis(0), FromMillis(253'402'300'799'999)};
  std::int64_t calls = 0;
  for (auto _ : state) {
    std::optional<PostCursor> cursor;
    std::size_t found = 0;
    do {
      const auto page = FindPosts(store, conditions, all, cursor, 50, std::chrono::seconds(5));
      if (!page.ok()) {
        state.SkipWithError(page.error().message.c_str());
        return;
      }
      ++calls;
      found += page.value().rows.size();
      cursor = page.value().complete ? std::nullopt : page.value().next;
    } while (cursor && found < 50);
    if (found != expected) {
      state.SkipWithError("another number of posts was found");
      return;
    }
  }
  state.counters["posts"] = static_cast<double>(PostCount());
  state.counters["calls"] =
      benchmark::Counter(static_cast<double>(calls), benchmark::Counter::kAvgIterations);
}

constexpr const char* kContains = " AND contains(lower(content), lower(";

BENCHMARK_CAPTURE(Search, newest, "", "", 50)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Search, frequent_word, kContains, "traffic", 50)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Search, word_of_no_post, kContains, "zzzyyyxxx", 0)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace hb

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  hb::Filled::Instance().reset();
  return 0;
}
