// How often the language is right, and what that costs, beside CLD2. Accuracy is over every fifth
// row of the tuning halves of lingua's test texts (75 languages), where they lie beside the
// repository: the rows that models/language-fast was not trained on.
#include <cstdio>  // cld2's header uses FILE without saying so: it must come first.

#include <benchmark/benchmark.h>
#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>

#include <array>
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

class Ours {
 public:
  std::string Detect(std::string_view text, std::string_view hint) {
    return std::string(analyzer_.Detect(text, hint, scratch_).code);
  }

 private:
  hb::LanguageAnalyzer analyzer_;
  hb::LanguageAnalyzer::Scratch scratch_;
};

/// CLD2 with its larger tables and its best-effort flag, given the text as it is.
class Cld2 {
 public:
  std::string Detect(std::string_view text, std::string_view hint) {
    constexpr int kBestEffort = 0x4000;  // Its headers do not export the name.
    CLD2::CLDHints hints{nullptr, nullptr, CLD2::UNKNOWN_ENCODING, CLD2::UNKNOWN_LANGUAGE};
    if (!hint.empty()) hints.language_hint = CLD2::GetLanguageFromName(std::string(hint).c_str());
    std::array<CLD2::Language, 3> languages{};
    std::array<int, 3> percents{};
    std::array<double, 3> scores{};
    int text_bytes = 0;
    bool reliable = false;
    CLD2::ExtDetectLanguageSummary(text.data(), static_cast<int>(text.size()), true, &hints,
                                   kBestEffort, languages.data(), percents.data(), scores.data(),
                                   nullptr, &text_bytes, &reliable);
    return hb::NormalizeLanguage(CLD2::LanguageCode(languages[0]));
  }
};

template <typename Detector>
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
  Detector detector;
  std::size_t right = 0;
  std::size_t unsure = 0;
  for (auto _ : state) {
    right = unsure = 0;
    for (const auto& [language, text] : texts) {
      const std::string code = detector.Detect(text, with_hint ? language : "");
      unsure += code == "und";
      right += std::string_view(code).substr(0, code.find('-')) == language;
    }
  }
  const auto n = static_cast<double>(texts.size());
  state.counters["texts/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * n, benchmark::Counter::kIsRate);
  state.counters["right"] = static_cast<double>(right) / n;
  state.counters["und"] = static_cast<double>(unsure) / n;
  state.counters["right_of_said"] = static_cast<double>(right) / (n - static_cast<double>(unsure));
}

void OnOurs(benchmark::State& state, const char* kind, bool with_hint) {
  Detect<Ours>(state, kind, with_hint);
}
void OnCld2(benchmark::State& state, const char* kind, bool with_hint) {
  Detect<Cld2>(state, kind, with_hint);
}

constexpr auto kMs = benchmark::kMillisecond;
BENCHMARK_CAPTURE(OnOurs, sentences, "sentences", false)->Unit(kMs);
BENCHMARK_CAPTURE(OnCld2, sentences, "sentences", false)->Unit(kMs);
BENCHMARK_CAPTURE(OnOurs, word_pairs, "word_pairs", false)->Unit(kMs);
BENCHMARK_CAPTURE(OnCld2, word_pairs, "word_pairs", false)->Unit(kMs);
BENCHMARK_CAPTURE(OnOurs, single_words, "single_words", false)->Unit(kMs);
BENCHMARK_CAPTURE(OnCld2, single_words, "single_words", false)->Unit(kMs);
BENCHMARK_CAPTURE(OnOurs, word_pairs_with_hint, "word_pairs", true)->Unit(kMs);
BENCHMARK_CAPTURE(OnCld2, word_pairs_with_hint, "word_pairs", true)->Unit(kMs);

}  // namespace

BENCHMARK_MAIN();
