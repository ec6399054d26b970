// Any bytes: both modes give a score within its range, the short way of tokenizing gives the same
// tokens as the plain one, and explaining gives the same score as scoring.
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/polarity.h"
#include "base/require.h"

namespace {

std::vector<std::string_view> Visible(const hb::polarity::TokenBuffer& buffer) {
  std::vector<std::string_view> tokens;
  for (const hb::polarity::Token token : buffer.tokens()) {
    if (token.bytes > 0) tokens.push_back(buffer.View(token));
  }
  return tokens;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy without room to spare, so that a sanitizer sees a read past the end.
  const std::vector<char> bytes(data, data + size);
  const std::string_view text(bytes.data(), bytes.size());
  static hb::PolarityAnalyzer::Scratch scratch;
  hb::polarity::TokenBuffer plain;
  std::vector<hb::PolarityAssessment> assessments;
  for (const auto mode :
       {hb::PolarityAnalyzer::Mode::kTextBlob, hb::PolarityAnalyzer::Mode::kRepaired}) {
    const hb::PolarityAnalyzer analyzer(mode);
    const hb::PolarityScore score = analyzer.Score(text, scratch);
    hb::Require(score.polarity >= -1 && score.polarity <= 1, "polarity out of range");
    hb::Require(score.subjectivity >= 0 && score.subjectivity <= 1, "subjectivity out of range");
    plain.TokenizePlain(text, mode);
    hb::Require(Visible(scratch) == Visible(plain), "the two ways of tokenizing differ");
    const hb::PolarityScore explained = analyzer.Explain(text, scratch, assessments);
    hb::Require(
        explained.polarity == score.polarity && explained.subjectivity == score.subjectivity,
        "explained differently");
    hb::Require(assessments.empty() ? score.subjectivity == 0 : true, "a score from nothing");
  }
  return 0;
}
