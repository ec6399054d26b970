// Posts a second of a transformer on one thread, by how many are scored at once and what it
// computes in. The model is HB_MODEL or models/minilm-heads. bench/peers/transformer.py compares
// with onnxruntime.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "neural/transformer.h"

namespace hb::neural {
namespace {

// As long as posts of a real stream are: 9 to 77 tokens, half of them below 22.
constexpr std::string_view kPosts[] = {
    "ok fine",
    "Good morning everyone!",
    "@user thank you so much \U0001F600",
    "This is the worst season I've seen in years",
    "Storm warning for the coast until 9pm. #weather",
    "can't believe it's already Friday, what a week that was",
    "City council votes on the new bus lanes tonight, doors open at seven https://example.org/a",
    "Just finished the book and I have no words. If you read one thing this year, read this one.",
    "So apparently the train is cancelled again - third time this week. Thanks for nothing, "
    "seriously. #commute #delays",
    "New study: people who walk to work report better sleep, fewer headaches and, surprisingly, less "
    "interest in their colleagues' holiday photos. We asked three doctors what to make of it.",
    "Two years ago they promised lower taxes, better schools and a bridge. Today we have neither, the "
    "bridge is a hole with a fence around it, and nobody answers the phone. Tell me again why I "
    "should vote for any of them in May? #election #local",
};

std::string Folder() {
  const char* set = std::getenv("HB_MODEL");
  return set != nullptr ? set : std::string(HB_SOURCE_DIR) + "/models/minilm-heads";
}

void Score(benchmark::State& state, const Transformer& model, std::size_t at_once) {
  std::vector<std::string_view> posts;
  while (posts.size() < at_once) {
    // Begins with one of 22 tokens; 7 and 11 have no common factor, so every post comes.
    posts.push_back(kPosts[(posts.size() * 7 + 6) % std::size(kPosts)]);
  }
  auto scratch = model.MakeScratch();
  TransformerScores scores;
  if (!scratch.ok() || !model.Score(posts, *scratch.value(), scores).ok()) {
    state.SkipWithError("it does not score");
    return;
  }
  for (auto step : state) {
    (void)step;
    if (!model.Score(posts, *scratch.value(), scores).ok()) state.SkipWithError("it failed");
    benchmark::DoNotOptimize(scores.probabilities.data());
  }
  state.counters["posts"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * static_cast<double>(posts.size()),
      benchmark::Counter::kIsRate);
}

/// The answers of `model` must be those of fp32 before its time means anything.
bool Agrees(const Transformer& model, const Transformer& plain) {
  const std::vector<std::string_view> posts(std::begin(kPosts), std::end(kPosts));
  auto ours = model.MakeScratch(), theirs = plain.MakeScratch();
  TransformerScores found, wanted;
  if (!ours.ok() || !theirs.ok() || !model.Score(posts, *ours.value(), found).ok() ||
      !plain.Score(posts, *theirs.value(), wanted).ok()) {
    return false;
  }
  for (std::size_t i = 0; i < wanted.probabilities.size(); ++i) {
    const float difference = found.probabilities[i] - wanted.probabilities[i];
    if (!(difference < 0.15F && difference > -0.15F)) return false;
  }
  return true;
}

int Main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  std::vector<std::unique_ptr<Transformer>> models;
  for (const auto arithmetic : {Arithmetic::kFp32, Arithmetic::kInt8, Arithmetic::kBf16}) {
    auto loaded = Transformer::Load(Folder(), {.arithmetic = arithmetic});
    if (!loaded.ok()) {
      std::fprintf(stderr, "left out: %s\n", loaded.error().message.c_str());
      return std::filesystem::exists(Folder() + "/model.onnx") ? 1 : 0;
    }
    models.push_back(std::move(loaded).value());
    if (!Agrees(*models.back(), *models.front())) {
      std::fprintf(stderr, "left out: %s, which does not give what fp32 gives\n",
                   std::string(ArithmeticName(arithmetic)).c_str());
      continue;
    }
    for (const std::size_t at_once : {1, 16, 512}) {
      const std::string name =
          "transformer/" + std::string(ArithmeticName(arithmetic)) + "/" + std::to_string(at_once);
      benchmark::RegisterBenchmark(name.c_str(), [&model = *models.back(), at_once](auto& state) {
        Score(state, model, at_once);
      });
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace hb::neural

int main(int argc, char** argv) { return hb::neural::Main(argc, argv); }
