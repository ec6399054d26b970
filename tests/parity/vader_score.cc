// Scores texts for tests/parity/vader.py.
// stdin: for each text its size (4 bytes, little end first) and its bytes. stdout: one line a text,
// "neg neu pos compound". --repaired takes the repaired mode.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "analysis/vader.h"

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
  std::string text;
  unsigned char head[4];
  while (std::fread(head, 1, 4, stdin) == 4) {
    std::uint32_t size = 0;
    std::memcpy(&size, head, 4);
    text.resize(size);
    if (std::fread(text.data(), 1, size, stdin) != size) {
      std::fprintf(stderr, "vader_score: a text of %u bytes is cut short\n", size);
      return 1;
    }
    const hb::VaderScore score = analyzer.Score(text, scratch);
    std::printf("%.17g %.17g %.17g %.17g\n", score.neg, score.neu, score.pos, score.compound);
  }
  return 0;
}
