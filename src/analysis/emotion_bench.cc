// Emotion, irony, offence and hate of real-looking posts: alone, and beside sentiment, whose walk
// over the text they share in the pipeline.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "analysis/bench_posts.h"
#include "analysis/emotion.h"
#include "analysis/sentiment.h"

namespace {

/// Posts where they are to be had, else a few made-up ones.
const std::vector<std::string>& Texts() {
  static const std::vector<std::string> texts = hb::PostsOr(40000, [](const std::string& number) {
    return "I am so happy that day " + number + " is here, see you there!";
  });
  return texts;
}

template <typename Work>
void Run(benchmark::State& state, Work&& work) {
#ifndef NDEBUG
  state.SkipWithError("built without optimisation: the figures would mean nothing");
  return;
#endif
  const hb::EmotionAnalyzer analyzer;
  hb::EmotionAnalyzer::Scratch scratch;
  if (analyzer.Score("I am so happy today", scratch).label != hb::Emotion::kJoy) {
    state.SkipWithError("wrong answer");
    return;
  }
  for (auto _ : state) {
    for (const std::string& text : Texts()) work(text);
  }
  const auto posts = static_cast<double>(state.iterations()) * static_cast<double>(Texts().size());
  state.counters["posts/s"] = benchmark::Counter(posts, benchmark::Counter::kIsRate);
}

void SentimentAlone(benchmark::State& state) {
  const hb::SentimentAnalyzer analyzer;
  hb::SentimentAnalyzer::Scratch scratch;
  Run(state,
      [&](const std::string& text) { benchmark::DoNotOptimize(analyzer.Score(text, scratch)); });
}
BENCHMARK(SentimentAlone)->Unit(benchmark::kMillisecond);

void FourHeadsAlone(benchmark::State& state) {
  const hb::EmotionAnalyzer analyzer;
  hb::EmotionAnalyzer::Scratch scratch;
  Run(state,
      [&](const std::string& text) { benchmark::DoNotOptimize(analyzer.Score(text, scratch)); });
}
BENCHMARK(FourHeadsAlone)->Unit(benchmark::kMillisecond);

void SentimentAndFourHeads(benchmark::State& state) {
  const hb::SentimentAnalyzer sentiment;
  const hb::EmotionAnalyzer emotion;
  hb::SentimentAnalyzer::Scratch sentiment_scratch;
  hb::EmotionAnalyzer::Scratch emotion_scratch;
  Run(state, [&](const std::string& text) {
    benchmark::DoNotOptimize(sentiment.Score(text, sentiment_scratch));
    benchmark::DoNotOptimize(emotion.Score(sentiment_scratch.walk(), emotion_scratch));
  });
}
BENCHMARK(SentimentAndFourHeads)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
