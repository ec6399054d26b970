// Scores texts (texts.h) for tests/parity/vader.py. stdout: one line a text, "neg neu pos
// compound".
// --repaired takes the repaired mode.
#include <string_view>

#include "analysis/vader.h"
#include "texts.h"

int main(int argc, char** argv) {
  auto mode = hb::VaderAnalyzer::Mode::kOriginal;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) != "--repaired") {
      std::fprintf(stderr, "usage: vader_score [--repaired]\n");
      return 2;
    }
    mode = hb::VaderAnalyzer::Mode::kRepaired;
  }
  const hb::VaderAnalyzer analyzer(mode);
  hb::VaderAnalyzer::Scratch scratch;
  return hb::ForEachText("vader_score", [&](const std::string& text) {
    const hb::VaderScore score = analyzer.Score(text, scratch);
    std::printf("%.17g %.17g %.17g %.17g\n", score.neg, score.neu, score.pos, score.compound);
  });
}
