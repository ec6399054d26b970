// Names of real-looking posts, the walk over the text counted and not.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "analysis/bench_posts.h"
#include "analysis/named_entities.h"

namespace {

/// Posts where they are to be had, else a few made-up ones.
const std::vector<std::string>& Texts() {
  static const std::vector<std::string> texts = hb::PostsOr(20000, [](const std::string& number) {
    return "Justin Bieber plays in London on day " + number + ", see you there!";
  });
  return texts;
}

void NamedEntities(benchmark::State& state) {
#ifndef NDEBUG
  state.SkipWithError("built without optimisation: the figures would mean nothing");
  return;
#endif
  const hb::NamedEntityTagger tagger;
  hb::NamedEntityTagger::Scratch scratch;
  std::vector<hb::NamedEntity> names;
  tagger.Tag("Justin Bieber is in London today", scratch, names);
  if (names.size() != 2) {
    state.SkipWithError("wrong answer");
    return;
  }
  for (auto _ : state) {
    for (const std::string& text : Texts()) {
      tagger.Tag(text, scratch, names);
      benchmark::DoNotOptimize(names.data());
    }
  }
  const auto posts = static_cast<double>(state.iterations()) * static_cast<double>(Texts().size());
  state.counters["posts/s"] = benchmark::Counter(posts, benchmark::Counter::kIsRate);
}
BENCHMARK(NamedEntities)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
