// What each profile costs a post, in batches as `heartbeat analyze` has them.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/bench_posts.h"
#include "analysis/chain.h"

namespace {

constexpr std::size_t kRows = 4096;  ///< of a batch

/// Posts where they are to be had, else a few made-up ones.
const std::vector<std::shared_ptr<const hb::PostBatch>>& Batches() {
  static const auto batches = [] {
    std::vector<std::shared_ptr<const hb::PostBatch>> out;
    const auto texts = hb::PostsOr(40000, [](const std::string& number) {
      return "They scored " + number + " goals in the first half, what a match! #football";
    });
    for (std::size_t at = 0; at < texts.size();) {
      auto batch = std::make_shared<hb::PostBatch>();
      for (; at < texts.size() && batch->size() < kRows; ++at) {
        batch->Append({.content = texts[at], .lang = "en"});
      }
      out.push_back(std::move(batch));
    }
    return out;
  }();
  return batches;
}

void Profile(benchmark::State& state, const hb::AnalysisChain::Options& options) {
#ifndef NDEBUG
  state.SkipWithError("built without optimisation: the figures would mean nothing");
  return;
#endif
  const auto chain = hb::AnalysisChain::Create(options);
  if (!chain.ok()) return state.SkipWithError("no chain");
  const auto scratch = chain.value()->MakeScratch();
  {
    auto post = std::make_shared<hb::PostBatch>();
    post->Append({.content = "What a wonderful day, I love it #sunny"});
    hb::AnalysisBatch out;
    chain.value()->Analyze(std::move(post), *scratch, out);
    if (out.polarity[0] <= 0) return state.SkipWithError("wrong answer");
  }
  std::size_t posts = 0;
  for (auto _ : state) {
    for (const auto& batch : Batches()) {
      hb::AnalysisBatch out;
      chain.value()->Analyze(batch, *scratch, out);
      benchmark::DoNotOptimize(out.label.data());
      posts += batch->size();
    }
  }
  state.counters["posts/s"] =
      benchmark::Counter(static_cast<double>(posts), benchmark::Counter::kIsRate);
}
BENCHMARK_CAPTURE(Profile, polarity, {.only_polarity = true})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Profile, core, {.entities = false, .emotion = false, .fingerprint = false})
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Profile, all, {})->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
