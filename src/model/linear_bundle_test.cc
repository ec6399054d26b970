#include "model/linear_bundle.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "model/embedded.h"
#include "model/linear_scorer.h"

namespace hb::model {
namespace {

std::vector<const LinearModel*> Heads() {
  return {&EmbeddedEmotion(), &EmbeddedIrony(), &EmbeddedOffensive(), &EmbeddedHate()};
}

/// Every head's logits of `text` equal those that its model gives alone.
void ExpectSame(const LinearBundle& bundle, std::string_view text, BundleScratch& scratch) {
  bundle.Score(scratch.WalkOf(text), scratch);
  for (std::size_t i = 0; i < bundle.size(); ++i) {
    const LinearScorer alone(bundle.head(i));
    LinearScratch fresh;
    std::array<std::int64_t, kMaxClasses> expected{};
    std::array<std::int64_t, kMaxClasses> got{};
    alone.Score(text, fresh);
    alone.Logits(fresh, expected.data());
    bundle.Logits(scratch, i, got.data());
    ASSERT_EQ(got, expected) << bundle.head(i).name() << ": " << text;
  }
}

TEST(LinearBundle, GivesExactlyWhatEachModelGivesAlone) {
  const auto bundle = LinearBundle::Make(Heads());
  ASSERT_TRUE(bundle.ok()) << bundle.error().message;
  BundleScratch scratch;
  for (int round = 0; round < 2; ++round) {  // The second time from memory.
    for (const std::string_view text :
         {"", "I am so happy today!!", "not GOOD at all, sooo sad :(",
          "#GoodMorning @you https://t.co/x",
          "what a great way to start the day, my car broke down again",
          "\xF0\x9F\x98\x82\xF0\x9F\x98\x82", "\xE4\xBD\xA0\xE5\xA5\xBD", "\xFF\xFE\x80"}) {
      ExpectSame(bundle.value(), text, scratch);
    }
  }
}

TEST(LinearBundle, GivesTheSameOnRandomWords) {
  const auto bundle = LinearBundle::Make(Heads());
  ASSERT_TRUE(bundle.ok());
  BundleScratch scratch;
  std::uint64_t state = 5;
  std::string text;
  for (int round = 0; round < 300; ++round) {
    text.clear();
    for (int i = 0; i < 60; ++i) {
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      constexpr std::string_view kLetters = "etaoinshrdlu  ,.!#@ETAO'-:)(";
      text.push_back(kLetters[(state >> 40) % kLetters.size()]);
    }
    ExpectSame(bundle.value(), text, scratch);
  }
}

TEST(LinearBundle, AScratchMayGoFromBundleToBundle) {
  const auto all = LinearBundle::Make(Heads());
  const auto one = LinearBundle::Make({&EmbeddedHate()});
  ASSERT_TRUE(all.ok() && one.ok());
  BundleScratch scratch;
  for (int round = 0; round < 3; ++round) {
    ExpectSame(all.value(), "you are all stupid", scratch);
    ExpectSame(one.value(), "you are all stupid", scratch);
  }
}

TEST(LinearBundle, ModelsThatDoNotGoTogetherAreRefused) {
  EXPECT_EQ(LinearBundle::Make({}).error().code, Code::kInvalidArgument);
  // Another table size, and three classes that do not fit beside eight.
  EXPECT_EQ(LinearBundle::Make({&EmbeddedEmotion(), &EmbeddedSentiment()}).error().code,
            Code::kInvalidArgument);
  EXPECT_EQ(LinearBundle::Make({&EmbeddedEmotion(), &EmbeddedEmotion()}).error().code,
            Code::kInvalidArgument);
  EXPECT_TRUE(LinearBundle::Make({&EmbeddedSentiment()}).ok());
}

}  // namespace
}  // namespace hb::model
