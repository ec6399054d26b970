// Scores texts for tests/parity/polarity.py.
// The texts come as texts.h says. stdout: one line a text, "polarity subjectivity" exactly, with
// --explain followed by TAB words TAB polarity TAB subjectivity for each assessment. --repaired
// takes the repaired mode.
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/polarity.h"
#include "texts.h"

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
  return hb::ForEachText("polarity_score", [&](const std::string& text) {
    const hb::PolarityScore score =
        explain ? analyzer.Explain(text, scratch, assessments) : analyzer.Score(text, scratch);
    std::printf("%.17g %.17g", score.polarity, score.subjectivity);
    for (const hb::PolarityAssessment& assessment : assessments) {
      std::printf("\t%s\t%.17g\t%.17g", assessment.words.c_str(), assessment.polarity,
                  assessment.subjectivity);
    }
    std::putchar('\n');
  });
}
