// Sentiment of real-looking posts, clean-up included. Distinct texts, so that the memory of words
// does what it does on a stream and no more.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/bench_posts.h"
#include "analysis/language.h"
#include "analysis/sentiment.h"
#include "model/token_walk.h"

namespace {

/// The validation posts where they are to be had, else made-up ones of a skewed vocabulary.
const std::vector<std::string>& Texts() {
  static const std::vector<std::string> texts = [] {
    std::vector<std::string> out = hb::PostsBesideRepository(40000);
    if (!out.empty()) return out;
    std::uint64_t state = 1;
    for (int i = 0; i < 20000; ++i) {
      std::string text;
      for (int w = 0; w < 18; ++w) {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        const std::uint64_t rank = (state >> 33) % ((state >> 20) % 9 + 1) * ((state >> 40) % 500);
        std::uint64_t letters = rank * 2654435761u;
        for (int l = 0; l < 3 + static_cast<int>(rank % 6); ++l, letters /= 26) {
          text += static_cast<char>('a' + letters % 26);
        }
        text += w % 6 == 5 ? ", " : " ";
      }
      out.push_back(text);
    }
    return out;
  }();
  return texts;
}

template <typename Work>
void Run(benchmark::State& state, Work&& work) {
#ifndef NDEBUG
  state.SkipWithError("built without optimisation: the figures would mean nothing");
  return;
#endif
  const std::vector<std::string>& texts = Texts();
  std::size_t bytes = 0;
  for (auto _ : state) {
    for (const std::string& text : texts) {
      work(text);
      bytes += text.size();
    }
  }
  const auto posts = static_cast<double>(state.iterations()) * static_cast<double>(texts.size());
  state.counters["posts/s"] = benchmark::Counter(posts, benchmark::Counter::kIsRate);
  state.counters["mean_bytes"] = static_cast<double>(bytes) / posts;
}

void Sentiment(benchmark::State& state) {
  const hb::SentimentAnalyzer analyzer;
  hb::SentimentAnalyzer::Scratch scratch;
  const auto check = analyzer.Score("I love this", scratch);
  if (check.label != hb::Label::kPositive || check.neg + check.neu + check.pos != hb::kMicro) {
    state.SkipWithError("wrong answer");
    return;
  }
  Run(state,
      [&](const std::string& text) { benchmark::DoNotOptimize(analyzer.Score(text, scratch)); });
}
BENCHMARK(Sentiment)->Unit(benchmark::kMillisecond);

void Walk(benchmark::State& state) {
  hb::model::Walk walk;
  Run(state, [&](const std::string& text) {
    hb::model::WalkText(text, walk);
    benchmark::DoNotOptimize(walk.tokens.data());
  });
}
BENCHMARK(Walk)->Unit(benchmark::kMillisecond);

void Language(benchmark::State& state) {
  const hb::LanguageAnalyzer analyzer;
  hb::LanguageAnalyzer::Scratch scratch;
  if (analyzer.Detect("This is certainly a sentence in English.", "", scratch).code != "en") {
    state.SkipWithError("wrong answer");
    return;
  }
  Run(state, [&](const std::string& text) {
    benchmark::DoNotOptimize(analyzer.Detect(text, "", scratch));
  });
}
BENCHMARK(Language)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
