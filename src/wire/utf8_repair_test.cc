#include "wire/utf8_repair.h"

#include <gtest/gtest.h>

#include <random>

namespace hb {
namespace {

std::string Repaired(std::string_view text) {
  std::string out;
  AppendRepaired(text, out);
  return out;
}

TEST(AppendRepaired, ReplacesEachMaximalIllFormedPart) {
  struct Case {
    const char* name;
    std::string text, want;
  };
  const std::string r = "\xEF\xBF\xBD";
  const Case cases[] = {
      {"valid", "gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80", "gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80"},
      {"lone continuation", "a\x80z", "a" + r + "z"},
      {"cut at the end", "a\xF0\x9F\x98", "a" + r},
      {"cut by a letter", "\xE2\x82z", r + "z"},
      {"overlong", "\xC0\xAF", r + r},
      {"overlong of three", "\xE0\x80\xAF", r + r + r},
      {"surrogate", "\xED\xA0\x80", r + r + r},
      {"too large", "\xF4\x90\x80\x80", r + r + r + r},
      {"Latin-1", "caf\xE9 ok", "caf" + r + " ok"},
      {"the example of the standard", "\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64",
       "a" + r + r + r + "b" + r + "c" + r + r + "d"},
  };
  for (const Case& c : cases) EXPECT_EQ(Repaired(c.text), c.want) << c.name;
}

TEST(AppendRepaired, AlwaysGivesValidTextAndKeepsValidText) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (std::size_t n = random() % 12; n > 0; --n) {
      // Mostly bytes that begin or continue a sequence.
      text += static_cast<char>(random() % 3 == 0 ? random() % 256 : 0x80 + random() % 0x75);
    }
    const std::string repaired = Repaired(text);
    ASSERT_TRUE(IsWholeUtf8(repaired));
    if (IsWholeUtf8(text)) {
      ASSERT_EQ(repaired, text);
    } else {
      ASSERT_NE(repaired.find("\xEF\xBF\xBD"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace hb
