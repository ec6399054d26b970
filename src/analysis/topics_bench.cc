// Topics of real-looking posts: by meaning with 14 topics of five texts each, and its parts.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "analysis/bench_posts.h"
#include "analysis/topics.h"

namespace {

/// Posts where they are to be had, else a few made-up ones.
const std::vector<std::string>& Texts() {
  static const std::vector<std::string> texts = hb::PostsOr(40000, [](const std::string& number) {
    return "They scored " + number + " goals in the first half, what a match!";
  });
  return texts;
}

template <typename Work>
void Run(benchmark::State& state, Work&& work) {
#ifndef NDEBUG
  state.SkipWithError("built without optimisation: the figures would mean nothing");
  return;
#endif
  for (auto _ : state) {
    for (const std::string& text : Texts()) work(text);
  }
  const auto posts = static_cast<double>(state.iterations()) * static_cast<double>(Texts().size());
  state.counters["posts/s"] = benchmark::Counter(posts, benchmark::Counter::kIsRate);
}

void Clean(benchmark::State& state) {
  hb::neural::TextCleaner cleaner;
  std::string clean;
  Run(state, [&](const std::string& text) {
    cleaner.Clean(text, clean);
    benchmark::DoNotOptimize(clean.data());
  });
}
BENCHMARK(Clean)->Unit(benchmark::kMillisecond);

void Encode(benchmark::State& state) {
  const hb::MeaningEncoder encoder;
  hb::MeaningEncoder::Scratch scratch;
  Run(state, [&](const std::string& text) {
    benchmark::DoNotOptimize(encoder.Encode(text, scratch).data());
  });
}
BENCHMARK(Encode)->Unit(benchmark::kMillisecond);

void FourteenTopics(benchmark::State& state) {
  std::vector<hb::Topic> topics;
  for (int i = 0; i < 14; ++i) {
    const std::string number = std::to_string(i);
    topics.push_back({.name = number,
                      .sentence = "football and season " + number,
                      .examples = {"goals " + number, "players " + number, "teams " + number,
                                   "matches " + number}});
  }
  const auto model = hb::TopicModel::OwnWords(topics);
  if (!model.ok()) return state.SkipWithError("no model");
  hb::TopicModel::Scratch scratch;
  std::vector<hb::TopicScore> out;
  model.value()->Score("Ronaldo scored twice in the football match", scratch, out);
  if (out.empty()) return state.SkipWithError("wrong answer");
  Run(state, [&](const std::string& text) { model.value()->Score(text, scratch, out); });
}
BENCHMARK(FourteenTopics)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
