// What counting and writing out windows costs, and looking for trends.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <memory_resource>
#include <random>
#include <string>
#include <vector>

#include "base/allocations.h"
#include "window/trend_detector.h"
#include "window/window_engine.h"

namespace hb {
namespace {

constexpr std::size_t kRows = 14'000;  ///< of one commit of a replay at full speed
constexpr std::size_t kBatch = 500;

/// Posts `gap_ms` apart, with words as frequent as in a language and a hashtag in every other.
struct Posts {
  std::vector<AnalysisBatch> batches;
  std::vector<std::shared_ptr<PostBatch>> posts;
  /// Lets all posts come later.
  void Move(std::chrono::milliseconds by) {
    for (const auto& batch : posts) {
      for (EventTime& time : batch->time) time += by;
    }
  }
};

Posts Stream(std::int64_t gap_ms) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform(0, 1);
  const auto rank = [&](double most) { return static_cast<int>(std::pow(most, uniform(random))); };
  Posts stream;
  for (std::size_t first = 0; first < kRows; first += kBatch) {
    auto posts = std::make_shared<PostBatch>();
    AnalysisBatch batch;
    for (std::size_t i = first; i < first + kBatch; ++i) {
      const std::string author = std::to_string(rank(5000)),
                        id = std::to_string(700'000'000'000 + i);
      PostView view;
      view.time = FromMillis(1'475'280'000'000 + static_cast<std::int64_t>(i) * gap_ms);
      view.author = author;
      view.id = id;
      posts->Append(view);
      posts->tasks.EndRow();
      posts->rules_version.push_back(1);
      batch.neg.push_back(200'000);
      batch.neu.push_back(300'000);
      batch.mixed.push_back(10);
      batch.label.push_back(Label::kPositive);
      batch.label4.push_back(Label::kPositive);
      batch.polarity.push_back(100'000);
      batch.subjectivity.push_back(250'000);
      batch.lang.Append(random() % 5 ? "en" : "ru");
      if (random() % 2) batch.hashtags.Push("tag" + std::to_string(rank(5000)));
      batch.hashtags.EndRow();
      for (int w = 0; w < 9; ++w)
        batch.words.Push("w" + std::to_string(rank(40'000)) + (w % 3 ? "" : "ending"));
      batch.words.EndRow();
      batch.clean.Append(id);
    }
    batch.posts = posts;
    stream.posts.push_back(std::move(posts));
    stream.batches.push_back(std::move(batch));
  }
  return stream;
}

void Report(benchmark::State& state, std::uint64_t allocations) {
  const auto posts = static_cast<double>(state.iterations() * kRows);
  state.SetItemsProcessed(static_cast<std::int64_t>(posts));
  state.counters["allocations_per_post"] = static_cast<double>(allocations) / posts;
}

/// One commit: counted and written out. Argument: milliseconds between posts (20,000: three a
/// minute; 1: dense).
void BM_CountAndFlush(benchmark::State& state) {
  Posts stream = Stream(state.range(0));
  const std::chrono::milliseconds span(static_cast<std::int64_t>(kRows) * state.range(0));
  auto engine =
      WindowEngine::Create({.fresh = true}, [](const AggregateKey&) -> Result<StoredWindow> {
        return Error{Code::kNotFound, "none"};
      }).value();
  const std::vector<Offset> offsets(kBatch);
  const std::uint64_t before = ThreadAllocations();
  std::size_t windows = 0;
  for (auto _ : state) {
    std::pmr::monotonic_buffer_resource arena;
    std::vector<Aggregate> out;
    for (const AnalysisBatch& batch : stream.batches)
      benchmark::DoNotOptimize(engine->Add(batch, {}, offsets).ok());
    engine->AdvanceWatermark(stream.posts.back()->time.back());
    benchmark::DoNotOptimize(engine->Flush({}, out, &arena).ok());
    windows += out.size();
    stream.Move(span);
  }
  Report(state, ThreadAllocations() - before);
  state.counters["windows_per_post"] =
      static_cast<double>(windows) / static_cast<double>(state.iterations() * kRows);
}
BENCHMARK(BM_CountAndFlush)->Arg(20'000)->Arg(1)->Unit(benchmark::kMillisecond);

/// Trends of as many posts, looked for 64 times on the way, as the window stage does.
void BM_Trends(benchmark::State& state) {
  const Posts stream = Stream(state.range(0));
  const std::int64_t span = static_cast<std::int64_t>(kRows) * state.range(0);
  const std::uint64_t before = ThreadAllocations();
  for (auto _ : state) {
    auto detector = TrendDetector::Create({});
    std::vector<Trend> out;
    for (const AnalysisBatch& batch : stream.batches) detector->Add(batch);
    for (int step = 1; step <= 64; ++step) {
      detector->Advance(FromMillis(1'475'280'000'000 + span * step / 64), out);
    }
    benchmark::DoNotOptimize(out.size());
  }
  Report(state, ThreadAllocations() - before);
}
BENCHMARK(BM_Trends)->Arg(20'000)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace hb

BENCHMARK_MAIN();
