#include "analysis/tag_evidence.h"

#include <gtest/gtest.h>

#include <cmath>

namespace hb {
namespace {

using model::EntityType;
using model::EntityView;
using model::StateScores;

constexpr std::size_t Begins(EntityType type) { return 1 + 2 * static_cast<std::size_t>(type); }

neural::Tagger Tagger() {
  return {.output = "tokens", .labels = {"O", "B-person", "I-person", "B-other", "B-event"}};
}

std::vector<float> Logs(std::vector<float> shares) {
  for (float& share : shares) share = std::log(share);
  return shares;
}

TEST(TagEvidence, LikelyTagsHaveTheLargestScores) {
  const auto evidence = TagEvidence::Of(Tagger());
  ASSERT_TRUE(evidence.ok());
  StateScores scores;
  evidence.value().Scores(Logs({0.25F, 0.68F, 0.02F, 0.03F, 0.02F}), EntityView::kGeneral, scores);
  EXPECT_GT(scores[Begins(EntityType::kPerson)], scores[0]);
  EXPECT_GT(scores[0], scores[Begins(EntityType::kPerson) + 1]);
  EXPECT_GT(scores[Begins(EntityType::kPerson) + 1], scores[Begins(EntityType::kPlace)]);
  EXPECT_EQ(scores[Begins(EntityType::kPlace)], scores[Begins(EntityType::kWork)]);
}

TEST(TagEvidence, WhatAViewDoesNotGiveOutCountsAsOutside) {
  const auto evidence = TagEvidence::Of(Tagger());
  ASSERT_TRUE(evidence.ok());
  const auto logs = Logs({0.1F, 0.05F, 0.05F, 0.7F, 0.1F});
  StateScores general, tweebank;
  evidence.value().Scores(logs, EntityView::kGeneral, general);
  evidence.value().Scores(logs, EntityView::kTweebank, tweebank);
  EXPECT_GT(general[0], general[Begins(EntityType::kPerson)]) << "other and event are outside";
  EXPECT_GT(tweebank[Begins(EntityType::kOther)], tweebank[0]);
  EXPECT_LT(tweebank[0], general[0]);
}

TEST(TagEvidence, AWordThatWasNotReadSaysNothing) {
  const auto evidence = TagEvidence::Of(Tagger());
  ASSERT_TRUE(evidence.ok());
  StateScores scores;
  scores.fill(5);
  evidence.value().Scores(std::vector<float>(5, 0.0F), EntityView::kGeneral, scores);
  EXPECT_EQ(scores, StateScores{});
}

TEST(TagEvidence, RefusesLabelsThatAreNoTags) {
  auto tagger = Tagger();
  tagger.labels[1] = "person";
  EXPECT_EQ(TagEvidence::Of(tagger).error().code, Code::kInvalidArgument);
  tagger = Tagger();
  tagger.labels.erase(tagger.labels.begin());
  EXPECT_EQ(TagEvidence::Of(tagger).error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace hb
