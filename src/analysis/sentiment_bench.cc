// Sentiment of real-looking posts, clean-up included. Distinct texts, so that the memory of words
// does what it does on a stream and no more.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/bench_posts.h"
#include "analysis/language.h"
#include "analysis/sentiment.h"
#include "analysis/sentiment_by_language.h"
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
void Run(benchmark::State& state, const std::vector<std::string>& texts, Work&& work) {
#ifndef NDEBUG
  state.SkipWithError("built without optimisation: the figures would mean nothing");
  return;
#endif
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
  Run(state, Texts(),
      [&](const std::string& text) { benchmark::DoNotOptimize(analyzer.Score(text, scratch)); });
}
BENCHMARK(Sentiment)->Unit(benchmark::kMillisecond);

/// Training posts of one language; none where there are no data.
std::vector<std::string> PostsOf(const std::string& folder) {
  std::vector<std::string> out;
  std::ifstream file(HB_SOURCE_DIR "/../shared/data/" + folder + "/train.tsv");
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) out.push_back(line.substr(line.find('\t') + 1));
  return out;
}

/// Sentiment of posts in one language by the model that judges it, the language being known.
void ByLanguage(benchmark::State& state, const char* folder, const char* language) {
  const std::vector<std::string> texts = PostsOf(folder);
  if (texts.empty()) {
    state.SkipWithError("the posts are not beside the repository");
    return;
  }
  const hb::SentimentByLanguage both;
  hb::SentimentByLanguage::Scratch scratch;
  if (both.model(language).starts_with("sentiment-multi/") !=
      (language != std::string_view("en"))) {
    state.SkipWithError("another model judges this language");
    return;
  }
  Run(state, texts, [&](const std::string& text) {
    benchmark::DoNotOptimize(both.Score(text, language, scratch));
  });
}
BENCHMARK_CAPTURE(ByLanguage, english, "tweeteval/sentiment", "en")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ByLanguage, german, "umsab/german", "de")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ByLanguage, portuguese, "umsab/portuguese", "pt")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ByLanguage, arabic, "umsab/arabic", "ar")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ByLanguage, amharic, "afrisenti/amh", "am")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ByLanguage, hausa, "afrisenti/hau", "ha")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ByLanguage, yoruba, "afrisenti/yor", "yo")->Unit(benchmark::kMillisecond);

/// About as many distinct posts as of English, in sixteen languages, one after the other.
void AllLanguages(benchmark::State& state) {
  constexpr std::size_t kMostOfOne = 3000;
  constexpr std::array<std::array<const char*, 2>, 19> kSets{{{"umsab/arabic", "ar"},
                                                              {"umsab/french", "fr"},
                                                              {"umsab/german", "de"},
                                                              {"umsab/hindi", "hi"},
                                                              {"umsab/italian", "it"},
                                                              {"umsab/portuguese", "pt"},
                                                              {"umsab/spanish", "es"},
                                                              {"afrisenti/amh", "am"},
                                                              {"afrisenti/arq", "ar"},
                                                              {"afrisenti/ary", "ar"},
                                                              {"afrisenti/hau", "ha"},
                                                              {"afrisenti/ibo", "ig"},
                                                              {"afrisenti/kin", "rw"},
                                                              {"afrisenti/pcm", "pcm"},
                                                              {"afrisenti/por", "pt"},
                                                              {"afrisenti/swa", "sw"},
                                                              {"afrisenti/tso", "ts"},
                                                              {"afrisenti/twi", "tw"},
                                                              {"afrisenti/yor", "yo"}}};
  std::vector<std::string> texts;
  for (const auto& [folder, language] : kSets) {
    std::vector<std::string> posts = PostsOf(folder);
    if (posts.size() > kMostOfOne) posts.resize(kMostOfOne);
    for (const std::string& post : posts) texts.push_back(std::string(language) + "\t" + post);
  }
  if (texts.empty()) {
    state.SkipWithError("the posts are not beside the repository");
    return;
  }
  // A stride that is a prime: neighbours are of different languages.
  std::vector<std::string> mixed;
  for (std::size_t i = 0; i < texts.size(); ++i) mixed.push_back(texts[i * 4001 % texts.size()]);
  const hb::SentimentByLanguage both;
  hb::SentimentByLanguage::Scratch scratch;
  Run(state, mixed, [&](const std::string& text) {
    const std::size_t tab = text.find('\t');
    const std::string_view all(text);
    benchmark::DoNotOptimize(both.Score(all.substr(tab + 1), all.substr(0, tab), scratch));
  });
}
BENCHMARK(AllLanguages)->Unit(benchmark::kMillisecond);

void Walk(benchmark::State& state) {
  hb::model::Walk walk;
  Run(state, Texts(), [&](const std::string& text) {
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
  Run(state, Texts(), [&](const std::string& text) {
    benchmark::DoNotOptimize(analyzer.Detect(text, "", scratch));
  });
}
BENCHMARK(Language)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
