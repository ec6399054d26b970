// How often the language is right, and what that costs. Accuracy is over every fifth row of the
// tuning halves of lingua's test texts (75 languages), where they lie beside the repository: the
// rows that models/language-fast was not trained on. bench/peers/language.py compares with others.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/language.h"

namespace {

using Labelled = std::vector<std::pair<std::string, std::string>>;  // Language, text.

std::string Unpacked(const std::string& kind) {
  const std::string command =
      "gzip -dc '" HB_SOURCE_DIR "/../shared/data/lid/lingua_" + kind + "_tune.tsv.gz' 2>/dev/null";
  std::string content;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return content;
  std::array<char, 1 << 16> chunk{};
  for (std::size_t n = 0; (n = fread(chunk.data(), 1, chunk.size(), pipe)) > 0;) {
    content.append(chunk.data(), n);
  }
  pclose(pipe);
  return content;
}

Labelled Read(const std::string& kind) {
  constexpr std::size_t kHeldOut = 5;
  Labelled out;
  const std::string content = Unpacked(kind);
  std::size_t line_number = 0;
  for (std::string_view rest = content; !rest.empty(); ++line_number) {
    const std::size_t stop = rest.find('\n');
    const std::string_view line = rest.substr(0, stop);
    rest.remove_prefix(stop == std::string_view::npos ? rest.size() : stop + 1);
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos || line_number == 0 || line_number % kHeldOut != 0) continue;
    out.emplace_back(hb::NormalizeLanguage(line.substr(0, tab)), line.substr(tab + 1));
  }
  return out;
}

void Detect(benchmark::State& state, const char* kind, bool with_hint) {
#ifndef NDEBUG
  state.SkipWithError("built without optimisation: the figures would mean nothing");
  return;
#endif
  const Labelled texts = Read(kind);
  if (texts.empty()) {
    state.SkipWithError("the texts are not beside the repository");
    return;
  }
  const hb::LanguageAnalyzer analyzer;
  hb::LanguageAnalyzer::Scratch scratch;
  std::size_t right = 0;
  std::size_t unsure = 0;
  for (auto _ : state) {
    right = unsure = 0;
    for (const auto& [language, text] : texts) {
      const std::string_view code = analyzer.Detect(text, with_hint ? language : "", scratch).code;
      unsure += code == "und";
      right += code.substr(0, code.find('-')) == language;
    }
  }
  const auto n = static_cast<double>(texts.size());
  state.counters["texts/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * n, benchmark::Counter::kIsRate);
  state.counters["right"] = static_cast<double>(right) / n;
  state.counters["und"] = static_cast<double>(unsure) / n;
  state.counters["right_of_said"] = static_cast<double>(right) / (n - static_cast<double>(unsure));
}

constexpr auto kMs = benchmark::kMillisecond;
BENCHMARK_CAPTURE(Detect, sentences, "sentences", false)->Unit(kMs);
BENCHMARK_CAPTURE(Detect, word_pairs, "word_pairs", false)->Unit(kMs);
BENCHMARK_CAPTURE(Detect, single_words, "single_words", false)->Unit(kMs);
BENCHMARK_CAPTURE(Detect, word_pairs_with_hint, "word_pairs", true)->Unit(kMs);

}  // namespace

BENCHMARK_MAIN();
