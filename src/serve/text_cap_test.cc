#include "serve/text_cap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "env/temporary_folder.h"

namespace hb {
namespace {

using testing::HasSubstr;

class TextCapTest : public testing::Test {
 protected:
  [[nodiscard]] std::string path() const { return folder_.path() + "/exported-texts"; }

  const TemporaryFolder folder_;
  ManualClock clock_{FromMillis(1'767'225'600'000)};  // 2026-01-01
};

TEST_F(TextCapTest, ATextCountsOnceADay) {
  TextCap cap(path(), 2, clock_);
  EXPECT_TRUE(cap.Take(1));
  EXPECT_TRUE(cap.Take(1));
  EXPECT_TRUE(cap.Take(2));
  EXPECT_FALSE(cap.Take(3));
  EXPECT_TRUE(cap.Take(2)) << "it was given already";
  clock_.Advance(std::chrono::hours(23));
  EXPECT_FALSE(cap.Take(3));
  clock_.Advance(std::chrono::hours(1));
  EXPECT_TRUE(cap.Take(3));
  EXPECT_TRUE(cap.Take(4));
  EXPECT_FALSE(cap.Take(1));
}

TEST_F(TextCapTest, WhatWasGivenOutlivesTheProgram) {
  {
    TextCap cap(path(), 2, clock_);
    EXPECT_TRUE(cap.Take(1));
    EXPECT_TRUE(cap.Take(0xffff'ffff'ffff'ffff));
    ASSERT_TRUE(cap.Save().ok());
  }
  TextCap later(path(), 2, clock_);
  EXPECT_FALSE(later.Take(3));
  EXPECT_TRUE(later.Take(0xffff'ffff'ffff'ffff));
  clock_.Advance(std::chrono::hours(24));
  TextCap tomorrow(path(), 2, clock_);
  EXPECT_TRUE(tomorrow.Take(3));
}

TEST_F(TextCapTest, AFileThatIsDamagedGivesNothing) {
  ASSERT_TRUE(WriteFileAtomic(path(), "20454\nnot a hash\n").ok());
  TextCap cap(path(), 2, clock_);
  EXPECT_FALSE(cap.Take(1));
  EXPECT_EQ(cap.Save().error().code, Code::kCorrupt);
}

TEST_F(TextCapTest, AnAnswerSaysHowManyAreLeftOut) {
  TextCap cap(path(), 1, clock_);
  ExportGate gate(&cap);
  ASSERT_NE(gate.gate(), nullptr);
  EXPECT_TRUE(gate.Allows(1));
  std::string warning = "before";
  ASSERT_TRUE(gate.Finish(warning).ok());
  EXPECT_EQ(warning, "");
  EXPECT_FALSE(gate.Allows(2));
  EXPECT_FALSE(gate.Allows(3));
  ASSERT_TRUE(gate.Finish(warning).ok());
  EXPECT_THAT(warning, HasSubstr("2 texts of X are left out: 1 posts a day"));
  EXPECT_EQ(ExportGate(nullptr).gate(), nullptr) << "no cap asks nobody";
}

}  // namespace
}  // namespace hb
