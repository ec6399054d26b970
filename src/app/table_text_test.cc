#include "app/table_text.h"

#include <gtest/gtest.h>

#include <string>

namespace hb {
namespace {

TEST(TableText, ALineHoldsNothingThatATerminalObeys) {
  EXPECT_EQ(OneLine("a\x1b[2Jb\r\n\tc\x7f"), "a [2Jb   c ");
  EXPECT_EQ(OneLine("\xC2\x9B"
                    "31m \xC2\xA0 é 🥖"),
            " 31m \xC2\xA0 é 🥖")
      << "C1 has a CSI too";
  EXPECT_EQ(OneLine("\xff\xC2"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(OneLine(std::string_view("\0x", 2)), " x");
}

TEST(TableText, ColumnsAreAsWideAsTheirTextsButNotWiderThanAsked) {
  EXPECT_EQ(TableText({"name", "n"}, {{"é", "7"}, {"a\nb", "12"}}, {false, true}, 10),
            "name   n\n----  --\né      7\na b   12\n");
  EXPECT_EQ(TableText({"t"}, {{"абвгдежз"}}, {false}, 6), "t\n------\nабв...\n");
}

}  // namespace
}  // namespace hb
