// What a Write costs: posts in commits of several sizes, windows of a backfilled replay.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>

#include "store/duckdb/duckdb_store.h"
#include "store/store_conformance.h"

namespace hb {
namespace {

class TempStore {
 public:
  TempStore() {
    dir_ =
        std::filesystem::temp_directory_path() / ("hb_store_bench_" + std::to_string(::getpid()));
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
    env_ = std::make_unique<Env>(Env{.clock = clock_, .data_dir = dir_.string()});
    store_ = MakeDuckdbStore({}, *env_).value();
    if (!store_->Open().ok()) std::abort();
  }
  ~TempStore() {
    store_.reset();
    std::filesystem::remove_all(dir_);
  }
  SqlStore& operator*() { return *store_; }
  SqlStore* operator->() { return store_.get(); }

 private:
  SystemClock clock_;
  std::filesystem::path dir_;
  std::unique_ptr<Env> env_;
  std::unique_ptr<SqlStore> store_;
};

/// 600,000 posts, `range(0)` a commit, checkpoints included; wall and CPU of all threads.
void BM_WritePosts(benchmark::State& state) {
  const auto commit = static_cast<std::size_t>(state.range(0));
  std::vector<std::shared_ptr<const AnalysisBatch>> batches;
  for (std::size_t at = 0; at < 600'000; at += 5000) batches.push_back(SamplePosts(at, 5000));
  for (auto _ : state) {
    TempStore store;
    const std::clock_t cpu = std::clock();
    const auto begin = std::chrono::steady_clock::now();
    const std::size_t group = std::max<std::size_t>(1, commit / 5000);
    for (std::size_t i = 0; i < batches.size(); i += group) {
      const auto part = std::span(batches).subspan(i, std::min(group, batches.size() - i));
      if (!store->Write({.analyses = part}).ok()) state.SkipWithError("write failed");
    }
    (void)store->Prune(FromMillis(0));  // the checkpoint belongs to the price
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    state.SetIterationTime(took.count());
    const auto count = store->Query("SELECT count(*) FROM posts", {}, {});
    if (std::get<std::int64_t>(count.value().rows[0][0]) != 600'000)
      state.SkipWithError("rows missing");
    state.counters["us_per_post"] = took.count() / 600'000 * 1e6;
    state.counters["cpu_us_per_post"] =
        static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC / 600'000 * 1e6;
    state.counters["bytes_per_post"] = static_cast<double>(store->DiskBytes()) / 600'000;
    state.counters["peak_mib"] = static_cast<double>(PeakMemoryBytes() >> 20);
  }
}
BENCHMARK(BM_WritePosts)
    ->Arg(5000)
    ->Arg(50'000)
    ->Arg(150'000)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

/// 100,000 partials of small windows in time order, `range(0)` a commit, each emitted twice.
void BM_WriteWindows(benchmark::State& state) {
  const auto commit = static_cast<std::size_t>(state.range(0));
  std::vector<Aggregate> all;
  for (std::uint32_t revision = 1; revision <= 2; ++revision) {
    for (std::int64_t i = 0; i < 50'000; ++i) {
      all.push_back(SampleAggregate(i % 2 == 0 ? "t" : "*", i / 4,
                                    static_cast<std::int32_t>(i / 2 % 2), revision, 3));
    }
  }
  for (auto _ : state) {
    TempStore store;
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < all.size(); i += commit) {
      const auto part =
          std::span<const Aggregate>(all).subspan(i, std::min(commit, all.size() - i));
      if (!store->Write({.aggregates = part}).ok()) state.SkipWithError("write failed");
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    state.SetIterationTime(took.count());
    const auto count = store->Query("SELECT count(*), sum(posts) FROM windows", {}, {});
    if (std::get<std::int64_t>(count.value().rows[0][0]) != 25'000)
      state.SkipWithError("rows missing");
    if (std::get<std::int64_t>(count.value().rows[0][1]) != 150'000)
      state.SkipWithError("posts missing");
    state.counters["us_per_partial"] = took.count() / 100'000 * 1e6;
    state.counters["bytes_per_window"] = static_cast<double>(store->DiskBytes()) / 25'000;
  }
}
BENCHMARK(BM_WriteWindows)
    ->Arg(1000)
    ->Arg(10'000)
    ->Arg(100'000)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace hb

BENCHMARK_MAIN();
