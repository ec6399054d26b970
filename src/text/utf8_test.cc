#include "text/utf8.h"

#include <gtest/gtest.h>
#include <unicode/uchar.h>

namespace hb {
namespace {

std::uint32_t Number(char32_t code) { return code; }  // For failure texts.

TEST(Utf8, FoldsAsUnicodeDoes) {
  for (char32_t code = 0; code < 0x110000; ++code) {
    // The table is of Unicode 14; what ICU does not know yet, or knows newer, has no say.
    UVersionInfo age;
    u_charAge(static_cast<UChar32>(code), age);
    if (age[0] == 0 || age[0] > 14) continue;
    const auto expected =
        static_cast<char32_t>(u_foldCase(static_cast<UChar32>(code), U_FOLD_CASE_DEFAULT));
    EXPECT_EQ(Number(FoldCodePoint(code)), Number(expected)) << Number(code);
  }
}

TEST(Utf8, FoldedTextIsTheSameWhateverItsCase) {
  EXPECT_EQ(Folded("MiXeD 123"), "mixed 123");
  EXPECT_EQ(Folded("\u00C9COLE"), Folded("\u00E9cole"));
  EXPECT_EQ(Folded("\u041C\u041E\u0421\u041A\u0412\u0410"), "\u043C\u043E\u0441\u043A\u0432\u0430");
  EXPECT_EQ(Folded("\u03A3\u03C2"), "\u03C3\u03C3");  // Both small sigmas fold to one.
  EXPECT_EQ(Folded("\u212A"), "k");                   // The Kelvin sign becomes shorter,
  EXPECT_EQ(Folded("\u023A"), "\u2C65");              // and this one longer.
  EXPECT_EQ(Folded("\u0130"), "\u0130");
  EXPECT_EQ(Folded("a\xFF"
                   "B"),
            "a\uFFFD"
            "b");
}

}  // namespace
}  // namespace hb
