#include "text/code_point.h"

#include <gtest/gtest.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <cstdint>
#include <vector>

namespace hb::text {
namespace {

/// Old encodings of Apple, which twitter-text counts as marks.
bool IsApplePrivate(UChar32 c) { return c >= 0xF870 && c <= 0xF8D6; }

/// The bits that follow from what ICU knows about `c`.
std::uint32_t IcuBits(UChar32 c) {
  const std::uint32_t category = U_GET_GC_MASK(c);
  std::uint32_t bits = 0;
  if ((category & (U_GC_L_MASK | U_GC_M_MASK)) != 0) bits |= kLetterMark;
  if ((category & U_GC_ND_MASK) != 0) bits |= kNumber;
  if ((category & (U_GC_L_MASK | U_GC_N_MASK)) != 0) bits |= kWordStart;
  if ((category & (U_GC_L_MASK | U_GC_N_MASK | U_GC_M_MASK)) != 0) bits |= kWordMore;
  if ((category & (U_GC_LU_MASK | U_GC_LT_MASK)) != 0) bits |= kUpper;
  if ((category & U_GC_LL_MASK) != 0) bits |= kLower;
  if (c >= 0x80 && u_hasBinaryProperty(c, UCHAR_EMOJI)) bits |= kEmoji;
  if (u_hasBinaryProperty(c, UCHAR_EMOJI_MODIFIER)) bits |= kEmojiModifier;
  if (u_hasBinaryProperty(c, UCHAR_REGIONAL_INDICATOR)) bits |= kRegional;
  return bits;
}

// The tables are of a newer Unicode than ICU: only code points that ICU knows are compared, and a
// handful have changed their category since (U+0295 is the first).
TEST(CodePointClass, AgreesWithIcu) {
  constexpr std::uint32_t kCompared = kLetterMark | kNumber | kWordStart | kWordMore | kUpper |
                                      kLower | kEmoji | kEmojiModifier | kRegional;
  int compared = 0;
  std::vector<UChar32> different;
  for (UChar32 c = 0; c < 0x110000; ++c) {
    UVersionInfo age;
    u_charAge(c, age);
    if (age[0] == 0 || IsApplePrivate(c) || U_IS_SURROGATE(c)) continue;
    if ((CodePointClass(static_cast<char32_t>(c)) & kCompared) != IcuBits(c))
      different.push_back(c);
    ++compared;
  }
  EXPECT_GT(compared, 280'000);
  EXPECT_LE(different.size(), 12u) << std::hex << different.front() << " .. " << different.back();
}

TEST(CodePointClass, KnowsTheScriptsWithoutBlanks) {
  for (UChar32 c = 0; c < 0x110000; ++c) {
    UErrorCode error = U_ZERO_ERROR;
    const UScriptCode script = uscript_getScript(c, &error);
    const bool unspaced = (CodePointClass(static_cast<char32_t>(c)) & kUnspaced) != 0;
    if (u_isalpha(c) && (U_GET_GC_MASK(c) & U_GC_L_MASK) != 0 &&
        (script == USCRIPT_HAN || script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA ||
         script == USCRIPT_THAI || script == USCRIPT_KHMER)) {
      ASSERT_TRUE(unspaced) << std::hex << c;
    }
    if (script == USCRIPT_LATIN || script == USCRIPT_HANGUL || script == USCRIPT_ARABIC) {
      ASSERT_FALSE(unspaced) << std::hex << c;
    }
  }
}

TEST(CodePointClass, WhatIsNoCodePointHasNoClass) {
  EXPECT_EQ(CodePointClass(0x110000), 0u);
  EXPECT_EQ(CodePointClass(0xFFFFFFFF), 0u);
  EXPECT_EQ(CodePointClass(0xD800) & (kWordMore | kUrlHost), 0u);
}

}  // namespace
}  // namespace hb::text
