// Scores texts for tests/parity/polarity.py.
// stdin: for each text its size (4 bytes, little end first) and its bytes. stdout: one line a text,
// "polarity subjectivity" exactly, with --explain followed by TAB words TAB polarity TAB
// subjectivity for each assessment. --repaired takes the repaired mode.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/polarity.h"

int main(int argc, char** argv) {
  auto mode = hb::PolarityAnalyzer::Mode::kTextBlob;
  bool explain = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag == "--repaired") {
      mode = hb::PolarityAnalyzer::Mode::kRepaired;
    } else if (flag == "--explain") {
      explain = true;
    } else {
      std::fprintf(stderr, "usage: polarity_score [--repaired] [--explain]\n");
      return 2;
    }
  }
  const hb::PolarityAnalyzer analyzer(mode);
  hb::PolarityAnalyzer::Scratch scratch;
  std::vector<hb::PolarityAssessment> assessments;
  std::string text;
  unsigned char head[4];
  while (std::fread(head, 1, 4, stdin) == 4) {
    std::uint32_t size = 0;
    std::memcpy(&size, head, 4);
    text.resize(size);
    if (std::fread(text.data(), 1, size, stdin) != size) {
      std::fprintf(stderr, "polarity_score: a text of %u bytes is cut short\n", size);
      return 1;
    }
    const hb::PolarityScore score =
        explain ? analyzer.Explain(text, scratch, assessments) : analyzer.Score(text, scratch);
    std::printf("%.17g %.17g", score.polarity, score.subjectivity);
    for (const hb::PolarityAssessment& assessment : assessments) {
      std::printf("\t%s\t%.17g\t%.17g", assessment.words.c_str(), assessment.polarity,
                  assessment.subjectivity);
    }
    std::putchar('\n');
  }
  return 0;
}
