#include "analysis/tag_evidence.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace hb {

namespace {

/// Less likely than this counts as this: one tagger alone shall not rule anything out.
constexpr float kLeast = 1e-4F;

}  // namespace

Result<TagEvidence> TagEvidence::Of(const neural::Tagger& tagger) {
  TagEvidence evidence;
  bool outside = false;
  for (const std::string& label : tagger.labels) {
    std::uint8_t state = 0;
    if (label == "O") {
      outside = true;
    } else if (label.size() > 2 && (label[0] == 'B' || label[0] == 'I') && label[1] == '-') {
      for (int type = 0; type < model::kEntityTypes; ++type) {
        if (label.substr(2) == model::EntityTypeName(static_cast<model::EntityType>(type)))
          state = static_cast<std::uint8_t>(1 + 2 * type + (label[0] == 'I' ? 1 : 0));
      }
    } else {
      return Error{Code::kInvalidArgument,
                   "the tagger has the label '" + label + "'; there are O, B-... and I-..."};
    }
    evidence.states_.push_back(state);
  }
  if (!outside) return Error{Code::kInvalidArgument, "the tagger has no label O"};
  return evidence;
}

void TagEvidence::Scores(std::span<const float> tags, model::EntityView view,
                         model::StateScores& out) const {
  out.fill(0);
  if (std::all_of(tags.begin(), tags.end(), [](float x) { return x == 0; })) return;
  const std::uint32_t allowed = model::StatesOf(view);
  std::array<float, model::kStateStride> shares{};
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const bool given = (allowed >> states_[i] & 1) != 0;
    shares[given ? states_[i] : 0] += std::exp(tags[i]);
  }
  for (std::size_t s = 0; s < model::kStates; ++s) {
    const float score = kWeight * std::log(std::max(shares[s], kLeast)) + (s == 0 ? kOutside : 0);
    out[s] = static_cast<std::int32_t>(std::lround(score));
  }
}

}  // namespace hb
