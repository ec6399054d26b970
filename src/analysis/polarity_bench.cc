// What polarity and subjectivity cost a post, on one core.
// HB_BENCH_POSTS=FILE takes its lines as the posts; without it they are made here (about 130 bytes,
// every ninth word in the lexicon, links, mentions, hashtags, some emoticons and curly quotes).
// Before timing, the tokens of every post are compared with the plain tokenizer's and a known mean.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/pattern_lexicon.h"
#include "analysis/polarity.h"

namespace hb {
namespace {

using Mode = PolarityAnalyzer::Mode;

std::vector<std::string> MadePosts() {
  constexpr std::string_view kFiller[] = {"the",  "people", "of",        "a",  "police", "to",
                                          "and",  "in",     "this",      "we", "city",   "saying",
                                          "that", "vote",   "thousands", "has"};
  constexpr std::string_view kExtra[] = {"https://t.co/abcdefghij",
                                         "@someone_else",
                                         "#BlackHistory",
                                         "RT @news:",
                                         ":)",
                                         "isn\xe2\x80\x99t",
                                         "not",
                                         "very",
                                         "\xf0\x9f\x98\x82",
                                         "end.",
                                         "what!",
                                         "\"so\""};
  const auto entries = pattern::Entries();
  std::mt19937 random(11);
  std::vector<std::string> posts;
  for (int i = 0; i < 20'000; ++i) {
    std::string post;
    while (post.size() < 120) {
      const unsigned kind = static_cast<unsigned>(random() % 9);
      if (kind == 0) {
        post += entries[random() % entries.size()].Form();
      } else if (kind == 1) {
        post += kExtra[random() % std::size(kExtra)];
      } else {
        post += kFiller[random() % std::size(kFiller)];
      }
      post += ' ';
    }
    posts.push_back(std::move(post));
  }
  return posts;
}

const std::vector<std::string>& Posts() {
  static const std::vector<std::string> posts = [] {
    const char* path = std::getenv("HB_BENCH_POSTS");
    if (path == nullptr) return MadePosts();
    std::vector<std::string> lines;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }();
  return posts;
}

void Fail(const char* what, const std::string& post) {
  std::fprintf(stderr, "polarity_bench: %s: %s\n", what, post.c_str());
  std::exit(1);
}

void Verify() {
#ifndef __OPTIMIZE__
  std::fprintf(stderr,
               "polarity_bench: built without optimisation, so its figures would mean nothing\n");
  std::exit(1);
#endif
  const auto tokens = [](const polarity::TokenBuffer& buffer) {
    std::vector<std::string_view> out;
    for (const polarity::Token token : buffer.tokens()) {
      if (token.bytes > 0) out.push_back(buffer.View(token));
    }
    return out;
  };
  if (Posts().empty()) Fail("no posts", "");
  polarity::TokenBuffer quick, plain;
  std::vector<PolarityAssessment> parts;
  std::size_t scored = 0, bytes = 0;
  for (const std::string& post : Posts()) {
    quick.Tokenize(post, Mode::kTextBlob);
    plain.TokenizePlain(post, Mode::kTextBlob);
    if (tokens(quick) != tokens(plain)) Fail("the tokens differ", post);
    const PolarityScore score = PolarityAnalyzer().Explain(post, quick, parts);
    double sum = 0;
    for (const PolarityAssessment& part : parts) sum += part.polarity;
    if (!parts.empty() && score.polarity != sum / static_cast<double>(parts.size()))
      Fail("not the mean", post);
    scored += !parts.empty();
    bytes += post.size();
  }
  if (scored == 0) Fail("no post has a score", "");
  std::printf("%zu posts, %.0f bytes each, %.0f %% with a judged word, %s\n", Posts().size(),
              static_cast<double>(bytes) / static_cast<double>(Posts().size()),
              100.0 * static_cast<double>(scored) / static_cast<double>(Posts().size()),
              __VERSION__);
}

void Run(benchmark::State& state, Mode mode, bool score) {
  const PolarityAnalyzer analyzer(mode);
  PolarityAnalyzer::Scratch scratch;
  std::size_t i = 0;
  const std::vector<std::string>& posts = Posts();
  for (auto _ : state) {
    if (score) {
      benchmark::DoNotOptimize(analyzer.Score(posts[i], scratch));
    } else {
      scratch.Tokenize(posts[i], mode);
    }
    if (++i == posts.size()) i = 0;
  }
  state.SetItemsProcessed(state.iterations());
}

void BM_Score(benchmark::State& state) { Run(state, Mode::kTextBlob, true); }
void BM_ScoreRepaired(benchmark::State& state) { Run(state, Mode::kRepaired, true); }
void BM_TokensOnly(benchmark::State& state) { Run(state, Mode::kTextBlob, false); }
BENCHMARK(BM_Score);
BENCHMARK(BM_ScoreRepaired);
BENCHMARK(BM_TokensOnly);

}  // namespace
}  // namespace hb

int main(int argc, char** argv) {
  hb::Verify();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
