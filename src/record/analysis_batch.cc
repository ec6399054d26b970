#include "record/analysis_batch.h"

namespace hb {

std::string_view LabelName(Label label) noexcept {
  switch (label) {
    case Label::kNegative: return "negative";
    case Label::kNeutral: return "neutral";
    case Label::kPositive: return "positive";
    case Label::kMixed: return "mixed";
  }
  return "neutral";
}

}  // namespace hb
