#include "text/simhash.h"

#include <gtest/gtest.h>

#include <bit>
#include <string>

namespace hb {
namespace {

int Apart(std::string_view a, std::string_view b) { return std::popcount(SimHash(a) ^ SimHash(b)); }

TEST(SimHash, WhatACopyAddsDoesNotCount) {
  const std::string_view text = "The vote is tomorrow, tell your friends! #vote";
  EXPECT_EQ(SimHash(text), SimHash("THE VOTE is tomorrow - tell your friends #Vote"));
  EXPECT_EQ(SimHash(text), SimHash("RT @ada: The vote is tomorrow, tell your friends! #vote"));
  EXPECT_EQ(
      SimHash(text),
      SimHash("The vote is tomorrow, tell your friends! #vote \U0001F600 @bob https://t.co/x1"));
}

TEST(SimHash, OneOtherWordChangesFewBitsAndAnotherTextAboutHalf) {
  const std::string_view text =
      "the council has voted to close the old bridge for repairs until the end of next spring";
  EXPECT_LE(
      Apart(
          text,
          "the council has voted to close the old bridge for repairs until the end of next summer"),
      10);
  EXPECT_GE(
      Apart(text, "good morning everybody what a lovely day for coffee and a long walk by the sea"),
      20);
}

TEST(SimHash, TheOrderOfWordsCounts) {
  EXPECT_NE(SimHash("dog bites man"), SimHash("man bites dog"));
}

TEST(SimHash, NoWordIsZeroAndAnyBytesAreSafe) {
  EXPECT_EQ(SimHash(""), 0u);
  EXPECT_EQ(SimHash("@ada https://t.co/x1 \U0001F600 !!!"), 0u);
  EXPECT_NE(SimHash("\xFF\xFE word"), 0u);
  EXPECT_EQ(SimHash("\xFF\xFE word"), SimHash("word"));
}

TEST(SimHash, OfALongTextTheBeginningCounts) {
  std::string text;
  for (std::size_t i = 0; i < kSimHashWords; ++i) text += "w" + std::to_string(i) + " ";
  EXPECT_EQ(SimHash(text), SimHash(text + "and so on"));
}

TEST(SimHash, StoredValuesStay) { EXPECT_EQ(SimHash("hello world"), 0xD547EC25082558FDu); }

}  // namespace
}  // namespace hb
